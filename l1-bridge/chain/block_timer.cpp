#include "l1-bridge/chain/block_timer.hpp"

#include <chrono>
#include <exception>

namespace gavel::l1 {

BlockTimer::BlockTimer(SimulatedChain& chain, std::function<void(const char*)> failed)
    : chain_(chain), failed_(std::move(failed)), thread_([this] { run(); }) {}

BlockTimer::~BlockTimer() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void BlockTimer::set_interval(uint64_t seconds) {
    {
        std::lock_guard lock(mutex_);
        interval_s_ = seconds;
        ++generation_;
    }
    chain_.set_auto_mine(seconds == 0);
    changed_.notify_all();
}

void BlockTimer::set_auto_mine(bool on) {
    if (on) return set_interval(0);
    chain_.set_auto_mine(false);
}

void BlockTimer::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        uint64_t generation = generation_;
        auto interrupted = [&] { return stopping_ || generation_ != generation; };
        if (interval_s_ == 0) {
            changed_.wait(lock, interrupted);
            continue;
        }
        if (changed_.wait_for(lock, std::chrono::seconds(interval_s_), interrupted)) continue;
        lock.unlock();
        try {
            chain_.mine();
        } catch (const std::exception& error) {
            failed_(error.what());
            return;
        }
        lock.lock();
    }
}

}  // namespace gavel::l1
