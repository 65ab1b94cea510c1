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

    Impl(node::Store& opened, const Domain& its_domain);

    // Opening.
    void check_format();
    void load_base();
    void load_sealed_state();
    void load_chunks_and_batches();
    void replay_open_entries();
    void replay(const Entry& entry);

    // Writing.
    uint64_t next_entry() const { return written_ + pending_.size(); }
    uint64_t sealed_entries() const { return open_.first_entry; }
    unsigned weight_with(unsigned more, const Address* fee_token) const;
    bool fits_slot_with(const PostedOperation& posted) const;
    Outcome execute_l1(const L1Operation& operation);
    // What the sender has signed is found from the state: `check` says whether that is what he was found to have signed.
    using Check = std::function<std::optional<CheckedOperation>(const Account& sender, Operation&& signed_form)>;
    Outcome execute(const PostedOperation& posted, uint64_t at_ms, const Check& check);
    Ledger::Applied hold_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after, uint64_t at_ms);
    void drop_newest_held();
    void add_entry(std::variant<OperationEntry, L1Entry, FeeEntry> what);
    void add_fee_entries(size_t first_note);
    // Puts every pending entry with its index rows into `batch`; pending entries are written ones then.
    void write_pending(node::WriteBatch& batch);
    // The leaf of an owner who has one, else his address.
    Recipient recipient(const Address& owner, const Address& token) const;
    void put_entry(node::WriteBatch& batch, const Entry& entry);
    void erase_entry(node::WriteBatch& batch, const Entry& entry) const;
    void forget_rolled_back(node::WriteBatch& batch, const Hash& hash);
    void put_lists(node::WriteBatch& batch) const;
    void put_seal(node::WriteBatch& batch) const;
    // The chunk made of what has been executed since the last one, and its leaves; the next is open then. `diff`, if given, gets
    // what undoes it.
    ChunkRecord close_chunk(node::WriteBatch& batch, Bytes ops, Bytes sigs, StateDiff* diff = nullptr);
    void put_leaves(node::WriteBatch& batch, const StateDiff& diff) const;
    void write(const node::WriteBatch& batch, node::Durability durability);
    // All that there is; no-op while chunks are held: what is before them is published.
    void publish_locked();
    Published newest() const;
    void notify();

    // Rolling back.
    uint64_t roll_back(uint64_t chunk, const std::string& why, uint64_t when_ms);
    std::vector<Entry> entries_from(uint64_t first) const;
    StateDiff stored_diff(uint64_t chunk) const;
    void undo_chunks(node::WriteBatch& batch, uint64_t chunk);
    void keep_rolled_back(node::WriteBatch& batch, const OperationEntry& entry, const std::string& why, uint64_t when_ms);

    // Reading.
    // What was published, and the store as it was then or later: rows of published entries are in it.
    struct Look {
        Published seen;
        uint64_t generation = 0;
        std::unique_ptr<const node::StoreView> store;
    };
    Look look() const;
    std::optional<Entry> stored_entry(uint64_t number) const;
    std::optional<uint64_t> stored_number(const std::string& key) const;
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
    Hash queue_hash_;             // h[l1_ops_consumed]
    std::vector<Entry> pending_;  // executed, not written
    std::unordered_map<Hash, OperationReceipt> pending_receipts_;
    uint64_t written_ = 0;                     // entries in the store
    bool unsynced_ = false;                    // something was written buffered since the last sync
    std::vector<uint64_t> chunk_first_entry_;  // by chunk number
    std::vector<BatchRecord> batches_;         // that behind the base first
    Lists lists_;
    Published published_;

    // Scans of an owner's history under way: half of the machine at most, whoever asks, is theirs.
    mutable std::counting_semaphore<> scans_{std::max(1u, std::thread::hardware_concurrency() / 2)};

    mutable std::mutex wait_mutex_;
    mutable std::condition_variable changed_;
    uint64_t wait_entries_ = 0;
    uint64_t wait_generation_ = 0;
};

// Of rows that are there, of one moment; StoreError if one can't be read.
Entry entry_in(const node::StoreView& store, uint64_t number);
std::optional<uint64_t> number_in(const node::StoreView& store, const std::string& key);
inline std::optional<uint64_t> if_below(std::optional<uint64_t> number, uint64_t end) {
    return number && *number < end ? number : std::nullopt;
}

// The rows that tell of the channel of an operation, if it is of one.
std::vector<std::string> channel_keys(const OperationEntry& entry, uint64_t number);
// What an entry means to whom; owner by owner, in order of owner.
std::vector<std::pair<Address, Touch>> touches_of(const Entry& entry);

}  // namespace gavel::ledger
