// The sidecars of batches in blobs: a blob's cell proofs take a quarter of a second, so a thread of their own makes them while
// the others go on.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "l1-bridge/wire/blob_sidecar.hpp"
#include "protocol/batch.hpp"

namespace gavel::sequencer {

// Thread-safe.
class Sidecars {
public:
    using Sidecar = std::shared_ptr<const l1::BlobSidecar>;

    // Of a batch in blobs. nullptr: it is in the making, to be asked for later. Where no thread calls turn(), it is made at once.
    // A batch of the same number with another hash takes the place of the one before.
    Sidecar of(const PostedBatch& batch);
    // Those of batches below this number aren't wanted any more.
    void forget_below(uint64_t number);

    // ---- The thread that makes them ----

    // Makes the next one, or waits so long for one to be asked for.
    void turn(uint64_t timeout_ms);
    // The thread will call turn() no more.
    void leave();

private:
    struct Entry {
        Hash hash;  // the batch's
        std::shared_ptr<const std::vector<Blob>> blobs;
        Sidecar made;
    };
    static Sidecar make(const std::vector<Blob>& blobs);
    Entry* next();

    std::mutex mutex_;
    std::condition_variable asked_;
    std::map<uint64_t, Entry> entries_;  // by the batch's number
    bool has_thread_ = false;
};

}  // namespace gavel::sequencer
