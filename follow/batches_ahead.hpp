// Batches that stand on the L1, fetched and decoded by a thread of its own before their turn comes.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "follow/l1_view.hpp"
#include "node/status.hpp"
#include "protocol/batch.hpp"

namespace gavel::follow {

// What was posted of a batch that stands on the L1. Not OK: the L1, or whoever has its blobs, can't tell now.
using BatchSource = std::function<node::Result<PostedData>(const StandingBatch&)>;

// Fetches and decodes it. Beside the source's reasons: L1_ANSWER_INVALID, if it isn't what the contract took.
node::Result<PostedBatch> fetch_batch(const BatchSource& source, const StandingBatch& batch);

class BatchesAhead {
public:
    // At most so many at once. 0: there is no thread, and `source` is asked in take() alone. Otherwise it is asked by two
    // threads.
    BatchesAhead(BatchSource source, size_t most);
    // Waits for the end of what is being fetched.
    ~BatchesAhead();
    BatchesAhead(const BatchesAhead&) = delete;
    BatchesAhead& operator=(const BatchesAhead&) = delete;

    size_t most() const { return most_; }
    // These are wanted next, in this order, and no others.
    void want(const std::vector<StandingBatch>& batches);
    // As fetch_batch gave it, or threw. A failure is told once; the next call asks again.
    node::Result<PostedBatch> take(const StandingBatch& batch);

private:
    struct Slot {
        StandingBatch batch;
        bool is_begun = false;
        std::optional<node::Result<PostedBatch>> result;
        std::exception_ptr failure;  // thrown by the source: a StoreError
        bool is_done() const { return result || failure; }
    };
    void serve();
    Slot* slot_of(const StandingBatch& batch);

    const BatchSource source_;
    const size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Slot> slots_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gavel::follow
