// The rules of apply by name: why a chunk is wrong (docs/protocol.md, "Refusals").
#pragma once

#include <cstdint>
#include <span>

namespace gavel {

enum class Refusal : uint8_t {
    kNone,
    // Decoding: placeholders until the codec's grammar is settled.
    kTruncated,
    // Applying, in the order of the checks.
    kOverWeight,            // the chunk weighs more than 96
    kSignatureCount,        // sigs isn't 64 bytes for each operation
    kOpCountOverflow,       // opCount would pass 2^64-1
    kL1LimitExceeded,       // consumes past the batch's claimed l1OpsConsumed
    kWithdrawalTreeFull,    // a withdrawal, or a deposit that becomes one, finds no place
    kSenderIndex,           // 0 or not below accountCount
    kNonceExhausted,        // the sender leaf's nonce is 2^64-1
    kInsufficientBalance,   // less than payments and fee
    kRecipientIndex,        // 0 or not below accountCount
    kRecipientToken,        // the recipient leaf's token isn't the sender's
    kBalanceOverflow,       // a credit would pass 2^128-1
    kAccountTreeFull,       // no place for a new leaf
    kRecipientHasLeaf,      // given by address though it has a leaf
    kSignatureInvalid,      // no address can be recovered
    kSignerNotOwner,        // somebody else's signature, or over other words
    kFeeOverflow,           // a token's fees in this chunk pass 2^128-1
    kFeeLeafMissing,        // fewer fee leaves than tokens with a fee
    kFeeLeafExtra,          // more
    kFeeLeafIndex,          // 0 or not below accountCount
    kFeeLeafToken,          // of another token than the one in its turn
};

// "SignerNotOwner" and so on; "None" for kNone.
const char* name_of(Refusal refusal);
// All but kNone.
std::span<const Refusal> all_refusals();

}  // namespace gavel
