#include "tests/export/court.hpp"

#include "protocol/check.hpp"

namespace gavel::test {

ProofVerdict judge(const Court& court, const Bytes& proof) {
    ProofVerdict verdict;
    auto header = header_of_proof(proof);
    if (!header) {
        verdict.error = ProofError::kTruncated;
    } else if (header->number != court.batch.number() || header->hash() != court.batch.hash()) {
        verdict.error = ProofError::kUnknownBatch;
    } else {
        return check_fraud_proof(proof, court.domain.separator(), court.queue);
    }
    return verdict;
}

static Json batch_json(const PostedBatch& batch) {
    return {{"number", decimal(batch.number())},      {"source", static_cast<int>(batch.header().source)},
            {"bytes", hex(batch.data().argument)},    {"blobHashes", hex_list(batch.data().blob_hashes)},
            {"header", hex(batch.header().encode())}, {"hash", hex(batch.hash())}};
}

Json proof_case(const std::string& kind, const std::string& what, const Court& court, const Bytes& proof, uint64_t consumed) {
    Json hashes = Json::object();
    const uint64_t most = std::max(court.batch.batch().last.l1_ops_consumed, consumed + kMaxChunkWeight / kL1OperationWeight);
    for (uint64_t i = consumed; i <= most; ++i) {
        if (auto hash = court.queue.queue_hash(i)) hashes[std::to_string(i)] = hex(*hash);
    }
    ProofVerdict verdict = judge(court, proof);
    Json out = {
        {"kind", kind},          {"what", what},        {"domain", json_of(court.domain)}, {"batch", batch_json(court.batch)},
        {"queueHashes", hashes}, {"proof", hex(proof)}, {"error", name_of(verdict.error)}};
    if (verdict.error == ProofError::kNone || verdict.error == ProofError::kClaimIsTrue) {
        out["refusal"] = name_of(verdict.refusal);
        out["result"] = hex(verdict.result.encode());
        out["accesses"] = verdict.accesses;
    }
    return out;
}

void expect(const Json& one, const std::string& error, const std::string& refusal) {
    GAVEL_CHECK(one["error"] == error);
    GAVEL_CHECK(one.value("refusal", "") == refusal);
}

}  // namespace gavel::test
