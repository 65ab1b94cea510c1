// The verifier and the seat's changes: a take-over that is announced, the same lie of two terms.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

struct Start {
    L1World world;
    Operator op{world, world.operator_key};

    Start() {
        op.sit();
        world.deposit(world.operator_key.address(), kEther);
        op.post({});
    }
};

}  // namespace

TEST_CASE("it warns of a take-over that is announced, until its time is over or it has come") {
    Start start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    watcher.settle();
    CHECK_FALSE(watcher.warning("TAKEOVER_ANNOUNCED"));
    world.run(world.home, l1::rollup_call::announce_takeover());
    const uint64_t announced = world.now();
    watcher.settle();
    REQUIRE(watcher.warning("TAKEOVER_ANNOUNCED"));
    CHECK(watcher.warning("TAKEOVER_ANNOUNCED")->since == announced);
    CHECK(watcher.warning("TAKEOVER_ANNOUNCED")->message == "the home operator may take the seat in 200 s");
    world.pass(kInclusion / 4);
    watcher.settle();
    CHECK(watcher.warning("TAKEOVER_ANNOUNCED")->message == "the home operator may take the seat for another 600 s");
    if (GENERATE(false, true)) {
        world.run(world.home, l1::rollup_call::become_sequencer(), world.parameters.stake);
    } else {
        world.pass(kInclusion);
    }
    watcher.settle();
    CHECK_FALSE(watcher.warning("TAKEOVER_ANNOUNCED"));
}

TEST_CASE("notice and balance are asked once a block, and again until they are answered") {
    Start start;
    Watcher watcher(start.world, &start.world.prover);
    watcher.settle();
    uint64_t notices = watcher.client.notices_asked, balances = watcher.client.balances_asked;
    auto more = [&](uint64_t count) {
        notices += count;
        balances += count;
        CHECK(watcher.client.notices_asked == notices);
        CHECK(watcher.client.balances_asked == balances);
    };
    auto rounds = [&](int count) {
        for (int i = 0; i < count; ++i) (void)watcher.verifier->step();
    };
    rounds(3);
    more(0);
    start.world.mine();
    rounds(3);
    more(1);
    start.world.mine();
    watcher.client.hides_notice = watcher.client.hides_figures = true;
    rounds(3);
    more(3);
    watcher.client.hides_notice = watcher.client.hides_figures = false;
    rounds(3);
    more(1);
    CHECK(watcher.verifier->status().wallet_balance == start.world.balance(start.world.prover.address()));
}

TEST_CASE("the same lie by another term: the prover whose proof was copied takes both rewards") {
    Start start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    const drill::Lie lie = start.op.lie(drill::LieKind::kMoneyFromNothing);
    watcher.have_proof_stolen();
    CHECK(world.term(1).last_prover.is_zero());
    // The thief sits, and posts the very same batch.
    world.run(world.rival, l1::rollup_call::become_sequencer(), world.parameters.stake);
    world.run(world.rival, l1::rollup_call::append(lie.batch.encode()));
    REQUIRE(world.contract().batch(2)->hash == lie.batch.header().hash());
    watcher.challenge_until_head(1);
    CHECK(world.term(2).last_prover == world.prover.address());
    world.pass(kWindow + 100);
    const u128 before = world.balance(world.prover.address());
    for (int i = 0; i < 4; ++i) {
        watcher.settle();
        world.mine();
    }
    CHECK(world.term(1).reward_taken);
    CHECK(world.term(2).reward_taken);
    CHECK(world.balance(world.prover.address()) > before + 2 * (world.parameters.stake / 4) - kEther / 100);
}

}  // namespace gavel::test
