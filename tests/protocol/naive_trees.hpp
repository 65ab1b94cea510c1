// Trees by a slow model: recursion over the whole depth, nothing kept, nothing clever.
#pragma once

#include <catch2/catch.hpp>

#include "protocol/account_tree.hpp"
#include "protocol/keccak.hpp"
#include "protocol/merkle.hpp"
#include "protocol/state.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel::test {

// The node over leaves [position << height, ...), of which `leaves` are there.
inline Hash naive_node(const std::vector<Hash>& leaves, int height, uint64_t position) {
    if (height == 0) return position < leaves.size() ? leaves[position] : Hash{};
    if (position << height >= leaves.size()) {
        Hash below = naive_node({}, height - 1, 0);
        return keccak256_pair(below, below);
    }
    return keccak256_pair(naive_node(leaves, height - 1, 2 * position), naive_node(leaves, height - 1, 2 * position + 1));
}

inline Hash naive_root(const std::vector<Hash>& leaves) { return naive_node(leaves, kTreeDepth, 0); }

// All 32 siblings folded, none left out: what a path must come to.
inline Hash naive_fold(const std::vector<Hash>& leaves, uint32_t index, Hash node) {
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        Hash sibling = naive_node(leaves, h, (index >> h) ^ 1);
        node = index >> h & 1 ? keccak256_pair(sibling, node) : keccak256_pair(node, sibling);
    }
    return node;
}

inline Hash number(uint64_t value) {
    Hash out;
    for (int i = 0; i < 8; ++i) out.bytes[31 - i] = static_cast<uint8_t>(value >> (8 * i));
    return keccak256(out);
}

inline AccountKey key_of(uint64_t value) {
    Hash hash = number(value);
    AccountKey key{Address::from(hash), {}};
    key.token.bytes[19] = hash.bytes[31] & 3;
    return key;
}

// Inserts a key as the protocol does: behind its low leaf.
inline void insert(AccountTree& tree, const AccountKey& key, u128 balance) {
    AccountTree::Found low = tree.find(key);
    REQUIRE_FALSE(low.present);
    Account linked = *tree.at(low.index), leaf;
    REQUIRE(linked.is_low_leaf_of(key));
    leaf.key = key;
    leaf.balance = Amount{balance};
    leaf.next = linked.next;
    linked.next = key;
    tree.write(low.index, linked);
    tree.append(leaf);
}

inline AccountLeaves::Dense dense(const std::vector<Account>& leaves) {
    AccountLeaves::Dense out;
    for (const Account& leaf : leaves) out.push_back(leaf);
    return out;
}

inline std::vector<Hash> leaf_hashes(const AccountTree& tree) {
    std::vector<Hash> out;
    for (uint32_t i = 0; i < tree.count(); ++i) out.push_back(tree.at(i)->hash());
    return out;
}

inline void check_against_model(const AccountTree& tree) {
    std::vector<Hash> leaves = leaf_hashes(tree);
    Hash root = naive_root(leaves);
    REQUIRE(tree.root() == root);
    for (uint32_t i = 0; i <= tree.count(); ++i) {
        std::vector<Hash> path = tree.path(i);
        REQUIRE(path.size() == carried_siblings(i, tree.count()));
        Hash leaf = i < tree.count() ? leaves[i] : Hash{};
        REQUIRE(fold_path(leaf, i, tree.count(), path) == root);
        REQUIRE(fold_path(number(i), i, tree.count(), path) == naive_fold(leaves, i, number(i)));
    }
}

}  // namespace gavel::test
