// What the L1 says of the rollup: derived from the blocks that a follower reports, and kept in a Store, so that a restart goes on
// where it was. Exact when blocks are taken back: what is derived is derived again from the blocks that remain.
//
// Threads: one thread reports blocks; any thread asks. Failure: node::StoreError.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "l1-bridge/client/l1_follower.hpp"
#include "node/store.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::follow {

// An event of the rollup contract, in the transaction that made it.
struct L1Event {
    l1::RollupEvent event;
    Hash tx_hash;
    friend bool operator==(const L1Event&, const L1Event&) = default;
};

// A block with the rollup's events in it, in order. Blocks without any may be left out but for the newest.
struct L1Block {
    l1::BlockRef ref;
    std::vector<L1Event> events;
};

// A batch that the contract's records hold.
struct StandingBatch {
    uint64_t number = 0;
    Hash hash;
    uint64_t term = 0;
    Hash tx_hash;  // of its append
    uint64_t block = 0;
    uint64_t posted_at = 0;  // seconds
    friend bool operator==(const StandingBatch&, const StandingBatch&) = default;
};

// A proof that the contract has accepted.
struct Strike {
    uint64_t number = 0;  // this batch, and all that stood above it, are gone
    Hash hash;
    uint64_t term = 0;
    Address prover;
    Hash tx_hash;
    uint64_t block = 0;
    uint64_t time = 0;  // seconds
    friend bool operator==(const Strike&, const Strike&) = default;
};

struct TermView {
    uint64_t term = 0;
    Address sequencer;
    uint64_t started_at = 0;                      // seconds
    uint64_t ended_at = 0;                        // 0: sits
    l1::TermEnd reason = l1::TermEnd::kResigned;  // meaningful when ended
    friend bool operator==(const TermView&, const TermView&) = default;
};

struct QueuedOperation {
    uint64_t index = 0;
    L1Operation operation;
    Hash hash_after;     // h[index + 1]
    uint64_t block = 0;  // that queued it
    friend bool operator==(const QueuedOperation&, const QueuedOperation&) = default;
};

class L1View : public QueueHashes {
public:
    // Keys start with "l1/", so that the store may be the ledger's. Throws StoreError if what is kept is damaged or of another
    // rollup. `parameters` are the contract's.
    L1View(node::Store& store, const Address& rollup, const l1::RollupParameters& parameters);
    ~L1View() override;

    // ---- Reporting ----

    // What a follower's step told (blocks removed first, if any), and its position after it, in one write. False: as add_block
    // below, nothing is taken.
    [[nodiscard]] bool take(const std::vector<l1::L1Update>& updates, ByteView position);
    // The newest block that a store holds; number 0 if none.
    static l1::BlockRef kept_head(node::Store& store);
    // The position taken last, for the follower to go on from after a restart; empty if there is none.
    Bytes follower_position() const;

    // A block above the head. An event that can't follow from what was reported before (a batch that skips a number, an L1
    // operation out of turn) is the node's fault, or the rollup's address is another contract's: false, nothing is taken.
    [[nodiscard]] bool add_block(const L1Block& block);
    // Takes back all blocks above `head`, which was reported; default: all blocks.
    void remove_blocks_above(const l1::BlockRef& head);

    // ---- Asking (any thread) ----

    const Address& rollup() const;
    const l1::RollupParameters& parameters() const;
    // The newest block reported; number 0 and time 0 before any.
    l1::BlockRef head() const;
    // Changes whenever a block is added or taken back.
    uint64_t version() const;

    uint64_t batch_head() const;  // 0: genesis
    // nullopt above the head, and for genesis.
    std::optional<StandingBatch> batch(uint64_t number) const;
    // The one predicate, with the newest block's time: posted at + challenge window <= now. Genesis is; above the head nothing
    // is.
    bool is_final(uint64_t number) const;
    // When it is or will be so, in seconds; nullopt above the head, 0 for genesis.
    std::optional<uint64_t> final_at(uint64_t number) const;
    uint64_t final_head() const;  // the highest final batch

    std::vector<Strike> strikes() const;
    // Whether a batch of this number and hash was struck, or fell with one struck below it, and doesn't stand again.
    bool was_struck(uint64_t number, const Hash& hash) const;

    std::vector<TermView> terms() const;
    std::optional<TermView> sitting() const;  // nullopt: the seat is free
    bool frozen() const { return frozen_at() != 0; }
    uint64_t frozen_at() const;  // seconds; 0: it isn't

    uint64_t queue_length() const;
    std::optional<QueuedOperation> queued(uint64_t index) const;
    // How many of the first entries lie in blocks up to `block`.
    uint64_t queue_length_at(uint64_t block) const;
    std::optional<Hash> queue_hash(uint64_t index) const override;  // h[index], index <= queue_length()

    bool is_claimed(uint32_t position) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::follow
