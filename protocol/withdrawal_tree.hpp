// The append-only tree of withdrawals (docs/protocol.md, "Withdrawals").
#pragma once

#include <vector>

#include "protocol/amount.hpp"
#include "protocol/merkle.hpp"

namespace gavel {

struct Withdrawal {
    static constexpr size_t kSize = 56;

    Address recipient;
    Address token;
    Amount amount;
    // recipient(20) token(20) amount(16).
    Bytes encode() const;
    // The withdrawal in exactly kSize bytes.
    static Withdrawal decode(ByteView data);
    // keccak256 of the encoding.
    Hash hash() const;
    friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

// The left siblings along the next position's path: one for each bit set in the count, lowest first. All that appending needs.
class WithdrawalFrontier {
public:
    WithdrawalFrontier() = default;
    // `hashes` holds one hash for each bit set in `count`.
    WithdrawalFrontier(uint32_t count, std::span<const Hash> hashes);
    uint32_t count() const { return count_; }
    // count() < kMaxWithdrawalCount.
    void append(const Hash& leaf);
    Hash root() const;
    // In the order of the constructor's.
    std::vector<Hash> hashes() const;
    // The sibling at a height whose bit is set in the count.
    const Hash& left(unsigned height) const { return left_[height]; }

private:
    uint32_t count_ = 0;
    std::array<Hash, kTreeDepth> left_{};  // left_[h] is meaningful where bit h of count_ is set
};

// Every leaf and inner node, so that a path to any earlier root can be given.
class WithdrawalTree {
public:
    uint32_t count() const { return count_; }
    void append(const Hash& leaf) { append(std::span(&leaf, 1)); }
    // Many take much less time than one by one. They and count() are at most kMaxWithdrawalCount together.
    void append(std::span<const Hash> leaves);
    // Undoes appends until `count` leaves are left, not below those of from_frontier.
    void truncate(uint32_t count);
    Hash root() const { return root_at(count_); }
    Hash root_at(uint32_t count) const;
    // The carried siblings of `position` in the tree as it was with `count` leaves; position < count <= count().
    std::vector<Hash> path(uint32_t position, uint32_t count) const;
    WithdrawalFrontier frontier() const;
    // A state made for a test: starts from a frontier, whose leaves have no paths.
    static WithdrawalTree from_frontier(const WithdrawalFrontier& frontier);

private:
    // A node whose leaves are all there.
    const Hash& complete_node(unsigned height, uint32_t position) const;
    // Any node of the tree as it was with `count` leaves.
    Hash node_at(unsigned height, uint32_t position, uint32_t count) const;

    uint32_t count_ = 0;
    WithdrawalFrontier base_;                                // leaves that only this frontier knows
    std::vector<std::vector<Hash>> levels_{kTreeDepth + 1};  // complete nodes by height, from base_ on
};

}  // namespace gavel
