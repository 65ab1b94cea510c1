// Programs killed at moments that nobody chose, and an L1 that changes its mind: nothing that was acknowledged is lost.
#include <catch2/catch.hpp>
#include <random>

#include "tests/e2e/load.hpp"

using namespace gavel;
using namespace gavel::e2e;

namespace {

// Daemons that follow an L1, alice's money in the rollup, and moments at which something happens to them: those differ from run
// to run; the seed is told when a test fails.
struct Shaken {
    uint64_t seed = std::random_device{}();
    std::mt19937_64 random{seed};
    World world;

    Shaken() {
        world.start_sequencer();
        world.start_verifier("");
        world.deposit("alice", kEther);
    }
    void pause_up_to(unsigned most_ms) { std::this_thread::sleep_for(std::chrono::milliseconds(random() % most_ms)); }
};

// Everything acknowledged is posted, by the verifier's word too, and the money is where the payments say.
void check_all_arrived(World& world, Load& load, const std::string& sender, u128 deposited) {
    load.stop();
    CHECK(load.complaint() == "");
    world.wait_for_agreement();
    const auto acknowledged = load.acknowledged();
    const uint64_t applied = world.nonce(address_of(sender));
    REQUIRE(!acknowledged.empty());
    CHECK(acknowledged.rbegin()->first < applied);
    uint64_t posted = 0;
    for (const auto& [nonce, hash] : acknowledged) {
        auto info = world.at_verifier().operation(hash);
        posted += info && info->batch != 0;
    }
    CHECK(posted == acknowledged.size());
    const u128 moved = u128{applied} * (applied + 1) / 2;
    for (api::Query* at : world.at_both()) {
        CHECK(world.balance(*at, address_of("bob")) == Amount{moved});
        CHECK(world.balance(*at, address_of(sender)) == Amount{deposited - moved});
    }
}

}  // namespace

TEST_CASE("a sequencer killed under load has every payment that it acknowledged, and posts it") {
    Shaken shaken;
    INFO("seed " << shaken.seed);
    World& world = shaken.world;
    Load load(world, "alice", address_of("bob"));
    for (int i = 0; i < 4; ++i) {
        load.wait_for_acknowledged(100);
        shaken.pause_up_to(1'200);
        world.sequencer().kill_now();
        const auto before = load.acknowledged();
        world.start_sequencer();
        const uint64_t next = world.nonce(address_of("alice"));
        CHECK(before.rbegin()->first < next);
        for (const auto& [nonce, hash] : before) {
            if (nonce + 300 < next) continue;
            CHECK(world.at_sequencer().operation(hash).ok());
        }
    }
    load.wait_for_acknowledged(100);
    check_all_arrived(world, load, "alice", kEther);
    world.stop_all();
}

TEST_CASE("an L1 node killed under load comes back with its chain; sequencer and verifier go on by themselves") {
    Shaken shaken;
    INFO("seed " << shaken.seed);
    World& world = shaken.world;
    Load load(world, "alice", address_of("bob"));
    for (int i = 0; i < 2; ++i) {
        load.wait_for_acknowledged(200);
        shaken.pause_up_to(1'000);
        world.l1().kill_now();
        shaken.pause_up_to(1'000);
        world.start_l1();
    }
    load.wait_for_acknowledged(100);
    check_all_arrived(world, load, "alice", kEther);
    CHECK(world.sequencer().is_alive());
    CHECK(world.verifier().is_alive());
    world.stop_all();
}

TEST_CASE("batches that an L1 reorganisation drops are posted again") {
    Shaken shaken;
    INFO("seed " << shaken.seed);
    World& world = shaken.world;
    world.mine(6);  // the deposit stays
    Load load(world, "alice", address_of("bob"));
    auto head = [&] { return world.at_sequencer().chain_info()->head_batch; };
    for (const char* reorganisation : {"[3, true, 3]", "[2, false, 3]", "[4, false, 5]"}) {
        const uint64_t before = head();
        load.wait_for_acknowledged(200);
        world.eventually("two batches more are on the L1", [&] { return head() >= before + 2; });
        shaken.pause_up_to(1'000);
        auto done = world.l1_client().request("gavel_reorg", reorganisation);
        INFO(node::to_string(done.status()));
        REQUIRE(done.ok());
    }
    load.wait_for_acknowledged(100);
    check_all_arrived(world, load, "alice", kEther);
    CHECK(world.sequencer().has_logged("again"));
    world.stop_all();
}

TEST_CASE("a verifier killed in the middle of a challenge makes it to its end") {
    World world({.challenge_window_s = 60});
    world.start_sequencer();
    world.start_verifier();
    world.deposit("alice", kEther);
    world.submit(world.transfer("alice", address_of("bob"), 5, 0));
    world.wait_for_agreement();
    world.sequencer().stop();
    const uint64_t honest = world.at_verifier().chain_info()->head_batch;

    const Finished drill = world.drill("money-from-nothing");
    INFO(drill.output << drill.errors);
    REQUIRE(drill.exit_status == 0);
    // Killed as soon as it has a proof: before its commit, or between commit and proof.
    world.eventually("the lie is found", [&] { return world.at_verifier().fraud_proof(honest + 1, std::nullopt).ok(); });
    world.verifier().kill_now();
    world.mine(2);
    auto head = world.rollup().head();
    REQUIRE(head.ok());
    CHECK(head->number == honest + 1);

    world.start_verifier();
    world.eventually("the lie is struck", [&] {
        auto now = world.rollup().head();
        return now && now->number == honest;
    });
    world.eventually("the verifier tells of it", [&] {
        auto proof = world.at_verifier().fraud_proof(honest + 1, std::nullopt);
        return proof && proof->stage == api::ProofStage::kProven;
    });
    world.stop_all();
}

TEST_CASE("lies are struck, their operators lose seat and stake, others go on with what is true") {
    World world({.challenge_window_s = 60, .funded = {"alice", "bob", "operator", "watcher", "second", "third"}});
    world.start_sequencer();
    world.start_verifier();
    world.deposit("alice", kEther);
    world.submit(world.transfer("alice", address_of("bob"), 5, 0));
    world.wait_for_agreement();

    uint64_t payments = 1;
    std::string operator_name = "operator";
    const std::pair<std::string, std::string> lies[] = {{"forged-signature", "second"}, {"garbage-bytes", "third"}};
    for (const auto& [kind, successor] : lies) {
        INFO(kind);
        const uint64_t honest = world.at_verifier().chain_info()->head_batch;
        auto term = world.rollup().current_term();
        REQUIRE(term.ok());
        world.sequencer().stop();
        const Finished drill = world.drill(kind, operator_name);
        INFO(drill.output << drill.errors);
        REQUIRE(drill.exit_status == 0);
        world.eventually("the lie is struck and the seat free", [&] {
            auto head = world.rollup().head();
            auto sitting = world.rollup().current_term();
            return head && head->number == honest && sitting && *sitting == 0;
        });
        auto slashed = world.rollup().term(*term);
        REQUIRE(slashed.ok());
        CHECK(slashed->slashed);
        CHECK(slashed->last_prover == address_of("watcher"));
        const auto proof = world.at_verifier().fraud_proof(honest + 1, std::nullopt);
        REQUIRE(proof.ok());
        CHECK(proof->proof.size() <= 131'072);

        operator_name = successor;
        world.start_sequencer(successor);
        CHECK(world.nonce(address_of("alice")) == payments);
        world.submit(world.transfer("alice", address_of("bob"), 5, payments++));
        world.wait_for_agreement();
        CHECK(world.balance(world.at_verifier(), address_of("bob")) == Amount{5 * payments});
    }
    world.stop_all();
}
