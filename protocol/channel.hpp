// Payment channels: their terms, the leaf that holds their money, and the vouchers that their payee is given (docs/protocol.md,
// "Channels").
#pragma once

#include <optional>

#include "protocol/account.hpp"
#include "protocol/typed_data.hpp"

namespace gavel {

struct ChannelTerms {
    static constexpr size_t kSize = 72;

    Address payer;
    Address payee;
    Amount unit;          // base units that a voucher's count counts
    uint64_t expiry = 0;  // L1 time, seconds: from then on anybody may have the payer given what is left
    uint64_t salt = 0;    // makes terms differ that are else the same

    // payer(20) payee(20) unit(16) expiry(8) salt(8), as the contract takes them.
    Bytes encode() const;
    // nullopt unless exactly kSize bytes. They need not be right.
    static std::optional<ChannelTerms> decode(ByteView data);
    // unit above zero, payer and payee different and not zero.
    bool are_right() const;
    // The channel's: the last 20 bytes of the terms' EIP-712 digest.
    Address address(const Hash& domain_separator) const;
    friend bool operator==(const ChannelTerms&, const ChannelTerms&) = default;
};

// "`count` units in all, ever", by the payer's signature over its digest.
struct Voucher {
    Address channel;
    Address token;
    uint64_t count = 0;  // 1 to kMaxVoucherCount

    Hash digest(const Hash& domain_separator) const;
    friend bool operator==(const Voucher&, const Voucher&) = default;
};

inline constexpr uint64_t kChannelMark = uint64_t{1} << 63;     // and what has been claimed is the nonce of a channel's leaf
inline constexpr uint64_t kClosedChannel = ~uint64_t{0};        // the nonce of a closed one's
inline constexpr uint64_t kMaxVoucherCount = kChannelMark - 2;  // below the claimed of a closed channel

// Whether it is a channel's, closed or not.
constexpr bool is_marked(const Account& leaf) { return leaf.nonce >= kChannelMark; }
constexpr bool is_open_channel(const Account& leaf) { return is_marked(leaf) && leaf.nonce != kClosedChannel; }
// Units that the payee has been paid. `leaf` is marked.
constexpr uint64_t claimed_units(const Account& leaf) { return leaf.nonce - kChannelMark; }
// How many units a voucher for `count` takes from a marked leaf: no more than its balance covers. unit is above zero.
uint64_t units_due(const Account& leaf, Amount unit, uint64_t count);

}  // namespace gavel
