#include "follow/batches_ahead.hpp"

#include <algorithm>

namespace gavel::follow {

node::Result<PostedBatch> fetch_batch(const BatchSource& source, const StandingBatch& standing) {
    node::Result<PostedData> data = source(standing);
    if (!data) return data.status();
    BatchError error = BatchError::kNone;
    auto batch = PostedBatch::decode(*std::move(data), &error);
    if (batch && batch->hash() == standing.hash) return *std::move(batch);
    std::string number = std::to_string(standing.number);
    std::string what = batch ? "hash to another header" : name_of(error);
    return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "batch",
                        "what is told of batch " + number + " isn't what the contract took: " + what};
}

BatchesAhead::BatchesAhead(BatchSource source, size_t most) : source_(std::move(source)), most_(most) {
    if (most_ > 0) thread_ = std::thread([this] { serve(); });
}

BatchesAhead::~BatchesAhead() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

BatchesAhead::Slot* BatchesAhead::slot_of(const StandingBatch& batch) {
    auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.batch == batch; });
    return found == slots_.end() ? nullptr : &*found;
}

void BatchesAhead::want(const std::vector<StandingBatch>& batches) {
    {
        std::lock_guard lock(mutex_);
        std::deque<Slot> wanted;
        for (const StandingBatch& batch : batches) {
            if (wanted.size() == most_) break;
            Slot* known = slot_of(batch);
            wanted.push_back(known ? std::move(*known) : Slot{batch, false, {}, {}});
        }
        slots_ = std::move(wanted);
    }
    changed_.notify_all();
}

node::Result<PostedBatch> BatchesAhead::take(const StandingBatch& batch) {
    std::unique_lock lock(mutex_);
    if (Slot* slot = slot_of(batch); slot && slot->is_begun) {
        changed_.wait(lock, [&] { return slot_of(batch)->is_done(); });
        Slot done = std::move(*slot_of(batch));
        std::erase_if(slots_, [&](const Slot& taken) { return taken.batch == batch; });
        if (done.failure) std::rethrow_exception(done.failure);
        if (done.result->ok()) return *std::move(done.result);
        // It may have failed long ago.
    }
    std::erase_if(slots_, [&](const Slot& taken) { return taken.batch == batch; });
    lock.unlock();
    return fetch_batch(source_, batch);
}

void BatchesAhead::serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
        auto next = slots_.end();
        changed_.wait(lock, [&] {
            next = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.is_begun; });
            return stopping_ || next != slots_.end();
        });
        if (stopping_) return;
        next->is_begun = true;
        const StandingBatch batch = next->batch;
        lock.unlock();
        Slot done{batch, true, {}, {}};
        try {
            done.result = fetch_batch(source_, batch);
        } catch (...) {
            done.failure = std::current_exception();
        }
        lock.lock();
        if (Slot* slot = slot_of(batch)) *slot = std::move(done);
        changed_.notify_all();
    }
}

}  // namespace gavel::follow
