// The durable ledger that sequencer and verifier share: state, history and undo on a Store.
//
// A ledger is a row of sealed chunks, and one open chunk behind them (empty in a verifier). Three faces, by who uses it:
//   Reader      queries: any thread;
//   Ledger      whoever follows the L1: apply_chunk() for chunks that are read there, one atomic write each; roll-backs, batches;
//   OpenLedger  the sequencer: operations that are executed one at a time before their chunk exists (open_ledger.hpp).
//
// Threads: one thread at a time writes, every member function here and of OpenLedger (they need the role `writing`).
//
// Failure: node::StoreError (see node/store.hpp) from any function. After one the ledger must not be used again.
#pragma once

#include <functional>

#include "ledger/reader.hpp"
#include "node/store.hpp"
#include "node/thread_safety.hpp"
#include "protocol/apply.hpp"
#include "protocol/state.hpp"

namespace gavel::ledger {

// Who may write a ledger: one thread at a time.
inline constexpr node::Role writing;

// The chunk that operations are being executed into.
struct OpenChunk {
    Chunk chunk;  // without fee leaves yet
    std::vector<Signature> signatures;
    FeeTally fees;
    unsigned weight = 0;   // with a fee leaf for each token in `fees`
    size_t most_bits = 0;  // of ops that its operations take
    // The same when it was encoded last, with fee leaves as wide as can be; nullopt: not since then an operation came that isn't
    // plain (Reader::Impl::is_plain).
    struct Sized {
        size_t operations = 0, bits = 0, most_bits = 0;
    };
    mutable std::optional<Sized> sized;
    uint64_t first_entry = 0;
    bool empty() const { return chunk.l1_operations == 0 && chunk.operations.empty(); }
};

// The state after the last sealed chunk of a moment, to be loaded from the store: any thread may do that, whatever the ledger
// does meanwhile. To be let go before the ledger's store is.
class SealedState {
public:
    SealedState(std::unique_ptr<const node::StoreView> store, const StateFields& fields, uint64_t chunks, uint32_t turns)
        : store_(std::move(store)), fields_(fields), chunks_(chunks), turns_(turns) {}
    // The state before sealed chunk `chunk` (<= how many there were then). Takes as long as opening a ledger does.
    State before_chunk(uint64_t chunk) const;
    // That state's leaves, encoded one after the other: `count` is its account_count.
    Bytes leaves_before_chunk(uint64_t chunk, uint32_t count) const;
    // The first `count` withdrawals of all (at most as many as there were then), in order.
    void each_withdrawal(uint32_t count, const std::function<void(const Withdrawal&)>& visit) const;

private:
    std::unique_ptr<const node::StoreView> store_;
    StateFields fields_;
    uint64_t chunks_;
    uint32_t turns_;
};

class Ledger : public Reader {
public:
    // Opens what the store holds (LedgerStart may have put it there), or starts at genesis. `store` must outlive the ledger; keys
    // with "l1/" or "blob/" in front are left to others (L1View, BlobArchive). Throws StoreError if the store is another
    // domain's, or damaged: if what it holds doesn't lead to the commitments that it claims.
    // `turns`, of a new store: how many chunks rows may be behind (rows.hpp); zero: as many as is usual.
    Ledger(node::Store& store, const Domain& domain, uint32_t turns = 0);

    // ---- Chunks that exist ----

    struct Applied {
        Outcome outcome;  // kWrong: the chunk changes nothing, which may be what its batch claims
        StateFields after;
        bool kept = false;  // it is in the ledger now, as chunk number chunk_count() - 1
    };
    // Applies a chunk behind the last one; nothing may be open. It is kept unless the view or env failed, or the commitment after
    // it isn't `claimed_after`: then the ledger is as before. Buffered: what a loss of power takes is read from the L1 again.
    Applied apply_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after = std::nullopt,
                        uint64_t at_ms = 0) GAVEL_REQUIRES(writing);

    // The same in two steps, for chunks whose signatures are checked after they were applied. A chunk that is held is the last
    // one for the writing thread, but nothing of it is in the store, and no reader sees it: whatever happens, it isn't there
    // after a restart. While any is held, only these four, flush(), mark_batch() of chunks before them, and questions are
    // allowed.
    Applied hold_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after = std::nullopt,
                       uint64_t at_ms = 0) GAVEL_REQUIRES(writing);
    // Of those that are held, writes the oldest and publishes it.
    void keep_oldest_held() GAVEL_REQUIRES(writing);
    // Undoes all that are held.
    void drop_held() GAVEL_REQUIRES(writing);
    size_t held_count() const GAVEL_REQUIRES(writing);

    // ---- Roll-back and batches ----

    // Undoes the open chunk and the sealed chunks from number `chunk` on (<= chunk_count()), with the batches that hold any of
    // them, in one atomic, synced write. Their L2 operations, flushed or not, go to the list of rolled-back ones in order;
    // published at once. Returns how many. Nothing to undo: no effect, and the generation stays.
    uint64_t roll_back_to_chunk(uint64_t chunk, const std::string& why, uint64_t when_ms) GAVEL_REQUIRES(writing);
    // The chunks from number batch.first_chunk on, which is the first that no batch holds, are batch batch_head() + 1. Buffered:
    // for a promise, flush().
    void mark_batch(const BatchRecord& batch) GAVEL_REQUIRES(writing);
    // What is known of its transaction on the L1: nullopt after the L1 has lost it. Buffered.
    void set_batch_transaction(uint64_t number, const std::optional<Hash>& tx_hash) GAVEL_REQUIRES(writing);
    // Forgets the batches from `number` on; their chunks stay. Synced.
    void unmark_batches_from(uint64_t number) GAVEL_REQUIRES(writing);

    // ---- The newest, unpublished state ----

    const OpenChunk& open_chunk() const GAVEL_REQUIRES(writing);
    // The operation with recipients as they must be posted now: by index who has a leaf (or gets one from an earlier line), else
    // by address. `sender` is the leaf that it debits. The payer of a redeem has a leaf: who has funded a channel has one.
    PostedOperation posted_form(const Operation& operation, uint32_t sender) const GAVEL_REQUIRES(writing);
    const Counters& counters() const GAVEL_REQUIRES(writing);
    uint32_t newest_account_count() const GAVEL_REQUIRES(writing);
    uint64_t chunk_count() const GAVEL_REQUIRES(writing);  // sealed, those held among them
    uint64_t batch_head() const GAVEL_REQUIRES(writing);   // number of the last marked batch; the base's: none
    // Fields after the last sealed chunk.
    const StateFields& sealed_fields() const GAVEL_REQUIRES(writing);
    // The header of the last marked batch, the base's if there is none.
    BatchHeader last_header() const GAVEL_REQUIRES(writing);
    // h[index] as computed from the L1 operations consumed (from what the base had consumed up to counters().l1_ops_consumed).
    Hash l1_queue_hash(uint64_t index) const GAVEL_REQUIRES(writing);
    // Quick; the state itself is loaded outside of the writing thread.
    SealedState sealed_state() const GAVEL_REQUIRES(writing);
    // The whole state, alone: for building proofs. `use` leaves it as it was; nothing may be open.
    void with_state(const std::function<void(State&)>& use) GAVEL_REQUIRES(writing);

    // Writes every entry not yet written, in one batch, and publishes all that is written. Cheap if there is nothing to do, but a
    // synced flush always syncs what was written buffered before.
    void flush(node::Durability durability) GAVEL_REQUIRES(writing);
};

// Why the ledger in that folder can't be gone on from: something of the store can't be read, or contradicts itself. nullopt if
// all is well, or there is no ledger yet. Reads everything, so it takes a while.
std::optional<std::string> damage_of_folder(const std::string& path, const Address& rollup);

}  // namespace gavel::ledger
