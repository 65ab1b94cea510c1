// The two rows that tell of a sealed chunk: what it holds (C), and what it did to the leaves (D).
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "ledger/records.hpp"
#include "protocol/state.hpp"

namespace gavel::ledger {

using EntryPointer = std::shared_ptr<const Entry>;

// A chunk as its row has it. Of its entries the row says only what doesn't follow from ops, sigs and the keys of leaves.
struct StoredChunk {
    ChunkRecord record;
    Hash queue_hash;  // of the L1 operations consumed, this chunk's among them
    Bytes notes;      // on the entries, in order
};

// `entries` are all of the chunk's.
std::string encode_chunk(const ChunkRecord& chunk, const Hash& queue_hash, std::span<const EntryPointer> entries);
// nullopt of what isn't encoded so; the notes aren't looked into.
std::optional<StoredChunk> decode_chunk(uint64_t number, std::string_view row);

// A stored chunk's entries, each made when it is asked for.
class ChunkEntries {
public:
    // Of a leaf that there was when the chunk had been sealed: it has had this key ever since.
    using KeyOf = std::function<AccountKey(uint32_t index)>;

    // nullopt of a chunk whose parts contradict each other.
    static std::optional<ChunkEntries> of(StoredChunk chunk);
    // Must be called once, before entries are asked for.
    void learn_keys(const KeyOf& key_of);

    const StoredChunk& stored() const { return stored_; }
    uint64_t first() const { return stored_.record.first_entry; }
    uint64_t end() const { return first() + stored_.record.entry_count; }
    // first() <= number < end().
    Entry entry(uint64_t number, const Hash& domain_separator) const;
    // The same without digest and hash, which take most of the time.
    Entry entry_without_names(uint64_t number) const;

private:
    struct Note {
        std::optional<Entry> whole;  // it doesn't follow from the chunk
        size_t operation = 0;        // else which of the chunk's operations it is, and what isn't posted of it
        size_t signature = 0;        // number of its first
        uint64_t nonce = 0;
        uint64_t confirmed_at_ms = 0;
        uint32_t withdrawal = 0;
        std::vector<uint32_t> made;  // the leaf of each recipient by address
    };
    class NoteReader;

    const AccountKey& key(uint32_t index) const;

    StoredChunk stored_;
    Chunk chunk_;
    std::vector<Note> notes_;
    std::vector<std::pair<uint32_t, AccountKey>> keys_;  // by index
};

// What a chunk did to leaves that there were before it: the way back, and forward.
struct LeafSteps {
    struct Step {
        uint32_t index = 0;
        uint64_t nonce_before = 0, nonce_after = 0;
        Amount before, after;
        std::optional<AccountKey> next_before;  // if it is another now
        friend bool operator==(const Step&, const Step&) = default;
    };
    std::vector<Step> steps;
    uint32_t account_count = 0;     // before
    uint32_t withdrawal_count = 0;  // before
    Counters counters;              // before

    // `accounts` are those after the diff.
    static LeafSteps of(const StateDiff& diff, const AccountTree& accounts);
    std::string encode() const;
    static std::optional<LeafSteps> decode(std::string_view row);
    // `accounts` are those after the chunk.
    StateDiff diff(const AccountTree& accounts) const;
};

}  // namespace gavel::ledger
