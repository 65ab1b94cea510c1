// The durable ledger that sequencer and verifier share: state, history and undo on a Store.
//
// A ledger is a row of sealed chunks, and one open chunk behind them (empty in a verifier). There are two ways to grow it:
//   apply_chunk()  for chunks that are read from the L1: one atomic write each;
//   open_*(), flush(), seal()  for operations that are executed one at a time before their chunk exists. What flush() has written
//     is the write-ahead log: after a crash the constructor re-executes it on the state of the last sealed chunk, with the same
//     positions, entry numbers and receipts.
//
// Threads: one thread at a time writes (every member function under "Writing", which need the role `writing`); any thread reads
// (under "Reading"). Readers see the ledger as it was published last: by flush(), apply_chunk(), roll_back_to_chunk(); never an
// operation that hasn't been flushed, nor the fees of a chunk that was sealed since.
//
// Failure: node::StoreError (see node/store.hpp) from any function. After one the ledger must not be used again.
#pragma once

#include <functional>
#include <memory>

#include "ledger/records.hpp"
#include "node/store.hpp"
#include "node/thread_safety.hpp"
#include "protocol/account_proof.hpp"
#include "protocol/apply.hpp"
#include "protocol/state.hpp"

namespace gavel::ledger {

// Who may write a ledger: one thread at a time.
inline constexpr node::Role writing;

// A leaf and where it is.
struct AccountAt {
    uint32_t index = 0;
    Account account;
    friend bool operator==(const AccountAt&, const AccountAt&) = default;
};

// What the sender of an operation is told.
struct OperationReceipt {
    uint64_t entry = 0;
    uint64_t position = 0;
    Hash hash;  // the operation's
    uint64_t confirmed_at_ms = 0;
    friend bool operator==(const OperationReceipt&, const OperationReceipt&) = default;
};

// The chunk that operations are being executed into.
struct OpenChunk {
    Chunk chunk;  // without fee leaves yet
    std::vector<Signature> signatures;
    FeeTally fees;
    unsigned weight = 0;  // with a fee leaf for each token in `fees`
    uint64_t first_entry = 0;
    bool empty() const { return chunk.l1_operations == 0 && chunk.operations.empty(); }
};

// The leaf that takes the fees of a token; nullopt: none.
using FeeLeafLookup = std::function<std::optional<uint32_t>(const Address& token)>;

// What an owner had to do with an entry.
struct Touch {
    uint64_t entry = 0;
    Address token;
    bool outgoing = false;  // the owner's leaf was debited
    bool incoming = false;  // the owner's leaf was credited (fees too)
    friend bool operator==(const Touch&, const Touch&) = default;
};

// Numbers as readers see them at one moment.
struct LedgerSummary {
    StateFields fields;  // after the last sealed chunk that is published
    uint64_t entries = 0;
    uint64_t op_count = 0;          // L2 operations applied, those of the open chunk among them
    uint64_t l1_ops_consumed = 0;   // likewise
    uint32_t account_count = 0;     // likewise
    uint32_t withdrawal_count = 0;  // likewise
    uint64_t chunks = 0;            // sealed
    uint64_t batches = 0;           // number of the last batch that is marked; 0: none
    uint64_t rolled_back = 0;       // operations in the list of rolled-back ones
    uint64_t generation = 0;
};

// The state after the last sealed chunk of a moment, to be loaded from the store: any thread may do that, whatever the ledger
// does meanwhile. To be let go before the ledger's store is.
class SealedState {
public:
    SealedState(std::unique_ptr<const node::StoreView> store, const StateFields& fields, uint64_t chunks)
        : store_(std::move(store)), fields_(fields), chunks_(chunks) {}
    // The state before sealed chunk `chunk` (<= how many there were then). Takes as long as opening a ledger does.
    State before_chunk(uint64_t chunk) const;

private:
    std::unique_ptr<const node::StoreView> store_;
    StateFields fields_;
    uint64_t chunks_;
};

class Ledger {
public:
    // Opens what the store holds, or starts at genesis. `store` must outlive the ledger; keys that start with "l1/" are left to
    // others (L1View). Throws StoreError if the store is another domain's, or is damaged: if what it holds doesn't
    // lead to the commitments that it claims.
    Ledger(node::Store& store, const Domain& domain);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    const Domain& domain() const;
    const Hash& domain_separator() const;

    // ---- Writing: chunks that exist ----

    struct Applied {
        Outcome outcome;  // kWrong: the chunk changes nothing, which may be what its batch claims
        StateFields after;
        bool kept = false;  // it is in the ledger now, as chunk number chunk_count() - 1
    };
    // Applies a chunk behind the last one; nothing may be open. It is kept unless the view or env failed, or the commitment after
    // it isn't `claimed_after`: then the ledger is as before. Buffered: what a loss of power takes is read from the L1 again.
    Applied apply_chunk(ByteView ops, ByteView sigs, Env& env, const std::optional<Hash>& claimed_after = std::nullopt,
                        uint64_t at_ms = 0) GAVEL_REQUIRES(writing);

    // ---- Writing: the open chunk ----

    const OpenChunk& open_chunk() const GAVEL_REQUIRES(writing);
    // The operation with recipients as they must be posted now: by index who has a leaf (or gets one from an earlier line), else
    // by address. `sender` is the sender's leaf.
    PostedOperation posted_form(const Operation& operation, uint32_t sender) const GAVEL_REQUIRES(writing);
    // Whether the open chunk takes an operation of this weight, with its fee leaf if it is the first with a fee in `token`. An
    // operation that doesn't fit an empty chunk never does.
    bool fits(const PostedOperation& posted, const Address& token) const GAVEL_REQUIRES(writing);
    bool fits_l1_operation() const GAVEL_REQUIRES(writing);

    // Consumes the L1 operation that is next (number counters().l1_ops_consumed). Only while the chunk has no L2 operation: L1
    // operations come first. Wrong (and without effect) if it doesn't fit, or with kWithdrawalTreeFull.
    Outcome open_l1_operation(const L1Operation& operation) GAVEL_REQUIRES(writing);
    // Executes an operation, in its posted form, at the end of the open chunk. If it is wrong (kOverWeight if it doesn't fit),
    // nothing has changed. `receipt` is set on success; it is a promise only after flush().
    // What the state makes of the posted form must be what was checked: an operation that is someone else's, or has another
    // nonce, is kSignerNotOwner.
    Outcome open_operation(const PostedOperation& posted, const CheckedOperation& checked, uint64_t now_ms,
                           OperationReceipt& receipt) GAVEL_REQUIRES(writing);
    // Writes every entry not yet written, in one batch, and publishes all that is written. Cheap if there is nothing to do, but a
    // synced flush always syncs what was written buffered before.
    void flush(node::Durability durability) GAVEL_REQUIRES(writing);
    // Credits the fees, encodes the chunk and writes it with its leaves (buffered; not published before the next flush). The next
    // chunk is open then. Wrong, and nothing has changed: kFeeLeafMissing if `fee_leaf` knows none for a token, or what
    // apply_fee_leaves says of the leaf.
    Outcome seal(const FeeLeafLookup& fee_leaf, ChunkRecord& sealed) GAVEL_REQUIRES(writing);

    // ---- Writing: roll-back and batches ----

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

    // ---- Writing: the newest, unpublished state (the writing thread only) ----

    const Counters& counters() const GAVEL_REQUIRES(writing);
    uint32_t newest_account_count() const GAVEL_REQUIRES(writing);
    std::optional<AccountAt> newest_account(const AccountKey& key) const GAVEL_REQUIRES(writing);
    std::optional<Account> newest_account(uint32_t index) const GAVEL_REQUIRES(writing);
    // Of an operation that is applied, published or not: the same receipt for the same operation.
    std::optional<OperationReceipt> newest_receipt(const Hash& hash) const GAVEL_REQUIRES(writing);
    uint64_t chunk_count() const GAVEL_REQUIRES(writing);  // sealed
    uint64_t batch_head() const GAVEL_REQUIRES(writing);   // number of the last marked batch; 0: none
    // Fields after the last sealed chunk.
    const StateFields& sealed_fields() const GAVEL_REQUIRES(writing);
    // The header of the last marked batch, genesis's if there is none.
    BatchHeader last_header() const GAVEL_REQUIRES(writing);
    // h[index] as computed from the L1 operations consumed (index <= counters().l1_ops_consumed).
    Hash l1_queue_hash(uint64_t index) const GAVEL_REQUIRES(writing);
    // Quick; the state itself is loaded outside of the writing thread.
    SealedState sealed_state() const GAVEL_REQUIRES(writing);
    // The whole state, alone: for building proofs. `use` leaves it as it was; nothing may be open.
    void with_state(const std::function<void(State&)>& use) GAVEL_REQUIRES(writing);

    // ---- Reading (any thread) ----

    LedgerSummary summary() const;
    // Counts the roll-backs. A reader that has seen entries of an earlier generation asks entries_kept_since() how many of them
    // stand.
    uint64_t generation() const;
    // Entries below this number are the same now as they were in `generation` (which is at most the present one).
    uint64_t entries_kept_since(uint64_t generation) const;

    std::optional<Entry> entry(uint64_t number) const;
    // At most `limit` entries from `first` on, in order; fewer at the end.
    std::vector<Entry> entries(uint64_t first, size_t limit) const;
    // Those of `numbers` that there are, in that order, all of one moment.
    std::vector<Entry> entries_at(const std::vector<uint64_t>& numbers) const;
    std::optional<uint64_t> entry_of_hash(const Hash& hash) const;
    std::optional<uint64_t> entry_of_position(uint64_t position) const;
    std::optional<uint64_t> entry_of_l1_operation(uint64_t index) const;
    // Returns how many entries there are as soon as there are more than `known`, or the generation isn't `generation`, or the
    // time is over.
    uint64_t wait_for_entries(uint64_t known, uint64_t generation, uint64_t timeout_ms) const;

    std::optional<AccountAt> account(const AccountKey& key) const;
    std::optional<Account> account(uint32_t index) const;
    // The owner's accounts with a token above `after` (or from the first), by token, at most `limit`.
    std::vector<AccountAt> accounts_of(const Address& owner, const std::optional<Address>& after, size_t limit) const;

    struct Touches {
        std::vector<Touch> touches;
        std::optional<uint64_t> next;  // where to go on; nullopt at the end
    };
    // What touched the owner's accounts, newest first: entries below `below`. A call looks at a bounded number of index rows and
    // for a bounded time, so a page may be short (even empty) though `next` says that there is more.
    Touches touches_before(const Address& owner, const std::optional<Address>& token, uint64_t below, size_t limit) const;
    // Those that credited it, oldest first: entries from `from` on. `next` is always given: the first entry not looked at.
    Touches incoming_from(const Address& owner, const std::optional<Address>& token, uint64_t from, size_t limit) const;

    std::optional<WithdrawalRecord> withdrawal(uint32_t position) const;
    // Withdrawals to a recipient, by position from `from` on.
    std::vector<WithdrawalRecord> withdrawals_to(const Address& recipient, uint32_t from, size_t limit) const;
    // Its path in the tree with `withdrawal_count` leaves; nullopt unless position < withdrawal_count <= the published count.
    std::optional<WithdrawalProof> withdrawal_proof(uint32_t position, uint32_t withdrawal_count) const;

    std::optional<ChunkRecord> chunk(uint64_t number) const;
    // The batch made of `count` chunks from `first_chunk` on, all sealed, behind `parent`; nullopt if one of them isn't there any
    // more.
    std::optional<Batch> assemble(const BatchHeader& parent, uint64_t first_chunk, uint16_t count) const;
    std::optional<uint64_t> chunk_of_entry(uint64_t entry) const;  // nullopt: of the open chunk, or no entry
    std::optional<BatchRecord> batch(uint64_t number) const;
    std::optional<uint64_t> batch_of_chunk(uint64_t chunk) const;  // nullopt: in none yet
    // Both at once, and the batch's record.
    struct Place {
        uint64_t chunk = 0;
        BatchRecord batch;
    };
    std::optional<Place> place_of_entry(uint64_t entry) const;  // nullopt: in no batch yet, or no entry
    // The digests of a chunk's operations, in order.
    std::vector<Hash> chunk_digests(const ChunkRecord& chunk) const;

    std::optional<RolledBack> rolled_back(const Hash& hash) const;
    // From number `from` on, of `sender` if one is given, at most `limit`; bounded as touches_before.
    struct RolledBackPage {
        std::vector<RolledBack> operations;
        std::optional<uint64_t> next;
    };
    RolledBackPage rolled_back_from(uint64_t from, const std::optional<Address>& sender, size_t limit) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Why the ledger in that folder can't be gone on from: something of the store can't be read, or contradicts itself. nullopt if
// all is well, or there is no ledger yet. Reads everything, so it takes a while.
std::optional<std::string> damage_of_folder(const std::string& path, const Address& rollup);

}  // namespace gavel::ledger
