// A verifier whose node leaves events out: never blind without saying so, never stuck after it, and no lie becomes final.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

using LeavesOut = LossyClient::LeavesOut;

struct Start {
    L1World world;
    Operator op{world, world.operator_key};
    Watcher watcher{world, &world.prover};

    Start() {
        op.sit();
        world.deposit(world.alice.address(), 10 * kEther);
        op.post({{&world.alice, world.bob.address(), kEther}});
        watcher.settle();
        REQUIRE(watcher.verifier->health().ok());
    }
    // Rounds through whatever fails, until it is healthy.
    bool heals(int rounds = 200) {
        for (int i = 0; i < rounds; ++i) {
            (void)watcher.verifier->step();
            if (watcher.verifier->health().ok()) return true;
        }
        return false;
    }
    // Five blocks, the first with a deposit that the next batch consumes. What the round after each came to.
    std::vector<std::string> five_blocks() {
        std::vector<std::string> out;
        world.deposit(world.bob.address(), kEther);
        for (int i = 0; i < 5; ++i) {
            out.push_back(watcher.verifier->step().status().reason);
            if (i < 4) world.mine();
        }
        return out;
    }
    bool warns() const {
        for (const verifier::Warning& warning : watcher.verifier->status().warnings)
            if (warning.reason == "L1_TROUBLE") return warning.message.starts_with("L1_CONTRADICTS");
        return false;
    }
};

}  // namespace

TEST_CASE("a node that leaves logs out for five blocks is contradicted in the same round, and no verdict comes of it") {
    Start s;
    s.watcher.client.leaves_out = LeavesOut::kAll;
    CHECK(s.five_blocks()[0] == "L1_CONTRADICTS");
    s.op.post({});
    CHECK_FALSE(s.watcher.verifier->health().ok());
    CHECK(s.watcher.verifier->troubles().health().reason == "L1_CONTRADICTS");
    CHECK(s.warns());
    CHECK_FALSE(s.watcher.verifier->status().is_synced);
    CHECK_FALSE(s.heals(50));
    const bool is_restarted = GENERATE(false, true);
    if (is_restarted) s.watcher.restart();
    s.watcher.client.leaves_out = LeavesOut::kNothing;
    CHECK(s.heals());
    CHECK(s.watcher.verifier->findings().latest_verdict(2)->kind == verifier::VerdictKind::kTrue);
    CHECK(s.watcher.verifier->status().warnings.empty());
    s.op.lie(verifier::LieKind::kWithdrawalWithoutBurn);
    s.watcher.challenge_until_head(2);
}

TEST_CASE("a node that goes on leaving logs out of ranges, or of blocks too, doesn't keep a lie from being proven") {
    Start s;
    s.watcher.client.leaves_out = GENERATE(LeavesOut::kOfRanges, LeavesOut::kOfBlocks);
    s.five_blocks();
    s.op.post({});
    CHECK(s.heals());
    s.op.lie(verifier::LieKind::kWithdrawalWithoutBurn);
    for (int i = 0; i < 400 && s.world.contract().head()->number != 2; ++i) {
        s.heals();
        s.world.mine();
    }
    CHECK(s.world.contract().head()->number == 2);
    CHECK(s.watcher.verifier->findings().latest_verdict(3)->kind == verifier::VerdictKind::kFalse);
}

TEST_CASE("a verifier without new blocks is unhealthy after four block times, and its ages go on by the clock") {
    Start s;
    s.world.deposit(s.world.bob.address(), kEther);
    for (int i = 0; i < 4; ++i) s.world.mine();
    s.watcher.settle();
    const auto before = s.watcher.verifier->status();
    CHECK(before.oldest_l1_operation_s == 4 * kBlockTime);
    s.world.clock.advance(47'000);
    s.watcher.settle();
    CHECK(s.watcher.verifier->health().ok());
    s.world.clock.advance(2'000);
    CHECK(s.watcher.verifier->health().reason == "L1_STALE");
    CHECK(s.watcher.verifier->status().oldest_l1_operation_s == before.oldest_l1_operation_s + 49);
    CHECK(s.watcher.verifier->status().last_batch_s == before.last_batch_s + 49);
    s.world.mine();
    s.watcher.settle();
    CHECK(s.watcher.verifier->health().ok());
}

TEST_CASE("a verifier started without the L1 tells what it knows") {
    Start s;
    s.watcher.client.is_down = true;
    s.watcher.restart();
    CHECK(s.watcher.verifier->step().status().reason == "L1_UNREACHABLE");
    CHECK(s.watcher.verifier->status().verified_batch == 1);
    CHECK(s.watcher.verifier->queries().account({s.world.bob.address(), {}}).balance == Amount{kEther});
    CHECK_FALSE(s.watcher.verifier->health().ok());
    s.watcher.client.is_down = false;
    CHECK(s.heals());
}

}  // namespace gavel::test
