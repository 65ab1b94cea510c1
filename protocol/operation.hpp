// What users sign, and what they ask of the L1 (docs/protocol.md, "Operations" and "L1 operations").
#pragma once

#include <vector>

#include "protocol/account.hpp"

namespace gavel {

// The EIP-712 domain: name "Gavel", version "1", and these.
struct Domain {
    uint64_t chain_id = 0;  // of the L1
    Address rollup;         // verifyingContract
    Hash separator() const;
    friend bool operator==(const Domain&, const Domain&) = default;
};

// What there is to say about each kind: protocol/kinds/kinds.hpp.
enum class OperationKind : uint8_t { kTransfer = 0, kWithdraw = 1, kPayout = 2 };
inline constexpr OperationKind kLastOperationKind = OperationKind::kPayout;
// Whether a number from outside names a kind.
constexpr bool is_known(OperationKind kind) { return kind <= kLastOperationKind; }
// Of a known kind: "transfer", "withdraw", "payout".
const char* name_of(OperationKind kind);

struct Payment {
    Address to;
    Amount amount;
    friend bool operator==(const Payment&, const Payment&) = default;
};

// A signed operation as the user sees it. The sender is whom the signature recovers to.
struct Operation {
    OperationKind kind = OperationKind::kTransfer;
    Address token;
    std::vector<Payment> payments;  // exactly one, but for a payout: 1 to 94
    Amount fee;
    uint64_t nonce = 0;
    Hash memo;  // zero for a withdrawal, which has none

    // EIP-712 digest: what is signed.
    Hash digest(const Hash& domain_separator) const;
    // Sum of the payments and the fee; nullopt if it is over 2^128-1.
    std::optional<Amount> total() const;
    friend bool operator==(const Operation&, const Operation&) = default;
};

// What names an operation: keccak256(digest(32) sender(20)). The digest alone doesn't: it doesn't hold the sender, so two
// senders' equal words with equal nonces have the same one.
Hash operation_hash(const Hash& digest, const Address& sender);

enum class L1OperationKind : uint8_t { kDeposit = 0, kForcedTransfer = 1, kForcedWithdrawal = 2 };
inline constexpr L1OperationKind kLastL1OperationKind = L1OperationKind::kForcedWithdrawal;
constexpr bool is_known(L1OperationKind kind) { return kind <= kLastL1OperationKind; }
// Of a known kind: "deposit", "forced transfer", "forced withdrawal".
const char* name_of(L1OperationKind kind);

// An entry of the contract's queue. For a forced operation, Amount::max() means the whole balance.
struct L1Operation {
    static constexpr size_t kSize = 85;

    L1OperationKind kind = L1OperationKind::kDeposit;
    Address caller;
    Address to;
    Address token;
    Amount amount;
    uint64_t time = 0;  // of the L1 block, seconds

    // kind(1) caller(20) to(20) token(20) amount(16) time(8).
    Bytes encode() const;
    // nullopt unless exactly kSize bytes with a known kind.
    static std::optional<L1Operation> decode(ByteView data);
    // The queue's hash after this entry: keccak256(queue_hash || keccak256(entry)). The empty queue's is zero.
    Hash chain(const Hash& queue_hash) const;
    friend bool operator==(const L1Operation&, const L1Operation&) = default;
};

}  // namespace gavel
