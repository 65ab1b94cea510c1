// The rollup contract's court: every refusal of a proof by name, strikes, stakes and rewards to the wei.
#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("prove: every refusal of the contract's own, and the kernel's by name") {
    Court f;
    Batch honest = f.batch_on(f.genesis, f.genesis.last);
    BatchHeader first = f.append(f.alice, honest);
    Batch lying = f.batch_on(first, lie(first, 5));
    uint64_t posted = f.now();
    f.append(f.alice, lying);
    Bytes proof = f.proof_against(lying);

    CHECK(f.prove(f.bob, Bytes(193)) == "Truncated");
    Bytes spoiled = proof;
    spoiled.pop_back();
    CHECK(f.prove(f.bob, spoiled) == "Truncated");
    spoiled = proof;
    spoiled.push_back(0);
    CHECK(f.prove(f.bob, spoiled) == "TrailingBytes");
    spoiled = proof;
    spoiled[20] ^= 1;  // the parent's hash
    CHECK(f.prove(f.bob, spoiled) == "UnknownBatch");
    spoiled = proof;
    spoiled[7] = 9;  // above the head
    CHECK(f.prove(f.bob, spoiled) == "UnknownBatch");
    spoiled = proof;
    spoiled[BatchHeader::kSize + 1] = 1;
    CHECK(f.prove(f.bob, spoiled) == "ChunkIndex");
    CHECK(f.prove(f.bob, f.proof_against(honest)) == "ClaimIsTrue");
    // Genesis is final; its header is known to everybody.
    CHECK(f.prove(f.bob, genesis_header().encode()) == "BatchFinal");
    f.at(posted + kChallenge);
    CHECK(f.prove(f.bob, proof) == "BatchFinal");
    CHECK(f.head().number == 2);
}

TEST_CASE("prove: the last second counts; batch and all above it struck; the stake divided to the wei") {
    Court f;
    Batch honest = f.batch_on(f.genesis, f.genesis.last);
    BatchHeader first = f.append(f.alice, honest);
    Batch lying = f.batch_on(first, lie(first, 5));
    uint64_t posted = f.now();
    BatchHeader second = f.append(f.alice, lying);
    f.append(f.alice, f.batch_on(second, second.last));
    Bytes proof = f.proof_against(lying);
    f.commit(f.bob, proof);
    CHECK(f.events().empty());  // a view tells
    f.at(posted + kChallenge - 1);
    uint64_t proven = f.now();
    CHECK(f.prove(f.bob, proof) == "");
    CHECK(f.events() ==
          std::vector<RollupEvent>{BatchStruck{2, second.hash(), 1, f.bob.address()}, TermEnded{1, TermEnd::kSlashed}});
    CHECK(f.head() == Head{1, first.hash()});
    CHECK(rollup_view::read_batch(f.view(rollup_view::batch(2))) == RollupRecord{});
    CHECK(rollup_view::read_batch(f.view(rollup_view::batch(3))) == RollupRecord{});
    CHECK(rollup_view::read_number(f.view(rollup_view::last_strike())) == proven);
    TermRecord record = f.term(1);
    CHECK(record.slashed);
    CHECK(record.ended_at == proven);
    CHECK(record.first_proof_at == proven);
    CHECK(record.last_prover == f.bob.address());
    CHECK(record.last_batch == 1);
    CHECK(record.stake == 0);
    CHECK(f.burned() == f.stake - f.quarter);
    CHECK(f.quarter * 4 + 3 == f.stake);

    // Struck means gone: the same proof again, and the stake.
    CHECK(f.prove(f.carol, proof) == "UnknownBatch");
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
    CHECK(f.send(f.alice, rollup_call::append(f.batch_on(first, first.last).encode())) == "NotSequencer");

    auto take = [&](uint64_t term) { return f.send(f.carol, rollup_call::take_reward(term, f.bob.address())); };
    CHECK(take(2) == "UnknownTerm");
    f.at(proven + kChallenge - 1);
    CHECK(take(1) == "RewardTooEarly");
    CHECK(f.send(f.carol, rollup_call::take_reward(1, {})) == "NotProver");
    CHECK(f.send(f.carol, rollup_call::take_reward(1, f.carol.address())) == "NotProver");
    u128 before = f.balance(f.bob.address());
    CHECK(take(1) == "");
    CHECK(f.only_event<RewardTaken>() == RewardTaken{1, f.bob.address(), f.quarter});
    CHECK(f.balance(f.bob.address()) == before + f.quarter);
    CHECK(take(1) == "AlreadyTaken");
    CHECK(f.balance(f.rollup) == f.burned());
}

TEST_CASE("takeReward: not from a term that nobody proved wrong") {
    Court f;
    CHECK(f.send(f.bob, rollup_call::take_reward(1, f.bob.address())) == "TermNotSlashed");
    CHECK(f.send(f.bob, rollup_call::take_reward(0, f.bob.address())) == "UnknownTerm");
}

TEST_CASE("the reward needs a commit: after the posting, before the proof, the prover's own") {
    Court f;
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    Bytes proof = f.proof_against(lying);
    auto outcome = [&](bool strikes = true) {
        CHECK(f.prove(f.bob, proof) == (strikes ? "" : "UnknownBatch"));
        return f.term(1).last_prover;
    };
    SECTION("none") {
        f.append(f.alice, lying);
        CHECK(outcome() == Address{});
    }
    SECTION("in the second of the posting") {
        uint64_t same = f.now();
        // Two transactions of one block.
        REQUIRE(f.chain->set_next_block_time(same).ok());
        for (auto [key, data] : {std::pair{&f.alice, rollup_call::append(lying.encode())},
                                 std::pair{&f.bob, rollup_call::commit_proof(proof_commitment(f.bob.address(), proof, 1))}}) {
            Transaction body{
                f.chain->chain_id(), *f.chain->nonce(key->address()), 1, 1'000'000'000'000, 5'000'000, f.rollup, 0, data, {}};
            REQUIRE(f.chain->send_raw(sign(body, *key).raw).ok());
        }
        f.chain->mine();
        f.pass(1);
        REQUIRE(f.head().number == 1);
        CHECK(outcome() == Address{});
    }
    SECTION("before the posting") {
        f.commit(f.bob, proof);
        f.append(f.alice, lying);
        CHECK(outcome() == Address{});
    }
    SECTION("in the proof's own second") {
        f.append(f.alice, lying);
        REQUIRE(f.chain->set_next_block_time(f.now()).ok());
        uint64_t nonce = *f.chain->nonce(f.bob.address());
        for (const Bytes& data :
             {rollup_call::commit_proof(proof_commitment(f.bob.address(), proof, 1)), rollup_call::prove(proof)}) {
            Transaction body{f.chain->chain_id(), nonce++, 1, 1'000'000'000'000, 5'000'000, f.rollup, 0, data, {}};
            REQUIRE(f.chain->send_raw(sign(body, f.bob).raw).ok());
        }
        f.chain->mine();
        f.pass(1);
        CHECK(f.head().number == 0);
        CHECK(f.term(1).last_prover == Address{});
    }
    SECTION("somebody else's, copied") {
        f.append(f.alice, lying);
        f.commit(f.carol, proof);
        REQUIRE(f.send(f.bob, rollup_call::commit_proof(proof_commitment(f.carol.address(), proof, 1))) == "");
        CHECK(outcome() == Address{});
        f.at(f.term(1).first_proof_at + kChallenge);
        CHECK(f.send(f.bob, rollup_call::take_reward(1, f.bob.address())) == "NotProver");
        CHECK(f.send(f.bob, rollup_call::take_reward(1, f.carol.address())) == "");
        CHECK(f.only_event<RewardTaken>() == RewardTaken{1, f.carol.address(), f.quarter});
        return;
    }
    SECTION("one second after the posting, one before the proof; others don't replace it") {
        f.append(f.alice, lying);
        f.commit(f.bob, proof);
        auto committed_at = [&](ByteView to) {
            Bytes asked = rollup_view::committed_at(f.bob.address(), proof_commitment(f.bob.address(), to, 1));
            return rollup_view::read_number(f.view(asked));
        };
        uint64_t time = f.now() - 1;
        CHECK(committed_at(proof) == time);
        if (GENERATE(false, true)) f.commit(f.bob, Bytes{1});
        CHECK(committed_at(proof) == time);
        CHECK(committed_at(Bytes{2}) == uint64_t{0});
        CHECK(outcome() == f.bob.address());
        f.at(f.term(1).first_proof_at + kChallenge);
        CHECK(f.send(f.carol, rollup_call::take_reward(1, f.bob.address())) == "");
        return;
    }
    // Nobody may take it; it stays.
    f.at(f.term(1).first_proof_at + kChallenge);
    for (const Address& asked : {f.bob.address(), f.carol.address(), Address{}}) {
        CHECK(f.send(f.carol, rollup_call::take_reward(1, asked)) == "NotProver");
    }
    CHECK_FALSE(f.term(1).reward_taken);
    CHECK(f.burned() == f.stake - f.quarter);
}

TEST_CASE("a liar who strikes his later lie first gets nothing: the last prover counts") {
    Court f;
    Batch first_lie = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader first = f.append(f.alice, first_lie);
    Batch second_lie = f.batch_on(first, lie(first, 9));
    f.append(f.alice, second_lie);
    Bytes first_proof = f.proof_against(first_lie), second_proof = f.proof_against(second_lie);
    f.commit(f.alice, second_proof);
    uint64_t proven = f.now();
    REQUIRE(f.prove(f.alice, second_proof) == "");
    CHECK(f.term(1).last_prover == f.alice.address());
    CHECK(f.head().number == 1);
    u128 burned = f.burned();
    SECTION("the honest prover's earlier proof takes it") {
        f.commit(f.bob, first_proof);
        REQUIRE(f.prove(f.bob, first_proof) == "");
        CHECK(f.only_event<BatchStruck>().prover == f.bob.address());
        CHECK(f.term(1).last_prover == f.bob.address());
    }
    SECTION("copied without a commit it is still the honest prover's") {
        f.commit(f.bob, first_proof);
        REQUIRE(f.prove(f.alice, first_proof) == "");
        CHECK(f.prove(f.bob, first_proof) == "UnknownBatch");
        CHECK(f.term(1).last_prover == Address{});
    }
    CHECK(f.head().number == 0);
    CHECK(f.burned() == burned);  // slashed once
    CHECK(f.term(1).first_proof_at == proven);
    f.at(proven + kChallenge);
    CHECK(f.send(f.alice, rollup_call::take_reward(1, f.alice.address())) == "NotProver");
    CHECK(f.send(f.carol, rollup_call::take_reward(1, f.bob.address())) == "");
    CHECK(f.only_event<RewardTaken>() == RewardTaken{1, f.bob.address(), f.quarter});
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
}

TEST_CASE("a strike across terms: the liar is slashed, whoever sits goes on") {
    Court f;
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader first = f.append(f.alice, lying);
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    REQUIRE(f.send(f.bob, rollup_call::become_sequencer(), f.stake) == "");
    CHECK(f.term(2).last_batch == 0);
    BatchHeader second = f.append(f.bob, f.batch_on(first, first.last));
    SECTION("the later term sits") {
        REQUIRE(f.prove(f.carol, f.proof_against(lying)) == "");
        CHECK(f.only_event<BatchStruck>() == BatchStruck{1, first.hash(), 1, f.carol.address()});
        CHECK(f.current_term() == 2);
        CHECK(f.term(2).last_batch == 0);
        CHECK_FALSE(f.term(2).slashed);
        CHECK(f.term(1).slashed);
        // Its batch is gone, the seat isn't.
        BatchHeader again = f.append(f.bob, f.batch_on(f.genesis, f.genesis.last));
        CHECK(f.head() == Head{1, again.hash()});
        CHECK(f.term(2).last_batch == 1);
        REQUIRE(f.send(f.bob, rollup_call::resign()) == "");
        CHECK(f.send(f.bob, rollup_call::take_stake(2)) == "LastBatchPending");
        f.pass(kChallenge);
        CHECK(f.send(f.bob, rollup_call::take_stake(2)) == "");
    }
    SECTION("the later term is over: its stake is free at once, for its batch is gone") {
        REQUIRE(f.send(f.bob, rollup_call::resign()) == "");
        CHECK(f.term(2).last_batch == 2);
        CHECK(f.send(f.bob, rollup_call::take_stake(2)) == "LastBatchPending");
        REQUIRE(f.prove(f.carol, f.proof_against(lying)) == "");
        if (GENERATE(false, true)) {
            // Others append at the same numbers: still gone.
            REQUIRE(f.send(f.carol, rollup_call::become_sequencer(), f.stake) == "");
            BatchHeader other = f.append(f.carol, f.batch_on(f.genesis, f.genesis.last));
            f.append(f.carol, f.batch_on(other, other.last));
        }
        CHECK(f.send(f.bob, rollup_call::take_stake(2)) == "");
        CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
    }
    (void)second;
}

TEST_CASE("a lie with L1 operations is proven against the stored queue") {
    Court f;
    for (int i = 0; i < 3; ++i) REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 7) == "");
    State state;
    ListEnv env(Domain{f.chain->chain_id(), f.rollup}.separator(), 3, {});
    Batch batch = f.batch_on(f.genesis, f.genesis.last);
    Chunk chunk;
    chunk.l1_operations = 2;
    batch.chunks[0].ops = encode_ops(chunk);
    batch.last.l1_ops_consumed = 2;  // but nobody is credited
    batch.l1_queue_hash = f.queue_hash(2);
    f.append(f.alice, batch);
    std::vector<L1Operation> queue;
    for (uint64_t i = 0; i < 3; ++i) {
        queue.push_back({L1OperationKind::kDeposit, f.bob.address(), f.bob.address(), {}, Amount{7}, kStart + 12 + i});
    }
    ListEnv with(env.domain_separator(), 2, queue);
    auto proof = build_fraud_proof(batch, 0, state, with);
    REQUIRE(proof.has_value());
    FraudProof wrong = *proof;
    wrong.l1_operations[1].amount = Amount{8};
    CHECK(f.prove(f.bob, wrong.encode()) == "L1Operations");
    CHECK(f.prove(f.bob, proof->encode()) == "");
}

namespace {

constexpr unsigned kPayers = 48;

PrivateKey payer(unsigned i) { return PrivateKey::derived("payer " + std::to_string(i)); }

// Accounts 1 to kPayers, with 1,000 wei each.
State state_of_payers() {
    State state;
    StateRunner view(state);
    for (unsigned i = 0; i < kPayers; ++i) {
        L1Operation deposit{L1OperationKind::kDeposit, payer(i).address(), payer(i).address(), {}, Amount{1000}, 1};
        REQUIRE(apply_l1_operation(view, deposit).ok());
    }
    return state;
}

// A full chunk: 48 transfers, each to the next account.
BatchChunk full_chunk(const Hash& domain_separator, unsigned forged) {
    Chunk chunk;
    BatchChunk out;
    for (unsigned i = 0; i < kPayers; ++i) {
        PostedOperation posted;
        posted.sender = 1 + i;
        posted.payments = {{{1 + (i + 1) % kPayers, std::nullopt}, Amount{i}}};
        chunk.operations.push_back(posted);
        Operation operation{OperationKind::kTransfer, {}, {{payer((i + 1) % kPayers).address(), Amount{i}}}, {}, 0, {}, {}};
        append(out.sigs, payer(i == forged ? 0 : i).sign(operation.digest(domain_separator)));
    }
    out.ops = encode_ops(chunk);
    REQUIRE(chunk.weight() == kMaxChunkWeight);
    return out;
}

}  // namespace

TEST_CASE("prove: a full chunk re-run on the L1, in one transaction; the honest one stands") {
    State state = state_of_payers();
    ContractFixture f(state.fields());
    Hash separator = Domain{f.chain->chain_id(), f.rollup}.separator();
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    bool lies = GENERATE(false, true);
    Batch batch = f.batch_on(f.genesis, state.fields());
    ListEnv env(separator, 0, {});
    // What everybody gets who doesn't check the signature: the state after the honest chunk.
    BatchChunk honest = full_chunk(separator, ~0u);
    State after = state_of_payers();
    StateRunner runner(after);
    REQUIRE(apply(env, runner, after.counters, honest.ops, honest.sigs).ok());
    batch.last = after.fields();
    batch.chunks = {lies ? full_chunk(separator, kPayers - 1) : honest};
    REQUIRE(f.send(f.alice, rollup_call::append(batch.encode())) == "");
    CHECK(f.gas_used() < 250'000);
    auto proof = build_fraud_proof(batch, 0, state, env);
    REQUIRE(proof.has_value());
    CHECK(f.send(f.bob, rollup_call::prove(proof->encode())) == (lies ? "" : "ClaimIsTrue"));
    INFO("bytes " << proof->encode().size());
    CHECK(f.gas_used() > 500'000);
    CHECK(f.gas_used() < 4'000'000);
    CHECK(f.head().number == (lies ? 0 : 1));
}
