// The time, as an interface, so that tests and the simulation can set it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gavel::node {

// Thread-safe, each of them. Ages and time-outs are counted by steady_ms() alone; now_ms() only labels, since whoever runs the
// machine may set its clock by a day, either way.
class Clock {
public:
    virtual ~Clock() = default;
    // Milliseconds since 1970-01-01 00:00 UTC. May step backwards when the machine's clock is set.
    virtual uint64_t now_ms() const = 0;
    // Milliseconds since some moment; never steps back, and means nothing to another process.
    virtual uint64_t steady_ms() const = 0;
    // Lets so much time pass.
    virtual void sleep(std::chrono::milliseconds time) const = 0;
};

class SystemClock final : public Clock {
public:
    uint64_t now_ms() const override;
    uint64_t steady_ms() const override;
    void sleep(std::chrono::milliseconds time) const override;
};

// Stands still until told, or until somebody sleeps.
class ManualClock final : public Clock {
public:
    explicit ManualClock(uint64_t start_ms = 0) : now_ms_(start_ms), steady_ms_(start_ms) {}
    uint64_t now_ms() const override { return now_ms_.load(); }
    uint64_t steady_ms() const override { return steady_ms_.load(); }
    void sleep(std::chrono::milliseconds time) const override { advance(static_cast<uint64_t>(time.count())); }
    // Time passes.
    void advance(uint64_t by_ms) const {
        now_ms_.fetch_add(by_ms);
        steady_ms_.fetch_add(by_ms);
    }
    // Time passes until the wall shows `now_ms`; nothing passes if it shows that or more.
    void advance_to(uint64_t now_ms) {
        const uint64_t shown = now_ms_.load();
        if (now_ms > shown) advance(now_ms - shown);
    }
    // Somebody sets the machine's clock: no time passes.
    void set_wall(uint64_t now_ms) { now_ms_.store(now_ms); }

private:
    mutable std::atomic<uint64_t> now_ms_, steady_ms_;
};

}  // namespace gavel::node
