// Whether a daemon still sees the L1: by the monotonic clock since its newest block came, and since a round with it went well.
// Tells it as troubles, which stand by themselves should the rounds come to a halt:
//   L1_SILENT       no round has gone well for two block times; or why the last one didn't, after one block time
//   L1_CONTRADICTS  the L1 contradicts itself, and what it tells can't be believed until it is read again
//   L1_STALE        no new block has come for too long
#pragma once

#include <deque>
#include <mutex>

#include "follow/l1_sync.hpp"
#include "node/troubles.hpp"

namespace gavel::follow {

class L1Freshness {
public:
    // `stale_after_ms`: so long without a new block is too long; 0: four block times as they are seen, at least 5 s, at most an
    // eighth of the inclusion window (seconds). Neither reference is owned.
    L1Freshness(const node::Clock& clock, node::Troubles& troubles, uint64_t inclusion_window, uint64_t stale_after_ms);

    // What a round with the L1 came to. One thread.
    void note(const node::Status& round, const L1Sync& sync);

    // ---- Any thread ----

    // L1_STALE (kUnavailable) if no new block has come for too long; OK before the first.
    node::Status check() const;
    // Milliseconds since the newest block came; 0 before the first.
    uint64_t age_ms() const;

private:
    uint64_t block_time_ms() const;
    uint64_t limit_ms() const;

    const node::Clock& clock_;
    node::Troubles& troubles_;
    const uint64_t inclusion_window_ms_, stale_after_ms_;
    std::deque<l1::BlockRef> recent_;  // newest blocks, ascending
    mutable std::mutex mutex_;
    uint64_t came_ms_ = 0;   // the newest block; 0: none yet
    uint64_t stale_ms_ = 0;  // when its view will be too old
};

}  // namespace gavel::follow
