// A narrow key-value store: bytes to bytes, ordered by key as unsigned bytes, written in atomic batches.
//
// Failure: a store that can't read or write what it should throws StoreError. It is not meant to be survived: what is in memory
// and what is on the disk may now differ, so the daemon logs it and stops, and the next start goes on from what was written. No
// answer to a request may be made of it, not even of what a scan had visited before it threw. Absence of a key is no failure.
//
// Threads: every function may be called from any thread at any time. A scan sees the store as it was when the scan began,
// whatever is written meanwhile; its visitor may use the store.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leveldb {
class Env;
}

namespace gavel::node {

class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Operations that take effect together or not at all, in the order given: a later one on the same key wins.
class WriteBatch {
public:
    struct Operation {
        std::string key;
        std::optional<std::string> value;  // nullopt erases
    };

    void put(std::string_view key, std::string_view value) { operations_.push_back({std::string(key), std::string(value)}); }
    // Of a key that isn't there: no effect.
    void erase(std::string_view key) { operations_.push_back({std::string(key), std::nullopt}); }
    void clear() { operations_.clear(); }
    bool empty() const { return operations_.empty(); }
    const std::vector<Operation>& operations() const { return operations_; }

private:
    std::vector<Operation> operations_;
};

enum class Durability : uint8_t {
    kBuffered,  // survives the end of the process (kill -9 too), not a loss of power
    kSynced,    // on the disk when write returns, and with it everything written before
};

// What can be read, of a store or of one moment of it.
class StoreView {
public:
    // Called for each entry; false ends the scan. The views are valid during the call only.
    using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

    virtual ~StoreView() = default;
    virtual std::optional<std::string> get(std::string_view key) const = 0;
    // Entries with first <= key < last_exclusive, ascending.
    virtual void scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const = 0;
    // The same entries, descending.
    virtual void scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const = 0;
};

class Store : public StoreView {
public:
    // Writes of several threads take effect one after the other. An empty batch is legal; synced, it makes earlier ones durable.
    virtual void write(const WriteBatch& batch, Durability durability) = 0;
    // The store as it is now, whatever is written while it is held. Quick to take. To be let go before the store is.
    virtual std::unique_ptr<const StoreView> snapshot() const = 0;
};

// The smallest key greater than every key that starts with `prefix`: scan(prefix, prefix_end(prefix), ...) visits these.
// `prefix` must hold a byte below 0xff.
std::string prefix_end(std::string_view prefix);

// In memory, with the loss of power as a function.
class MemoryStore final : public Store {
public:
    MemoryStore();

    std::optional<std::string> get(std::string_view key) const override;
    void write(const WriteBatch& batch, Durability durability) override;
    void scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override;
    void scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override;
    std::unique_ptr<const StoreView> snapshot() const override;

    // A store of its own with the same entries, all of them synced.
    std::unique_ptr<MemoryStore> clone() const;
    // Batches written since the last one that was synced.
    size_t unsynced_batches() const;
    // A loss of power: of the batches not synced the first `kept` stay (a log loses its tail only), the others never happened.
    void lose_unsynced(size_t kept = 0);

private:
    using Entries = std::map<std::string, std::string, std::less<>>;
    struct Version {
        Entries entries;
        size_t readers = 0;  // scans and snapshots; a write then works on a copy
    };
    class Reading;

    Entries& entries_to_write();

    mutable std::mutex mutex_;
    std::shared_ptr<Version> version_;
    // One list for each batch not synced: what puts back the state before it.
    std::vector<std::vector<WriteBatch::Operation>> undo_;
};

// On disk, by LevelDB. One process at a time may have the directory open.
//
// A write, a flush or a sync that fails ends the store for every thread at once: no file of it is written any more, and every
// function throws what the first failure said. So nothing is ever behind a record that was cut short, and nothing is answered
// that the next start may not know. The same after bytes were read that aren't what was written: each read checks sums.
class LevelDbStore final : public Store {
public:
    // Creates the directory (with its parents) if missing, and the database in an empty one only. Leaves out the last record of
    // the newest log if the process ended while it was being written (nobody was told of it), with a warning. Throws StoreError
    // if another process holds it, if it is damaged, if its directory holds something else, or if it can't be made; the text says
    // which, and where. `files`, not owned, is what LevelDB does its file work with: for tests; nullptr is the system's.
    explicit LevelDbStore(const std::string& path, leveldb::Env* files = nullptr);
    ~LevelDbStore() override;

    std::optional<std::string> get(std::string_view key) const override;
    void write(const WriteBatch& batch, Durability durability) override;
    void scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override;
    void scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override;
    std::unique_ptr<const StoreView> snapshot() const override;

    // Reads about `bytes` of rows from key `first` on, past the cache: where to go on; nullopt at the end.
    std::optional<std::string> read_through(std::string_view first, size_t bytes) const;
    // The failure that ended it; nullopt: none has.
    std::optional<std::string> failure() const;
    // Whether a directory holds nothing that a store would be opened from.
    static bool is_empty(const std::string& path);

private:
    struct Impl;
    class Snapshot;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::node
