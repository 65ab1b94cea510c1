// The indexed Merkle tree of all accounts, held in memory (docs/protocol.md, "Accounts").
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/account.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

// Not thread-safe. Hashes are brought up to date when a root or a path is asked for, not at each write.
class AccountTree {
public:
    // Where a key is, or where its absence shows.
    struct Found {
        uint32_t index = 0;  // of the key's leaf, or of its low leaf
        bool present = false;
    };

    // The genesis tree: the sentinel alone.
    AccountTree();
    // Of all these leaves, by index; nullopt if a key is there twice, or the first isn't the sentinel. Whether they are linked as
    // they must be isn't looked at. Takes a fraction of what appending them one after the other does.
    static std::optional<AccountTree> of(std::vector<Account> leaves);
    AccountTree(AccountTree&&) = default;
    AccountTree& operator=(AccountTree&&) = default;

    uint32_t count() const { return count_; }
    // nullptr if there is no leaf at `index` (at or beyond the count, or a hole of a state made for a test).
    const Account* at(uint32_t index) const;
    Found find(const AccountKey& key) const;
    // Replaces the leaf at `index`, which exists; its key stays.
    void write(uint32_t index, const Account& account);
    // Adds a leaf at index count(). The caller links it: write() its low leaf first. count() < kMaxAccountCount.
    void append(const Account& account);
    // Undoes the latest append. The caller unlinks it.
    void pop();
    // For states made by a test: the next leaf comes at `count`, above count(); all between is a hole whose leaves hash to zero.
    void set_count_for_test(uint32_t count);

    Hash root() const;
    // The carried siblings of `index` (at most count(), for the leaf that comes next), lowest first.
    std::vector<Hash> path(uint32_t index) const;

private:
    // Nodes of one height, in pages; what is absent is the empty subtree.
    class Level {
    public:
        explicit Level(unsigned height) : height_(height) {}
        const Hash& get(uint32_t position) const;
        void set(uint32_t position, const Hash& hash);

    private:
        static constexpr uint32_t kPageSize = 256;
        using Page = std::array<Hash, kPageSize>;
        unsigned height_;
        std::unordered_map<uint32_t, std::unique_ptr<Page>> pages_;
    };

    bool is_dense(uint32_t index) const { return index < accounts_.size(); }
    void touch(uint32_t index) { dirty_.push_back(index); }
    void update_hashes() const;

    std::vector<Account> accounts_;                       // by index, dense
    std::unordered_map<uint32_t, Account> far_accounts_;  // leaves behind a hole, in states made for tests
    std::map<AccountKey, uint32_t> by_key_;
    uint32_t count_ = 0;
    mutable std::vector<Level> levels_;    // heights 0 .. 32
    mutable std::vector<uint32_t> dirty_;  // leaves whose hashes are behind
};

}  // namespace gavel
