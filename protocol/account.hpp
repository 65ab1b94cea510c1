// An account leaf: one (owner, token) pair (docs/protocol.md, "Accounts").
#pragma once

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel {

// What a leaf is found by: owner, then token; ordered as one 40-byte big-endian integer. A zero token is ETH.
struct AccountKey {
    Address owner;
    Address token;
    bool is_zero() const { return owner.is_zero() && token.is_zero(); }
    friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};

struct Account {
    static constexpr size_t kSize = 104;

    AccountKey key;
    uint64_t nonce = 0;
    Amount balance;
    AccountKey next;  // the next larger key in use; zero at the end of the list

    // owner(20) token(20) nonce(8) balance(16) nextOwner(20) nextToken(20).
    Bytes encode() const;
    void encode_to(std::span<uint8_t, kSize> out) const;
    // The leaf in exactly kSize bytes.
    static Account decode(ByteView data);
    Hash hash() const;
    // Whether this leaf proves that `absent` has none: it is the largest key below it.
    bool is_low_leaf_of(const AccountKey& absent) const { return key < absent && (next.is_zero() || absent < next); }
    friend bool operator==(const Account&, const Account&) = default;
};

inline constexpr uint64_t kMaxNonce = ~uint64_t{0} >> 1;       // at it or above a leaf sends no more; above it is a channel's
inline constexpr uint32_t kMaxAccountCount = ~uint32_t{0};     // leaves 0 .. 2^32-2
inline constexpr uint32_t kMaxWithdrawalCount = ~uint32_t{0};  // withdrawals 0 .. 2^32-2

}  // namespace gavel
