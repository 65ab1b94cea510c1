// The indexed Merkle tree of all accounts, held in memory (docs/protocol.md, "Accounts").
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/account_index.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

// Not thread-safe. Hashes are brought up to date when a root or a path is asked for, not at each write. An account takes about
// 160 bytes: its leaf (112), the inner nodes (32), its place in the index. A leaf's hash isn't kept.
class AccountTree {
public:
    using Found = AccountIndex::Found;

    // The genesis tree: the sentinel alone.
    AccountTree();
    // Of all these leaves, by index, hashes and all, by jobs that may run at once; nullopt if a key is there twice, or the first
    // isn't the sentinel. Whether they are linked as they must be isn't looked at.
    static std::optional<AccountTree> of(AccountLeaves::Dense leaves, const JobRunner& run = run_in_order);
    AccountTree(AccountTree&&) = default;
    AccountTree& operator=(AccountTree&&) = default;

    uint32_t count() const { return leaves_.count(); }
    // nullptr if there is no leaf at `index` (at or beyond the count, or a hole of a state made for a test).
    const Account* at(uint32_t index) const { return leaves_.at(index); }
    Found find(const AccountKey& key) const { return index_.find(leaves_, key); }
    // Replaces the leaf at `index`, which exists; its key stays.
    void write(uint32_t index, const Account& account);
    // Adds a leaf at index count(). The caller links it: write() its low leaf first. count() < kMaxAccountCount.
    void append(const Account& account);
    // Undoes the latest append. The caller unlinks it.
    void pop();
    // For states made by a test: the next leaf comes at `count`, above count(); all between is a hole whose leaves hash to zero.
    void set_count_for_test(uint32_t count) { leaves_.set_count_for_test(count); }

    Hash root() const;
    // The carried siblings of `index` (at most count(), for the leaf that comes next), lowest first.
    std::vector<Hash> path(uint32_t index) const;

private:
    // Nodes of one height; what is absent is the empty subtree.
    class Level {
    public:
        explicit Level(unsigned height) : height_(height) {}
        const Hash& get(uint32_t position) const;
        void set(uint32_t position, const Hash& hash);
        // Room for nodes that are set() then, in any order.
        void reserve_dense(size_t nodes) { dense_.resize(nodes); }

    private:
        unsigned height_;
        Pages<Hash> dense_;
        std::unordered_map<uint32_t, Hash> far_;  // behind a hole
    };

    AccountTree(AccountLeaves leaves, AccountIndex index);
    Hash leaf_hash(uint32_t index) const;
    void touch(uint32_t index) { dirty_.push_back(index); }
    void update_hashes() const;
    // The nodes at these positions of a height above the leaves', from those below.
    void hash_nodes(unsigned height, std::span<const uint32_t> positions) const;
    void hash_group(unsigned height, std::span<const uint32_t> positions) const;
    // All nodes of heights `from` to `to` over leaves `first` to `last`.
    void hash_all(unsigned from, unsigned to, uint32_t first, uint32_t last) const;

    AccountLeaves leaves_;
    AccountIndex index_;
    mutable std::vector<Level> levels_;    // by height, 0 .. 32; the leaves' own hashes, height 0, aren't kept
    mutable std::vector<uint32_t> dirty_;  // leaves whose hashes are behind
};

}  // namespace gavel
