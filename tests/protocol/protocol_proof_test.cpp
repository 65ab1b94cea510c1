// Fraud proofs of hand-made chunks: recorded, encoded, checked, corrupted.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "protocol/encoding.hpp"
#include "protocol/merkle.hpp"
#include "tests/support/limit_cases.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

FraudProof build(Worked& worked, const Batch& batch) {
    ListEnv env = worked.world.env();
    StateFields before = worked.world.state.fields();
    auto proof = build_fraud_proof(batch, 1, worked.world.state, env);
    REQUIRE(proof.has_value());
    REQUIRE(worked.world.state.fields() == before);
    return *proof;
}

// As the contract does: the record of the header first, then the rest.
ProofVerdict judge(const World& world, const Hash& record, const Bytes& proof) {
    ProofVerdict verdict;
    auto header = header_of_proof(proof);
    if (!header) {
        verdict.error = ProofError::kTruncated;
    } else if (header->hash() != record) {
        verdict.error = ProofError::kUnknownBatch;
    } else {
        return check_fraud_proof(proof, kDomain, world);
    }
    return verdict;
}

// A case to corrupt: every kind of field, and each kind of access.
const Case& full_case() {
    static const std::vector<Case> cases = operation_cases();
    return *std::find_if(cases.begin(), cases.end(), [](const Case& one) { return one.name == "everything at once"; });
}

// A field of an encoded proof, and what may be said when one of its bits is turned.
struct Field {
    const char* name;
    size_t size;
    std::set<ProofError> errors;
};

std::vector<Field> fields_of(const FraudProof& proof) {
    using E = ProofError;
    auto hashes = [](const std::vector<Hash>& list) { return 32 * list.size(); };
    // A wrong length or count shifts what follows.
    return {
        {"header", BatchHeader::kSize, {E::kUnknownBatch}},
        {"chunkIndex", 2, {E::kChunkIndex, E::kOpsPath}},
        {"opsLength", 2, {E::kTruncated, E::kOpsPath}},
        {"ops", proof.ops.size(), {E::kOpsPath}},
        {"sigsLength", 2, {E::kTruncated, E::kOpsPath}},
        {"sigs", proof.sigs.size(), {E::kSigsPath}},
        {"opsPath", hashes(proof.ops_path), {E::kOpsPath}},
        {"sigsPath", hashes(proof.sigs_path), {E::kSigsPath}},
        {"before: roots, accountCount", 68, {E::kOpsPath}},
        {"before: withdrawalCount", 4, {E::kTruncated, E::kOpsPath}},
        {"before: counters", 16, {E::kOpsPath}},
        {"after", 32, {E::kOpsPath}},
        {"frontier", hashes(proof.frontier), {E::kFrontier}},
        {"entries", L1Operation::kSize * proof.l1_operations.size(), {E::kL1Operations}},
        {"accesses", proof.witness.size(), {E::kLeafPath, E::kHintRange}},
    };
}

}  // namespace

TEST_CASE("each case: all views agree; the lie is proven, the truth is not") {
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
        FraudProof truth = build(worked, worked.batch);
        ProofVerdict verdict = judge(worked.world, worked.batch.header().hash(), truth.encode());
        REQUIRE(name_of(verdict.error) == std::string("ClaimIsTrue"));
        REQUIRE(name_of(verdict.refusal) == std::string(name_of(one.refusal)));
        REQUIRE(verdict.result == worked.after);

        // The lie.
        Batch lying = worked.lying();
        FraudProof proof = build(worked, lying);
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
    FraudProof proof = build(worked, worked.lying());
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
        REQUIRE(build(worked, worked.lying()).l1_operations.size() == expected);
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
        REQUIRE(proof->ops_path.empty());
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

TEST_CASE("no bit of a proof can be turned") {
    Worked worked(full_case());
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    FraudProof proof = build(worked, lying);
    Bytes good = proof.encode();
    REQUIRE(judge(worked.world, record, good).error == ProofError::kNone);
    size_t start = 0;
    std::mt19937 random(3);
    for (const Field& field : fields_of(proof)) {
        std::set<ProofError> seen;
        for (size_t i = 0; i < field.size; ++i) {
            Bytes bad = good;
            bad[start + i] = static_cast<uint8_t>(bad[start + i] ^ 1 << random() % 8);
            ProofVerdict verdict = judge(worked.world, record, bad);
            INFO(field.name << ", byte " << i << ": " << name_of(verdict.error));
            REQUIRE(field.errors.count(verdict.error) == 1);
            seen.insert(verdict.error);
        }
        INFO(field.name);
        if (field.errors.size() == 1) REQUIRE(seen == field.errors);
        start += field.size;
    }
    REQUIRE(start == good.size());
}

TEST_CASE("nothing in the accesses of any case can be turned, the last access included") {
    std::mt19937 random(4);
    for (const Case& one : all_cases()) {
        INFO(one.name);
        Worked worked(one);
        Batch lying = worked.lying();
        Hash record = lying.header().hash();
        FraudProof proof = build(worked, lying);
        Bytes good = proof.encode();
        for (size_t at = good.size() - proof.witness.size(); at < good.size(); at += 1 + random() % 32) {
            Bytes bad = good;
            bad[at] = static_cast<uint8_t>(bad[at] ^ 1 << random() % 8);
            ProofError error = judge(worked.world, record, bad).error;
            INFO("byte " << at << ": " << name_of(error));
            REQUIRE((error == ProofError::kLeafPath || error == ProofError::kHintRange));
        }
    }
}

TEST_CASE("no byte of a proof can be left away or added") {
    Worked worked(full_case());
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    Bytes good = build(worked, lying).encode();
    for (size_t size = 0; size < good.size(); size += size < 1200 ? 1 : 37) {
        INFO("the first " << size << " bytes");
        Bytes cut = to_bytes(ByteView{good}.first(size));
        REQUIRE(judge(worked.world, record, cut).error == ProofError::kTruncated);
    }
    good.push_back(0);
    REQUIRE(judge(worked.world, record, good).error == ProofError::kTrailingBytes);
    good.insert(good.end(), 100, 7);
    REQUIRE(judge(worked.world, record, good).error == ProofError::kTrailingBytes);
}

TEST_CASE("each error by its own cause") {
    Worked worked(full_case());
    World& world = worked.world;
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    const FraudProof good = build(worked, lying);
    auto error_of = [&](const FraudProof& proof) { return judge(world, record, proof.encode()).error; };
    // The first access finds alice: its leaf at its index, with its path.
    auto with_first_find = [&](uint32_t hint, uint32_t index) {
        size_t old_size = 4 + Account::kSize + 32 * world.state.accounts.path(kAlice).size();
        ByteWriter out;
        out.u32(hint).raw(world.state.accounts.at(index)->encode());
        for (const Hash& sibling : world.state.accounts.path(index)) out.raw(sibling);
        out.raw(ByteView{good.witness}.subspan(old_size));
        FraudProof bad = good;
        bad.witness = out.take();
        return bad;
    };
    REQUIRE(error_of(with_first_find(kAlice, kAlice)) == ProofError::kNone);
    REQUIRE(error_of(with_first_find(kBob, kBob)) == ProofError::kLookup);
    REQUIRE(error_of(with_first_find(0, 0)) == ProofError::kLookup);
    REQUIRE(error_of(with_first_find(kAlice, kBob)) == ProofError::kLeafPath);
    REQUIRE(error_of(with_first_find(worked.before.account_count, kAlice)) == ProofError::kHintRange);
    REQUIRE(error_of(with_first_find(~uint32_t{0}, kAlice)) == ProofError::kHintRange);

    FraudProof bad = good;
    bad.chunk_index = 3;
    REQUIRE(error_of(bad) == ProofError::kChunkIndex);
    bad.chunk_index = 0;
    REQUIRE(error_of(bad) == ProofError::kOpsPath);
    bad = good;
    bad.after = worked.after.hash();  // a true commitment that wasn't claimed
    REQUIRE(error_of(bad) == ProofError::kOpsPath);
    bad = good;
    std::swap(bad.l1_operations[0], bad.l1_operations[1]);
    REQUIRE(error_of(bad) == ProofError::kL1Operations);
    bad = good;
    bad.l1_operations[0].kind = static_cast<L1OperationKind>(3);
    REQUIRE(error_of(bad) == ProofError::kL1Operations);
    bad = good;
    std::swap(bad.frontier[0], bad.frontier[1]);
    REQUIRE(error_of(bad) == ProofError::kFrontier);
    // A queue that is shorter than the header says has no hash to lead to.
    Bytes encoded = good.encode();
    world.queue.pop_back();
    REQUIRE(check_fraud_proof(encoded, kDomain, world).error == ProofError::kL1Operations);
    // Another domain, other signers: the chunk is wrong there.
    Worked again(full_case());
    REQUIRE(check_fraud_proof(encoded, Hash{}, again.world).error == ProofError::kTrailingBytes);
}

TEST_CASE("a header without chunks has no chunk to prove") {
    BatchHeader header = genesis_header();
    FraudProof proof;
    proof.header = header;
    World world;
    REQUIRE(check_fraud_proof(proof.encode(), kDomain, world).error == ProofError::kChunkIndex);
    proof.header.chunk_count = 0xffff;
    REQUIRE(check_fraud_proof(proof.encode(), kDomain, world).error == ProofError::kTruncated);
    proof.ops_path.resize(16);
    proof.sigs_path.resize(16);
    REQUIRE(check_fraud_proof(proof.encode(), kDomain, world).error == ProofError::kOpsPath);
}

TEST_CASE("any bytes may be passed as a proof") {
    Worked worked(full_case());
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    Bytes good = build(worked, lying).encode();
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        Bytes bytes = good;
        for (unsigned i = 1 + random() % 40; i > 0; --i) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
        (void)check_fraud_proof(bytes, kDomain, worked.world);  // whatever the header says
        REQUIRE(judge(worked.world, record, bytes).error != ProofError::kNone);
    }
}

TEST_CASE("a fabricated state can make no check crash") {
    // A liar's earlier claim may commit to any fields; the proof of what follows it is judged all the same.
    Worked worked(full_case());
    Batch lying = worked.lying();
    FraudProof proof = build(worked, lying);
    StateFields odd = proof.before;
    auto error_with = [&](StateFields fields, std::vector<Hash> frontier) {
        Batch batch = lying;
        batch.commitments[0] = fields.hash();
        FraudProof bad = proof;
        bad.header = batch.header();
        bad.ops_path = small_tree_path(batch.chunk_leaves(), 1);
        bad.before = fields;
        bad.frontier = std::move(frontier);
        return check_fraud_proof(bad.encode(), kDomain, worked.world).error;
    };
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kNone);
    odd.account_count = 0;
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kHintRange);
    odd.account_count = ~uint32_t{0};
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kLeafPath);
    odd = proof.before;
    odd.withdrawal_count = ~uint32_t{0};
    REQUIRE(error_with(odd, std::vector<Hash>(32)) == ProofError::kFrontier);
    odd.withdrawals_root = WithdrawalFrontier(odd.withdrawal_count, std::vector<Hash>(32)).root();
    // No place for the forced withdrawal: bob isn't debited, and the leaves recorded after that are others.
    REQUIRE(error_with(odd, std::vector<Hash>(32)) == ProofError::kLeafPath);
    odd = proof.before;
    odd.l1_ops_consumed = ~uint64_t{0};
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kTrailingBytes);
    odd.l1_ops_consumed = 0;
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kL1Operations);
    odd = proof.before;
    odd.op_count = ~uint64_t{0};
    REQUIRE(error_with(odd, proof.frontier) == ProofError::kTrailingBytes);
}

TEST_CASE("the largest proof of each kind, among 2^32 accounts, fits a mempool's 128 KB") {
    for (const Case& one : limit_cases()) {
        INFO(one.name);
        Worked worked(one);
        REQUIRE(worked.outcome.ok());
        REQUIRE(worked.chunk.weight() >= 94);
        Batch lying = worked.lying();
        Bytes proof = build(worked, lying).encode();
        ProofVerdict verdict = judge(worked.world, lying.header().hash(), proof);
        REQUIRE(verdict.error == ProofError::kNone);
        REQUIRE(verdict.accesses <= worked.chunk.weight());
        INFO(proof.size() << " bytes");
        // What is missing here: a deeper small tree, at most 2 x 6 hashes more.
        REQUIRE(proof.size() + 12 * 32 < 128 * 1024 - 1024);
    }
}

TEST_CASE("an ordinary full chunk among a million accounts") {
    Worked worked(ordinary_case());
    REQUIRE(worked.outcome.ok());
    REQUIRE(worked.chunk.weight() == 95);
    Batch lying = worked.lying();
    Bytes proof = build(worked, lying).encode();
    ProofVerdict verdict = judge(worked.world, lying.header().hash(), proof);
    REQUIRE(verdict.error == ProofError::kNone);
    REQUIRE(verdict.accesses == 95);
    INFO(proof.size() << " bytes");
    REQUIRE(proof.size() < 100'000);
}
