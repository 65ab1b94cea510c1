// Steps that kinds of operations share, and what of them a leaf or the withdrawal tree sees.
#pragma once

#include "protocol/chunk_model.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::kinds {

// ---- Leaves ----

// New leaf for `key`, linked behind its low leaf, which the view has just given.
Outcome insert(StateView& view, const StateView::Found& low, const AccountKey& key, Amount balance, uint64_t nonce = 0);
// Adds to the leaf that the view has just given.
Outcome credit(StateView& view, uint32_t index, Account leaf, Amount amount);
// Takes from the leaf that the view has just given, whose balance suffices and whose nonce isn't at its end.
Outcome debit(StateView& view, uint32_t index, Account leaf, Amount amount);
Outcome withdraw(StateView& view, const Withdrawal& withdrawal);
// A payment of an operation to a leaf that there is, or to a new one; `owner` is told whose it is.
Outcome pay_leaf(StateView& view, const Recipient& to, const Address& token, Amount amount, Address& owner);

// ---- Operations that a leaf's owner sends ----

// Pays what has been taken from the sender; fills in the recipients of `signed_form` that the posted operation doesn't name.
using PayStep = Outcome (*)(StateView& view, const Hash& domain_separator, const PostedOperation& posted, Operation& signed_form);
// The leaf that an operation debits.
Outcome read_sender(StateView& view, const PostedOperation& posted, Account& sender);
// Takes payments and fee from the sender's leaf, pays by `pay`, and adds the fee to `fees`.
Outcome execute_sent(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                     Account& sender, Operation& signed_form, PayStep pay);
// OperationSteps::execute of those who send to leaves.
Outcome execute_to_leaves(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                          Account& sender, Operation& signed_form);
// OperationSteps::check_signatures of those who send: one signature, by the leaf's owner.
Outcome signed_by_sender(const SignatureJudge& judge, const Hash& domain_separator, const Hash& digest, const Account& sender,
                         const Operation& signed_form, ByteView sigs);
// Form: as many payments as the kind takes, none to nobody.
std::optional<FormFault> payments_fault(const Operation& operation);

// Nothing stands behind the code word: one payment.
void put_no_head(BitWriter& out, const PostedOperation& operation);
unsigned take_no_head(BitReader& in, PostedOperation& operation);

// A payout's number of lines less one; or, of those that no chunk can hold, the words of the kinds of channels.
inline constexpr unsigned kFundLines = 123, kTakeLines = 124, kTakeAndCloseLines = 125, kCloseLines = 126;
static_assert(kFundLines == chunk_model::kMaxLines && kCloseLines == kLargestGamma);
// Behind the code word that payouts, funds and redeems share: makes the operation what it is.
unsigned take_line_count(BitReader& in, PostedOperation& operation);

// ---- L1 operations that take from the caller's leaf ----

// `took_effect` becomes whether there is room for it; else nothing is changed.
Outcome credit_forced(StateView& view, const AccountKey& key, Amount amount, bool& took_effect);

// The caller's leaf, and what the entry takes from it. No leaf, a nonce at its end, or too little: the entry has no effect.
struct Forced {
    bool possible = false;
    StateView::Found from;
    Amount amount;
};
// False if the view failed.
[[nodiscard]] bool find_forced(StateView& view, const L1Operation& entry, Forced& forced);

}  // namespace gavel::kinds
