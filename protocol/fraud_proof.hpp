// The one kind of fraud proof: re-run a chunk (docs/protocol.md, "Fraud proofs").
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/apply.hpp"
#include "protocol/batch.hpp"
#include "protocol/blob_opening.hpp"
#include "protocol/state.hpp"

namespace gavel {

// Why a proof proves nothing; the names are the contract's errors. The order is the order of the checks.
enum class ProofError : uint8_t {
    kNone,
    kTruncated,     // ends before what it must hold
    kUnknownBatch,  // no such batch stands at that number (told by the contract)
    kChunkIndex,    // not below the header's chunk count
    kOpsPath,       // ops, before and after don't fold to the header's dataRoot
    kSigsPath,      // sigs don't fold to the header's sigsRoot
    kDataRoot,      // the versioned hashes aren't the header's
    kElement,       // of the opening: OpeningError's
    kOpening,
    kBeforeState,    // the state fields before the chunk aren't what is claimed before it
    kFrontier,       // the frontier doesn't fold to the withdrawals root
    kL1Operations,   // an unknown kind, or the entries don't lead from the queue's hash before to the one after
    kHintRange,      // a hinted index is not below the count of that moment
    kLeafPath,       // a leaf doesn't fold to the root of that moment
    kLookup,         // a hinted leaf is neither the key's nor its low leaf
    kTrailingBytes,  // more than apply reads
    kClaimIsTrue,    // apply leads to the claimed commitment
};
inline constexpr ProofError kLastProofError = ProofError::kClaimIsTrue;
const char* name_of(ProofError error);

// What was posted of a chunk in calldata, and the paths that lead from it to the header's roots.
struct CalldataEvidence {
    Bytes ops;
    Bytes sigs;
    std::vector<Hash> ops_path;
    std::vector<Hash> sigs_path;
    Hash after;  // claimed
};
// What was posted of it in blobs.
struct BlobEvidence {
    std::vector<Hash> hashes;  // of all of the batch's blobs
    BlobOpening opening;
};
// By the header's source.
using ChunkEvidence = std::variant<CalldataEvidence, BlobEvidence>;

// Of chunk `chunk_index` of `batch`; `blobs` are the batch's, if it is in blobs, which takes 0.2 to 0.3 seconds. nullopt: they
// aren't there, or no blobs of a transaction (an element isn't below r).
std::optional<ChunkEvidence> evidence_of(const Batch& batch, size_t chunk_index, std::span<const Blob> blobs = {});

// A proof taken apart, for building, showing and corrupting. `witness` is the accesses as one string of bytes.
struct FraudProof {
    BatchHeader header;
    uint16_t chunk_index = 0;
    ChunkEvidence data;
    StateFields before;
    std::vector<Hash> frontier;
    std::vector<L1Operation> l1_operations;
    Bytes witness;

    // Of a batch in calldata, of one in blobs.
    CalldataEvidence& calldata() { return std::get<CalldataEvidence>(data); }
    BlobEvidence& blobs() { return std::get<BlobEvidence>(data); }
    Bytes encode() const;
};

// The L1's queue as a checker sees it: the stored h[i].
class QueueHashes {
public:
    virtual ~QueueHashes() = default;
    // h[index], or nullopt past the queue's end.
    virtual std::optional<Hash> queue_hash(uint64_t index) const = 0;
};

// The proof about chunk `chunk_index` of `batch`, of which `evidence` is, from the true state before it. `env` answers for the
// domain and the L1 operations; the limit is the batch's own. nullopt if the state isn't the one that the claim before it
// commits to, or if `env` lacks an L1 operation that the chunk consumes. Of a true claim a proof is built, too, and fails. The
// state is as before afterwards.
std::optional<FraudProof> build_fraud_proof(const Batch& batch, size_t chunk_index, ChunkEvidence evidence, State& state,
                                            Env& env);
// The same, its evidence computed first.
std::optional<FraudProof> build_fraud_proof(const Batch& batch, size_t chunk_index, State& state, Env& env,
                                            std::span<const Blob> blobs = {});

struct ProofVerdict {
    // kNone: the claim is false.
    ProofError error = ProofError::kNone;
    // Why the chunk is wrong. kNone with a false claim: the chunk is right, the commitment isn't.
    Refusal refusal = Refusal::kNone;
    StateFields result;       // what apply leads to
    unsigned accesses = 0;    // leaves that apply touched
    unsigned operations = 0;  // L2 operations that apply got through, signatures and all
};

// What was posted of the chunk that a proof shows; nullopt if the proof ends before. Nothing of it has been checked.
std::optional<BatchChunk> chunk_of_proof(ByteView proof);
// Checks everything but that the header's batch stands (the caller has the records). `proof` is any bytes.
ProofVerdict check_fraud_proof(ByteView proof, const Hash& domain_separator, const QueueHashes& queue);
// The header that a proof speaks of; nullopt if the proof is too short for one.
std::optional<BatchHeader> header_of_proof(ByteView proof);

}  // namespace gavel
