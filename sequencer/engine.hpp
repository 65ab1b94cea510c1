// Executes operations one after the other over the ledger, consumes L1 operations, seals chunks and assembles batches.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "follow/l1_view.hpp"
#include "ledger/open_ledger.hpp"
#include "node/clock.hpp"
#include "sequencer/fee_policy.hpp"
#include "sequencer/submission.hpp"

namespace gavel::sequencer {

struct EngineConfig {
    Address fee_recipient;                 // owner of the leaves that take the fees
    uint64_t batch_age_ms = 300'000;       // the oldest operation that isn't in a batch waits no longer, nor for longer than a
                                           // quarter of the inclusion window
    size_t batch_bytes = 120'000;          // a batch is cut at the latest here (a transaction has at most 131,072 bytes)
    uint64_t l1_confirmations = 0;         // blocks on top of the one that queued an L1 operation before it is consumed
    size_t max_unposted_bytes = 64 << 20;  // confirmed but not posted: above this, operations are refused
};

// Who signed what, for operations confirmed here: so that re-executing a batch from its bytes needs no signature checked twice.
// Thread-safe.
class SignerCache : public SignatureJudge {
public:
    void remember(const Hash& digest, const Signature& signature, const Address& signer);
    void forget(const std::vector<Hash>& digests);
    void clear();
    size_t size() const;
    Outcome check(const Hash& digest, const Signature& signature, const Address& owner) const override;

private:
    struct Known {
        Signature signature;
        Address signer;
    };
    mutable std::mutex mutex_;
    std::unordered_map<Hash, Known> known_;
};

// What is known of an engine outside of its thread, as of the last publish().
struct EngineFigures {
    size_t unposted_bytes = 0;                    // of chunks that aren't on the L1, and of what is open
    std::optional<uint64_t> oldest_unbatched_ms;  // since when something waits for a batch; nullopt if nothing does
};

// Everything here writes the ledger, so it is the writing thread's; figures() alone is anybody's.
class Engine {
public:
    // What a batch is made of.
    struct Cut {
        BatchHeader parent;
        uint64_t first_chunk = 0;
        uint16_t chunks = 0;
        DataSource source = DataSource::kCalldata;
    };

    Engine(ledger::OpenLedger& ledger, const follow::L1View& view, const FeePolicy& fees, const node::Clock& clock,
           EngineConfig config, SignerCache& signers);

    // Executes one operation. A receipt in the outcome holds only after ledger.flush().
    SubmitOutcome execute(const CheckedOperation& checked) GAVEL_REQUIRES(ledger::writing);
    // One that was confirmed before, at `confirmed_at_ms`, whatever fee is asked now and however much waits to be posted.
    SubmitOutcome execute_again(const CheckedOperation& checked, uint64_t confirmed_at_ms) GAVEL_REQUIRES(ledger::writing);
    // Consumes the L1 operations that are final enough, behind what is confirmed. True if there were any.
    bool consume_l1_operations() GAVEL_REQUIRES(ledger::writing);
    // Consumes those that the L1 has told of below number `up_to`, at most so many.
    bool consume_l1_operations(uint64_t up_to, size_t most) GAVEL_REQUIRES(ledger::writing);
    // Whether there is something for a batch, and it is full, or its fees pay for it, or it is old enough.
    bool batch_is_due() const GAVEL_REQUIRES(ledger::writing);
    // Whatever there is, is enough: when the seat may be lost soon.
    void post_at_once(bool yes) GAVEL_REQUIRES(ledger::writing) { post_at_once_ = yes; }
    // Seals what is open and says what the next batch behind the ledger's last one is made of; nullopt if there is nothing for
    // one. It isn't marked: that is for whoever has run it again from its bytes.
    std::optional<Cut> cut_batch() GAVEL_REQUIRES(ledger::writing);
    // Bytes of chunks that no batch up to number `posted` holds, and of what is open.
    size_t unposted_bytes() const GAVEL_REQUIRES(ledger::writing);
    // Tells the last batch that stands on the L1; to be called after the ledger was rolled back, too.
    void set_posted(uint64_t batch_number) GAVEL_REQUIRES(ledger::writing);
    bool backlog_is_full() const GAVEL_REQUIRES(ledger::writing) { return unposted_bytes() >= config_.max_unposted_bytes; }
    // The first sealed chunk that no batch holds: where the next batch begins.
    uint64_t first_unbatched_chunk() const GAVEL_REQUIRES(ledger::writing);
    // Tells that the batch cut last has been marked in the ledger, or that marks were taken back.
    void batch_was_marked() GAVEL_REQUIRES(ledger::writing);
    // An L1 node takes no batch of so many bytes, whose mark is about to be taken back: those cut from now on are half as large,
    // at once, and grow by a sixteenth with each that comes to stand. False, and all stays, if it holds one chunk alone.
    bool batch_was_refused(size_t bytes, size_t chunks) GAVEL_REQUIRES(ledger::writing);
    // An L1 node takes no batch in blobs, whose mark is about to be taken back: for a while those cut are in calldata, this one
    // at once. False, and all stays, if only blobs are allowed.
    bool blobs_were_refused() GAVEL_REQUIRES(ledger::writing);

    void publish() GAVEL_REQUIRES(ledger::writing);
    EngineFigures figures() const;  // any thread

private:
    struct Waiting {
        uint64_t chunk;
        size_t bytes;
        std::vector<FeeTally::Entry> fees;
        std::vector<Hash> digests;  // that signers_ remembers for it
    };
    std::optional<uint32_t> fee_leaf(const Address& token) const GAVEL_REQUIRES(ledger::writing);
    SubmitOutcome confirm(const CheckedOperation& checked, uint64_t at_ms, bool ask_fee) GAVEL_REQUIRES(ledger::writing);
    SubmitOutcome check_fee(const Operation& operation, const PostedOperation& posted) const GAVEL_REQUIRES(ledger::writing);
    // The leaf that an operation debits, whose next number is the operation's; else why not.
    SubmitOutcome find_debited(const CheckedOperation& checked, ledger::AccountAt& leaf) const GAVEL_REQUIRES(ledger::writing);
    SubmitOutcome refuse(const Outcome& outcome, bool is_redeem) const GAVEL_REQUIRES(ledger::writing);
    bool seal() GAVEL_REQUIRES(ledger::writing);
    size_t open_bytes() const GAVEL_REQUIRES(ledger::writing);
    void note_unbatched() GAVEL_REQUIRES(ledger::writing);
    struct Fill {
        DataSource source = DataSource::kCalldata;
        uint16_t chunks = 0;
        size_t bytes = 0;
        bool is_full = false;  // there would be more
    };
    Fill fill(DataSource source) const GAVEL_REQUIRES(ledger::writing);
    Fill next_fill() const GAVEL_REQUIRES(ledger::writing);
    // Of a batch of that fill and of what is open, in wei; nullopt: it isn't known.
    std::optional<Amount> cost_of(const Fill& fill) const GAVEL_REQUIRES(ledger::writing);
    void remember_signers(const CheckedOperation& checked) GAVEL_REQUIRES(ledger::writing);
    void add_unposted(const ledger::ChunkRecord& chunk, std::vector<FeeTally::Entry> fees, std::vector<Hash> digests)
        GAVEL_REQUIRES(ledger::writing);
    std::vector<FeeTally::Entry> fees_of(const ledger::ChunkRecord& chunk) const GAVEL_REQUIRES(ledger::writing);
    bool fees_pay(const Fill& fill) const GAVEL_REQUIRES(ledger::writing);

    ledger::OpenLedger& ledger_;
    const follow::L1View& view_;
    const FeePolicy& fees_;
    const node::Clock& clock_;
    EngineConfig config_;
    SignerCache& signers_;
    std::deque<Waiting> unposted_;    // sealed chunks that aren't on the L1
    std::vector<Hash> open_digests_;  // that signers_ remembers for the open chunk
    size_t unposted_sealed_bytes_ = 0;
    uint64_t first_unposted_ = 0;
    std::optional<uint64_t> generation_;  // of the ledger, as unposted_ knows it; nullopt: it knows nothing yet
    uint64_t posted_ = 0;                 // the last batch that stands on the L1
    uint64_t due_below_ = 0;              // chunks below this one have been in a batch that a node didn't take
    size_t batch_limit_;                  // bytes of calldata: what the L1's nodes take, at most what is configured
    uint64_t no_blobs_until_ms_ = 0;      // by the monotonic clock
    std::optional<uint64_t> oldest_unbatched_ms_;
    bool post_at_once_ = false;
    mutable std::mutex figures_mutex_;
    EngineFigures figures_;
};

}  // namespace gavel::sequencer
