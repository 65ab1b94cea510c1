// Executes operations one after the other over the ledger, consumes L1 operations, seals chunks and assembles batches.
#pragma once

#include <deque>
#include <unordered_map>

#include "ledger/l1_view.hpp"
#include "ledger/ledger.hpp"
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
class SignerCache : public SignerRecovery {
public:
    void remember(const Hash& digest, const Signature& signature, const Address& signer);
    void forget(const std::vector<Hash>& digests);
    void clear();
    size_t size() const;
    std::optional<Address> signer(const Hash& digest, const Signature& signature) const override;

private:
    struct Known {
        Signature signature;
        Address signer;
    };
    mutable std::mutex mutex_;
    std::unordered_map<Hash, Known> known_;
};

// Not thread-safe: everything here writes the ledger, so one thread at a time (Sequencer sees to that).
class Engine {
public:
    Engine(ledger::Ledger& ledger, const ledger::L1View& view, const FeePolicy& fees, const node::Clock& clock,
           EngineConfig config, SignerCache& signers);

    // Executes one operation. A receipt in the outcome holds only after ledger.flush().
    SubmitOutcome execute(const CheckedSubmission& checked);
    // One that was confirmed before, at `confirmed_at_ms`, whatever fee is asked now and however much waits to be posted.
    SubmitOutcome execute_again(const CheckedSubmission& checked, uint64_t confirmed_at_ms);
    // Consumes the L1 operations that are final enough, behind what is confirmed. True if there were any.
    bool consume_l1_operations();
    // Consumes those that the L1 has told of below number `up_to`, at most so many.
    bool consume_l1_operations(uint64_t up_to, size_t most);
    // Whether there is something for a batch, and it is full, or its fees pay for it, or it is old enough.
    bool batch_is_due() const;
    // Whatever there is, is enough: when the seat may be lost soon.
    void post_at_once(bool yes) { post_at_once_ = yes; }
    // Seals what is open and assembles the next batch behind the ledger's last one; nullopt if there is nothing for one.
    // It isn't marked: that is for whoever has run it again from its bytes.
    std::optional<Batch> cut_batch();
    // Bytes of chunks that no batch up to number `posted` holds, and of what is open.
    size_t unposted_bytes() const;
    // Tells the last batch that stands on the L1; to be called after the ledger was rolled back, too.
    void set_posted(uint64_t batch_number);
    bool backlog_is_full() const { return unposted_bytes() >= config_.max_unposted_bytes; }
    size_t cached_signers() const { return signers_.size(); }
    // The first sealed chunk that no batch holds: where the next batch begins.
    uint64_t first_unbatched_chunk() const;
    // Tells that the batch cut last has been marked in the ledger, or that marks were taken back.
    void batch_was_marked();
    // An L1 node takes no batch of so many bytes, whose mark is about to be taken back: those cut from now on are half as large,
    // at once, and grow by a sixteenth with each that comes to stand. False, and all stays, if it holds one chunk alone.
    bool batch_was_refused(size_t bytes, size_t chunks);
    // Since when something waits for a batch; nullopt if nothing does.
    std::optional<uint64_t> oldest_unbatched_ms() const { return oldest_unbatched_ms_; }

private:
    struct Waiting {
        uint64_t chunk;
        size_t bytes;
        std::vector<FeeTally::Entry> fees;
    };
    std::optional<uint32_t> fee_leaf(const Address& token) const;
    SubmitOutcome confirm(const CheckedSubmission& checked, uint64_t at_ms, bool ask_fee);
    SubmitOutcome check_fee(const Operation& operation, const PostedOperation& posted) const;
    SubmitOutcome refuse(const Outcome& outcome) const;
    bool seal();
    size_t open_bytes() const;
    void note_unbatched();
    struct Cut {
        uint16_t chunks = 0;
        size_t bytes = 0;
        bool is_full = false;  // there would be more
    };
    Cut next_cut() const;
    void add_unposted(const ledger::ChunkRecord& chunk, std::vector<FeeTally::Entry> fees);
    std::vector<FeeTally::Entry> fees_of(const ledger::ChunkRecord& chunk) const;
    bool fees_pay(const Cut& cut) const;

    ledger::Ledger& ledger_;
    const ledger::L1View& view_;
    const FeePolicy& fees_;
    const node::Clock& clock_;
    EngineConfig config_;
    SignerCache& signers_;
    std::deque<Waiting> unposted_;  // sealed chunks that aren't on the L1
    size_t unposted_sealed_bytes_ = 0;
    uint64_t first_unposted_ = 0;
    std::optional<uint64_t> generation_;  // of the ledger, as unposted_ knows it; nullopt: it knows nothing yet
    uint64_t posted_ = 0;                 // the last batch that stands on the L1
    uint64_t due_below_ = 0;              // chunks below this one have been in a batch that a node didn't take
    size_t batch_limit_;                  // bytes: what the L1's nodes take, at most what is configured
    std::optional<uint64_t> oldest_unbatched_ms_;
    bool post_at_once_ = false;
};

}  // namespace gavel::sequencer
