// What users sign, and what they ask of the L1 (docs/protocol.md, "Operations" and "L1 operations").
#pragma once

#include <vector>

#include "protocol/account.hpp"
#include "protocol/channel.hpp"
#include "protocol/typed_data.hpp"

namespace gavel {

// What there is to say about each kind: protocol/kinds/kinds.hpp.
enum class OperationKind : uint8_t { kTransfer = 0, kWithdraw = 1, kPayout = 2, kFund = 3, kRedeem = 4 };
inline constexpr OperationKind kLastOperationKind = OperationKind::kRedeem;
// Whether a number from outside names a kind.
constexpr bool is_known(OperationKind kind) { return kind <= kLastOperationKind; }
// Of a known kind: "transfer", "withdraw", "payout", "fund", "redeem".
const char* name_of(OperationKind kind);

struct Payment {
    Address to;
    Amount amount;
    friend bool operator==(const Payment&, const Payment&) = default;
};

// What a fund and a redeem say of their channel.
struct ChannelWords {
    ChannelTerms terms;  // a fund's sender is the payer; who makes one may leave him out
    Address channel;     // a redeem's: the address of the terms
    uint64_t count = 0;  // of a redeem: the voucher's; zero unless it takes
    bool take = false;
    bool close = false;
    friend bool operator==(const ChannelWords&, const ChannelWords&) = default;
};

// A signed operation as the user sees it. The sender is whom the signature recovers to.
struct Operation {
    OperationKind kind = OperationKind::kTransfer;
    Address token;
    // Exactly one, but for a payout (1 to 94) and a redeem. Of a fund it is to the channel; of a redeem they are to payee and
    // payer: these recipients, and a redeem's amounts, aren't signed, and stand here once it has been executed.
    std::vector<Payment> payments;
    Amount fee;              // of a redeem it comes out of what is taken
    uint64_t nonce = 0;      // of a redeem: claimed, the units that the channel's leaf shows
    Hash memo;               // zero but for a transfer and a payout
    ChannelWords channel{};  // of a fund and a redeem

    // EIP-712 digest: what is signed.
    Hash digest(const Hash& domain_separator) const;
    // Who signs it first, given the leaf that it debits: the leaf's owner; of a redeem the payee.
    const Address& signer(const Account& sender) const;
    // Sum of the payments and the fee, what it takes from its leaf; nullopt if it is over 2^128-1.
    std::optional<Amount> total() const;
    friend bool operator==(const Operation&, const Operation&) = default;
};

// What names an operation: keccak256(digest(32) sender(20)). The digest alone doesn't: it doesn't hold the sender, so two
// senders' equal words with equal nonces have the same one.
Hash operation_hash(const Hash& digest, const Address& sender);

enum class L1OperationKind : uint8_t { kDeposit = 0, kForcedTransfer = 1, kForcedWithdrawal = 2, kRedeem = 3, kReclaim = 4 };
inline constexpr L1OperationKind kLastL1OperationKind = L1OperationKind::kReclaim;
constexpr bool is_known(L1OperationKind kind) { return kind <= kLastL1OperationKind; }
// Of a known kind: "deposit", "forced transfer", "forced withdrawal", "redeem", "reclaim".
const char* name_of(L1OperationKind kind);

// An entry of the contract's queue. For a forced transfer or withdrawal, Amount::max() means the whole balance. A redeem and a
// reclaim have the channel as caller; a redeem has the unit as amount.
struct L1Operation {
    static constexpr size_t kSize = 93;

    L1OperationKind kind = L1OperationKind::kDeposit;
    Address caller;
    Address to;
    Address token;
    Amount amount;
    uint64_t time = 0;   // of the L1 block, seconds
    uint64_t count = 0;  // of a redeem: the voucher's

    // kind(1) caller(20) to(20) token(20) amount(16) time(8) count(8).
    Bytes encode() const;
    // nullopt unless exactly kSize bytes with a known kind.
    static std::optional<L1Operation> decode(ByteView data);
    // The queue's hash after this entry: keccak256(queue_hash || keccak256(entry)). The empty queue's is zero.
    Hash chain(const Hash& queue_hash) const;
    friend bool operator==(const L1Operation&, const L1Operation&) = default;
};

}  // namespace gavel
