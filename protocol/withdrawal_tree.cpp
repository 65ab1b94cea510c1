#include "protocol/withdrawal_tree.hpp"

#include "protocol/account.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel {

Bytes Withdrawal::encode() const {
    ByteWriter out;
    out.raw(recipient).raw(token).amount(amount);
    return out.take();
}

Withdrawal Withdrawal::decode(ByteView data) {
    GAVEL_CHECK(data.size() == kSize);
    ByteReader in(data);
    Withdrawal out;
    out.recipient = in.fixed<Address>();
    out.token = in.fixed<Address>();
    out.amount = in.amount();
    return out;
}

Hash Withdrawal::hash() const { return keccak256(encode()); }

WithdrawalFrontier::WithdrawalFrontier(uint32_t count, std::span<const Hash> hashes) : count_(count) {
    size_t used = 0;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (!(count >> h & 1)) continue;
        GAVEL_CHECK(used < hashes.size());
        left_[h] = hashes[used++];
    }
    GAVEL_CHECK(used == hashes.size());
}

void WithdrawalFrontier::append(const Hash& leaf) {
    GAVEL_CHECK(count_ < kMaxWithdrawalCount);
    Hash node = leaf;
    unsigned h = 0;
    for (; count_ >> h & 1; ++h) node = keccak256_pair(left_[h], node);
    left_[h] = node;
    ++count_;
}

Hash WithdrawalFrontier::root() const {
    Hash node;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        node = count_ >> h & 1 ? keccak256_pair(left_[h], node) : keccak256_pair(node, zero_subtree(h));
    }
    return node;
}

std::vector<Hash> WithdrawalFrontier::hashes() const {
    std::vector<Hash> out;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (count_ >> h & 1) out.push_back(left_[h]);
    }
    return out;
}

void WithdrawalTree::append(std::span<const Hash> leaves) {
    GAVEL_CHECK(leaves.size() <= kMaxWithdrawalCount - count_);
    levels_[0].insert(levels_[0].end(), leaves.begin(), leaves.end());
    count_ += static_cast<uint32_t>(leaves.size());
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        std::vector<Hash>&below = levels_[h], &above = levels_[h + 1];
        const size_t stored_below = base_.count() >> h, stored_above = base_.count() >> (h + 1), had = above.size();
        above.resize((count_ >> (h + 1)) - stored_above);
        std::span<Hash> added = std::span(above).subspan(had);
        if (added.empty()) break;
        size_t child = 2 * (stored_above + had);
        if (child < stored_below) {  // base_ has the left child of the first one
            added.front() = keccak256_pair(base_.left(h), below.front());
            added = added.subspan(1);
            child += 2;
        }
        keccak256_pairs(std::span(below).subspan(child - stored_below, 2 * added.size()), added);
    }
}

void WithdrawalTree::truncate(uint32_t count) {
    GAVEL_CHECK(count >= base_.count() && count <= count_);
    count_ = count;
    for (unsigned h = 0; h < kTreeDepth; ++h) levels_[h].resize((count >> h) - (base_.count() >> h));
}

Hash WithdrawalTree::root_at(uint32_t count) const {
    GAVEL_CHECK(count >= base_.count() && count <= count_);
    return node_at(kTreeDepth, 0, count);
}

std::vector<Hash> WithdrawalTree::path(uint32_t position, uint32_t count) const {
    GAVEL_CHECK(position >= base_.count() && position < count && count <= count_);
    std::vector<Hash> siblings;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (!sibling_is_left_out(position, h, count)) siblings.push_back(node_at(h, (position >> h) ^ 1, count));
    }
    return siblings;
}

WithdrawalFrontier WithdrawalTree::frontier() const {
    std::vector<Hash> hashes;
    for (unsigned h = 0; h < kTreeDepth; ++h) {
        if (count_ >> h & 1) hashes.push_back(complete_node(h, (count_ >> h) - 1));
    }
    return {count_, hashes};
}

WithdrawalTree WithdrawalTree::from_frontier(const WithdrawalFrontier& frontier) {
    WithdrawalTree tree;
    tree.count_ = frontier.count();
    tree.base_ = frontier;
    return tree;
}

const Hash& WithdrawalTree::complete_node(unsigned height, uint32_t position) const {
    uint32_t first_stored = base_.count() >> height;
    if (position < first_stored) {
        GAVEL_CHECK(position + 1 == first_stored && (first_stored & 1));
        return base_.left(height);
    }
    return levels_[height].at(position - first_stored);
}

Hash WithdrawalTree::node_at(unsigned height, uint32_t position, uint32_t count) const {
    if (uint64_t{position} << height >= count) return zero_subtree(height);
    if ((uint64_t{position} + 1) << height <= count) return complete_node(height, position);
    return keccak256_pair(node_at(height - 1, 2 * position, count), node_at(height - 1, 2 * position + 1, count));
}

}  // namespace gavel
