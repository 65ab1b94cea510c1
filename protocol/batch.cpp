#include "protocol/batch.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/chunk.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

Bytes BatchHeader::encode() const {
    ByteWriter out;
    out.u64(number).raw(parent_hash).u16(chunk_count).u8(static_cast<uint8_t>(source));
    out.raw(data_root).raw(sigs_root).raw(last.encode());
    return out.take();
}

BatchHeader BatchHeader::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    ByteReader in(data);
    BatchHeader out;
    out.number = in.u64();
    out.parent_hash = in.fixed<Hash>();
    out.chunk_count = in.u16();
    out.source = static_cast<DataSource>(in.u8());
    out.data_root = in.fixed<Hash>();
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

Hash blobs_root(std::span<const Hash> versioned_hashes) {
    ByteWriter out;
    for (const Hash& hash : versioned_hashes) out.raw(hash);
    return keccak256(out.bytes());
}

Bytes Batch::encode() const {
    ByteWriter out;
    out.u64(number).raw(parent.encode()).raw(l1_queue_hash).u16(static_cast<uint16_t>(chunks.size())).raw(last.encode());
    if (source == DataSource::kBlobs) return out.take();
    for (const BatchChunk& chunk : chunks) {
        out.u16(static_cast<uint16_t>(chunk.ops.size())).u16(static_cast<uint16_t>(chunk.sigs.size()));
        out.raw(chunk.ops).raw(chunk.sigs);
    }
    for (const Hash& commitment : commitments) out.raw(commitment);
    return out.take();
}

Hash Batch::before(size_t i) const { return i == 0 ? parent.last.hash() : commitments.at(i - 1); }

Hash Batch::after(size_t i) const { return i + 1 == chunks.size() ? last.hash() : commitments.at(i); }

std::vector<Blob> Batch::blobs() const {
    GAVEL_CHECK(source == DataSource::kBlobs && !chunks.empty() && chunks.size() <= kMaxBlobChunks);
    std::vector<Slot> slots;
    for (size_t i = 0; i < chunks.size(); ++i) {
        GAVEL_CHECK(chunks[i].lengths_hold);
        slots.push_back({after(i), chunks[i].ops, chunks[i].sigs});
    }
    return blobs_of(slots);
}

BatchHeader Batch::header() const {
    const auto count = static_cast<uint16_t>(chunks.size());
    if (source == DataSource::kBlobs) return header_in_blobs(*this, count, blob_hashes);
    BatchHeader out;
    out.number = number;
    out.parent_hash = parent.hash();
    out.chunk_count = count;
    out.data_root = small_tree_root(chunk_leaves());
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

BatchHeader header_in_blobs(const BatchFrame& frame, uint16_t chunk_count, std::span<const Hash> versioned_hashes) {
    BatchHeader out;
    out.number = frame.number;
    out.parent_hash = frame.parent.hash();
    out.chunk_count = chunk_count;
    out.source = DataSource::kBlobs;
    out.data_root = blobs_root(versioned_hashes);
    out.sigs_root = frame.parent.last.hash();
    out.last = frame.last;
    return out;
}

const char* name_of(DataSource source) { return source == DataSource::kBlobs ? "blobs" : "calldata"; }

const char* name_of(BatchError error) {
    switch (error) {
        case BatchError::kNone: return "None";
        case BatchError::kTruncated: return "Truncated";
        case BatchError::kTrailingBytes: return "TrailingBytes";
        case BatchError::kChunkCount: return "ChunkCount";
        case BatchError::kOpsTooLong: return "OpsTooLong";
        case BatchError::kSigsTooLong: return "SigsTooLong";
        case BatchError::kBlobHashes: return "BlobHashes";
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

static BatchError read_frame(ByteReader& in, size_t max_chunks, BatchFrame& frame, uint16_t& chunk_count) {
    frame.number = in.u64();
    ByteView parent = in.take(BatchHeader::kSize);
    frame.l1_queue_hash = in.fixed<Hash>();
    chunk_count = in.u16();
    ByteView last = in.take(StateFields::kSize);
    if (!in.ok()) return BatchError::kTruncated;
    if (chunk_count < 1 || chunk_count > max_chunks) return BatchError::kChunkCount;
    frame.parent = BatchHeader::decode(parent);
    frame.last = StateFields::decode(last);
    return BatchError::kNone;
}

static BatchError read_batch(ByteReader& in, Batch& batch) {
    uint16_t chunk_count = 0;
    if (BatchError error = read_frame(in, kMaxChunks, batch, chunk_count); error != BatchError::kNone) return error;
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

static BatchError read_blob_frame(ByteView data, std::span<const Hash> versioned_hashes, BlobBatchFrame& frame) {
    ByteReader in(data);
    if (BatchError error = read_frame(in, kMaxBlobChunks, frame, frame.chunk_count); error != BatchError::kNone) return error;
    if (!in.finished()) return BatchError::kTrailingBytes;
    if (versioned_hashes.size() != blobs_for(frame.chunk_count)) return BatchError::kBlobHashes;
    const bool known = std::all_of(versioned_hashes.begin(), versioned_hashes.end(),
                                   [](const Hash& hash) { return hash.bytes[0] == kBlobHashVersion; });
    return known ? BatchError::kNone : BatchError::kBlobHashes;
}

std::optional<BlobBatchFrame> decode_blob_frame(ByteView data, std::span<const Hash> versioned_hashes, BatchError* error) {
    BlobBatchFrame frame;
    const BatchError found = read_blob_frame(data, versioned_hashes, frame);
    if (error) *error = found;
    if (found != BatchError::kNone) return std::nullopt;
    return frame;
}

std::optional<Batch> decode_batch(const PostedData& data, BatchError* error) {
    if (data.source == DataSource::kCalldata) return decode_batch(data.argument, error);
    GAVEL_CHECK(data.blobs.size() == data.blob_hashes.size());
    const auto frame = decode_blob_frame(data.argument, data.blob_hashes, error);
    if (!frame) return std::nullopt;
    const BatchFrame& shared = *frame;
    Batch batch{shared, {}, {}, DataSource::kBlobs, data.blob_hashes};
    for (size_t i = 0; i < frame->chunk_count; ++i) {
        SlotReading read = read_slot(data.blobs[i / kSlotsPerBlob].slot(i % kSlotsPerBlob));
        batch.chunks.push_back({std::move(read.slot.ops), std::move(read.slot.sigs), read.lengths_hold});
        batch.commitments.push_back(read.slot.after);
    }
    batch.commitments.pop_back();
    return batch;
}

PostedBatch::PostedBatch(Batch batch, PostedData data)
    : batch_(std::move(batch)), data_(std::move(data)), header_(batch_.header()), hash_(header_.hash()) {}

PostedBatch::PostedBatch(Batch batch) : batch_(std::move(batch)), header_(batch_.header()), hash_(header_.hash()) {
    GAVEL_CHECK(batch_.source == DataSource::kCalldata);
    data_.argument = batch_.encode();
}

PostedBatch PostedBatch::in_blobs(Batch batch) {
    batch.source = DataSource::kBlobs;
    PostedData data{DataSource::kBlobs, batch.encode(), batch.blobs(), {}};
    for (const Blob& blob : data.blobs) data.blob_hashes.push_back(versioned_hash(Kzg::get().commitment(blob.view()).value()));
    batch.blob_hashes = data.blob_hashes;
    return PostedBatch(std::move(batch), std::move(data));
}

std::optional<PostedBatch> PostedBatch::decode(PostedData data, BatchError* error) {
    auto batch = decode_batch(data, error);
    if (!batch) return std::nullopt;
    return PostedBatch(*std::move(batch), std::move(data));
}

}  // namespace gavel
