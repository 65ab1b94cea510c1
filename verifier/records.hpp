// What a verifier has found out, as it is kept and shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/commitment.hpp"
#include "protocol/refusal.hpp"

namespace gavel::verifier {

enum class VerdictKind : uint8_t {
    kTrue = 1,     // every claim is what apply leads to
    kFalse = 2,    // the claim after chunk `chunk` isn't, and those before it are
    kOnFalse = 3,  // it follows a false batch, so it falls with it
};
const char* name_of(VerdictKind kind);  // "true", "false", "on false"

struct VerdictRecord {
    uint64_t sequence = 0;  // place among all verdicts ever given, from 0
    uint64_t number = 0;    // of the batch
    Hash hash;
    VerdictKind kind = VerdictKind::kTrue;
    StateFields last;        // claimed by the batch
    uint64_t op_count = 0;   // operations in it
    uint64_t posted_at = 0;  // seconds
    uint64_t verified_at_ms = 0;
    // Of a false one.
    uint16_t chunk = 0;
    Refusal refusal = Refusal::kNone;  // kNone: the chunk is right, the commitment isn't
    Hash claimed;                      // commitment after the chunk
    Hash computed;
    friend bool operator==(const VerdictRecord&, const VerdictRecord&) = default;
};

// How far a proof has come on the L1. A reorganisation may take it back to the left.
enum class ProofStage : uint8_t {
    kBuilt = 1,      // not on the L1
    kCommitted = 2,  // this verifier's commit to it is
    kProven = 3,     // the batch is struck by this verifier's proof
    kStruck = 4,     // the batch is gone otherwise: somebody else's proof, or one of an earlier batch
};
const char* name_of(ProofStage stage);  // "built", "committed", "proven", "struck"

struct FraudProofRecord {
    uint64_t number = 0;
    Hash hash;
    uint16_t chunk = 0;
    Refusal refusal = Refusal::kNone;
    Bytes proof;  // what the contract's prove takes
    ProofStage stage = ProofStage::kBuilt;
    std::optional<Hash> prove_tx;  // the latest sent; once proven, the one that struck
    uint64_t gas_used = 0;         // by it, once proven
    friend bool operator==(const FraudProofRecord&, const FraudProofRecord&) = default;
};

// For the store only: a decoder gives nullopt for anything but what its encoder writes. Keys (sequence; number and hash) are not
// encoded.
std::string encode_verdict(const VerdictRecord& verdict);
std::optional<VerdictRecord> decode_verdict(uint64_t sequence, std::string_view data);
std::string encode_fraud_proof(const FraudProofRecord& proof);
std::optional<FraudProofRecord> decode_fraud_proof(uint64_t number, const Hash& hash, std::string_view data);

}  // namespace gavel::verifier
