#include "protocol/merkle.hpp"

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

const Hash& zero_subtree(unsigned height) {
    static const std::array<Hash, kTreeDepth + 1> roots = [] {
        std::array<Hash, kTreeDepth + 1> out{};
        for (unsigned h = 0; h < kTreeDepth; ++h) out[h + 1] = keccak256_pair(out[h], out[h]);
        return out;
    }();
    GAVEL_CHECK(height <= kTreeDepth);
    return roots[height];
}

bool sibling_is_left_out(uint32_t index, unsigned height, uint32_t count) {
    uint64_t sibling = (index >> height) ^ 1;
    return sibling << height >= count;
}

size_t carried_siblings(uint32_t index, uint32_t count) {
    size_t carried = 0;
    for (unsigned h = 0; h < kTreeDepth; ++h) carried += !sibling_is_left_out(index, h, count);
    return carried;
}

Hash fold_path(const Hash& leaf, uint32_t index, uint32_t count, std::span<const Hash> siblings) {
    Hash node = leaf;
    size_t used = 0;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        bool left_out = sibling_is_left_out(index, h, count);
        GAVEL_CHECK(left_out || used < siblings.size());
        const Hash& sibling = left_out ? zero_subtree(h) : siblings[used++];
        node = index >> h & 1 ? keccak256_pair(sibling, node) : keccak256_pair(node, sibling);
    }
    GAVEL_CHECK(used == siblings.size());
    return node;
}

// The nodes one level up; an odd one at the end is paired with the empty subtree beside it.
static std::vector<Hash> parents_of(const std::vector<Hash>& level, unsigned height) {
    const size_t pairs = level.size() / 2;
    std::vector<Hash> parents((level.size() + 1) / 2);
    keccak256_pairs(std::span(level).first(2 * pairs), std::span(parents).first(pairs));
    if (pairs < parents.size()) parents.back() = keccak256_pair(level.back(), zero_subtree(height));
    return parents;
}

Hash subtree_root(std::vector<Hash> nodes, unsigned from, unsigned to) {
    GAVEL_CHECK(from <= to && to <= kTreeDepth && nodes.size() <= uint64_t{1} << (to - from));
    if (nodes.empty()) return zero_subtree(to);
    for (unsigned h = from; h < to; ++h) nodes = parents_of(nodes, h);
    return nodes[0];
}

int small_tree_depth(size_t leaf_count) {
    int depth = 0;
    while (size_t{1} << depth < leaf_count) ++depth;
    return depth;
}

Hash small_tree_root(std::span<const Hash> leaves) {
    GAVEL_CHECK(!leaves.empty());
    std::vector<Hash> level(leaves.begin(), leaves.end());
    for (unsigned h = 0; level.size() > 1; ++h) level = parents_of(level, h);
    return level[0];
}

std::vector<Hash> small_tree_path(std::span<const Hash> leaves, size_t index) {
    GAVEL_CHECK(index < leaves.size());
    std::vector<Hash> level(leaves.begin(), leaves.end()), path;
    for (unsigned h = 0; level.size() > 1; ++h) {
        size_t sibling = (index >> h) ^ 1;
        path.push_back(sibling < level.size() ? level[sibling] : zero_subtree(h));
        level = parents_of(level, h);
    }
    return path;
}

Hash fold_small_path(const Hash& leaf, size_t index, std::span<const Hash> siblings) {
    Hash node = leaf;
    for (size_t h = 0; h < siblings.size(); ++h) {
        node = index >> h & 1 ? keccak256_pair(siblings[h], node) : keccak256_pair(node, siblings[h]);
    }
    return node;
}

}  // namespace gavel
