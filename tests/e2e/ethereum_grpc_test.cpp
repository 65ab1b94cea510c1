// The daemons' whole life on a real Ethereum node, against the contract in Solidity.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "node/file.hpp"
#include "proto/convert_grpc.hpp"
#include "tests/e2e/world.hpp"

using namespace gavel;
using namespace gavel::e2e;

namespace {

const Address kCarol = address_of("carol");

}  // namespace

TEST_CASE("on Ethereum a payment is final, a withdrawal claimed, a node started anew, a lie struck") {
    World world({.challenge_window_s = 20, .on_ethereum = true});
    world.start_sequencer();
    world.start_verifier();
    world.deposit("alice", kEther);
    world.submit(world.transfer("alice", address_of("bob"), kEther / 4, 0));
    Operation withdrawal;
    withdrawal.kind = OperationKind::kWithdraw;
    withdrawal.payments = {{kCarol, Amount{kEther / 2}}};
    withdrawal.nonce = 1;
    const Hash hash = world.submit(world.sign("alice", withdrawal)).hash;
    world.wait_for_agreement();
    CHECK(world.balance(world.at_verifier(), address_of("bob")) == Amount{kEther / 4});

    CHECK(world.l1().stop() == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    world.start_l1();
    world.wait_for_status(world.at_verifier(), hash, api::OperationStatus::kFinal);
    world.eventually("the verifier claims for the recipient", [&] { return *world.l1_client().balance(kCarol) == kEther / 2; });

    CHECK(world.sequencer().stop() == 0);
    const uint64_t head = world.rollup().head()->number;
    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    world.eventually("the lie is struck", [&] {
        auto term = world.rollup().term(1);
        return term.ok() && term->slashed;
    });
    CHECK(world.rollup().head()->number == head);
    CHECK(world.rollup().term(1)->last_prover == address_of("watcher"));
    CHECK(world.rollup().current_term().ok());
    CHECK(*world.rollup().current_term() == 0);
    CHECK(world.verifier().stop() == 0);
}

TEST_CASE("what isn't right about an Ethereum node is told by name, at the start") {
    World world({.on_ethereum = true});
    auto deployed = nlohmann::json::parse(
        world.gavel_json("operator", {"deploy", "--home-operator", "none", "--challenge-window", "60", "--stake", "1.5"}));
    CHECK(deployed["chain_id"] == 31'337);
    CHECK(deployed["challenge_window"] == 60);
    CHECK(deployed["stake"] == "1500000000000000000");
    auto token = nlohmann::json::parse(world.gavel_json("operator", {"dev", "token", "--decimals", "6"}));
    auto refused = [&](const std::string& rollup) {
        return world.gavel("alice",
                           {"--rollup", rollup, "--sequencer", "127.0.0.1:1", "--verifier", "127.0.0.1:1", "deposit", "1"});
    };
    const std::string nobody = to_checksum(kCarol);
    Finished nothing = refused(nobody);
    CHECK(nothing.exit_status == 1);
    CHECK(nothing.errors.find("NO_CONTRACT: nothing stands at " + nobody + " on the L1, chain 31337") != std::string::npos);
    Finished other = refused(token["address"]);
    CHECK(other.exit_status == 1);
    CHECK(other.errors.find("NOT_A_ROLLUP") != std::string::npos);
    Finished poor = world.gavel("poor", {"deploy", "--home-operator", "none"});
    CHECK(poor.exit_status == 1);
    CHECK(poor.errors.find("TX_INSUFFICIENT_FUNDS") != std::string::npos);
    Finished good = refused(deployed["address"]);
    INFO(good.output << good.errors);
    CHECK(good.exit_status == 0);
    CHECK(good.errors.find("sent to the L1: 0x") != std::string::npos);  // before it waits
    for (const auto& [program_name, flag] : {std::pair{"gavel-verifier", "--data-dir"}, {"gavel-sequencer", "--data-dir"}}) {
        std::vector<std::string> command{program(program_name),
                                         "--l1",
                                         world.l1_url(),
                                         "--rollup",
                                         nobody,
                                         "--listen",
                                         "127.0.0.1:0",
                                         flag,
                                         world.folder().file(program_name)};
        if (std::string(program_name) == "gavel-sequencer") {
            REQUIRE(node::write_file(world.folder().file("key"), to_hex(key_of("operator").scalar()) + "\n", 0600).ok());
            command.insert(command.end(), {"--key-file", world.folder().file("key")});
        }
        Finished done = run(command, world.folder().path(), std::chrono::seconds(30));
        CHECK(done.exit_status == 1);
        CHECK(done.errors.find("NO_CONTRACT") != std::string::npos);
    }
}
