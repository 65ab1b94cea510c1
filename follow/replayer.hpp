// Applies the batches that stand on the L1 to a ledger, in order, and judges them.
//
// A verifier lives by it. A sequencer lets it catch up with batches that it hasn't built itself; its own, which the ledger has
// marked with the same hash, are only noted as posted. Where the ledger and the L1 disagree, the L1 wins: chunks that a standing
// batch contradicts, chunks of struck batches, and chunks that consumed L1 operations which a reorganisation has changed are
// rolled back, and their operations found in the ledger's list of rolled-back ones.
//
// Chunks are applied as if all their signatures were right; these are checked by all cores afterwards, while the next chunks are
// applied, and only a chunk whose signatures are right is kept: until then the ledger holds it back, and neither store nor
// readers know of it. Any other is undone with all behind it, and applied again with each signature checked in its place, as is
// the rest of its batch: so a verdict says what docs/protocol.md's order of checks says.
//
// Give L1View and Ledger one store, and don't step before the follower has reached the L1's head: a view that is behind looks
// like an L1 that has lost batches and L1 operations.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "follow/batches_ahead.hpp"
#include "follow/l1_view.hpp"
#include "follow/noted_signatures.hpp"
#include "l1-bridge/client/batch_channel.hpp"
#include "ledger/ledger.hpp"
#include "node/clock.hpp"
#include "node/status.hpp"

namespace gavel::follow {

// A BatchSource by a channel, which must outlive it.
BatchSource batch_source(l1::BatchChannel& channel);

struct Verdict {
    uint64_t number = 0;
    Hash hash;
    Hash tx_hash;
    bool valid = false;
    StateFields last;         // claimed by the batch
    uint64_t op_count = 0;    // operations in it, of a valid one
    bool is_trusted = false;  // its signatures weren't checked: it was final
    // Of a false one: the first chunk whose claim is false, and why. The ledger is in the state before that chunk.
    uint16_t chunk = 0;
    Refusal refusal = Refusal::kNone;  // kNone: the chunk is right, the commitment claimed after it isn't
    Hash claimed;                      // commitment after the chunk
    StateFields computed;              // what apply leads to
};

// What apply reads beside the state, from the view: for running or proving a batch (l1_limit: its last.l1_ops_consumed).
// `judge` may be null; nothing is owned.
std::unique_ptr<Env> make_env(const Hash& domain_separator, const L1View& view, uint64_t l1_limit,
                              const SignatureJudge* judge = nullptr);

class Replayer {
public:
    struct Options {
        // What to do with a marked batch that the L1 has lost in a reorganisation (not struck): true (a sequencer): it stays, as
        // not posted, to be posted again; false (a verifier): its chunks are rolled back.
        bool keep_lost_batches = false;
        // That check signatures beside the caller's. 0: the caller's alone.
        unsigned threads = 0;
        // So many batches are fetched ahead of step() by a thread of its own, also between two steps.
        size_t batches_ahead = 0;
        // Signatures in batches that are final by the view aren't checked: neither contract nor proof can take such a batch back
        // any more (docs/security.md). All else is.
        bool trust_final = false;
    };
    enum class Progress : uint8_t {
        kWorked,       // something was done; there may be more
        kCaughtUp,     // every standing batch is in the ledger
        kFalseBatch,   // the ledger is at the last true state; nothing more until the L1 changes
        kUnavailable,  // the L1 (or the view) can't tell now; try again. See status()
        kWantsBatch,   // of advance() alone: fetch(), then take() what it gives
    };

    // None of these is owned.
    Replayer(ledger::Ledger& ledger, const L1View& view, BatchSource source, const node::Clock& clock, Options options);

    // At most one roll-back, or one batch's bytes fetched, or `max_chunks` chunks applied: all of them checked, and kept or
    // undone, when it returns. The ledger's open chunk may hold operations (of a sequencer): they are rolled back if a foreign
    // batch comes.
    Progress step(size_t max_chunks = 32) GAVEL_REQUIRES(ledger::writing);
    // The same in parts, one batch after the other, for a ledger whose writing thread must not wait for the L1: advance() and
    // take() are its, fetch() is anybody's, and asks for the batch that advance() wants.
    Progress advance(size_t max_chunks = 32) GAVEL_REQUIRES(ledger::writing);
    node::Result<PostedBatch> fetch() const;
    Progress take(node::Result<PostedBatch> fetched) GAVEL_REQUIRES(ledger::writing);
    // Why the last step was kUnavailable.
    const node::Status& status() const { return status_; }

    // Verdicts since the last call, in order. A number comes again, with another hash, when another batch stands there.
    std::vector<Verdict> take_verdicts();
    // The standing batch that is false, while there is one, as it was posted: what a fraud proof is built from.
    struct FalseBatch {
        Verdict verdict;
        PostedBatch posted;
        const Batch& batch() const { return posted.batch(); }
    };
    const std::optional<FalseBatch>& false_batch() const { return false_batch_; }

private:
    struct Replay {
        StandingBatch standing;
        PostedBatch posted;
        uint64_t first_chunk = 0;
        bool is_trusted = false;   // no signature is checked
        size_t next = 0;           // chunk to be applied
        size_t kept = 0;           // chunks before this one are; those between are held
        bool is_doubtful = false;  // each signature is checked in its place
        const Batch& batch() const { return posted.batch(); }
        bool is_applied() const { return next == batch().chunks.size(); }
    };
    bool base_stands() const;
    void drop_outdated();
    bool reconcile_batches() GAVEL_REQUIRES(ledger::writing);
    bool reconcile_l1_operations() GAVEL_REQUIRES(ledger::writing);
    uint64_t common_head() const GAVEL_REQUIRES(ledger::writing);
    uint64_t marked_chunks() const GAVEL_REQUIRES(ledger::writing);
    void note_transactions(uint64_t common) GAVEL_REQUIRES(ledger::writing);
    bool roll_back(uint64_t chunk, const std::string& why) GAVEL_REQUIRES(ledger::writing);
    std::optional<Progress> reconcile() GAVEL_REQUIRES(ledger::writing);
    Progress want_next() GAVEL_REQUIRES(ledger::writing);
    void fetch_ahead();
    Progress apply_chunks(size_t& room) GAVEL_REQUIRES(ledger::writing);
    std::optional<Progress> apply_next() GAVEL_REQUIRES(ledger::writing);
    bool hold_next() GAVEL_REQUIRES(ledger::writing);
    bool settle_oldest() GAVEL_REQUIRES(ledger::writing);
    Progress settle_all(Progress progress) GAVEL_REQUIRES(ledger::writing);
    void note_kept() GAVEL_REQUIRES(ledger::writing);
    bool is_same_chunk(uint64_t number) const GAVEL_REQUIRES(ledger::writing);
    void finish() GAVEL_REQUIRES(ledger::writing);
    static Verdict verdict_of(const Replay& replay);
    Progress found_false(const ledger::Ledger::Applied& applied);
    Progress unavailable(node::Status status);

    ledger::Ledger& ledger_;
    const L1View& view_;
    BatchSource source_;
    BatchesAhead ahead_;
    const node::Clock& clock_;
    Options options_;
    SignatureChecker checker_;
    node::WorkerPool pool_;
    std::optional<StandingBatch> wanted_;
    std::deque<Replay> replays_;  // the batch that is being kept, those that are held behind it, the one being applied
    // Of the chunks that the ledger holds, in order: several have theirs together.
    std::deque<std::shared_ptr<NotedSignatures>> checks_;
    std::shared_ptr<NotedSignatures> gathered_;  // that the next chunk's go to, until it is started
    bool must_sync_ = false;                     // a batch was marked
    std::optional<FalseBatch> false_batch_;
    std::vector<Verdict> verdicts_;
    node::Status status_;
};

// A fraud proof against that batch, which the contract will take. The ledger is the one that the Replayer steps, in the state
// before the false chunk. Reason: PROOF_NOT_BUILT (kInternal).
node::Result<Bytes> prove_false(ledger::Ledger& ledger, const L1View& view, const Replayer::FalseBatch& found)
    GAVEL_REQUIRES(ledger::writing);

}  // namespace gavel::follow
