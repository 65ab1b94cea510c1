// A source of blobs that lies: what it gives is never believed, and never keeps a verdict from being right.
#include <catch2/catch.hpp>

#include "tests/hostile/hostile_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using namespace gavel::hostile;

TEST_CASE("a verifier with one lying and one honest source of blobs agrees with the chain, and strikes a lie in blobs") {
    World world({.challenge_window_s = 60, .sequencer_flags = {"--eth-fee-percent", "0", "--data", "blobs"}});
    Proxy lying(world.l1_url());
    lying.falsify_blobs();
    world.set_l1("verifier", {lying.url(), world.l1_url()});  // whose URLs are its sources of blobs, in this order
    world.start_sequencer();
    world.start_verifier();
    world.deposit("alice", kEther);
    for (uint64_t i = 0; i < 3; ++i) {
        world.submit(world.transfer("alice", address_of("shop"), 7, i));
        world.wait_for_agreement();
    }
    CHECK(lying.falsified() > 0);
    // How often the source of that name gave what isn't the blob.
    auto gave_nothing_false = [&](const std::string& source) {
        const std::string row = R"(gavel_blob_answers_total{result="false",source=")" + source + "\"} 0\n";
        return world.metrics("verifier").find(row) != std::string::npos;
    };
    CHECK_FALSE(gave_nothing_false("http://127.0.0.1"));
    CHECK(gave_nothing_false("http://127.0.0.1 (2)"));
    CHECK(world.balance(world.at_verifier(), address_of("shop")) == Amount{21});

    world.sequencer().stop();
    const uint64_t honest = world.rollup().head()->number;
    const Finished drill = world.drill("money-from-nothing", "operator", "blobs");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    world.eventually("the lie is struck", [&] { return world.rollup().head()->number == honest; });
}

TEST_CASE("a verifier whose only source of blobs lies judges nothing and says so; with an honest one it goes on") {
    World world({.sequencer_flags = {"--eth-fee-percent", "0", "--data", "blobs"}});
    Proxy lying(world.l1_url());
    lying.falsify_blobs();
    world.set_l1("verifier", {lying.url()});
    world.start_sequencer();
    world.start_verifier();
    world.deposit("alice", kEther);
    world.eventually("the missing blobs are told of",
                     [&] { return world.health("verifier").find("BLOBS_MISSING") != std::string::npos; });
    CHECK(lying.falsified() > 0);
    CHECK(world.balance(world.at_verifier(), address_of("alice")) == Amount{});
    CHECK(world.verifier().stop() == 0);
    world.set_l1("verifier", {lying.url(), world.l1_url()});
    world.start_verifier();
    world.wait_for_agreement();
    // Its state agrees some moments before its status says that it is up to date.
    world.eventually("the verifier is well", [&] { return world.health("verifier") == "ok\n"; });
    world.stop_all();
}
