#include "protocol/fraud_proof.hpp"

#include "protocol/encoding.hpp"

namespace gavel {

const char* name_of(ProofError error) {
    switch (error) {
        case ProofError::kNone: return "None";
        case ProofError::kTruncated: return "Truncated";
        case ProofError::kUnknownBatch: return "UnknownBatch";
        case ProofError::kChunkIndex: return "ChunkIndex";
        case ProofError::kOpsPath: return "OpsPath";
        case ProofError::kSigsPath: return "SigsPath";
        case ProofError::kDataRoot: return "DataRoot";
        case ProofError::kElement: return "Element";
        case ProofError::kOpening: return "Opening";
        case ProofError::kBeforeState: return "BeforeState";
        case ProofError::kFrontier: return "Frontier";
        case ProofError::kL1Operations: return "L1Operations";
        case ProofError::kHintRange: return "HintRange";
        case ProofError::kLeafPath: return "LeafPath";
        case ProofError::kLookup: return "Lookup";
        case ProofError::kTrailingBytes: return "TrailingBytes";
        case ProofError::kClaimIsTrue: return "ClaimIsTrue";
    }
    return "Unknown";
}

static void write_hashes(ByteWriter& out, std::span<const Hash> hashes) {
    for (const Hash& hash : hashes) out.raw(hash);
}

static void write(ByteWriter& out, const CalldataEvidence& evidence) {
    out.u16(static_cast<uint16_t>(evidence.ops.size())).raw(evidence.ops);
    out.u16(static_cast<uint16_t>(evidence.sigs.size())).raw(evidence.sigs);
    write_hashes(out, evidence.ops_path);
    write_hashes(out, evidence.sigs_path);
    out.raw(evidence.after);
}

static void write(ByteWriter& out, const BlobEvidence& evidence) {
    write_hashes(out, evidence.hashes);
    out.raw(evidence.opening.encode());
}

Bytes FraudProof::encode() const {
    ByteWriter out;
    out.raw(header.encode()).u16(chunk_index);
    std::visit([&out](const auto& evidence) { write(out, evidence); }, data);
    out.raw(before.encode());
    write_hashes(out, frontier);
    for (const L1Operation& operation : l1_operations) out.raw(operation.encode());
    out.raw(witness);
    return out.take();
}

std::optional<BatchHeader> header_of_proof(ByteView proof) {
    if (proof.size() < BatchHeader::kSize) return std::nullopt;
    return BatchHeader::decode(proof.first(BatchHeader::kSize));
}

}  // namespace gavel
