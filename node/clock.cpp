#include "node/clock.hpp"

#include <chrono>
#include <thread>

namespace gavel::node {
namespace {

template <class Duration>
uint64_t milliseconds(Duration duration) {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

uint64_t SystemClock::now_ms() const { return milliseconds(std::chrono::system_clock::now().time_since_epoch()); }
void SystemClock::sleep(std::chrono::milliseconds time) const { std::this_thread::sleep_for(time); }
uint64_t SystemClock::steady_ms() const { return milliseconds(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace gavel::node
