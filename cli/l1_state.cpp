#include "cli/l1_state.hpp"

#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "follow/snapshot_keeper.hpp"
#include "ledger/ledger_start.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr int kTries = 10;  // one after the other, of a node that doesn't answer
constexpr std::chrono::milliseconds kPause{500};
constexpr size_t kChunksPerStep = 32;
constexpr size_t kBatchesAhead = 4;

// Waits after a failure that may pass; false: it won't, or it has come too often.
bool worth_another_try(const Status& status, int& failures) {
    if (status.code != Code::kUnavailable || ++failures >= kTries) return false;
    std::this_thread::sleep_for(kPause);
    return true;
}

Status with_way_out(Status status) {
    if (l1::is_without_blobs(status))
        status.message += "; name an archive that has them: --blobs; or begin behind them, with a snapshot: --snapshot URL|FILE";
    return status;
}

// Where a snapshot grows, until it has been taken: beside the data folder, so that a call that was broken off is gone on with;
// or, without one, in a folder of this call's own.
class DraftFile {
public:
    explicit DraftFile(const std::string& data_dir) : path_(data_dir + "-snapshot.part") {
        if (!data_dir.empty()) return;
        folder_ = (std::filesystem::temp_directory_path() / "gavel-XXXXXX").string();
        if (mkdtemp(folder_.data()) == nullptr) throw node::StoreError("no temporary folder can be made: " + folder_);
        path_ = folder_ + "/snapshot.part";
    }
    ~DraftFile() {
        std::error_code ignored;
        if (is_done_) std::filesystem::remove(path_, ignored);
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    const std::string& path() const { return path_; }
    void done() { is_done_ = true; }

private:
    std::string path_, folder_;
    bool is_done_ = false;
};

}  // namespace

void add_l1_state_options(node::Options& options, L1StateOptions& state) {
    options.text("--data-dir", state.data_dir,
                 "folder that keeps what was read, for the next time (a stopped verifier's serves); without it, memory");
    follow::add_l1_sync_flags(options, state.sync);
    follow::add_snapshot_flag(options, state.snapshots);
}

Result<std::unique_ptr<L1State>> L1State::read(Session& session, const Address& rollup, const L1StateOptions& options) {
    auto blobs = session.blobs();
    if (!blobs) return blobs.status();
    follow::L1SyncOptions reading = options.sync;
    reading.blobs = *blobs;
    try {
        std::unique_ptr<L1State> out(new L1State);
        out->store_ = node::open_store(options.data_dir);
        auto sync = follow::L1Sync::open(*out->store_, session.l1(), rollup, reading);
        if (!sync) return sync.status();
        out->sync_ = *std::move(sync);
        if (Status status = out->catch_up(); !status.ok()) return status;
        return out;
    } catch (const node::StoreError& error) {
        return Status{Code::kInternal, "STORE_FAILED", "data-dir", error.what()};
    }
}

Result<std::unique_ptr<L1State>> L1State::rebuild(Session& session, const Address& rollup, const L1StateOptions& options) {
    auto out = read(session, rollup, options);
    if (!out) return out;
    try {
        Status status = options.snapshots.empty() ? Status{} : (*out)->begin(session, options);
        if (status.ok()) status = (*out)->replay();
        if (!status.ok()) return status;
    } catch (const node::StoreError& error) {
        return Status{Code::kInternal, "STORE_FAILED", "data-dir", error.what()};
    }
    return out;
}

Status L1State::catch_up() {
    std::optional<Progress> progress;
    for (int failures = 0;;) {
        auto up_to_date = sync_->step();
        if (!up_to_date) {
            if (!worth_another_try(up_to_date.status(), failures)) return up_to_date.status();
            continue;
        }
        failures = 0;
        if (*up_to_date) return {};
        if (!progress) progress.emplace("reading the L1's blocks", sync_->l1_head().number);
        progress->set(view().head().number);
    }
}

Status L1State::begin(Session& session, const L1StateOptions& options) {
    if (ledger::has_ledger(*store_)) {
        session.warn("--snapshot is ignored: the folder of --data-dir has a ledger");
        return {};
    }
    DraftFile draft(options.data_dir);
    std::optional<Progress> progress;
    for (int failures = 0;;) {
        auto begun = follow::begin_from_snapshot(*store_, *sync_, session.l1(), options.snapshots, draft.path(),
                                                 [&](uint64_t done, uint64_t all) {
                                                     if (!progress) progress.emplace("taking a snapshot, bytes", all);
                                                     progress->set(done);
                                                     return true;
                                                 });
        if (begun) draft.done();
        if (begun || !worth_another_try(begun.status(), failures)) return begun.status();
    }
}

Status L1State::replay() {
    ledger_ = std::make_unique<ledger::Ledger>(*store_, domain());
    replayer_ = std::make_unique<follow::Replayer>(
        *ledger_, view(), sync_->batch_source(), clock_,
        follow::Replayer::Options{.threads = std::thread::hardware_concurrency(), .batches_ahead = kBatchesAhead});
    queries_ = std::make_unique<query::Queries>(*ledger_, view());
    Progress progress("replaying batches", view().batch_head());
    ledger::writing.assume();  // the command has one thread
    for (int failures = 0;;) {
        switch (replayer_->step(kChunksPerStep)) {
            case follow::Replayer::Progress::kWantsBatch:
            case follow::Replayer::Progress::kWorked: failures = 0; break;
            case follow::Replayer::Progress::kCaughtUp:
            case follow::Replayer::Progress::kFalseBatch: return {};
            case follow::Replayer::Progress::kUnavailable:
                if (!worth_another_try(replayer_->status(), failures)) return with_way_out(replayer_->status());
        }
        progress.set(ledger_->batch_head());
    }
}

Result<Bytes> L1State::fraud_proof() {
    ledger::writing.assume();
    return follow::prove_false(*ledger_, view(), *false_batch());
}

BatchHeader L1State::last_header() const {
    ledger::writing.assume();
    return ledger_->last_header();
}

std::optional<ExitProof> L1State::exit_proof(uint32_t index) {
    std::optional<ExitProof> out;
    if (false_batch()) return out;
    ledger::writing.assume();
    ledger_->with_state([&](State& state) {
        const Account* account = index == 0 ? nullptr : state.accounts.at(index);
        if (account) out = ExitProof{index, *account, state.accounts.path(index)};
    });
    return out;
}

}  // namespace gavel::cli
