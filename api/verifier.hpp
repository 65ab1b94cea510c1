// The verifier as its clients see it (see query.hpp).
#pragma once

#include "api/query.hpp"
#include "protocol/refusal.hpp"

namespace gavel::api {

struct Warning {
    std::string reason;   // UPPER_SNAKE, stable
    std::string message;  // for people
    uint64_t since = 0;   // seconds
    friend bool operator==(const Warning&, const Warning&) = default;
};

struct VerifierStatus {
    uint64_t l1_block = 0;        // read up to here
    uint64_t l1_time = 0;         // that block's time, seconds
    uint64_t l1_head = 0;         // the L1's newest block
    uint64_t verified_batch = 0;  // the last batch that is true and stands on true ones only
    uint64_t head_batch = 0;      // on the L1
    uint64_t final_batch = 0;
    bool is_synced = false;  // nothing is left to read or verify
    bool can_prove = false;
    bool claims = false;
    std::vector<Warning> warnings;
    friend bool operator==(const VerifierStatus&, const VerifierStatus&) = default;
};

enum class VerdictKind : uint8_t {
    kTrue = 1,     // every claim is what apply leads to
    kFalse = 2,    // the claim after chunk `chunk` isn't, and those before it are
    kOnFalse = 3,  // it follows a false batch, so it falls with it
};
inline constexpr VerdictKind kFirstVerdictKind = VerdictKind::kTrue, kLastVerdictKind = VerdictKind::kOnFalse;
const char* name_of(VerdictKind kind);  // "true", "false", "on false"

struct Verdict {
    uint64_t number = 0;  // of the batch
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
    friend bool operator==(const Verdict&, const Verdict&) = default;
};

// How far a proof has come on the L1. A reorganisation may take it back to the left.
enum class ProofStage : uint8_t {
    kBuilt = 1,      // not on the L1
    kCommitted = 2,  // this verifier's commit to it is
    kProven = 3,     // the batch is struck by this verifier's proof
    kStruck = 4,     // the batch is gone otherwise: somebody else's proof, or one of an earlier batch
};
inline constexpr ProofStage kFirstProofStage = ProofStage::kBuilt, kLastProofStage = ProofStage::kStruck;
const char* name_of(ProofStage stage);  // "built", "committed", "proven", "struck"

struct FraudProof {
    uint64_t number = 0;  // of the batch
    Hash hash;
    uint16_t chunk = 0;
    Refusal refusal = Refusal::kNone;
    Bytes proof;  // what the contract's prove takes
    ProofStage stage = ProofStage::kBuilt;
    std::optional<Hash> prove_tx;  // the latest sent; once proven, the one that struck
    uint64_t gas_used = 0;         // by it, once proven
    friend bool operator==(const FraudProof&, const FraudProof&) = default;
};

class Verifier : public Query {
public:
    virtual node::Result<VerifierStatus> status() = 0;
    // The one about the batch of this hash; without, about the batch of this number that was found false last.
    // NOT_FOUND/UNKNOWN_FRAUD_PROOF batch (or batch_hash).
    virtual node::Result<FraudProof> fraud_proof(uint64_t batch, const std::optional<Hash>& hash) = 0;
    // One for each batch from the given number on, then each as it comes; a number may come again, with another hash.
    virtual node::Status verdicts(uint64_t from_batch, const Take<Verdict>& take, const Step& step) = 0;
    // Each known about a batch from the given number on, then each new one; one comes again when its stage changes.
    virtual node::Status fraud_proofs(uint64_t from_batch, const Take<FraudProof>& take, const Step& step) = 0;
};

}  // namespace gavel::api
