// Reads a store through in the background, slowly and over and over: damage is found while what it hit can still be had
// elsewhere, not when somebody asks for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "node/store.hpp"

namespace gavel::node {

class Scrub {
public:
    // 256 KiB in each `pause`. `store` must outlive it. `failed` is called once, from the scrub's own thread, when the store has
    // failed; the log has been told.
    Scrub(const LevelDbStore& store, std::function<void()> failed, std::chrono::milliseconds pause = std::chrono::seconds(1));
    // Stops at once.
    ~Scrub();

private:
    void run();

    const LevelDbStore& store_;
    std::function<void()> failed_;
    std::chrono::milliseconds pause_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gavel::node
