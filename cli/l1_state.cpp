#include "cli/l1_state.hpp"

#include <thread>

#include "cli/progress.hpp"
#include "cli/session.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr int kTries = 10;  // one after the other, of a node that doesn't answer
constexpr std::chrono::milliseconds kPause{500};
constexpr size_t kChunksPerStep = 32;

// Waits after a failure that may pass; false: it won't, or it has come too often.
bool worth_another_try(const Status& status, int& failures) {
    if (status.code != Code::kUnavailable || ++failures >= kTries) return false;
    std::this_thread::sleep_for(kPause);
    return true;
}

}  // namespace

void add_l1_state_options(node::Options& options, L1StateOptions& state) {
    options.text("--data-dir", state.data_dir,
                 "folder that keeps what was read, for the next time (a stopped verifier's serves); without it, memory");
    follow::add_l1_sync_flags(options, state.sync);
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
        if (Status status = (*out)->replay(); !status.ok()) return status;
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

Status L1State::replay() {
    ledger_ = std::make_unique<ledger::Ledger>(*store_, domain());
    replayer_ = std::make_unique<follow::Replayer>(*ledger_, view(), sync_->batch_source(), clock_,
                                                   follow::Replayer::Options{.keep_lost_batches = false});
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
                if (!worth_another_try(replayer_->status(), failures)) return replayer_->status();
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
