// The one kind of fraud proof: re-run a chunk (docs/protocol.md, "Fraud proofs").
#pragma once

#include <optional>
#include <vector>

#include "protocol/apply.hpp"
#include "protocol/batch.hpp"
#include "protocol/state.hpp"

namespace gavel {

// Why a proof proves nothing; the names are the contract's errors. The order is the order of the checks.
enum class ProofError : uint8_t {
    kNone,
    kTruncated,      // ends before what it must hold
    kUnknownBatch,   // no such batch stands at that number (told by the contract)
    kChunkIndex,     // not below the header's chunk count
    kOpsPath,        // ops, before and after don't fold to the header's chunksRoot
    kSigsPath,       // sigs don't fold to the header's sigsRoot
    kFrontier,       // the frontier doesn't fold to the withdrawals root
    kL1Operations,   // an unknown kind, or the entries don't lead from the queue's hash before to the one after
    kHintRange,      // a hinted index is not below the count of that moment
    kLeafPath,       // a leaf doesn't fold to the root of that moment
    kLookup,         // a hinted leaf is neither the key's nor its low leaf
    kTrailingBytes,  // more than apply reads
    kClaimIsTrue,    // apply leads to the claimed commitment
};
const char* name_of(ProofError error);

// A proof taken apart, for building, showing and corrupting. `witness` is the accesses as one string of bytes.
struct FraudProof {
    BatchHeader header;
    uint16_t chunk_index = 0;
    Bytes ops;
    Bytes sigs;
    std::vector<Hash> ops_path;
    std::vector<Hash> sigs_path;
    StateFields before;
    Hash after;  // claimed
    std::vector<Hash> frontier;
    std::vector<L1Operation> l1_operations;
    Bytes witness;

    Bytes encode() const;
};

// The L1's queue as a checker sees it: the stored h[i].
class QueueHashes {
public:
    virtual ~QueueHashes() = default;
    // h[index], or nullopt past the queue's end.
    virtual std::optional<Hash> queue_hash(uint64_t index) const = 0;
};

// The proof about chunk `chunk_index` of `batch`, from the true state before it. `env` answers for the domain and the L1
// operations; the limit is the batch's own. nullopt if the state isn't the one that the claim before it commits to, or if `env`
// lacks an L1 operation that the chunk consumes. Of a true claim a proof is built, too, and fails. The state is as before
// afterwards.
std::optional<FraudProof> build_fraud_proof(const Batch& batch, size_t chunk_index, State& state, Env& env);

struct ProofVerdict {
    // kNone: the claim is false.
    ProofError error = ProofError::kNone;
    // Why the chunk is wrong. kNone with a false claim: the chunk is right, the commitment isn't.
    Refusal refusal = Refusal::kNone;
    StateFields result;       // what apply leads to
    unsigned accesses = 0;    // leaves that apply touched
    unsigned operations = 0;  // L2 operations that apply got through, signatures and all
};

// Checks everything but that the header's batch stands (the caller has the records). `proof` is any bytes.
ProofVerdict check_fraud_proof(ByteView proof, const Hash& domain_separator, const QueueHashes& queue);
// The header that a proof speaks of; nullopt if the proof is too short for one.
std::optional<BatchHeader> header_of_proof(ByteView proof);

}  // namespace gavel
