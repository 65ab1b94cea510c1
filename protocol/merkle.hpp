// Merkle paths of the depth-32 trees and of a batch's small trees (docs/protocol.md, "Trees").
#pragma once

#include <vector>

#include "protocol/bytes.hpp"

namespace gavel {

inline constexpr unsigned kTreeDepth = 32;

// The root of an all-empty subtree of the given height (0: an empty leaf, 32 zero bytes; at most kTreeDepth).
const Hash& zero_subtree(unsigned height);

// Whether the sibling at `height` on the path of `index` is left out because its whole subtree lies at or beyond `count` leaves.
bool sibling_is_left_out(uint32_t index, unsigned height, uint32_t count);
// How many siblings a path of `index` carries in a tree of `count` leaves.
size_t carried_siblings(uint32_t index, uint32_t count);
// The root that `leaf` at `index` leads to with the carried siblings, lowest first.
// `siblings` holds exactly carried_siblings(index, count) hashes.
Hash fold_path(const Hash& leaf, uint32_t index, uint32_t count, std::span<const Hash> siblings);

// The root at height `to` of a subtree whose nodes at height `from` (<= to <= kTreeDepth) are these, in order; what is missing at
// their end is empty. Each inner node is hashed once, so that a whole tree costs as many hashes as it has leaves.
Hash subtree_root(std::vector<Hash> nodes, unsigned from, unsigned to);

// A batch's trees: 1 to 256 leaves, padded with zero hashes to the next power of two.
int small_tree_depth(size_t leaf_count);
Hash small_tree_root(std::span<const Hash> leaves);
std::vector<Hash> small_tree_path(std::span<const Hash> leaves, size_t index);
// `siblings` holds exactly small_tree_depth(leaf_count) hashes; index < leaf_count.
Hash fold_small_path(const Hash& leaf, size_t index, std::span<const Hash> siblings);

}  // namespace gavel
