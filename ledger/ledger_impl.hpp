// The inside of Ledger. Functions whose names end in _locked need mutex_; the others of the writing thread may read everything
// without it, since nobody else writes. Readers hold it only to copy what is in memory and to take a snapshot of the store, never
// while they read the store: the writing thread must not wait for a disk on their behalf. It is a plain mutex because a shared
// one lets readers that follow close on each other keep the writing thread out for as long as they come.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>
#include <unordered_map>

#include "ledger/noting_view.hpp"
#include "ledger/open_ledger.hpp"
#include "ledger/owner_index.hpp"
#include "ledger/rows.hpp"

namespace gavel::ledger {

struct Reader::Impl {
    // What readers see.
    struct Published {
        uint64_t entries = 0;
        Counters counters;
        uint32_t account_count = 0;
        uint32_t withdrawal_count = 0;
        uint64_t chunks = 0;
        StateFields fields;
        uint64_t rolled_back = 0;  // length of that list
    };
    // Kept under rows::kListsKey.
    struct Lists {
        uint64_t generation = 0;
        uint64_t rolled_back_next = 0;   // number of the next one
        uint64_t rolled_back_count = 0;  // in the list now
    };
    // A chunk that is applied, not written and not published.
    struct Held {
        node::WriteBatch rows;
        StateDiff diff;
        NotingView::Overlay overlay;  // leaves as they were before it, of those it has changed
        Published after;
        StateFields before;
        Hash queue_hash_before;
        uint64_t listed_before = 0;  // lists_.rolled_back_count
    };
    class Noter;

    // Where a chunk begins.
    struct ChunkStart {
        uint64_t entry = 0;
        uint64_t position = 0;  // of its first L2 operation
        uint64_t l1 = 0;        // index of its first L1 operation
        friend bool operator==(const ChunkStart&, const ChunkStart&) = default;
    };

    Impl(node::Store& opened, const Domain& its_domain, uint32_t turns);

    // Opening.
    void check_format(uint32_t turns);
    void load_base();
    void load_sealed_state();
    void load_chunks();
    void load_batches();
    void load_lists();
    // What isn't written yet of leaves and owners, from the latest chunks. Rows that are due go to `batch`.
    void learn_what_is_behind(node::WriteBatch& batch);
    void replay_open_entries();
    void replay(const Entry& entry);

    // Writing.
    uint64_t next_entry() const { return tail_first_ + tail_.size(); }
    // Those of tail_ that are numbered from `first` on.
    std::span<const EntryPointer> tail_from(uint64_t first) const { return std::span(tail_).subspan(first - tail_first_); }
    uint64_t sealed_entries() const { return open_.first_entry; }
    unsigned weight_with(unsigned more, const Address* fee_token) const;
    bool fits_slot_with(const PostedOperation& posted) const;
    bool is_plain(const PostedOperation& posted) const;
    size_t most_bits_behind_sized(const PostedOperation& posted) const;
    size_t encoded_size(const PostedOperation* last) const;
    Outcome execute_l1(const L1Operation& operation);
    // What the sender has signed is found from the state: `check` says whether that is what he was found to have signed.
    using Check = std::function<std::optional<CheckedOperation>(const Account& sender, Operation&& signed_form)>;
    Outcome execute(const PostedOperation& posted, uint64_t at_ms, const Check& check);
    Ledger::Applied hold_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after, uint64_t at_ms);
    void drop_newest_held();
    void add_entry(std::variant<OperationEntry, L1Entry, FeeEntry> what);
    void add_fee_entries(size_t first_note);
    // Puts what is to be known of every entry that isn't written before its chunk is sealed into `batch`; they are written ones
    // then. With `log` they can be replayed from it.
    void write_pending(node::WriteBatch& batch, bool log);
    // The leaf of an owner who has one, else his address.
    Recipient recipient(const Address& owner, const Address& token) const;
    void put_lookups(node::WriteBatch& batch, const Entry& entry);
    void erase_entry(node::WriteBatch& batch, const Entry& entry) const;
    void forget_rolled_back(node::WriteBatch& batch, const Hash& hash);
    void put_lists(node::WriteBatch& batch) const;
    void put_seal(node::WriteBatch& batch) const;
    // The chunk made of what has been executed since the last one, and all that is due; the next is open then. `undo`, if given,
    // gets what undoes it.
    ChunkRecord close_chunk(node::WriteBatch& batch, Bytes ops, Bytes sigs, StateDiff* undo = nullptr);
    void put_chunk(node::WriteBatch& batch, const ChunkRecord& record, const StateDiff& diff);
    void put_leaf(node::WriteBatch& batch, uint32_t index) const;
    void put_leaves(node::WriteBatch& batch, uint64_t chunk, const LeafSteps& done);
    void write(const node::WriteBatch& batch, node::Durability durability);
    // All that there is; no-op while chunks are held: what is before them is published.
    void publish_locked();
    // The entries below `first` are in published chunks.
    void retire_tail(uint64_t first);
    void forget_hashes(std::span<const EntryPointer> entries);  // in tail_hashes_
    Published newest() const;
    void notify();

    // Rolling back.
    uint64_t roll_back(uint64_t chunk, const std::string& why, uint64_t when_ms);
    // Of the chunks from number `chunk` on, and of the open one.
    std::vector<Entry> entries_from_chunk(uint64_t chunk) const;
    void undo_chunks(node::WriteBatch& batch, uint64_t chunk);
    void erase_touches(node::WriteBatch& batch, uint64_t chunk) const;
    void keep_rolled_back(node::WriteBatch& batch, const OperationEntry& entry, const std::string& why, uint64_t when_ms);

    // Reading.
    // What was published, and the store as it was then or later: rows of published chunks are in it.
    struct Look {
        Published seen;
        uint64_t generation = 0;
        std::unique_ptr<const node::StoreView> store;
        uint64_t open_first = 0;         // entries below are of published chunks
        std::vector<EntryPointer> open;  // the published ones from there on
        std::vector<Touch> touches;      // what isn't written of the owner asked for
    };
    Look look(const Address* touches_of = nullptr) const;
    // An entry below seen.entries.
    Entry entry_in(const Look& look, uint64_t number) const;
    // The published chunk that holds an entry below open_first.
    uint64_t chunk_of_entry(const Look& look, uint64_t entry) const;
    using ChunkPointer = std::shared_ptr<const ChunkEntries>;
    ChunkPointer sealed_chunk(const Look& look, uint64_t number) const;
    // For the writing thread, which may hold mutex_ or not.
    ChunkPointer sealed_chunk(uint64_t number) const;
    ChunkPointer load_chunk(std::string_view row, uint64_t number, uint64_t generation, const ChunkEntries::KeyOf& key_of) const;
    // Chunks that were made out lately.
    ChunkPointer known_chunk(uint64_t number, uint64_t generation) const;
    // Of the writing thread: StoreError unless there is such an entry.
    Entry stored_entry(uint64_t number) const;
    std::optional<uint64_t> stored_number(const std::string& key) const;
    // Of a leaf that there is; with mutex_ held, or by the writing thread.
    AccountKey key_of_leaf(uint32_t index) const;
    uint64_t chunk_that_holds(uint64_t entry) const;
    ChunkStart start_of_open_chunk() const {
        return {open_.first_entry, sealed_fields_.op_count, sealed_fields_.l1_ops_consumed};
    }
    std::optional<uint64_t> entry_of_l1_operation_locked(uint64_t index) const;
    std::optional<uint64_t> chunk_of_entry_locked(uint64_t entry) const;
    std::optional<uint64_t> batch_of_chunk_locked(uint64_t chunk) const;
    Hash queue_hash(uint64_t index) const;
    const Account& published_leaf_locked(uint32_t index) const;
    uint64_t batch_head() const { return base_.number() + batches_.size(); }
    // base's number < number <= batch_head().
    BatchRecord& batch_at(uint64_t number) { return batches_[number - base_.number() - 1]; }

    node::Store& store_;
    const Domain domain_;
    const Hash domain_separator_;
    LedgerBase base_;  // never changes once it is loaded

    mutable std::mutex mutex_;
    State state_;
    NotingView::Overlay overlay_;
    NotingView view_{state_, overlay_};
    std::deque<Held> held_;  // oldest first
    OpenChunk open_;
    StateFields sealed_fields_;
    Hash queue_hash_;  // h[l1_ops_consumed]
    // Entries that no published chunk has: tail_first_ is the number of the first of them. Those below written_ are in the store,
    // those of the open chunk among these in the log.
    std::vector<EntryPointer> tail_;
    uint64_t tail_first_ = 0;
    uint64_t written_ = 0;
    std::unordered_map<Hash, uint64_t> tail_hashes_;  // the L2 operations among them
    std::vector<uint64_t> log_rows_;                  // their keys
    bool unsynced_ = false;                           // something was written buffered since the last sync
    std::vector<ChunkStart> chunks_;                  // by chunk number
    uint32_t turns_ = 0;
    std::vector<bool> behind_;  // by index: the leaf's row may be older than the leaf as the last sealed chunk left it
    OwnerIndex owners_{1};
    std::vector<BatchRecord> batches_;  // that behind the base first
    Lists lists_;
    Published published_;

    struct KnownChunk {
        uint64_t generation = 0;
        ChunkPointer chunk;
    };
    static constexpr size_t kKnownChunks = 64;
    mutable std::mutex known_mutex_;
    mutable std::vector<KnownChunk> known_chunks_;  // the one made out last is behind known_next_
    mutable size_t known_next_ = 0;

    // Scans of an owner's history under way: half of the machine at most, whoever asks, is theirs.
    mutable std::counting_semaphore<> scans_{std::max(1u, std::thread::hardware_concurrency() / 2)};

    mutable std::mutex wait_mutex_;
    mutable std::condition_variable changed_;
    uint64_t wait_entries_ = 0;
    uint64_t wait_generation_ = 0;
};

std::optional<uint64_t> number_in(const node::StoreView& store, const std::string& key);
inline std::optional<uint64_t> if_below(std::optional<uint64_t> number, uint64_t end) {
    return number && *number < end ? number : std::nullopt;
}

// The rows that tell of the channel of an operation, if it is of one.
std::vector<std::string> channel_keys(const OperationEntry& entry, uint64_t number);

// Of a chunk that is there; StoreError if it can't be read.
LeafSteps load_steps(const node::StoreView& store, uint64_t chunk);
// `done` is what the last chunk of `state` did.
void undo_chunk(State& state, const LeafSteps& done);

}  // namespace gavel::ledger
