// The sequencer: takes operations, confirms them, posts them, follows the L1. In the domain's own types; gRPC and threads are
// around it. Tests call step(); the daemon calls execute() from one thread and follow() from another.
#pragma once

#include <memory>
#include <mutex>

#include "follow/l1_freshness.hpp"
#include "follow/l1_sync.hpp"
#include "follow/once_per_block.hpp"
#include "follow/replayer.hpp"
#include "follow/snapshot_maker.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/metrics.hpp"
#include "node/troubles.hpp"
#include "query/queries.hpp"
#include "sequencer/fee_accounts.hpp"
#include "sequencer/intake.hpp"
#include "sequencer/poster.hpp"
#include "sequencer/sidecars.hpp"

namespace gavel::sequencer {

struct SequencerConfig {
    EngineConfig engine;
    FeeConfig fees;
    Poster::Config posting;
    bool take_seat = true;           // become the sequencer when the seat is free; never again after an eviction
    bool open_fee_accounts = true;   // deposit a unit of each token with a fee to the fee recipient, if it has no leaf for it
    size_t max_queued = 65'536;      // operations not yet checked, and as many checked and not yet executed
    unsigned signature_threads = 0;  // that check what comes in; zero: callers do
    uint64_t seat_retry_ms = 15'000;
    bool new_data = false;  // begin with an empty store although this key was the sequencer before
    // What keeps a batch from being sent for longer (two blocks) is told; what keeps it out of a block, after five times as long.
    uint64_t trouble_after_ms = 24'000;
    uint64_t l1_stale_after_ms = 0;              // without a new block; 0: as L1Freshness finds
    follow::SnapshotShelf* snapshots = nullptr;  // where those that it makes go; null: none are made. Not owned
    uint64_t snapshot_every = 0;                 // seconds of the L1's time; 0: never
};

class Sequencer {
public:
    // None of the references is owned. `sync` has been made for the ledger's store. Throws node::StoreError.
    // `archive`: where it keeps the blobs that it posts, and finds those of batches that it reads; `sync` has it for the latter,
    // with whoever else has blobs behind it.
    Sequencer(node::Store& store, follow::L1Sync& sync, l1::L1Client& client, l1::L1Wallet& wallet, follow::BlobArchive& archive,
              const node::Clock& clock, node::Metrics& metrics, SequencerConfig config);
    ~Sequencer();

    // ---- Any thread ----

    // As Intake::submit.
    void submit(std::vector<Submission> submissions, Intake::Answers answers) {
        intake_.submit(std::move(submissions), std::move(answers));
    }
    node::Result<FeeQuote> estimate_fee(const Address& token, const OperationShape& shape) const {
        return fees_.quote(token, shape);
    }
    const query::Queries& queries() const { return queries_; }
    // Whether operations are taken now; if not, why: as the last round with the L1 left it, or L1_STALE once that is too long
    // ago.
    node::Status sequencing() const;
    // Whether all is well: operations are taken, and no grave trouble stands.
    node::Status health() const;
    // What stands in the way; somebody has to tick() it.
    node::Troubles& troubles() { return troubles_; }

    // ---- Driving ----

    // The writing thread's turn: executes what is queued, makes it durable and answers it, then one command of follow()'s; false
    // if there was neither.
    bool execute();
    // Waits until there is something to do or the time is over.
    void wait_for_work(uint64_t timeout_ms) { writer_.wait_for_work(timeout_ms); }
    // That thread ends.
    void leave() { writer_.leave(); }
    // One round with the L1: reads, takes back what it must, takes the seat, posts. Not OK: tried again in the next round,
    // unless the reason is BATCH_CHECK_FAILED or OWN_TERM_SLASHED: then nothing is posted or confirmed any more.
    node::Status follow();
    // One turn of the thread that makes sidecars; without one follow() makes them itself.
    void make_sidecars(uint64_t timeout_ms) { sidecars_.turn(timeout_ms); }
    // That thread ends.
    void leave_sidecars() { sidecars_.leave(); }
    // One other thread: makes the snapshot that is due; false if none is. Throws node::StoreError.
    bool make_snapshot() { return snapshots_ && snapshots_->step(); }
    // execute() and follow(), for tests.
    node::Status step();
    // Answers what is queued, and whatever comes from now on, with a refusal.
    void stop();

private:
    static node::Status not_sequencing(std::string reason, std::string message);
    node::Status replay();
    node::Status accept_data();
    node::Status restore();
    node::Status read_l1();
    void update_figures();
    node::Status keep_seat();
    void warn_of_deadline();
    node::Status heed_notice();
    node::Status open_fee_accounts();
    node::Status read_and_keep_seat();
    node::Status post();
    void note_posting(const node::Status& status);
    void update_gas_price();
    void set_state(node::Status status);

    const node::Clock& clock_;
    SequencerConfig config_;
    follow::L1Sync& sync_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    node::Troubles troubles_;
    node::Store& store_;
    bool data_is_new_;  // made by this ledger, or by one that hadn't yet found on the L1 that it may be
    follow::L1Freshness freshness_;
    ledger::OpenLedger ledger_;
    FeePolicy fees_;
    SignerCache signers_;
    l1::ContractChannel channel_;
    Engine engine_;
    Writer writer_;
    follow::Replayer replayer_;
    Sidecars sidecars_;
    Poster poster_;
    FeeAccounts fee_accounts_;
    query::Queries queries_;
    Figures figures_;
    Intake intake_;
    std::optional<follow::SnapshotMaker> snapshots_;

    mutable std::mutex state_mutex_;
    node::Status state_;  // OK: sequencing
    uint64_t seat_tried_ms_ = 0;
    uint64_t ledger_generation_ = 0;
    std::optional<uint64_t> warned_of_;        // L1 operation near its deadline
    uint64_t posted_seen_ = 0;                 // the last batch on the L1, in the latest round
    l1::Notice notice_;                        // of the home operator, as read last
    std::optional<uint64_t> notice_known_ms_;  // when it was last known as of the view's head
    follow::OncePerBlock fees_asked_, balance_asked_, notice_asked_;
    bool is_closing_ = false;  // the home operator may sit soon: post at once
    bool broken_ = false;
};

}  // namespace gavel::sequencer
