#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

// Credits a recipient who has a leaf, whose `owner` is told.
Outcome pay_index(StateView& view, uint32_t index, const Address& token, Amount amount, Address& owner) {
    if (index == 0 || index >= view.account_count()) return Outcome::wrong(Refusal::kRecipientIndex);
    Account leaf;
    if (!view.read(index, leaf)) return Outcome::view_failed();
    if (leaf.key.token != token) return Outcome::wrong(Refusal::kRecipientToken);
    owner = leaf.key.owner;
    return credit(view, index, leaf, amount);
}

// Credits a recipient who has none yet.
Outcome pay_address(StateView& view, const Address& to, const Address& token, Amount amount) {
    if (to.is_zero()) return Outcome::wrong(Refusal::kRecipientZero);
    if (view.account_count() == kMaxAccountCount) return Outcome::wrong(Refusal::kAccountTreeFull);
    AccountKey key{to, token};
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    if (found.present) return Outcome::wrong(Refusal::kRecipientHasLeaf);
    return insert(view, found, key, amount);
}

// Pays each to a leaf: one that there is, or a new one.
Outcome pay_leaves(StateView& view, const Hash& /*domain_separator*/, const PostedOperation& posted, Operation& signed_form) {
    for (size_t i = 0; i < posted.payments.size(); ++i) {
        const PostedPayment& payment = posted.payments[i];
        Outcome outcome = pay_leaf(view, payment.to, signed_form.token, payment.amount, signed_form.payments[i].to);
        if (!outcome.ok()) return outcome;
    }
    return Outcome::applied();
}

}  // namespace

Outcome insert(StateView& view, const StateView::Found& low, const AccountKey& key, Amount balance, uint64_t nonce) {
    Account leaf;
    leaf.key = key;
    leaf.nonce = nonce;
    leaf.balance = balance;
    leaf.next = low.leaf.next;
    Account linked = low.leaf;
    linked.next = key;
    if (!view.write(low.index, linked) || !view.append(leaf)) return Outcome::view_failed();
    return Outcome::applied();
}

Outcome credit(StateView& view, uint32_t index, Account leaf, Amount amount) {
    auto balance = leaf.balance.plus(amount);
    if (!balance) return Outcome::wrong(Refusal::kBalanceOverflow);
    leaf.balance = *balance;
    return view.write(index, leaf) ? Outcome::applied() : Outcome::view_failed();
}

Outcome debit(StateView& view, uint32_t index, Account leaf, Amount amount) {
    auto balance = leaf.balance.minus(amount);
    GAVEL_CHECK(balance.has_value() && leaf.nonce < kMaxNonce);
    leaf.balance = *balance;
    ++leaf.nonce;
    return view.write(index, leaf) ? Outcome::applied() : Outcome::view_failed();
}

Outcome withdraw(StateView& view, const Withdrawal& withdrawal) {
    if (view.withdrawal_count() == kMaxWithdrawalCount) return Outcome::wrong(Refusal::kWithdrawalTreeFull);
    return view.append_withdrawal(withdrawal) ? Outcome::applied() : Outcome::view_failed();
}

Outcome pay_leaf(StateView& view, const Recipient& to, const Address& token, Amount amount, Address& owner) {
    if (!to.address) return pay_index(view, to.index, token, amount, owner);
    owner = *to.address;
    return pay_address(view, owner, token, amount);
}

Outcome read_sender(StateView& view, const PostedOperation& posted, Account& sender) {
    if (posted.sender == 0 || posted.sender >= view.account_count()) return Outcome::wrong(Refusal::kSenderIndex);
    return view.read(posted.sender, sender) ? Outcome::applied() : Outcome::view_failed();
}

Outcome execute_sent(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                     Account& sender, Operation& signed_form, PayStep pay) {
    if (Outcome outcome = read_sender(view, posted, sender); !outcome.ok()) return outcome;
    if (sender.nonce >= kMaxNonce) return Outcome::wrong(Refusal::kNonceExhausted);

    signed_form = {posted.kind, sender.key.token, {}, posted.fee, sender.nonce, posted.memo, {}};
    if (posted.kind == OperationKind::kFund) {
        const PostedChannel& words = posted.channel;
        signed_form.channel.terms = {sender.key.owner, words.payee, words.unit, words.expiry, words.salt};
    }
    for (const PostedPayment& payment : posted.payments) {
        signed_form.payments.push_back({payment.to.address.value_or(Address{}), payment.amount});
    }
    auto total = signed_form.total();
    if (!total || sender.balance < *total) return Outcome::wrong(Refusal::kInsufficientBalance);
    if (Outcome outcome = debit(view, posted.sender, sender, *total); !outcome.ok()) return outcome;
    if (Outcome outcome = pay(view, domain_separator, posted, signed_form); !outcome.ok()) return outcome;
    if (!posted.fee.is_zero() && !fees.add(sender.key.token, posted.fee)) return Outcome::wrong(Refusal::kFeeOverflow);
    return Outcome::applied();
}

Outcome execute_to_leaves(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                          Account& sender, Operation& signed_form) {
    return execute_sent(view, domain_separator, posted, fees, sender, signed_form, pay_leaves);
}

Outcome signed_by_sender(const SignatureJudge& judge, const Hash& /*domain_separator*/, const Hash& digest, const Account& sender,
                         const Operation& /*signed_form*/, ByteView sigs) {
    return judge.check(digest, Signature::from(sigs), sender.key.owner);
}

std::optional<FormFault> payments_fault(const Operation& operation) {
    const OperationTraits& traits = traits_of(operation.kind);
    const size_t count = operation.payments.size(), most = traits.most_payments;
    if (count == 0) return FormFault{"NO_PAYMENT", "payments", std::string("a ") + traits.name + " needs at least one payment"};
    if (count > most) {
        return FormFault{"TOO_MANY_PAYMENTS", "payments",
                         "at most " + std::to_string(most) + " payments fit, not " + std::to_string(count)};
    }
    for (size_t i = 0; i < count; ++i) {
        if (!operation.payments[i].to.is_zero()) continue;
        return FormFault{"ZERO_RECIPIENT", most > 1 ? "payments[" + std::to_string(i) + "].to" : "to",
                         "the zero address can't receive"};
    }
    return std::nullopt;
}

void put_no_head(BitWriter& /*out*/, const PostedOperation& /*operation*/) {}

unsigned take_no_head(BitReader& /*in*/, PostedOperation& /*operation*/) { return 1; }

unsigned take_line_count(BitReader& in, PostedOperation& operation) {
    const unsigned lines = in.gamma();
    if (lines < kFundLines) return 1 + lines;
    operation.kind = lines == kFundLines ? OperationKind::kFund : OperationKind::kRedeem;
    operation.channel.take = lines == kTakeLines || lines == kTakeAndCloseLines;
    operation.channel.close = lines == kCloseLines || lines == kTakeAndCloseLines;
    return traits_of(operation.kind).most_payments;
}

Outcome credit_forced(StateView& view, const AccountKey& key, Amount amount, bool& took_effect) {
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    took_effect = found.present ? found.leaf.balance.plus(amount).has_value() : view.account_count() < kMaxAccountCount;
    if (!took_effect) return Outcome::applied();
    return found.present ? credit(view, found.index, found.leaf, amount) : insert(view, found, key, amount);
}

bool find_forced(StateView& view, const L1Operation& entry, Forced& forced) {
    if (!view.find({entry.caller, entry.token}, forced.from)) return false;
    if (!forced.from.present) return true;
    const Account& leaf = forced.from.leaf;
    forced.amount = entry.amount == Amount::max() ? leaf.balance : entry.amount;
    forced.possible = leaf.nonce < kMaxNonce && leaf.balance >= forced.amount;
    return true;
}

}  // namespace gavel::kinds
