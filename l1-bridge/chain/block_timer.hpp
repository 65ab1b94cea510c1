// When the next block is due: at an interval, at each transaction, or when asked.
#pragma once

#include <cstdint>
#include <mutex>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "node/clock.hpp"

namespace gavel::l1 {

// Thread-safe.
class BlockTimer {
public:
    // Neither is owned.
    BlockTimer(SimulatedChain& chain, const node::Clock& clock) : chain_(chain), clock_(clock) {}

    // Zero: a block at each transaction.
    void set_interval(uint64_t seconds);
    // Neither: only when asked. `on` ends the interval.
    void set_auto_mine(bool on);
    // Mines a block if one is due; somebody has to call it again and again. Throws node::StoreError.
    void step();

private:
    bool take_turn();

    SimulatedChain& chain_;
    const node::Clock& clock_;
    std::mutex mutex_;
    uint64_t interval_ms_ = 0;
    uint64_t due_ms_ = 0;
};

}  // namespace gavel::l1
