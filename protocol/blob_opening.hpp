// Openings of blobs: the elements of a chunk's slot, and of the claim before it, proven against the versioned hashes of the
// batch's blobs by the point evaluation precompile of EIP-4844 alone (docs/protocol.md, "Openings").
//
// Chunk i opens run A, the 128 elements of its own slot, and unless i = 0 run B, the first two of slot i - 1, which may lie in
// the blob before. With pA, pB the blobs' polynomials, IA, IB those through the runs, and hA, hB the points of the runs' first
// elements:
//
//     q = (pA - IA) / (X^128 - hA^128) + (pB - IB) / (X^2 - hB^2)
//     z = H("Gavel blob opening" || i(2) || A || B || Q || run A || run B) mod r
//
// A and B are the blobs' commitments, Q is the one to q. An opening is
//
//     A(48)  [B(48) if i > 0 and i mod 32 = 0]  Q(48)  run A(4096)  [run B(64) if i > 0]
//     pA(z)(32) proof(48)  [pB(z)(32) proof(48) if there is B]  q(z)(32) proof(48)
#pragma once

#include <vector>

#include "protocol/blob.hpp"

namespace gavel {

// Why an opening opens nothing; the names are the contract's errors. The order is the order of the checks.
enum class OpeningError : uint8_t {
    kNone,
    kTruncated,      // shorter than an opening for this chunk is
    kTrailingBytes,  // longer
    kElement,        // an element of a run isn't below r
    kOpening,        // the runs aren't where the opening says
};
// "Element" and so on; "None" for kNone.
const char* name_of(OpeningError error);

// An opening taken apart, for building, showing and corrupting.
struct BlobOpening {
    uint16_t chunk_index = 0;                // isn't among its bytes
    std::vector<KzgCommitment> commitments;  // to the chunk's blob; to the one before, if run B is in it
    KzgCommitment quotient;                  // Q
    Bytes slot;                              // run A: 4,096 bytes
    Bytes after_before;                      // run B: 64 bytes, or none for chunk 0
    std::vector<KzgEvaluation> values;       // at z, of the polynomials that `commitments` commit to
    KzgEvaluation quotient_value;            // of q

    // Where its polynomials are evaluated.
    Fr challenge() const;
    Bytes encode() const;
};

// Of an opening for this chunk of a batch.
size_t blob_opening_length(uint16_t chunk_index);

// The opening for a chunk of the batch with these blobs; takes four commitments' time, six if it opens two blobs. nullopt: the
// chunk's slot isn't in the blobs, or an element of a blob that it opens isn't below r.
std::optional<BlobOpening> build_blob_opening(std::span<const Blob> blobs, uint16_t chunk_index);

// What an opening of the right length shows, checked or not: views into its bytes.
struct ShownRuns {
    SlotView slot;
    ByteView after_before;  // 64 bytes; none for chunk 0
};
ShownRuns runs_shown(ByteView opening, uint16_t chunk_index);

// Checks any bytes against the versioned hashes of the batch's blobs, in their order; 4 to 6 ms. kNone: what it shows is in the
// blobs. kOpening if the chunk's blob isn't among them.
OpeningError check_blob_opening(ByteView opening, std::span<const Hash> versioned_hashes, uint16_t chunk_index);

}  // namespace gavel
