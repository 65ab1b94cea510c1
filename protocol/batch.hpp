// A batch: what the sequencer posts in one L1 transaction (docs/protocol.md, "Batches").
#pragma once

#include <optional>
#include <vector>

#include "protocol/commitment.hpp"

namespace gavel {

inline constexpr size_t kMaxChunks = 256;

struct BatchHeader {
    static constexpr size_t kSize = 194;

    uint64_t number = 0;
    Hash parent_hash;
    uint16_t chunk_count = 0;
    Hash chunks_root;
    Hash sigs_root;
    StateFields last;  // claimed after the last chunk

    // number(8) parentHash(32) chunkCount(2) chunksRoot(32) sigsRoot(32) last(88).
    Bytes encode() const;
    // The header in exactly kSize bytes.
    static BatchHeader decode(ByteView data);
    // The batch's hash.
    Hash hash() const;
    friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

BatchHeader genesis_header();

struct BatchChunk {
    Bytes ops;
    Bytes sigs;
    friend bool operator==(const BatchChunk&, const BatchChunk&) = default;
};

// keccak256(keccak256(ops) || commitment before || commitment after).
Hash chunk_leaf(ByteView ops, const Hash& before, const Hash& after);
// keccak256(keccak256(sigs)).
Hash sigs_leaf(ByteView sigs);

struct Batch {
    // What encode() takes beside each chunk's `ops` and `sigs`: once, and for each chunk (the last one's commitment is within
    // `last`, so that the sum is a little too much).
    static constexpr size_t kFixedBytes = 8 + BatchHeader::kSize + 32 + 2 + StateFields::kSize;
    static constexpr size_t kBytesPerChunk = 2 + 2 + 32;

    uint64_t number = 0;
    BatchHeader parent;
    Hash l1_queue_hash;  // of the queue at last.l1_ops_consumed
    StateFields last;
    std::vector<BatchChunk> chunks;  // 1 to kMaxChunks
    std::vector<Hash> commitments;   // claimed after each chunk but the last: chunks.size() - 1

    // The one argument of the contract's append.
    Bytes encode() const;
    // Claimed commitment before / after chunk i (i < chunks.size()).
    Hash before(size_t i) const;
    Hash after(size_t i) const;
    // What the contract computes from the batch.
    BatchHeader header() const;
    std::vector<Hash> chunk_leaves() const;
    std::vector<Hash> sigs_leaves() const;
    friend bool operator==(const Batch&, const Batch&) = default;
};

// Why bytes are no batch; the names are the contract's errors.
enum class BatchError { kNone, kTruncated, kTrailingBytes, kChunkCount, kOpsTooLong, kSigsTooLong };
const char* name_of(BatchError error);

// The batch, or why the bytes are none. Any bytes may be passed.
std::optional<Batch> decode_batch(ByteView data, BatchError* error = nullptr);

// A batch as it is posted, with what follows from it, computed once.
class PostedBatch {
public:
    explicit PostedBatch(Batch batch);
    // Of such bytes; nullopt, and why, if they are no batch.
    static std::optional<PostedBatch> decode(Bytes bytes, BatchError* error = nullptr);

    const Batch& batch() const { return batch_; }
    const Bytes& bytes() const { return bytes_; }  // batch().encode()
    const BatchHeader& header() const { return header_; }
    const Hash& hash() const { return hash_; }  // header().hash()
    uint64_t number() const { return batch_.number; }

private:
    PostedBatch(Batch batch, Bytes bytes);

    Batch batch_;
    Bytes bytes_;
    BatchHeader header_;
    Hash hash_;
};

}  // namespace gavel
