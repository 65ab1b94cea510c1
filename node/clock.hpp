// The time, as an interface, so that tests and the simulation can set it.
#pragma once

#include <atomic>
#include <cstdint>

namespace gavel::node {

// Thread-safe, each of them.
class Clock {
public:
    virtual ~Clock() = default;
    // Milliseconds since 1970-01-01 00:00 UTC. May step backwards when the machine's clock is set.
    virtual uint64_t now_ms() const = 0;
};

class SystemClock final : public Clock {
public:
    uint64_t now_ms() const override;
};

// Stands still until told.
class ManualClock final : public Clock {
public:
    explicit ManualClock(uint64_t start_ms = 0) : now_ms_(start_ms) {}
    uint64_t now_ms() const override { return now_ms_.load(); }
    void set(uint64_t now_ms) { now_ms_.store(now_ms); }
    void advance(uint64_t by_ms) { now_ms_.fetch_add(by_ms); }

private:
    std::atomic<uint64_t> now_ms_;
};

}  // namespace gavel::node
