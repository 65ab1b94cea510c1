// What a verifier has found out, as it is kept and shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/verifier.hpp"

namespace gavel::verifier {

using api::kFirstProofStage;
using api::kFirstVerdictKind;
using api::kLastProofStage;
using api::kLastVerdictKind;
using api::ProofStage;
using api::VerdictKind;

struct VerdictRecord : api::Verdict {
    uint64_t sequence = 0;  // place among all verdicts ever given, from 0
    friend bool operator==(const VerdictRecord&, const VerdictRecord&) = default;
};

using FraudProofRecord = api::FraudProof;

// For the store only: a decoder gives nullopt for anything but what its encoder writes. Keys (sequence; number and hash) are not
// encoded.
std::string encode_verdict(const VerdictRecord& verdict);
std::optional<VerdictRecord> decode_verdict(uint64_t sequence, std::string_view data);
std::string encode_fraud_proof(const FraudProofRecord& proof);
std::optional<FraudProofRecord> decode_fraud_proof(uint64_t number, const Hash& hash, std::string_view data);

}  // namespace gavel::verifier
