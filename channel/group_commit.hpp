// Many threads' writes made durable by one sync.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "node/store.hpp"

namespace gavel::channel {

// Thread-safe. A thread of its own writes, so that nobody who waits has to be woken to write for the others. Failure is for ever:
// once a write fails nothing is written any more, and whoever waits, or comes later, is told.
class GroupCommit {
    struct Group;

public:
    // What was added, to be waited for.
    using Ticket = std::shared_ptr<Group>;

    explicit GroupCommit(node::Store& store);
    // Writes what is to be written soon.
    ~GroupCommit();
    GroupCommit(const GroupCommit&) = delete;

    // Takes effect behind everything that was added before. Doesn't wait for the disk: it is written with the next group that
    // somebody waits for.
    Ticket add(const node::WriteBatch& batch);
    // Until that batch and all before it are on the disk. Throws StoreError if they aren't, or may not be.
    void wait(Ticket ticket);
    // Has what was added written, though nobody waits. Not synced. Throws StoreError if a write has failed before.
    void write_soon();
    // Throws StoreError if a write has failed.
    void check() const;

private:
    enum class Want : uint8_t { kNothing, kWritten, kSynced };  // of the open group; the larger wish counts

    void want(Want wish);
    void run();
    void throw_failure() const;

    node::Store& store_;
    mutable std::mutex mutex_;
    std::condition_variable wanted_;
    Ticket open_;               // the group that is being added to
    node::WriteBatch waiting_;  // its batches
    size_t added_ = 0;          // so many
    Want want_ = Want::kNothing;
    bool stopping_ = false;
    std::string failure_;
    std::thread writer_;
};

}  // namespace gavel::channel
