// The kinds of operations: what differs between them, a row for each, and the steps that each takes, in a file of its own beside
// this one. Whoever treats kinds differently asks here; what only another room can know about a kind (its message, its price) has
// a table there, which has_each_kind holds to this one (docs/architecture.md, "Where a new operation kind goes").
#pragma once

#include <array>
#include <optional>
#include <string>

#include "protocol/apply.hpp"
#include "protocol/bits.hpp"
#include "protocol/check.hpp"
#include "protocol/chunk.hpp"

namespace gavel {

// A word of the chunk codec's column of kinds: so many low bits of `bits`, the highest first.
struct CodeWord {
    unsigned bits = 0;
    unsigned length = 0;
};

// Where the payments of an operation go.
enum class Payees : uint8_t {
    kLeaves,   // to leaves: by index or, where there is none yet, by address, which weighs one more
    kL1,       // into the withdrawal tree: by address, always
    kChannel,  // to the leaf that the terms name
    kParties,  // to a channel's payee, as to leaves, and its payer, by index; their amounts aren't posted
};
// Whether a payment may be by address to a leaf, which weighs one more.
constexpr bool pays_leaves(Payees payees) { return payees == Payees::kLeaves || payees == Payees::kParties; }

// What is wrong with an operation's form, whatever the state is. For whoever is to mend it.
struct FormFault {
    const char* reason;   // "ZERO_AMOUNT"
    std::string field;    // within the operation: "to", "payments[3].amount"
    std::string message;  // for people
};

// What operations of a kind do. Of one kind each: `operation.kind` is the row's.
struct OperationSteps {
    // EIP-712's hashStruct; `type_hash` is the hash of the row's type. The form is right.
    Hash (*struct_hash)(const Hash& type_hash, const Operation& operation);
    // The first fault of what a user sends. Never of a posted operation: apply has rules of its own.
    std::optional<FormFault> (*form_fault)(const Operation& operation);
    // What the column of kinds holds after the code word. Kinds with one word differ in it.
    void (*put_head)(BitWriter& out, const PostedOperation& operation);
    // The same from bytes that anybody may have written. Gives the number of payments, at most chunk_model's kMaxLines; makes
    // none of them, since it isn't known yet whether they fit. The operation may become one of another kind of the same word.
    unsigned (*take_head)(BitReader& in, PostedOperation& operation);
    // execute_operation (protocol/apply.hpp).
    Outcome (*execute)(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                       Account& sender, Operation& signed_form);
    // check_signatures (protocol/apply.hpp).
    Outcome (*check_signatures)(const SignatureJudge& judge, const Hash& domain_separator, const Hash& digest,
                                const Account& sender, const Operation& signed_form, ByteView sigs);
};

struct OperationTraits {
    OperationKind kind;
    const char* name;                          // for people, of the wire's field, of vectors
    std::string_view type;                     // EIP-712's encodeType
    CodeWord word;                             // in the chunk codec
    unsigned (*head_bits)(unsigned payments);  // what put_head writes for so many, in bits
    Payees payees;
    unsigned most_payments;  // at least one
    bool has_list;           // the user signs for a list of them, of any length up to that; else that many there are
    bool has_memo;
    unsigned base_weight;      // without its payments, which weigh one each, and one more by address
    unsigned most_signatures;  // of 64 bytes each in a chunk's sigs
    const OperationSteps* steps;
};

// What L1 operations of a kind do: apply_l1_operation (protocol/apply.hpp).
using L1OperationStep = Outcome (*)(StateView& view, const L1Operation& entry, bool& took_effect);

struct L1OperationTraits {
    L1OperationKind kind;
    const char* name;    // for people
    bool debits_caller;  // and so may be without effect; a deposit's money comes from the L1
    Payees payees;
    L1OperationStep apply;
};

namespace kinds {

// Each in the file of its name.
extern const OperationSteps kTransfer, kWithdraw, kPayout, kFund, kRedeem;
Outcome deposit(StateView& view, const L1Operation& entry, bool& took_effect);
Outcome forced_transfer(StateView& view, const L1Operation& entry, bool& took_effect);
Outcome forced_withdrawal(StateView& view, const L1Operation& entry, bool& took_effect);
Outcome forced_redeem(StateView& view, const L1Operation& entry, bool& took_effect);
Outcome reclaim(StateView& view, const L1Operation& entry, bool& took_effect);

constexpr unsigned no_head(unsigned) { return 0; }
constexpr unsigned line_count(unsigned payments) { return gamma_bits(payments - 1); }
constexpr unsigned largest_count(unsigned) { return gamma_bits(kLargestGamma); }

}  // namespace kinds

// In the order of their numbers.
inline constexpr OperationTraits kOperationKinds[] = {
    {.kind = OperationKind::kTransfer,
     .name = "transfer",
     .type = "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)",
     .word = {0b0, 1},
     .head_bits = kinds::no_head,
     .payees = Payees::kLeaves,
     .most_payments = 1,
     .has_list = false,
     .has_memo = true,
     .base_weight = 1,
     .most_signatures = 1,
     .steps = &kinds::kTransfer},
    {.kind = OperationKind::kWithdraw,
     .name = "withdraw",
     .type = "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)",
     .word = {0b10, 2},
     .head_bits = kinds::no_head,
     .payees = Payees::kL1,
     .most_payments = 1,
     .has_list = false,
     .has_memo = false,
     .base_weight = 1,
     .most_signatures = 1,
     .steps = &kinds::kWithdraw},
    {.kind = OperationKind::kPayout,
     .name = "payout",
     .type = "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)Payment(address to,uint128 amount)",
     .word = {0b11, 2},
     .head_bits = kinds::line_count,
     .payees = Payees::kLeaves,
     .most_payments = kMaxPayoutLines,
     .has_list = true,
     .has_memo = true,
     .base_weight = 1,
     .most_signatures = 1,
     .steps = &kinds::kPayout},
    {.kind = OperationKind::kFund,
     .name = "fund",
     .type = "Fund(address token,address payee,uint128 unit,uint64 expiry,uint64 salt,uint128 amount,uint128 fee,uint64 nonce)",
     .word = {0b11, 2},
     .head_bits = kinds::largest_count,
     .payees = Payees::kChannel,
     .most_payments = 1,
     .has_list = false,
     .has_memo = false,
     .base_weight = 2,
     .most_signatures = 1,
     .steps = &kinds::kFund},
    {.kind = OperationKind::kRedeem,
     .name = "redeem",
     .type = "Redeem(address channel,address token,uint64 claimed,uint64 count,bool take,bool close,uint128 fee)",
     .word = {0b11, 2},
     .head_bits = kinds::largest_count,
     .payees = Payees::kParties,
     .most_payments = 2,
     .has_list = false,
     .has_memo = false,
     .base_weight = 2,
     .most_signatures = 2,
     .steps = &kinds::kRedeem},
};

inline constexpr L1OperationTraits kL1OperationKinds[] = {
    {L1OperationKind::kDeposit, "deposit", false, Payees::kLeaves, kinds::deposit},
    {L1OperationKind::kForcedTransfer, "forced transfer", true, Payees::kLeaves, kinds::forced_transfer},
    {L1OperationKind::kForcedWithdrawal, "forced withdrawal", true, Payees::kL1, kinds::forced_withdrawal},
    {L1OperationKind::kRedeem, "redeem", true, Payees::kLeaves, kinds::forced_redeem},
    {L1OperationKind::kReclaim, "reclaim", true, Payees::kLeaves, kinds::reclaim},
};

// The row of a kind, which is known.
constexpr const OperationTraits& traits_of(OperationKind kind) {
    GAVEL_CHECK(is_known(kind));
    return kOperationKinds[static_cast<size_t>(kind)];
}
constexpr const L1OperationTraits& traits_of(L1OperationKind kind) {
    GAVEL_CHECK(is_known(kind));
    return kL1OperationKinds[static_cast<size_t>(kind)];
}

constexpr bool is_of_channel(OperationKind kind) {
    return traits_of(kind).payees == Payees::kChannel || traits_of(kind).payees == Payees::kParties;
}
inline bool is_of_channel(const PostedOperation& operation) { return is_of_channel(operation.kind); }

// Whether rows about kinds, each with its `kind`, are one for each kind and in their order: what every such table asserts.
template <class Row, size_t count>
constexpr bool has_each_kind(const Row (&rows)[count]) {
    for (size_t i = 0; i < count; ++i) {
        if (!is_known(rows[i].kind) || static_cast<size_t>(rows[i].kind) != i) return false;
    }
    return !is_known(static_cast<decltype(rows[0].kind)>(count));
}
static_assert(has_each_kind(kOperationKinds));
static_assert(has_each_kind(kL1OperationKinds));

}  // namespace gavel
