// Fraud proofs of hand-made chunks: recorded, encoded, checked.
#include <catch2/catch.hpp>
#include <set>

#include "protocol/encoding.hpp"
#include "protocol/merkle.hpp"
#include "tests/protocol/proof_judge.hpp"
#include "tests/support/limit_cases.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("all views agree on each case; the lie is proven, the truth is not") {
    for (const Case& one : all_cases()) {
        INFO(one.name);
        Worked worked(one);
        REQUIRE(worked.outcome == (one.refusal == Refusal::kNone ? Outcome::applied() : Outcome::wrong(one.refusal)));

        // Running.
        REQUIRE(worked.world.state.fields() == worked.before);
        bool roots_changed = worked.after.accounts_root != worked.before.accounts_root ||
                             worked.after.withdrawals_root != worked.before.withdrawals_root;
        REQUIRE(roots_changed == (one.effect == Effect::kChanges));
        REQUIRE((worked.after == worked.before) == (one.effect == Effect::kNothing));
        if (worked.outcome.ok()) {
            REQUIRE(worked.after.l1_ops_consumed == worked.before.l1_ops_consumed + worked.chunk.l1_operations);
            REQUIRE(worked.after.op_count == worked.before.op_count + worked.chunk.operations.size());
            REQUIRE(worked.effects.operations == worked.chunk.operations.size());
            for (bool effect : worked.effects.took_effect) REQUIRE(effect == (one.effect == Effect::kChanges));
        }

        // Recording and replaying: the truth.
        FraudProof truth = build_proof(worked, worked.batch);
        ProofVerdict verdict = judge(worked.world, worked.batch.header().hash(), truth.encode());
        REQUIRE(name_of(verdict.error) == std::string("ClaimIsTrue"));
        REQUIRE(name_of(verdict.refusal) == std::string(name_of(one.refusal)));
        REQUIRE(verdict.result == worked.after);

        // The lie.
        Batch lying = worked.lying();
        FraudProof proof = build_proof(worked, lying);
        verdict = judge(worked.world, lying.header().hash(), proof.encode());
        REQUIRE(name_of(verdict.error) == std::string("None"));
        REQUIRE(verdict.refusal == one.refusal);
        REQUIRE(verdict.result == worked.after);
        REQUIRE(proof.witness == truth.witness);
        if (one.refusal != Refusal::kOverWeight) REQUIRE(verdict.accesses <= worked.chunk.weight());
    }
}

TEST_CASE("every refusal that apply names itself has a case") {
    std::set<Refusal> seen;
    for (const Case& one : all_cases()) seen.insert(one.refusal);
    for (Refusal refusal : all_refusals()) {
        if (refusal < Refusal::kSignatureCount) continue;
        INFO(name_of(refusal));
        REQUIRE(seen.count(refusal) == 1);
    }
}

TEST_CASE("the accesses of a chunk are those of the specification, in order") {
    Worked worked(full_case());
    FraudProof proof = build_proof(worked, worked.lying());
    ByteReader in(proof.witness);
    uint32_t count = worked.before.account_count;
    unsigned accesses = 0;
    auto siblings = [&](uint32_t index) {
        ++accesses;
        in.take(32 * carried_siblings(index, count));
    };
    auto read = [&](uint32_t index, const char* owner) {
        REQUIRE(Account::decode(in.take(Account::kSize)).key.owner == person(owner));
        siblings(index);
    };
    auto find = [&](const char* owner, bool present) {
        uint32_t index = in.u32();
        Account leaf = Account::decode(in.take(Account::kSize));
        REQUIRE((leaf.key.owner == person(owner)) == present);
        siblings(index);
    };
    auto append = [&] {
        siblings(count);
        ++count;
    };
    find("alice", true), find("n0", false), append();        // forced transfer to a newcomer
    find("bob", true);                                       // forced withdrawal
    read(kAlice, "alice"), read(kBob, "bob");                // transfer to an index
    read(kBob, "bob"), find("n1", false), append();          // transfer to an address
    read(kAlice, "alice");                                   // withdrawal
    read(kCarolToken, "carol"), read(kAliceToken, "alice");  // payout
    find("n2", false), append();
    read(kOperator, "operator"), read(kOperatorToken, "operator");
    REQUIRE(in.finished());
    REQUIRE(accesses == 16);
    REQUIRE(check_fraud_proof(proof.encode(), kDomain, worked.world).accesses == accesses);
}

TEST_CASE("all L1 operations are in the proof as soon as apply comes to them, and none before") {
    for (const Case& one : all_cases()) {
        Worked worked(one);
        INFO(one.name);
        bool before_l1 = one.refusal != Refusal::kNone && (one.refusal < Refusal::kWithdrawalTreeFull);
        size_t expected = before_l1 ? 0 : worked.chunk.l1_operations;
        REQUIRE(build_proof(worked, worked.lying()).l1_operations.size() == expected);
    }
}

TEST_CASE("a proof of a batch with one chunk, whose claim is its last fields") {
    Worked worked(full_case());
    Batch batch;
    batch.number = 9;
    batch.parent.last = worked.before;
    batch.last = worked.after;
    batch.chunks = {worked.batch.chunks[1]};
    ListEnv env = worked.world.env();
    auto verdict = [&] {
        auto proof = build_fraud_proof(batch, 0, worked.world.state, env);
        REQUIRE(proof.has_value());
        REQUIRE(proof->calldata().ops_path.empty());
        return judge(worked.world, batch.header().hash(), proof->encode());
    };
    REQUIRE(verdict().error == ProofError::kClaimIsTrue);
    ++batch.last.op_count;
    REQUIRE(verdict().error == ProofError::kNone);
    REQUIRE(verdict().refusal == Refusal::kNone);
    --batch.last.op_count;
    // The limit is the batch's own: claiming less makes the chunk wrong, and the claim false.
    --batch.last.l1_ops_consumed;
    REQUIRE(verdict().error == ProofError::kNone);
    REQUIRE(verdict().refusal == Refusal::kL1LimitExceeded);
}

TEST_CASE("no proof without the state before, or without the L1 operations") {
    Worked worked(full_case());
    ListEnv env = worked.world.env();
    REQUIRE_FALSE(build_fraud_proof(worked.batch, 0, worked.world.state, env));
    REQUIRE_FALSE(build_fraud_proof(worked.batch, 2, worked.world.state, env));
    worked.world.queue.pop_back();
    ListEnv short_env = worked.world.env();
    REQUIRE_FALSE(build_fraud_proof(worked.batch, 1, worked.world.state, short_env));
    REQUIRE(worked.world.state.fields() == worked.before);
}

TEST_CASE("the largest proof of each kind, among 2^32 accounts, fits a mempool's 128 KB") {
    for (const Case& one : limit_cases()) {
        INFO(one.name);
        Worked worked(one);
        REQUIRE(worked.outcome.ok());
        REQUIRE(worked.chunk.weight() >= 94);
        Batch lying = worked.lying();
        Bytes proof = build_proof(worked, lying).encode();
        ProofVerdict verdict = judge(worked.world, lying.header().hash(), proof);
        REQUIRE(verdict.error == ProofError::kNone);
        REQUIRE(verdict.accesses <= worked.chunk.weight());
        INFO(proof.size() << " bytes");
        // What is missing here: a deeper small tree, at most 2 x 6 hashes more.
        REQUIRE(proof.size() + 12 * 32 < 128 * 1024 - 1024);
    }
}

TEST_CASE("an ordinary full chunk among a million accounts is proven in less than 100 KB") {
    Worked worked(ordinary_case());
    REQUIRE(worked.outcome.ok());
    REQUIRE(worked.chunk.weight() == 95);
    Batch lying = worked.lying();
    Bytes proof = build_proof(worked, lying).encode();
    ProofVerdict verdict = judge(worked.world, lying.header().hash(), proof);
    REQUIRE(verdict.error == ProofError::kNone);
    REQUIRE(verdict.accesses == 95);
    INFO(proof.size() << " bytes");
    REQUIRE(proof.size() < 100'000);
}
