#include "protocol/apply.hpp"

#include "protocol/check.hpp"
#include "protocol/keys.hpp"

namespace gavel {
namespace {

// New leaf for `key`, linked behind its low leaf, which the view has just given.
Outcome insert(StateView& view, const StateView::Found& low, const AccountKey& key, Amount balance) {
    Account leaf;
    leaf.key = key;
    leaf.balance = balance;
    leaf.next = low.leaf.next;
    Account linked = low.leaf;
    linked.next = key;
    if (!view.write(low.index, linked) || !view.append(leaf)) return Outcome::view_failed();
    return Outcome::applied();
}

// Adds to the leaf that the view has just given.
Outcome credit(StateView& view, uint32_t index, Account leaf, Amount amount) {
    auto balance = leaf.balance.plus(amount);
    if (!balance) return Outcome::wrong(Refusal::kBalanceOverflow);
    leaf.balance = *balance;
    return view.write(index, leaf) ? Outcome::applied() : Outcome::view_failed();
}

// Takes from the leaf that the view has just given, whose balance suffices and whose nonce isn't at its end.
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

Outcome apply_deposit(StateView& view, const L1Operation& entry) {
    AccountKey key{entry.to, entry.token};
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    if (found.present && found.leaf.balance.plus(entry.amount)) return credit(view, found.index, found.leaf, entry.amount);
    if (!found.present && view.account_count() < kMaxAccountCount) return insert(view, found, key, entry.amount);
    return withdraw(view, {entry.to, entry.token, entry.amount});
}

// Credits the recipient of a forced transfer; `took_effect` stays false if there is no room for it.
Outcome credit_forced(StateView& view, const AccountKey& key, Amount amount, bool& took_effect) {
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    took_effect = found.present ? found.leaf.balance.plus(amount).has_value() : view.account_count() < kMaxAccountCount;
    if (!took_effect) return Outcome::applied();
    return found.present ? credit(view, found.index, found.leaf, amount) : insert(view, found, key, amount);
}

Outcome apply_forced(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = false;
    StateView::Found found;
    if (!view.find({entry.caller, entry.token}, found)) return Outcome::view_failed();
    if (!found.present) return Outcome::applied();
    Amount amount = entry.amount == Amount::max() ? found.leaf.balance : entry.amount;
    if (found.leaf.nonce == kMaxNonce || found.leaf.balance < amount) return Outcome::applied();

    bool withdrawal = entry.kind == L1OperationKind::kForcedWithdrawal;
    if (withdrawal && (amount.is_zero() || view.withdrawal_count() == kMaxWithdrawalCount)) return Outcome::applied();
    StateView::Mark saved = view.mark();
    if (Outcome debited = debit(view, found.index, found.leaf, amount); !debited.ok()) return debited;
    if (withdrawal) {
        took_effect = true;
        return withdraw(view, {entry.to, entry.token, amount});
    }
    Outcome credited = credit_forced(view, {entry.to, entry.token}, amount, took_effect);
    if (credited.ok() && !took_effect) view.roll_back(saved);
    return credited;
}

// Credits a recipient who has a leaf; `to` becomes the leaf's owner.
Outcome pay_index(StateView& view, const PostedPayment& payment, const Address& token, Address& to) {
    uint32_t index = payment.to.index;
    if (index == 0 || index >= view.account_count()) return Outcome::wrong(Refusal::kRecipientIndex);
    Account leaf;
    if (!view.read(index, leaf)) return Outcome::view_failed();
    if (leaf.key.token != token) return Outcome::wrong(Refusal::kRecipientToken);
    to = leaf.key.owner;
    return credit(view, index, leaf, payment.amount);
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

// Pays out on the L1.
Outcome pay_withdrawal(StateView& view, const Withdrawal& withdrawal) {
    if (withdrawal.recipient.is_zero()) return Outcome::wrong(Refusal::kRecipientZero);
    if (withdrawal.amount.is_zero()) return Outcome::wrong(Refusal::kWithdrawalOfZero);
    return withdraw(view, withdrawal);
}

Outcome pay(StateView& view, const PostedOperation& posted, Operation& signed_form) {
    for (size_t i = 0; i < posted.payments.size(); ++i) {
        const PostedPayment& payment = posted.payments[i];
        Address& to = signed_form.payments[i].to;
        Outcome outcome;
        if (posted.kind == OperationKind::kWithdraw) {
            outcome = pay_withdrawal(view, {to, signed_form.token, payment.amount});
        } else if (payment.to.address) {
            outcome = pay_address(view, to, signed_form.token, payment.amount);
        } else {
            outcome = pay_index(view, payment, signed_form.token, to);
        }
        if (!outcome.ok()) return outcome;
    }
    return Outcome::applied();
}

Outcome apply_l1_operations(Env& env, StateView& view, Counters& counters, unsigned count, ApplyObserver* observer) {
    if (count == 0) return Outcome::applied();
    if (!env.expect_l1_operations(counters.l1_ops_consumed, count)) return Outcome::view_failed();
    for (unsigned i = 0; i < count; ++i) {
        const L1Operation* operation = env.l1_operation(counters.l1_ops_consumed);
        if (!operation) return Outcome::view_failed();
        bool took_effect = false;
        if (Outcome outcome = apply_l1_operation(view, *operation, &took_effect); !outcome.ok()) return outcome;
        if (observer) observer->on_l1_operation(counters.l1_ops_consumed, *operation, took_effect);
        ++counters.l1_ops_consumed;
    }
    return Outcome::applied();
}

Outcome apply_signed_operation(Env& env, StateView& view, uint64_t position, const PostedOperation& posted,
                               const Signature& signature, FeeTally& fees, ApplyObserver* observer) {
    Account sender;
    Operation signed_form;
    if (Outcome outcome = execute_operation(view, posted, fees, sender, signed_form); !outcome.ok()) return outcome;
    Hash digest = signed_form.digest(env.domain_separator());
    Outcome outcome = check_signature(env.recovery(), digest, signature, sender.key.owner);
    if (outcome.ok() && observer) observer->on_operation(position, posted, sender, signed_form, digest, signature);
    return outcome;
}

// apply without the way back.
Outcome run(Env& env, StateView& view, Counters& counters, ByteView ops, ByteView sigs, ApplyObserver* observer) {
    auto decoded = decode_ops(ops);
    if (const Refusal* refusal = std::get_if<Refusal>(&decoded)) return Outcome::wrong(*refusal);
    const Chunk& chunk = std::get<Chunk>(decoded);
    size_t count = chunk.operations.size();
    if (sigs.size() != count * Signature::kSize) return Outcome::wrong(Refusal::kSignatureCount);
    if (count > ~uint64_t{0} - counters.op_count) return Outcome::wrong(Refusal::kOpCountOverflow);
    if (u128{counters.l1_ops_consumed} + chunk.l1_operations > env.l1_limit()) return Outcome::wrong(Refusal::kL1LimitExceeded);

    Outcome outcome = apply_l1_operations(env, view, counters, chunk.l1_operations, observer);
    FeeTally fees;
    for (size_t i = 0; i < count && outcome.ok(); ++i) {
        Signature signature = Signature::from(sigs.subspan(i * Signature::kSize));
        outcome = apply_signed_operation(env, view, counters.op_count + i, chunk.operations[i], signature, fees, observer);
    }
    if (outcome.ok()) outcome = apply_fee_leaves(view, chunk.fee_leaves, fees);
    if (outcome.ok()) counters.op_count += count;
    return outcome;
}

}  // namespace

std::optional<Address> SignerRecovery::signer(const Hash& digest, const Signature& signature) const {
    return recover(digest, signature);
}

bool FeeTally::add(const Address& token, Amount fee) {
    for (Entry& entry : entries_) {
        if (entry.token != token) continue;
        auto total = entry.total.plus(fee);
        if (total) entry.total = *total;
        return total.has_value();
    }
    entries_.push_back({token, fee});
    return true;
}

Outcome apply_l1_operation(StateView& view, const L1Operation& operation, bool* took_effect) {
    bool effect = true;
    Outcome outcome =
        operation.kind == L1OperationKind::kDeposit ? apply_deposit(view, operation) : apply_forced(view, operation, effect);
    if (took_effect) *took_effect = effect;
    return outcome;
}

Outcome execute_operation(StateView& view, const PostedOperation& posted, FeeTally& fees, Account& sender,
                          Operation& signed_form) {
    if (posted.sender == 0 || posted.sender >= view.account_count()) return Outcome::wrong(Refusal::kSenderIndex);
    if (!view.read(posted.sender, sender)) return Outcome::view_failed();
    if (sender.nonce == kMaxNonce) return Outcome::wrong(Refusal::kNonceExhausted);

    signed_form = {posted.kind, sender.key.token, {}, posted.fee, sender.nonce, posted.memo};
    for (const PostedPayment& payment : posted.payments) {
        signed_form.payments.push_back({payment.to.address.value_or(Address{}), payment.amount});
    }
    auto total = signed_form.total();
    if (!total || sender.balance < *total) return Outcome::wrong(Refusal::kInsufficientBalance);
    if (Outcome outcome = debit(view, posted.sender, sender, *total); !outcome.ok()) return outcome;
    if (Outcome outcome = pay(view, posted, signed_form); !outcome.ok()) return outcome;
    if (!posted.fee.is_zero() && !fees.add(sender.key.token, posted.fee)) return Outcome::wrong(Refusal::kFeeOverflow);
    return Outcome::applied();
}

Outcome check_signature(const SignerRecovery& recovery, const Hash& digest, const Signature& signature, const Address& owner) {
    auto signer = recovery.signer(digest, signature);
    if (!signer) return Outcome::wrong(Refusal::kSignatureInvalid);
    return *signer == owner ? Outcome::applied() : Outcome::wrong(Refusal::kSignerNotOwner);
}

Outcome apply_fee_leaves(StateView& view, std::span<const uint32_t> fee_leaves, const FeeTally& fees) {
    const std::vector<FeeTally::Entry>& entries = fees.entries();
    if (fee_leaves.size() < entries.size()) return Outcome::wrong(Refusal::kFeeLeafMissing);
    if (fee_leaves.size() > entries.size()) return Outcome::wrong(Refusal::kFeeLeafExtra);
    for (size_t i = 0; i < entries.size(); ++i) {
        uint32_t index = fee_leaves[i];
        if (index == 0 || index >= view.account_count()) return Outcome::wrong(Refusal::kFeeLeafIndex);
        Account leaf;
        if (!view.read(index, leaf)) return Outcome::view_failed();
        if (leaf.key.token != entries[i].token) return Outcome::wrong(Refusal::kFeeLeafToken);
        if (Outcome outcome = credit(view, index, leaf, entries[i].total); !outcome.ok()) return outcome;
    }
    return Outcome::applied();
}

const SignerRecovery& Env::recovery() const {
    static const SignerRecovery recovers;
    return recovers;
}

ListEnv::ListEnv(const Hash& domain_separator, uint64_t l1_limit, std::vector<L1Operation> operations, uint64_t first,
                 const SignerRecovery* recovery)
    : domain_separator_(domain_separator),
      l1_limit_(l1_limit),
      operations_(std::move(operations)),
      first_(first),
      recovery_(recovery) {}

const L1Operation* ListEnv::l1_operation(uint64_t index) {
    if (index < first_ || index - first_ >= operations_.size()) return nullptr;
    return &operations_[index - first_];
}

Outcome apply(Env& env, StateView& view, Counters& counters, ByteView ops, ByteView sigs, ApplyObserver* observer) {
    StateView::Mark start = view.mark();
    Counters before = counters;
    Outcome outcome = run(env, view, counters, ops, sigs, observer);
    if (!outcome.ok()) {
        view.roll_back(start);
        counters = before;
    }
    return outcome;
}

}  // namespace gavel
