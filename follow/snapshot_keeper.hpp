// What a daemon does with snapshots: begins with one, keeps and serves those that it has.
#pragma once

#include "follow/l1_sync.hpp"
#include "follow/snapshot_shelf.hpp"

namespace gavel::follow {

struct SnapshotFlags {
    std::vector<std::string> from;  // URLs or files
    std::string folder;             // of those that are kept; empty: beside the data folder, with "-snapshots" behind its name
    uint64_t every = 86'400;        // seconds of the L1's time; 0: never
};
// --snapshot, of whoever takes one; and the others, of who makes them.
void add_snapshot_flag(node::Options& options, std::vector<std::string>& from);
void add_snapshot_making_flags(node::Options& options, SnapshotFlags& flags);

// Begins the ledger in `store`, which has none, with the newest snapshot that one of `from` has; `draft` is the file where it
// grows. `sync` is up to date. The value is that snapshot, whole. Reasons: SnapshotTaker's, begin_ledger's, OPTION_INVALID.
node::Result<SnapshotDraft> begin_from_snapshot(node::Store& store, const L1Sync& sync, l1::L1Client& client,
                                                const std::vector<std::string>& from, const std::string& draft,
                                                std::function<bool(uint64_t done, uint64_t all)> progress);

class SnapshotKeeper {
public:
    // Reasons: SnapshotShelf::open's.
    static node::Result<std::unique_ptr<SnapshotKeeper>> open(const SnapshotFlags& flags, const std::string& data_folder,
                                                              const Domain& domain);

    SnapshotShelf& shelf() { return *shelf_; }
    uint64_t every() const { return flags_.every; }
    // If the flags name snapshots and the store has no ledger: reads the L1 to its head, and begins the ledger with one, again
    // and again until that has gone well. Tells in the log how far it is. `rest` waits for so long, which may be no time, and
    // says whether to go on. The value: false if not. Not OK: no other try could go better. Throws node::StoreError.
    node::Result<bool> begin(node::Store& store, L1Sync& sync, l1::L1Client& client,
                             const std::function<bool(std::chrono::milliseconds)>& rest);

private:
    SnapshotKeeper(const SnapshotFlags& flags, std::unique_ptr<SnapshotShelf> shelf) : flags_(flags), shelf_(std::move(shelf)) {}

    const SnapshotFlags flags_;
    std::unique_ptr<SnapshotShelf> shelf_;
};

}  // namespace gavel::follow
