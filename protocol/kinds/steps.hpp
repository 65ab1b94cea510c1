// Steps that kinds of operations share, and what of them a leaf or the withdrawal tree sees.
#pragma once

#include "protocol/kinds/kinds.hpp"

namespace gavel::kinds {

// ---- Leaves ----

// New leaf for `key`, linked behind its low leaf, which the view has just given.
Outcome insert(StateView& view, const StateView::Found& low, const AccountKey& key, Amount balance);
// Adds to the leaf that the view has just given.
Outcome credit(StateView& view, uint32_t index, Account leaf, Amount amount);
// Takes from the leaf that the view has just given, whose balance suffices and whose nonce isn't at its end.
Outcome debit(StateView& view, uint32_t index, Account leaf, Amount amount);
Outcome withdraw(StateView& view, const Withdrawal& withdrawal);

// ---- Operations that a leaf's owner sends ----

// Pays what has been taken from the sender; fills in the recipients of `signed_form` that the posted operation doesn't name.
using PayStep = Outcome (*)(StateView& view, const PostedOperation& posted, Operation& signed_form);
// Takes payments and fee from the sender's leaf, pays by `pay`, and adds the fee to `fees`.
Outcome execute_sent(StateView& view, const PostedOperation& posted, FeeTally& fees, Account& sender, Operation& signed_form,
                     PayStep pay);
// Pays each to a leaf: one that there is, or a new one.
Outcome pay_leaves(StateView& view, const PostedOperation& posted, Operation& signed_form);
// OperationSteps::execute of those who send to leaves.
Outcome execute_to_leaves(StateView& view, const PostedOperation& posted, FeeTally& fees, Account& sender,
                          Operation& signed_form);
// OperationSteps::check_signatures of those who send: one signature, by the leaf's owner.
Outcome signed_by_sender(const SignerRecovery& recovery, const Hash& domain_separator, const Hash& digest, const Account& sender,
                         const Operation& signed_form, ByteView sigs);
// Form: as many payments as the kind takes, none to nobody.
std::optional<FormFault> payments_fault(const Operation& operation);

// Nothing stands behind the code word: one payment.
void put_no_head(BitWriter& out, const PostedOperation& operation);
unsigned take_no_head(BitReader& in, PostedOperation& operation);

// ---- L1 operations that take from the caller's leaf ----

// The caller's leaf, and what the entry takes from it. No leaf, a nonce at its end, or too little: the entry has no effect.
struct Forced {
    bool possible = false;
    StateView::Found from;
    Amount amount;
};
// False if the view failed.
[[nodiscard]] bool find_forced(StateView& view, const L1Operation& entry, Forced& forced);

}  // namespace gavel::kinds
