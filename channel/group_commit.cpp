#include "channel/group_commit.hpp"

#include <chrono>
#include <utility>

namespace gavel::channel {

namespace {

// So long a group is open for others where the last one had several: about as long as a sync takes on a fast disk, and each sync
// that is spared is some 50 us of the processor's time.
constexpr std::chrono::microseconds kGathering{200};

}  // namespace

struct GroupCommit::Group {
    enum class State : uint8_t { kOpen, kWritten, kDurable, kFailed };

    std::atomic<State> state{State::kOpen};  // waited for by itself: who is woken needs no lock
};

GroupCommit::GroupCommit(node::Store& store) : store_(store), open_(std::make_shared<Group>()), writer_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wanted_.notify_one();
    writer_.join();
}

GroupCommit::Ticket GroupCommit::add(const node::WriteBatch& batch) {
    std::lock_guard lock(mutex_);
    ++added_;
    for (const node::WriteBatch::Operation& operation : batch.operations()) {
        if (operation.value) {
            waiting_.put(operation.key, *operation.value);
        } else {
            waiting_.erase(operation.key);
        }
    }
    return open_;
}

void GroupCommit::want(Want wish) {
    if (want_ < wish) want_ = wish;
    wanted_.notify_one();
}

void GroupCommit::wait(Ticket ticket) {
    while (ticket->state != Group::State::kDurable) {
        {
            std::lock_guard lock(mutex_);
            throw_failure();
            // Written, but not synced: the next sync is for it, too.
            if (ticket->state == Group::State::kWritten) ticket = open_;
            if (ticket == open_) want(Want::kSynced);
        }
        ticket->state.wait(Group::State::kOpen);
    }
}

void GroupCommit::write_soon() {
    std::lock_guard lock(mutex_);
    throw_failure();
    want(Want::kWritten);
}

void GroupCommit::run() {
    std::unique_lock lock(mutex_);
    for (size_t before = 0;;) {
        wanted_.wait(lock, [this] { return want_ != Want::kNothing || stopping_; });
        if (want_ == Want::kNothing || !failure_.empty()) return;
        if (before > 1 && want_ == Want::kSynced) {
            lock.unlock();
            std::this_thread::sleep_for(kGathering);
            lock.lock();
        }
        before = std::exchange(added_, 0);
        const Ticket group = std::exchange(open_, std::make_shared<Group>());
        const node::WriteBatch batch = std::exchange(waiting_, {});
        const bool synced = std::exchange(want_, Want::kNothing) == Want::kSynced;
        lock.unlock();
        std::string failure;
        try {
            store_.write(batch, synced ? node::Durability::kSynced : node::Durability::kBuffered);
        } catch (const std::exception& error) {
            failure = *error.what() != '\0' ? error.what() : "the store failed";
        }
        lock.lock();
        failure_ = failure;
        group->state = !failure.empty() ? Group::State::kFailed : synced ? Group::State::kDurable : Group::State::kWritten;
        group->state.notify_all();
        if (failure.empty()) continue;
        open_->state = Group::State::kFailed;
        open_->state.notify_all();
    }
}

void GroupCommit::throw_failure() const {
    if (!failure_.empty()) throw node::StoreError(failure_);
}

void GroupCommit::check() const {
    std::lock_guard lock(mutex_);
    throw_failure();
}

}  // namespace gavel::channel
