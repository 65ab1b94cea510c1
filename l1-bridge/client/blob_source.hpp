// Who has the blobs of batches: a beacon node, another Gavel server, an archive. What one gives is believed by its KZG commitment
// alone.
#pragma once

#include "node/status.hpp"
#include "protocol/blob.hpp"

namespace gavel::l1 {

// Number and timestamp of the L1 block whose transaction carries a blob.
struct BlobPlace {
    uint64_t block = 0;
    uint64_t time = 0;
};

// Thread-safe, each implementation.
class BlobSource {
public:
    virtual ~BlobSource() = default;
    // The blob with that versioned hash. The answer has been checked: its commitment has that hash. Reasons: BLOB_UNKNOWN
    // (kNotFound: whoever was asked has no such blob, or no longer), BLOBS_UNREACHABLE (kUnavailable), BLOB_FALSE (kInternal: an
    // answer is another blob, or none).
    virtual node::Result<Blob> fetch(const Hash& versioned_hash, const BlobPlace& place) = 0;
};

// For how long Ethereum's nodes keep blobs at least: 4,096 epochs of 32 slots of 12 s, 18.2 days (EIP-4844).
inline constexpr uint64_t kBlobRetentionS = uint64_t{4'096} * 32 * 12;

// Whether it is the blobs of a batch that can't be had: BlobSource's reasons, or NO_BLOB_SOURCE.
inline bool is_without_blobs(const node::Status& status) {
    return status.reason == "BLOB_UNKNOWN" || status.reason == "BLOBS_UNREACHABLE" || status.reason == "BLOB_FALSE" ||
           status.reason == "NO_BLOB_SOURCE";
}

}  // namespace gavel::l1
