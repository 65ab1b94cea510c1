// A freeze of the rollup contract: when it can be had, and what goes on after it.
#include "protocol/encoding.hpp"
#include "tests/contract/frozen_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("freeze: when the waiting operation is of age, from its queueing on, and no second earlier") {
    Frozen f({});
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    bool somebody_sits = GENERATE(false, true);
    uint64_t queued = f.now();
    f.deposit(5);
    // Neither a term that starts nor one that ends moves the age.
    f.at(queued + f.parameters.freeze_age - 3);
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    if (!somebody_sits) {
        f.at(queued + f.parameters.freeze_age - 2);
        CHECK(f.send(f.alice, rollup_call::resign()) == "OperationWaiting");
        f.at(f.now() + kInclusion);
        REQUIRE(f.send(f.bob, rollup_call::evict()) == "");
    } else {
        f.at(queued + f.parameters.freeze_age - 1);
        CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    }
    uint64_t time = f.now();
    CHECK(f.send(f.bob, rollup_call::freeze(~uint64_t{0})) == "");
    std::vector<RollupEvent> told{RollupFrozen{}};
    if (somebody_sits) told.push_back(TermEnded{1, TermEnd::kFrozen});
    CHECK(f.events() == told);
    CHECK(f.is_frozen());
    CHECK(f.current_term() == 0);
    CHECK((f.term(1).ended_at == time) == somebody_sits);
    // Who has just sat down isn't overdue.
    CHECK(f.term(1).evicted == !somebody_sits);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "Frozen");
}

TEST_CASE("freeze: takes the quarter that evict could take, to the second, and from nobody else") {
    Frozen f({});
    const u128 stake = f.parameters.stake, quarter = stake / 4;
    const uint64_t queued = f.now();
    f.deposit(5);
    const bool is_overdue = GENERATE(false, true);
    f.at(queued + f.parameters.freeze_age - kInclusion + (is_overdue ? 0 : 1));
    REQUIRE(f.send(GENERATE(false, true) ? f.home : f.alice, rollup_call::become_sequencer(), stake) == "");
    const Address sat = f.term(1).sequencer;
    f.at(queued + f.parameters.freeze_age);
    const uint64_t frozen = f.now();
    REQUIRE(f.send(f.bob, rollup_call::freeze(0)) == "");
    CHECK(f.events() == std::vector<RollupEvent>{RollupFrozen{}, TermEnded{1, TermEnd::kFrozen}});
    const u128 left = is_overdue ? stake - quarter : stake;
    CHECK(f.term(1) == TermRecord{sat, left, f.term(1).started_at, frozen, false, 0, {}, 0, false, false, is_overdue});
    CHECK(f.burned() == (is_overdue ? quarter : 0));
    const u128 before = f.balance(sat);
    REQUIRE(f.send(f.bob, rollup_call::take_stake(1)) == "");
    CHECK(f.balance(sat) == before + left);
}

TEST_CASE("freeze too early: an operation that was consumed doesn't count, the next one's own age does") {
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    uint64_t first = f.now();
    f.deposit(5);
    f.at(first + 1000);
    uint64_t second = f.now();
    f.deposit(6);
    StateFields last = f.genesis.last;
    last.l1_ops_consumed = 1;
    f.append(f.alice, f.batch_on(f.genesis, last));
    f.at(first + f.parameters.freeze_age);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");
    CHECK_FALSE(f.is_frozen());
    f.at(second + f.parameters.freeze_age);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "");
}

TEST_CASE("freeze: a final batch whose withdrawals tree is full; a lie of it frees nobody until it is final") {
    StateFields nearly = genesis_fields();
    nearly.withdrawal_count = kMaxWithdrawalCount - 1;
    nearly.withdrawals_root = keccak256(view_of("some"));
    ContractFixture f(nearly);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    StateFields full = nearly;
    full.withdrawal_count = kMaxWithdrawalCount;
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");  // above the head
    uint64_t posted = f.now();
    BatchHeader header = f.append(f.alice, f.batch_on(f.genesis, full));
    f.append(f.alice, f.batch_on(header, nearly));
    f.at(posted + kChallenge - 1);
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(2)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "");
    CHECK(f.events() == std::vector<RollupEvent>{RollupFrozen{}, TermEnded{1, TermEnd::kFrozen}});
    CHECK(f.term(1).last_batch == 2);
}

TEST_CASE("after a freeze: no append, deposit, forced operation, eviction or sequencer; proofs, claims and stakes go on") {
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    uint64_t queued = f.now();
    f.deposit(5);
    f.at(queued + f.parameters.freeze_age - 2);
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader header = f.append(f.alice, lying);
    Bytes next = rollup_call::append(f.batch_on(header, header.last).encode());
    Bytes proof = f.proof_against(lying);
    f.commit(f.bob, proof);
    f.freeze();
    const Address token = f.deploy("token0");
    CHECK(f.send(f.alice, next) == "Frozen");
    CHECK(f.send(f.alice, rollup_call::append({})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::become_sequencer(), f.parameters.stake) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::become_sequencer()) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::evict()) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::deposit_eth({}), 5) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::deposit_token(token, {}, Amount{0})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::force_transfer({}, {}, Amount{1})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::force_withdrawal({}, {}, Amount{0})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::force_redeem({}, {}, 0, {})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::reclaim({}, {})) == "Frozen");
    CHECK(f.send(f.alice, rollup_call::resign()) == "NotSequencer");
    CHECK(f.queue_length() == 1);

    // The lie that stood at the freeze is struck like any other; nobody exits on it.
    CHECK(f.send(f.carol, rollup_call::exit(header, {})) == "BatchNotFinal");
    CHECK(f.send(f.carol, rollup_call::refund(0, {})) == "BatchNotFinal");
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "LastBatchPending");
    CHECK(f.prove(f.bob, proof) == "");
    CHECK(f.events() == std::vector<RollupEvent>{BatchStruck{1, header.hash(), 1, kBob}});
    CHECK(f.term(1).slashed);
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
    CHECK(f.send(f.carol, rollup_call::exit(header, {})) == "NotOnHead");
    f.pass(kChallenge);
    CHECK(f.send(f.carol, rollup_call::take_reward(1, kBob)) == "");
}
