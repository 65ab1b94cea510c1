// A batch: what the sequencer posts in one L1 transaction (docs/protocol.md, "Batches").
#pragma once

#include <optional>
#include <vector>

#include "protocol/blob.hpp"
#include "protocol/chunk.hpp"
#include "protocol/commitment.hpp"

namespace gavel {

inline constexpr size_t kMaxChunks = 256;  // of a batch in calldata; in blobs: kMaxBlobChunks

// Where a batch's chunks are. Of a header that stands it is one of these; bytes that claim to be one may say anything.
enum class DataSource : uint8_t { kCalldata = 0, kBlobs = 1 };
const char* name_of(DataSource source);  // "calldata", "blobs"

struct BatchHeader {
    static constexpr size_t kSize = 195;

    uint64_t number = 0;
    Hash parent_hash;
    uint16_t chunk_count = 0;
    DataSource source = DataSource::kCalldata;
    Hash data_root;
    Hash sigs_root;    // kBlobs: the commitment before the first chunk
    StateFields last;  // claimed after the last chunk

    // number(8) parentHash(32) chunkCount(2) source(1) dataRoot(32) sigsRoot(32) last(88).
    Bytes encode() const;
    // The header in exactly kSize bytes.
    static BatchHeader decode(ByteView data);
    // The batch's hash.
    Hash hash() const;
    friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

BatchHeader genesis_header();

// keccak256(keccak256(ops) || commitment before || commitment after).
Hash chunk_leaf(ByteView ops, const Hash& before, const Hash& after);
// keccak256(keccak256(sigs)).
Hash sigs_leaf(ByteView sigs);
// keccak256 of the hashes one after the other: dataRoot, of a batch in blobs.
Hash blobs_root(std::span<const Hash> versioned_hashes);

// What is in calldata of every batch, wherever its chunks are.
struct BatchFrame {
    uint64_t number = 0;
    BatchHeader parent;
    Hash l1_queue_hash;  // of the queue at last.l1_ops_consumed
    StateFields last;
    friend bool operator==(const BatchFrame&, const BatchFrame&) = default;
};

struct Batch : BatchFrame {
    // What encode() takes of calldata beside each chunk's `ops` and `sigs`: once, and for each chunk (the last one's commitment
    // is within `last`, so that the sum is a little too much).
    static constexpr size_t kFixedBytes = 8 + BatchHeader::kSize + 32 + 2 + StateFields::kSize;
    static constexpr size_t kBytesPerChunk = 2 + 2 + 32;

    std::vector<BatchChunk> chunks;  // 1 to kMaxChunks or kMaxBlobChunks
    std::vector<Hash> commitments;   // claimed after each chunk but the last: chunks.size() - 1
    DataSource source = DataSource::kCalldata;
    std::vector<Hash> blob_hashes;  // versioned; kBlobs alone

    // The one argument of the contract's append or appendBlobs.
    Bytes encode() const;
    // The blobs that it is posted in, kBlobs alone; each chunk fits its slot (fits_slot).
    std::vector<Blob> blobs() const;
    // Claimed commitment before / after chunk i (i < chunks.size()).
    Hash before(size_t i) const;
    Hash after(size_t i) const;
    // What the contract computes from the batch.
    BatchHeader header() const;
    // The leaves of its two trees; kCalldata alone.
    std::vector<Hash> chunk_leaves() const;
    std::vector<Hash> sigs_leaves() const;
    friend bool operator==(const Batch&, const Batch&) = default;
};

// Why bytes are no batch; the names are the contract's errors.
enum class BatchError {
    kNone,
    kTruncated,
    kTrailingBytes,
    kChunkCount,
    kOpsTooLong,
    kSigsTooLong,
    kBlobHashes,  // not the blobs that so many chunks need
};
inline constexpr BatchError kLastBatchError = BatchError::kBlobHashes;
const char* name_of(BatchError error);

// The batch in calldata, or why the bytes are none. Any bytes may be passed.
std::optional<Batch> decode_batch(ByteView data, BatchError* error = nullptr);

// The argument of appendBlobs, as far as a contract knows it.
struct BlobBatchFrame : BatchFrame {
    uint16_t chunk_count = 0;
};
// Of any bytes, with any versioned hashes; nullopt, and why, if appendBlobs refuses them.
std::optional<BlobBatchFrame> decode_blob_frame(ByteView data, std::span<const Hash> versioned_hashes,
                                                BatchError* error = nullptr);
BatchHeader header_in_blobs(const BatchFrame& frame, uint16_t chunk_count, std::span<const Hash> versioned_hashes);

// What is posted of a batch: the argument of append or appendBlobs, and for the latter the transaction's blobs with their
// versioned hashes, in order.
struct PostedData {
    DataSource source = DataSource::kCalldata;
    Bytes argument;
    std::vector<Blob> blobs = {};
    std::vector<Hash> blob_hashes = {};  // as many, and the blobs' own: whoever makes this has seen to it

    size_t size() const { return argument.size() + blobs.size() * kBlobBytes; }
};
// The batch, or why it is none.
std::optional<Batch> decode_batch(const PostedData& data, BatchError* error = nullptr);

// A batch as it is posted, with what follows from it, computed once.
class PostedBatch {
public:
    // In calldata.
    explicit PostedBatch(Batch batch);
    // In blobs: makes them and computes their hashes, about 50 ms each. Its chunks fit their slots (fits_slot).
    static PostedBatch in_blobs(Batch batch);
    // Of such data; nullopt, and why, if they are no batch.
    static std::optional<PostedBatch> decode(PostedData data, BatchError* error = nullptr);

    const Batch& batch() const { return batch_; }
    const PostedData& data() const { return data_; }
    const BatchHeader& header() const { return header_; }
    const Hash& hash() const { return hash_; }  // header().hash()
    uint64_t number() const { return batch_.number; }

private:
    PostedBatch(Batch batch, PostedData data);

    Batch batch_;
    PostedData data_;
    BatchHeader header_;
    Hash hash_;
};

}  // namespace gavel
