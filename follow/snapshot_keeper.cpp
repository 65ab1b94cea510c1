#include "follow/snapshot_keeper.hpp"

#include "follow/snapshot_taker.hpp"
#include "ledger/ledger_start.hpp"
#include "node/log.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Result;
using node::Status;
using std::chrono::milliseconds;

constexpr milliseconds kPause{5'000};            // between two tries
constexpr auto kTold = std::chrono::seconds(5);  // of the progress

// A try that can't go better.
bool is_lasting(const Status& status) {
    return status.reason == "SNAPSHOT_LINKS_FALSE" || status.reason == "OPTION_INVALID" || status.reason == "FILE_UNWRITABLE";
}

class ProgressLog {
public:
    bool operator()(uint64_t done, uint64_t all) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told_ < kTold && done < all) return true;
        told_ = now;
        node::log_info("taking a snapshot", {{"bytes", done}, {"of", all}, {"percent", done * 100 / all}});
        return true;
    }

private:
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

void tell(const L1View& view, const SnapshotHead& head) {
    const StateFields& state = head.header.last;
    node::log_info("the ledger begins with a snapshot",
                   {{"batch", head.batch()}, {"accounts", state.account_count}, {"withdrawals", state.withdrawal_count}});
    auto next = view.batch(head.batch() + 1);
    if (next && next->posted_at + l1::kBlobRetentionS <= view.head().time)
        node::log_warn("the snapshot is so old that nodes of the L1 may have dropped the blobs of the batches behind it",
                       {{"next_batch", next->number}, {"days", (view.head().time - next->posted_at) / 86'400}});
}

}  // namespace

void add_snapshot_flag(node::Options& options, std::vector<std::string>& from) {
    options.list("--snapshot", from,
                 "URL of a Gavel server, or a file: without a ledger in --data-dir, begin with its newest snapshot, once that is "
                 "checked against the L1 (repeat)");
}

void add_snapshot_making_flags(node::Options& options, SnapshotFlags& flags) {
    options.seconds("--snapshot-every", flags.every, "how often a snapshot of a final batch is made, by the L1's time; 0: never");
    options.text("--snapshots-dir", flags.folder,
                 "folder of the newest two snapshots (default: --data-dir's, with -snapshots behind it)");
}

Result<SnapshotDraft> begin_from_snapshot(node::Store& store, const L1Sync& sync, l1::L1Client& client,
                                          const std::vector<std::string>& from, const std::string& draft,
                                          std::function<bool(uint64_t done, uint64_t all)> progress) {
    std::vector<std::unique_ptr<SnapshotSource>> sources;
    for (const std::string& url_or_file : from) {
        auto source = open_snapshot_source(url_or_file);
        if (!source) return source.status();
        sources.push_back(*std::move(source));
    }
    SnapshotTaker taker(std::move(sources), draft, judge_by_l1(client, sync.view(), sync.domain()), std::move(progress));
    auto taken = taker.take();
    if (!taken) return taken;
    if (Status begun = begin_ledger(store, sync.view(), *taken); !begun.ok()) return begun;
    tell(sync.view(), taken->head());
    return taken;
}

Result<std::unique_ptr<SnapshotKeeper>> SnapshotKeeper::open(const SnapshotFlags& flags, const std::string& data_folder,
                                                             const Domain& domain) {
    auto shelf = SnapshotShelf::open(flags.folder.empty() ? data_folder + "-snapshots" : flags.folder, domain);
    if (!shelf) return shelf.status();
    return std::unique_ptr<SnapshotKeeper>(new SnapshotKeeper(flags, *std::move(shelf)));
}

Result<bool> SnapshotKeeper::begin(node::Store& store, L1Sync& sync, l1::L1Client& client,
                                   const std::function<bool(milliseconds)>& rest) {
    if (flags_.from.empty()) return true;
    if (ledger::has_ledger(store)) {
        node::log_info("--snapshot is ignored: the data folder has a ledger");
        return true;
    }
    Status told;
    for (ProgressLog progress;;) {
        auto up_to_date = sync.step();
        Status status = up_to_date.status();
        if (up_to_date && !*up_to_date) {
            if (!rest(milliseconds(0))) return false;
            continue;
        }
        if (status.ok()) {
            auto begun =
                begin_from_snapshot(store, sync, client, flags_.from, shelf_->draft_path("taking"),
                                    [&](uint64_t done, uint64_t all) { return progress(done, all) && rest(milliseconds(0)); });
            status = begun ? shelf_->add(*std::move(begun)) : begun.status();
            if (status.ok()) return true;
            if (ledger::has_ledger(store) || is_lasting(status)) return status;
        }
        if (!(status == told)) node::log_status(node::LogLevel::kWarn, "no ledger could be begun with a snapshot yet", status);
        told = status;
        if (!rest(kPause)) return false;
    }
}

}  // namespace gavel::follow
