#include "l1-bridge/chain/block_timer.hpp"

namespace gavel::l1 {

void BlockTimer::set_interval(uint64_t seconds) {
    {
        std::lock_guard lock(mutex_);
        interval_ms_ = seconds * 1000;
        due_ms_ = clock_.steady_ms() + interval_ms_;
    }
    chain_.set_auto_mine(seconds == 0);
}

void BlockTimer::set_auto_mine(bool on) {
    if (on) return set_interval(0);
    chain_.set_auto_mine(false);
}

// Blocks that were missed aren't made up for.
bool BlockTimer::take_turn() {
    std::lock_guard lock(mutex_);
    const uint64_t now_ms = clock_.steady_ms();
    if (interval_ms_ == 0 || now_ms < due_ms_) return false;
    due_ms_ = (now_ms < due_ms_ + interval_ms_ ? due_ms_ : now_ms) + interval_ms_;
    return true;
}

void BlockTimer::step() {
    if (take_turn()) chain_.mine();
}

}  // namespace gavel::l1
