// The verifier: reads the L1 alone, replays every batch, gives a verdict on each, proves the false ones. In the domain's own
// types; gRPC is around it. Tests call step(); the daemon calls it from one thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "follow/l1_freshness.hpp"
#include "follow/l1_sync.hpp"
#include "follow/once_per_block.hpp"
#include "follow/replayer.hpp"
#include "follow/snapshot_maker.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "node/troubles.hpp"
#include "query/queries.hpp"
#include "verifier/challenger.hpp"
#include "verifier/channel_watch.hpp"
#include "verifier/claimer.hpp"
#include "verifier/findings.hpp"
#include "verifier/warnings.hpp"

namespace gavel::verifier {

struct VerifierOptions {
    bool claim = false;                    // needs a wallet, this one or the prover's
    l1::L1Wallet* claim_wallet = nullptr;  // null: the prover's, of which what a commit and a proof may cost is left alone
    size_t chunks_per_step = 128;
    unsigned threads = 0;                // that check signatures beside the caller of step()
    size_t batches_ahead = 0;            // fetched by another thread before their turn comes
    bool trust_final = false;            // see follow::Replayer::Options
    uint64_t lost_after_ms = 15'000;     // a transaction that no node knows so long after it was sent is sent again
    uint64_t trouble_after_ms = 24'000;  // what keeps a proof from the L1 for longer (two blocks) is told
    uint64_t l1_stale_after_ms = 0;      // without a new block; 0: as L1Freshness finds
    WarningOptions warnings;
    ClaimerOptions claims;
    node::Metrics* metrics = nullptr;            // for what stands in the way
    follow::SnapshotShelf* snapshots = nullptr;  // where those that it makes go; null: none are made. Not owned
    uint64_t snapshot_every = 0;                 // seconds of the L1's time; 0: never
};

// What clients are told, and figures, of this process's life where they count.
struct VerifierStatus : api::VerifierStatus {
    uint64_t verdicts = 0;
    uint64_t false_verdicts = 0;
    uint64_t proofs_sent = 0;
    uint64_t claimed = 0;
    uint64_t claims_refused = 0;
    uint64_t claims_given_up = 0;      // after all tries
    uint64_t claims_not_worth_it = 0;  // when they were looked at last
    // Ages by the L1's time, which goes on by the clock while no block comes.
    uint64_t oldest_l1_operation_s = 0;  // of the first L1 operation that isn't consumed; 0: none waits
    uint64_t last_batch_s = 0;           // since the newest batch on the L1; 0: there is none
    uint64_t channels_expiring = 0;      // of watched payees, with a balance left
    uint64_t l1_age_s = 0;               // since the newest L1 block came; 0 before the first
    u128 wallet_balance = 0;             // wei
};

class Verifier {
public:
    // None of the references is owned; `sync` has been made for `store`. Without a wallet it only watches. Throws
    // node::StoreError.
    Verifier(node::Store& store, follow::L1Sync& sync, l1::L1Client& client, l1::L1Wallet* wallet, const node::Clock& clock,
             VerifierOptions options = {});

    // One bounded round: reads the L1, verifies, sends what is due. The value: whether there is more to do at once. Not OK:
    // something couldn't be done now; all the rest was. Call again, a little later.
    node::Result<bool> step();
    // One other thread: makes the snapshot that is due; false if none is. Throws node::StoreError.
    bool make_snapshot() { return snapshots_ && snapshots_->step(); }

    // ---- Any thread ----

    VerifierStatus status() const;
    // Whether all is well: up to date with the L1, and no grave trouble stands.
    node::Status health() const;
    // What stands in the way; somebody has to tick() it.
    node::Troubles& troubles() { return troubles_now_; }
    const Findings& findings() const { return findings_; }
    const query::Queries& queries() const { return queries_; }

private:
    void restore_verdicts() GAVEL_REQUIRES(ledger::writing);
    void on_reorganisation();
    node::Status replay() GAVEL_REQUIRES(ledger::writing);
    node::Status read_notice();
    void read_balance();
    void take_verdicts();
    void add_verdict(VerdictRecord verdict);
    node::Status handle_false_batch(const follow::Replayer::FalseBatch& found) GAVEL_REQUIRES(ledger::writing);
    node::Status build_proof(const follow::Replayer::FalseBatch& found) GAVEL_REQUIRES(ledger::writing);
    node::Status judge_followers(uint64_t false_batch);
    node::Status act();
    void note(const char* reason, const node::Status& status);
    void publish() GAVEL_REQUIRES(ledger::writing);

    const node::Clock& clock_;
    VerifierOptions options_;
    follow::L1Sync& sync_;
    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet* wallet_;
    node::Troubles troubles_now_;
    follow::L1Freshness freshness_;
    ledger::Ledger ledger_;
    follow::BatchSource source_;
    follow::Replayer replayer_;
    Findings findings_;
    Challenger challenger_;
    std::optional<Claimer> claimer_;
    std::optional<follow::SnapshotMaker> snapshots_;
    query::Queries queries_;
    ChannelWatch channels_;

    uint64_t reorganisations_ = 0;
    std::optional<Hash> proof_for_;  // batch whose proof is known to be sound
    uint64_t followers_judged_ = 0;  // batches above the false one, up to here
    follow::Replayer::Progress progress_ = follow::Replayer::Progress::kWorked;
    l1::L1Wallet* claim_wallet_ = nullptr;
    std::vector<Warning> troubles_;  // of the latest round
    bool more_to_do_ = false;
    follow::OncePerBlock balance_asked_, notice_asked_;
    l1::Notice notice_;        // of the home operator, as read last
    u128 wallet_balance_ = 0;  // the same

    mutable std::mutex mutex_;
    VerifierStatus status_;
};

}  // namespace gavel::verifier
