// Attacks on the rollup contract that take several calls: scheduled lies, sacrificial lies, L1 operations hidden, grown or piled
// up, a reorganisation, and the last act: after a freeze the vault ends empty.
#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// The chunk that consumes so many L1 operations and nothing else.
BatchChunk consuming(unsigned count) {
    Chunk chunk;
    chunk.l1_operations = count;
    return {encode_ops(chunk), {}};
}

// Nothing happens, and yet it claims to have consumed the queue.
StateFields hiding(const BatchHeader& parent, uint64_t queue_length) {
    StateFields out = parent.last;
    out.l1_ops_consumed = queue_length;
    return out;
}

}  // namespace

TEST_CASE("scheduled lies don't stop the freeze clock: the lie is struck and the rollup frozen in one transaction") {
    ContractFixture f;
    u128 stake = f.parameters.stake;
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::force_withdrawal({}, f.bob.address(), Amount::max())) == "");
    Address caller = f.deploy("forwarder");
    auto sit_and_lie = [&] {
        REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), stake) == "");
        Batch batch = f.batch_on(f.genesis, hiding(f.genesis, 1));
        f.append(f.alice, batch);
        return f.proof_against(batch);
    };
    // Each lie hides the operation until it is struck; each strike starts the inclusion window anew, not the freeze age.
    for (int round = 1; round <= 3; ++round) {
        Bytes proof = sit_and_lie();
        CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting()))->time == 0);
        CHECK(f.send(f.carol, rollup_call::evict()) == "NotOverdue");
        REQUIRE(f.prove(f.carol, proof) == "");
        CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{0, queued});
        CHECK(f.burned() == static_cast<unsigned>(round) * (stake - stake / 4));
        f.pass(kInclusion / 2);
    }
    // In the second in which the age is reached a lie stands again.
    f.at(queued + f.parameters.freeze_age - 2);
    Bytes proof = sit_and_lie();
    REQUIRE(f.now() == queued + f.parameters.freeze_age);
    InnerCall strike{f.rollup, rollup_call::prove(proof)}, freeze{f.rollup, rollup_call::freeze(0)};
    CHECK(f.send(f.carol, rollup_call::freeze(0)) == "FreezeTooEarly");
    CHECK(f.send(f.carol, caller, in_one({freeze, strike})) == "FreezeTooEarly");
    CHECK(f.head().number == 1);
    CHECK(f.send(f.carol, caller, in_one({strike, freeze})) == "");
    auto told = f.events();
    REQUIRE(told.size() == 3);
    CHECK(std::get<BatchStruck>(told[0]).number == 1);
    CHECK(told[1] == RollupEvent{TermEnded{4, TermEnd::kSlashed}});
    CHECK(told[2] == RollupEvent{RollupFrozen{}});
    CHECK(f.send(f.alice, rollup_call::become_sequencer(), stake) == "Frozen");
}

TEST_CASE("a sacrificial lie before the real one: both are gone, and the real one's window begins anew each time") {
    Court f;
    REQUIRE(f.send(f.carol, rollup_call::deposit_eth(f.carol.address()), 500) == "");
    Withdrawal stolen{f.alice.address(), {}, Amount{500}};
    WithdrawalTree tree;
    tree.append(stolen.hash());
    StateFields theft = f.genesis.last;
    theft.withdrawals_root = tree.root();
    theft.withdrawal_count = 1;
    Batch sacrifice = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader first = f.append(f.alice, sacrifice);
    Batch real = f.batch_on(first, theft);
    uint64_t posted = f.now();
    BatchHeader second = f.append(f.alice, real);
    WithdrawalProof claim{0, stolen, tree.path(0, 1)};
    // Struck in the last second of the sacrifice's window, by the liar himself, when the real one is all but final.
    f.at(posted + kChallenge - 2);
    REQUIRE(f.prove(f.alice, f.proof_against(sacrifice)) == "");
    f.at(posted + kChallenge);
    CHECK(f.send(f.alice, rollup_call::claim(second, claim)) == "UnknownBatch");
    // Posted again by the next liar, it is as young as any batch, and costs another stake.
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.stake) == "");
    Batch again = f.batch_on(f.genesis, theft);
    BatchHeader header = f.append(f.alice, again);
    CHECK(f.send(f.alice, rollup_call::claim(header, claim)) == "BatchNotFinal");
    Bytes proof = f.proof_against(again);
    f.commit(f.bob, proof, 2);
    REQUIRE(f.prove(f.bob, proof) == "");
    f.pass(kChallenge);
    CHECK(f.send(f.alice, rollup_call::claim(header, claim)) == "UnknownBatch");
    CHECK(f.burned() == 2 * (f.stake - f.quarter));
    CHECK(f.send(f.alice, rollup_call::take_reward(1, f.alice.address())) == "NotProver");
    CHECK(f.send(f.bob, rollup_call::take_reward(2, f.bob.address())) == "");
    CHECK(f.held({}) == 500);
}

TEST_CASE("a lie with a smaller l1OpsConsumed than its chunks consume is proven; the operations still wait") {
    Court f;
    uint64_t queued = f.now();
    for (int i = 0; i < 2; ++i) REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 7) == "");
    // The chunk consumes two and the claim is of one: past the batch's own limit it changes nothing, so the claim is false.
    State after;
    StateRunner runner(after);
    std::vector<L1Operation> queue;
    for (uint64_t i = 0; i < 2; ++i) {
        queue.push_back({L1OperationKind::kDeposit, f.bob.address(), f.bob.address(), {}, Amount{7}, queued + i});
        REQUIRE(apply_l1_operation(runner, queue.back()).ok());
    }
    Batch batch = f.batch_on(f.genesis, after.fields());
    batch.last.l1_ops_consumed = 1;
    batch.l1_queue_hash = f.queue_hash(1);
    batch.chunks = {consuming(2)};
    f.append(f.alice, batch);
    State before;
    ListEnv env(Domain{f.chain->chain_id(), f.rollup}.separator(), 1, queue);
    auto proof = build_fraud_proof(batch, 0, before, env);
    REQUIRE(proof.has_value());
    REQUIRE(f.prove(f.carol, proof->encode()) == "");
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{0, queued});
}

TEST_CASE("a queue that grows after the append makes no honest batch false, and no proof stale") {
    Court f;
    uint64_t queued = f.now();
    for (int i = 0; i < 2; ++i) REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 7) == "");
    std::vector<L1Operation> queue;
    for (uint64_t i = 0; i < 2; ++i) {
        queue.push_back({L1OperationKind::kDeposit, f.bob.address(), f.bob.address(), {}, Amount{7}, queued + i});
    }
    // The chunk asks for three of two: a wrong chunk, which changes nothing. True for ever, though a third comes.
    Batch batch = f.batch_on(f.genesis, f.genesis.last);
    batch.chunks = {consuming(3)};
    bool lies = GENERATE(false, true);
    batch.last.op_count = lies ? 9 : 0;
    f.append(f.alice, batch);
    State before;
    ListEnv env(Domain{f.chain->chain_id(), f.rollup}.separator(), batch.last.l1_ops_consumed, queue);
    auto proof = build_fraud_proof(batch, 0, before, env);
    REQUIRE(proof.has_value());
    for (int i = 0; i < 3; ++i) REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 7) == "");
    CHECK(f.prove(f.carol, proof->encode()) == (lies ? "" : "ClaimIsTrue"));
}

TEST_CASE("a backlog of thousands of L1 operations makes no call dearer, and each is refunded after a freeze") {
    constexpr uint64_t kBacklog = 2'000, kEach = 200;
    Court f;
    auto gas_of = [&](const PrivateKey& from, const Bytes& data) {
        REQUIRE(f.send(from, data) == "");
        return f.gas_used();
    };
    uint64_t first = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 7) == "");
    uint64_t one_more = gas_of(f.bob, rollup_call::force_transfer({}, f.bob.address(), Amount{1}));
    Bytes data = rollup_call::deposit_eth(f.bob.address());
    uint64_t time = 0;
    for (uint64_t sent = 0; sent < kBacklog; sent += kEach) {
        REQUIRE(f.chain->set_next_block_time(time = f.now()).ok());
        uint64_t nonce = *f.chain->nonce(f.bob.address());
        for (uint64_t i = 0; i < kEach; ++i) {
            Transaction body{f.chain->chain_id(), nonce + i, 1, 1'000'000'000'000, 250'000, f.rollup, 1, data, {}};
            REQUIRE(f.chain->send_raw(sign(body, f.bob).raw).ok());
        }
        f.chain->mine();
        f.pass(1);
    }
    REQUIRE(f.queue_length() == kBacklog + 2);
    CHECK(gas_of(f.bob, rollup_call::force_transfer({}, f.bob.address(), Amount{1})) <= one_more);
    StateFields last = f.genesis.last;
    uint64_t small = gas_of(f.alice, rollup_call::append(f.batch_on(f.genesis, last).encode()));
    BatchHeader header = f.batch_on(f.genesis, last).header();
    last.l1_ops_consumed = kBacklog;
    Batch all = f.batch_on(header, last);
    CHECK(gas_of(f.alice, rollup_call::append(all.encode())) < small + 5'000);
    Bytes proof = f.proof_against(all);
    CHECK(gas_of(f.carol, rollup_call::prove(proof)) < 200'000);
    f.at(std::max(f.now(), first + f.parameters.freeze_age));
    CHECK(gas_of(f.carol, rollup_call::freeze(0)) < 100'000);
    L1Operation entry{L1OperationKind::kDeposit, f.bob.address(), f.bob.address(), {}, Amount{1}, time};
    CHECK(gas_of(f.carol, rollup_call::refund(kBacklog + 1, entry)) < 120'000);
    CHECK(f.send(f.carol, rollup_call::refund(kBacklog, entry)) == "");
    CHECK(f.send(f.carol, rollup_call::refund(kBacklog + 1, entry)) == "AlreadyRefunded");
}

TEST_CASE("the proof of a batch that a reorganisation included again, at another time, still holds") {
    Court f;
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader header = f.append(f.alice, lying);
    Bytes proof = f.proof_against(lying);
    auto posted = rollup_view::read_batch(f.view(rollup_view::batch(1)));
    REQUIRE(f.chain->reorganise(1).ok());
    CHECK(f.head().number == 0);
    f.pass(100);
    REQUIRE(f.chain->set_next_block_time(f.now()).ok());
    f.chain->mine();
    f.pass(1);
    CHECK(f.head() == Head{1, header.hash()});
    CHECK(rollup_view::read_batch(f.view(rollup_view::batch(1)))->posted_at > posted->posted_at);
    f.commit(f.bob, proof);
    CHECK(f.prove(f.bob, proof) == "");
    CHECK(f.term(1).last_prover == f.bob.address());
}

TEST_CASE("an exit spends the leaf, a claim the position: what was withdrawn and claimed is not in the leaf that exits") {
    // Bob had 100, withdrew 60: his leaf holds 40, the withdrawals tree 60. Claimed and exited in either order he gets 100.
    Address bob = PrivateKey::derived("bob").address();
    State state;
    StateRunner runner(state);
    REQUIRE(apply_l1_operation(runner, {L1OperationKind::kDeposit, bob, bob, {}, Amount{100}, 1}).ok());
    gavel::Account before = *state.accounts.at(1);
    std::vector<Hash> old_path = state.accounts.path(1);
    REQUIRE(apply_l1_operation(runner, {L1OperationKind::kForcedWithdrawal, bob, bob, {}, Amount{60}, 1}).ok());
    ContractFixture f(state.fields());
    uint64_t queued = f.now();
    REQUIRE(f.send(f.carol, rollup_call::deposit_eth(f.carol.address()), 100) == "");
    f.at(queued + f.parameters.freeze_age);
    REQUIRE(f.send(f.carol, rollup_call::freeze(0)) == "");
    Bytes claim = rollup_call::claim(f.genesis, {0, {bob, {}, Amount{60}}, state.withdrawals.path(0, 1)});
    Bytes exit = rollup_call::exit(f.genesis, {1, *state.accounts.at(1), state.accounts.path(1)});
    std::vector<Bytes> order{claim, exit};
    if (GENERATE(false, true)) std::swap(order[0], order[1]);
    CHECK(f.send(f.carol, rollup_call::exit(f.genesis, {1, before, old_path})) == "ExitPath");
    u128 had = f.balance(bob);
    for (const Bytes& call : order) CHECK(f.send(f.carol, call) == "");
    CHECK(f.balance(bob) == had + 100);
    CHECK(f.held({}) == 0);
    CHECK(f.send(f.carol, claim) == "AlreadyPaid");
    CHECK(f.send(f.carol, exit) == "AlreadyExited");
}
