// Makes snapshots from time to time, beside the ledger's writer.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "follow/l1_view.hpp"
#include "follow/snapshot_shelf.hpp"
#include "ledger/ledger.hpp"
#include "node/clock.hpp"
#include "node/metrics.hpp"
#include "node/troubles.hpp"

namespace gavel::follow {

// The batch whose snapshot is due: the newest that was final when the L1's time was last a multiple of `every` (seconds, > 0);
// 0: none was. All who make them as often make the same ones, and can take each other's place in the middle of one.
uint64_t batch_for_snapshot(const L1View& view, uint64_t every);

class SnapshotMaker {
public:
    // `every`: seconds of the L1's time; 0: never. Tells SNAPSHOT_NOT_MADE, which isn't grave. `metrics` may be null; nothing is
    // owned.
    SnapshotMaker(SnapshotShelf& shelf, uint64_t every, const node::Clock& clock, node::Troubles& troubles,
                  node::Metrics* metrics = nullptr);

    // Any thread: whether look() may find one due.
    bool is_due(const L1View& view) const { return due_batch(view).has_value(); }
    // The writing thread, as often as it likes: quick. If a snapshot is due whose batch the ledger has as the L1 holds it, takes
    // what it is made of. `view` is up to date.
    void look(const ledger::Ledger& ledger, const L1View& view) GAVEL_REQUIRES(ledger::writing);
    // Another thread: makes what look() has found due. False: nothing was. Takes a second for a million accounts, and of memory
    // 104 bytes for each and 56 for each withdrawal. Throws node::StoreError.
    bool step();

private:
    struct Due {
        ledger::SealedState state;
        BatchHeader header;
        uint64_t chunk = 0;  // the state before it is the batch's
    };
    std::optional<uint64_t> due_batch(const L1View& view) const;
    node::Status make(const Due& due);

    SnapshotShelf& shelf_;
    const uint64_t every_;
    const node::Clock& clock_;
    node::Troubles& troubles_;
    std::optional<node::Counter> made_;
    std::optional<node::Gauge> seconds_;
    std::mutex mutex_;
    std::optional<Due> due_;
    std::atomic<bool> is_making_{false};
    std::atomic<uint64_t> again_at_ms_{0};  // by the monotonic clock: not before, after one that failed
};

}  // namespace gavel::follow
