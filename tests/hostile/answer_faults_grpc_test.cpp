// An L1 node whose answers are no answers: no program dies of one, and none shows the node's secrets.
#include <catch2/catch.hpp>

#include "tests/hostile/hostile_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

namespace {

std::vector<Fault> odd_answers() {
    std::vector<Fault> out{null_error_beside_result(),
                           wrong_types(),
                           spoils_members(),
                           other_id(),
                           no_json_rpc(),
                           cuts_json(),
                           talks_html(),
                           truncates(),
                           drops(),
                           refuses_at_random()};
    for (const Json& value : odd_error_values()) out.push_back(odd_error(value));
    for (Nested where : {Nested::kResult, Nested::kErrorData, Nested::kId}) out.push_back(nests_deeply(where));
    return out;
}

std::string told_of(const Fault& fault) { return fault.name == "odd-error" ? "one of the odd errors" : fault.name; }

}  // namespace

TEST_CASE("sequencer and verifier live through answers of every odd form, and recover by themselves") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    for (const Fault& fault : odd_answers()) {
        INFO(told_of(fault));
        const uint64_t before = hostile.before_verifier().touched(fault.name);
        hostile.misbehave({fault});
        world.eventually("both have had it", [&] { return hostile.before_verifier().touched(fault.name) > before + 2; });
        (void)hostile.try_to_pay();
        std::this_thread::sleep_for(milliseconds(500));
        REQUIRE(world.sequencer().is_alive());
        REQUIRE(world.verifier().is_alive());
    }
    hostile.behave();
    hostile.check_recovers_and_end();
}

TEST_CASE("a daemon started before a node of odd answers waits until it is well") {
    HostileWorld hostile;
    World& world = hostile.world();
    hostile.start();
    const auto faults = odd_answers();
    for (size_t i = 0; i < faults.size(); i += 3) {
        INFO(told_of(faults[i]));
        CHECK(world.verifier().stop() == 0);
        hostile.before_verifier().misbehave({faults[i]});
        Later well(seconds(2), [&] { hostile.before_verifier().behave(); });
        world.start_verifier();  // which fails the test if it ends
        CHECK(hostile.says_well("verifier"));
    }
    hostile.check_recovers_and_end();
}

TEST_CASE("the command tells of a node's odd answers and ends, whatever they are") {
    World world;
    Proxy proxy(world.l1_url());
    world.set_l1("gavel", {proxy.url()});
    const std::string rollup = to_checksum(world.domain().rollup);
    for (const Fault& fault : odd_answers()) {
        if (fault.name == "null-error-beside-result") continue;  // may be taken for what it says
        proxy.misbehave({fault});
        const Finished done = world.gavel("alice", {"--rollup", rollup, "--sequencer", "127.0.0.1:1", "deposit", "1"});
        INFO(told_of(fault) << ": " << done.errors.substr(0, 1'000));
        CHECK(done.exit_status == 1);
        CHECK(done.errors.find("L1_") == 0);
        CHECK(done.errors.size() < 4'000);  // whatever a node says
    }
    proxy.misbehave({spoils_members().with_chance(50)});
    for (int i = 0; i < 10; ++i) {
        const Finished done = world.gavel("alice", {"--rollup", rollup, "--sequencer", "127.0.0.1:1", "claim", "--from-l1"});
        INFO(done.errors.substr(0, 1'000));
        CHECK((done.exit_status == 0 || done.exit_status == 1));
    }
}

TEST_CASE("user, password, path and query of the L1's URL are in no log, health, metric or answer") {
    HostileWorld hostile;
    World& world = hostile.world();
    const std::vector<std::string> secrets{"theuser", "thepassword", "thepath", "thekey"};
    auto secret_url = [](int port) {
        return "http://theuser:thepassword@127.0.0.1:" + std::to_string(port) + "/v3/thepath?apikey=thekey";
    };
    world.set_l1("sequencer", {secret_url(hostile.before_sequencer().port())});
    world.set_l1("verifier", {secret_url(hostile.before_verifier().port())});
    Proxy before_command(world.l1_url());
    world.set_l1("gavel", {secret_url(before_command.port())});
    hostile.start();

    std::string told;
    auto listen = [&] {
        for (const char* daemon : {"sequencer", "verifier"}) told += world.health(daemon) + world.metrics(daemon);
        auto answer = world.at_sequencer().submit(world.transfer("alice", address_of("bob"), 1, 1'000'000));
        told += node::to_string(answer.status);
        auto status = world.at_verifier().status();
        told += node::to_string(status.status());
        for (const api::Warning& warning : status ? status->warnings : std::vector<api::Warning>()) {
            told += warning.reason + warning.message;
        }
    };
    for (const Fault& fault : {drops(), says_http(503), says_http(403), talks_html(), stalls(milliseconds(11'000))}) {
        hostile.misbehave({fault});
        before_command.misbehave({fault});
        const Finished done = world.gavel("alice", {"--rollup", to_checksum(world.domain().rollup), "deposit", "1"});
        CHECK(done.exit_status == 1);
        told += done.output + done.errors;
        std::this_thread::sleep_for(seconds(1));
        listen();
    }
    told += world.sequencer().log() + world.verifier().log();
    for (const std::string& secret : secrets) {
        const size_t at = told.find(secret);
        INFO(secret << ": " << (at == told.npos ? "" : told.substr(at < 200 ? 0 : at - 200, 300)));
        CHECK(at == told.npos);
    }
    CHECK(told.find("127.0.0.1") != told.npos);  // scheme and host are told
    hostile.behave();
    hostile.check_recovers();
}
