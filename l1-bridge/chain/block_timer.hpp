// Mines blocks at an interval of real time, or at each transaction.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "l1-bridge/chain/simulated_chain.hpp"

namespace gavel::l1 {

// Thread-safe.
class BlockTimer {
public:
    // `failed` is told when mining threw (a store that fails); nothing more is mined then. `chain` must outlive it.
    BlockTimer(SimulatedChain& chain, std::function<void(const char* what)> failed);
    ~BlockTimer();

    // Zero: a block at each transaction.
    void set_interval(uint64_t seconds);
    // Neither: only when asked. `on` ends the interval.
    void set_auto_mine(bool on);

private:
    void run();

    SimulatedChain& chain_;
    std::function<void(const char*)> failed_;
    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t interval_s_ = 0;
    uint64_t generation_ = 0;  // counts the changes of interval
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gavel::l1
