// Builds proofs of hand-made chunks, and judges them as the contract does.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>

#include "protocol/encoding.hpp"
#include "tests/protocol/proof_world.hpp"

namespace gavel::test {

inline FraudProof build_proof(Worked& worked, const Batch& batch) {
    ListEnv env = worked.world.env();
    StateFields before = worked.world.state.fields();
    auto proof = build_fraud_proof(batch, 1, worked.world.state, env);
    REQUIRE(proof.has_value());
    REQUIRE(worked.world.state.fields() == before);
    return *proof;
}

// As the contract does: the record of the header first, then the rest.
inline ProofVerdict judge(const World& world, const Hash& record, const Bytes& proof) {
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
inline const Case& full_case() {
    static const std::vector<Case> cases = operation_cases();
    return *std::find_if(cases.begin(), cases.end(), [](const Case& one) { return one.name == "everything at once"; });
}

}  // namespace gavel::test
