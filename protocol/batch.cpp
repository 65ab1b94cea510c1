#include "protocol/batch.hpp"

#include "protocol/check.hpp"
#include "protocol/chunk.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

Bytes BatchHeader::encode() const {
    ByteWriter out;
    out.u64(number).raw(parent_hash).u16(chunk_count).raw(chunks_root).raw(sigs_root).raw(last.encode());
    return out.take();
}

BatchHeader BatchHeader::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    ByteReader in(data);
    BatchHeader out;
    out.number = in.u64();
    out.parent_hash = in.fixed<Hash>();
    out.chunk_count = in.u16();
    out.chunks_root = in.fixed<Hash>();
    out.sigs_root = in.fixed<Hash>();
    out.last = StateFields::decode(in.take(StateFields::kSize));
    return out;
}

Hash BatchHeader::hash() const { return keccak256(encode()); }

BatchHeader genesis_header() {
    BatchHeader out;
    out.last = genesis_fields();
    return out;
}

Hash chunk_leaf(ByteView ops, const Hash& before, const Hash& after) { return keccak256({keccak256(ops), before, after}); }

Hash sigs_leaf(ByteView sigs) { return keccak256(keccak256(sigs)); }

Bytes Batch::encode() const {
    ByteWriter out;
    out.u64(number).raw(parent.encode()).raw(l1_queue_hash).u16(static_cast<uint16_t>(chunks.size())).raw(last.encode());
    for (const BatchChunk& chunk : chunks) {
        out.u16(static_cast<uint16_t>(chunk.ops.size())).u16(static_cast<uint16_t>(chunk.sigs.size()));
        out.raw(chunk.ops).raw(chunk.sigs);
    }
    for (const Hash& commitment : commitments) out.raw(commitment);
    return out.take();
}

Hash Batch::before(size_t i) const { return i == 0 ? parent.last.hash() : commitments.at(i - 1); }

Hash Batch::after(size_t i) const { return i + 1 == chunks.size() ? last.hash() : commitments.at(i); }

BatchHeader Batch::header() const {
    BatchHeader out;
    out.number = number;
    out.parent_hash = parent.hash();
    out.chunk_count = static_cast<uint16_t>(chunks.size());
    out.chunks_root = small_tree_root(chunk_leaves());
    out.sigs_root = small_tree_root(sigs_leaves());
    out.last = last;
    return out;
}

std::vector<Hash> Batch::chunk_leaves() const {
    std::vector<Hash> leaves;
    Hash commitment_before = before(0);
    for (size_t i = 0; i < chunks.size(); ++i) {
        Hash commitment_after = after(i);
        leaves.push_back(chunk_leaf(chunks[i].ops, commitment_before, commitment_after));
        commitment_before = commitment_after;
    }
    return leaves;
}

std::vector<Hash> Batch::sigs_leaves() const {
    std::vector<Hash> leaves;
    for (const BatchChunk& chunk : chunks) leaves.push_back(sigs_leaf(chunk.sigs));
    return leaves;
}

const char* name_of(BatchError error) {
    switch (error) {
        case BatchError::kNone: return "None";
        case BatchError::kTruncated: return "Truncated";
        case BatchError::kTrailingBytes: return "TrailingBytes";
        case BatchError::kChunkCount: return "ChunkCount";
        case BatchError::kOpsTooLong: return "OpsTooLong";
        case BatchError::kSigsTooLong: return "SigsTooLong";
    }
    return "Unknown";
}

static BatchError read_chunk(ByteReader& in, BatchChunk& chunk) {
    size_t ops_size = in.u16(), sigs_size = in.u16();
    if (!in.ok()) return BatchError::kTruncated;
    if (ops_size > kMaxOpsSize) return BatchError::kOpsTooLong;
    if (sigs_size > kMaxSigsSize) return BatchError::kSigsTooLong;
    chunk.ops = to_bytes(in.take(ops_size));
    chunk.sigs = to_bytes(in.take(sigs_size));
    return in.ok() ? BatchError::kNone : BatchError::kTruncated;
}

static BatchError read_batch(ByteReader& in, Batch& batch) {
    batch.number = in.u64();
    ByteView parent = in.take(BatchHeader::kSize);
    batch.l1_queue_hash = in.fixed<Hash>();
    size_t chunk_count = in.u16();
    ByteView last = in.take(StateFields::kSize);
    if (!in.ok()) return BatchError::kTruncated;
    if (chunk_count < 1 || chunk_count > kMaxChunks) return BatchError::kChunkCount;
    batch.parent = BatchHeader::decode(parent);
    batch.last = StateFields::decode(last);
    batch.chunks.resize(chunk_count);
    for (BatchChunk& chunk : batch.chunks) {
        if (BatchError error = read_chunk(in, chunk); error != BatchError::kNone) return error;
    }
    for (size_t i = 1; i < chunk_count; ++i) batch.commitments.push_back(in.fixed<Hash>());
    if (!in.ok()) return BatchError::kTruncated;
    return in.finished() ? BatchError::kNone : BatchError::kTrailingBytes;
}

std::optional<Batch> decode_batch(ByteView data, BatchError* error) {
    ByteReader in(data);
    Batch batch;
    BatchError found = read_batch(in, batch);
    if (error) *error = found;
    if (found != BatchError::kNone) return std::nullopt;
    return batch;
}

PostedBatch::PostedBatch(Batch batch, Bytes bytes)
    : batch_(std::move(batch)), bytes_(std::move(bytes)), header_(batch_.header()), hash_(header_.hash()) {}

PostedBatch::PostedBatch(Batch batch)
    : batch_(std::move(batch)), bytes_(batch_.encode()), header_(batch_.header()), hash_(header_.hash()) {}

std::optional<PostedBatch> PostedBatch::decode(Bytes bytes, BatchError* error) {
    auto batch = decode_batch(bytes, error);
    if (!batch) return std::nullopt;
    return PostedBatch(*std::move(batch), std::move(bytes));
}

}  // namespace gavel
