// A gate that holds up who comes to it: a peer that is slow for just as long as a test likes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gavel::test {

// Thread-safe. Outlives who waits at it. Nobody waits for longer than ten seconds, so that a test that fails also ends.
class Gate {
public:
    // Waits until it is open.
    void pass() {
        std::unique_lock lock(mutex_);
        is_reached_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, kPatience, [this] { return is_open_; });
    }
    // Waits until somebody has come to it; false if nobody has.
    bool is_reached() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [this] { return is_reached_; });
    }
    void open() {
        std::lock_guard lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }

private:
    static constexpr std::chrono::seconds kPatience{10};

    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_reached_ = false, is_open_ = false;
};

}  // namespace gavel::test
