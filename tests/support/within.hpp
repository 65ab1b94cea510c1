// Waiting, in real time, for what another thread or another program does. Where a ManualClock can be had, there is no need.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace gavel::test {

// True once `holds()` is; false if it isn't within the time. Asks at once, then ever more seldom: after 1 ms, at last every 50.
template <class Holds>
bool within(std::chrono::milliseconds time, Holds holds) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (std::chrono::milliseconds pause{1}; !holds(); pause = std::min(2 * pause, std::chrono::milliseconds(50))) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

}  // namespace gavel::test
