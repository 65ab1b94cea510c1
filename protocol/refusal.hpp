// The rules of apply by name: why a chunk is wrong (docs/protocol.md, "Refusals").
#pragma once

#include <cstdint>
#include <span>

namespace gavel {

// In the order of docs/protocol.md; the first is a slot's, the next sixteen are the decoder's.
enum class Refusal : uint8_t {
    kNone,
    kSlotLengths,          // a slot's ops and sigs together would have more than 3,932 bytes
    kTruncated,            // `ops` ends before what it must hold
    kCodeTooLong,          // a code word of more than 6 leading zeros
    kOverWeight,           // the chunk weighs more than 96
    kIdleFlag,             // mixed, byAddress or memos is set without need
    kBadFeeWidth,          // a fee table of numbers wider than any number
    kLooseNumber,          // m divisible by ten, or zero with an exponent
    kNumberTooLarge,       // 2^128 or more
    kRepeatedFee,          // a fee stands twice in the table
    kLooseWidth,           // a width larger or smaller than what it is needed for
    kBadReference,         // a reference to nothing
    kUnusedFee,            // a fee in the table that no operation has
    kRepeatedLiteral,      // a literal for what a reference could name
    kBadMagnitude,         // a mantissa of less than 0 or more than 128 bits
    kZeroMemo,             // a memo of zeros written out
    kTrailingByte,         // a byte too many
    kNonzeroPadding,       // padding that isn't zero
    kSignatureCount,       // sigs isn't 64 bytes for each signature that the operations need
    kOpCountOverflow,      // opCount would pass 2^64-1
    kL1LimitExceeded,      // consumes L1 operations past the batch's claimed l1OpsConsumed
    kWithdrawalTreeFull,   // a withdrawal, or a deposit that becomes one, finds no place
    kSenderIndex,          // 0 or not below accountCount
    kNonceExhausted,       // the sender leaf's nonce is 2^63-1 or above
    kInsufficientBalance,  // less than payments and fee; a redeem takes less than its fee, or closes and can't take all
    kRecipientIndex,       // 0 or not below accountCount
    kRecipientToken,       // the recipient leaf's token isn't the sender's
    kBalanceOverflow,      // a credit would pass 2^128-1
    kRecipientZero,        // the zero address
    kAccountTreeFull,      // no place for a new leaf
    kRecipientHasLeaf,     // given by address though it has a leaf
    kWithdrawalOfZero,     // a withdrawal of nothing
    kFeeOverflow,          // a token's fees in this chunk would pass 2^128-1
    kSignatureInvalid,     // no address can be recovered
    kSignerNotOwner,       // somebody else's signature, or over other words: another nonce, token, amount, recipient
    kChannelTerms,         // no unit; no payee, or the payer; a redeem's terms aren't those of the leaf
    kFundOfZero,           // a fund of nothing
    kChannelNotOpen,       // a redeem of, or a fund for, a leaf that is closed, or one that is no channel's
    kChannelCount,         // a voucher for more than 2^63-2 units
    kNothingToRedeem,      // the voucher's units have been paid, or the balance is below one
    kFeeLeafMissing,       // fewer fee leaves than tokens with a fee
    kFeeLeafExtra,         // more
    kFeeLeafIndex,         // 0 or not below accountCount
    kFeeLeafToken,         // of another token than the one in its turn
};
inline constexpr Refusal kLastRefusal = Refusal::kFeeLeafToken;

// "SignerNotOwner" and so on; "None" for kNone.
const char* name_of(Refusal refusal);
// All but kNone.
std::span<const Refusal> all_refusals();

}  // namespace gavel
