// Fraud proofs with something wrong in them: no bit can be turned, no byte left away or added, nothing crashes the check.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "protocol/encoding.hpp"
#include "protocol/merkle.hpp"
#include "tests/protocol/proof_judge.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// A field of an encoded proof, and what may be said when one of its bits is turned.
struct Field {
    const char* name;
    size_t size;
    std::set<ProofError> errors;
};

std::vector<Field> fields_of(const FraudProof& proof) {
    using E = ProofError;
    const auto& shown = std::get<CalldataEvidence>(proof.data);
    auto hashes = [](const std::vector<Hash>& list) { return 32 * list.size(); };
    // A wrong length or count shifts what follows.
    return {
        {"header", BatchHeader::kSize, {E::kUnknownBatch}},
        {"chunkIndex", 2, {E::kChunkIndex, E::kOpsPath}},
        {"opsLength", 2, {E::kTruncated, E::kOpsPath}},
        {"ops", shown.ops.size(), {E::kOpsPath}},
        {"sigsLength", 2, {E::kTruncated, E::kOpsPath}},
        {"sigs", shown.sigs.size(), {E::kSigsPath}},
        {"opsPath", hashes(shown.ops_path), {E::kOpsPath}},
        {"sigsPath", hashes(shown.sigs_path), {E::kSigsPath}},
        {"after", 32, {E::kOpsPath}},
        {"before: roots, accountCount", 68, {E::kOpsPath}},
        {"before: withdrawalCount", 4, {E::kTruncated, E::kOpsPath}},
        {"before: counters", 16, {E::kOpsPath}},
        {"frontier", hashes(proof.frontier), {E::kFrontier}},
        {"entries", L1Operation::kSize * proof.l1_operations.size(), {E::kL1Operations}},
        {"accesses", proof.witness.size(), {E::kLeafPath, E::kHintRange}},
    };
}

}  // namespace

TEST_CASE("no bit of a proof can be turned") {
    Worked worked(full_case());
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    FraudProof proof = build_proof(worked, lying);
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
        FraudProof proof = build_proof(worked, lying);
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
    Bytes good = build_proof(worked, lying).encode();
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

TEST_CASE("each error of a proof has a cause of its own") {
    Worked worked(full_case());
    World& world = worked.world;
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    const FraudProof good = build_proof(worked, lying);
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
    bad.calldata().after = worked.after.hash();  // a true commitment that wasn't claimed
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
    proof.calldata().ops_path.resize(16);
    proof.calldata().sigs_path.resize(16);
    REQUIRE(check_fraud_proof(proof.encode(), kDomain, world).error == ProofError::kOpsPath);
}

TEST_CASE("any bytes may be passed as a proof") {
    Worked worked(full_case());
    Batch lying = worked.lying();
    Hash record = lying.header().hash();
    Bytes good = build_proof(worked, lying).encode();
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
    FraudProof proof = build_proof(worked, lying);
    StateFields odd = proof.before;
    auto error_with = [&](StateFields fields, std::vector<Hash> frontier) {
        Batch batch = lying;
        batch.commitments[0] = fields.hash();
        FraudProof bad = proof;
        bad.header = batch.header();
        bad.calldata().ops_path = small_tree_path(batch.chunk_leaves(), 1);
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
