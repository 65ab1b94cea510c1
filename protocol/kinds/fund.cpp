// A fund: the payer opens a channel, or adds to it.
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

Hash struct_hash(const Hash& type_hash, const Operation& operation) {
    GAVEL_CHECK(operation.payments.size() == 1);
    const ChannelTerms& terms = operation.channel.terms;
    ByteWriter out;
    out.raw(type_hash).word(operation.token).word(terms.payee).word(terms.unit.value()).word(u128{terms.expiry});
    out.word(u128{terms.salt}).word(operation.payments[0].amount.value()).word(operation.fee.value());
    out.word(u128{operation.nonce});
    return keccak256(out.bytes());
}

std::optional<FormFault> form_fault(const Operation& operation) {
    const ChannelTerms& terms = operation.channel.terms;
    if (operation.payments.size() != 1 || operation.payments[0].amount.is_zero())
        return FormFault{"ZERO_AMOUNT", "amount", "nothing can't be put into a channel"};
    if (terms.unit.is_zero()) return FormFault{"ZERO_UNIT", "unit", "a channel's unit is above zero"};
    if (terms.payee.is_zero()) return FormFault{"ZERO_RECIPIENT", "payee", "the zero address can't receive"};
    if (terms.payee == terms.payer) return FormFault{"PAYEE_IS_PAYER", "payee", "nobody opens a channel to himself"};
    return std::nullopt;
}

void put_head(BitWriter& out, const PostedOperation& /*operation*/) { out.gamma(kFundLines); }

Outcome fund_leaf(StateView& view, const AccountKey& key, Amount amount) {
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    if (!found.present) {
        if (view.account_count() == kMaxAccountCount) return Outcome::wrong(Refusal::kAccountTreeFull);
        return insert(view, found, key, amount, kChannelMark);
    }
    const bool marks = found.leaf.nonce == 0;  // one that a payment has made before
    if (!marks && !is_open_channel(found.leaf)) return Outcome::wrong(Refusal::kChannelNotOpen);
    if (marks) found.leaf.nonce = kChannelMark;
    return credit(view, found.index, found.leaf, amount);
}

Outcome pay_channel(StateView& view, const Hash& domain_separator, const PostedOperation& posted, Operation& signed_form) {
    const ChannelTerms& terms = signed_form.channel.terms;
    if (!terms.are_right()) return Outcome::wrong(Refusal::kChannelTerms);
    const Amount amount = posted.payments[0].amount;
    if (amount.is_zero()) return Outcome::wrong(Refusal::kFundOfZero);
    Address& channel = signed_form.payments[0].to;
    channel = terms.address(domain_separator);
    return fund_leaf(view, {channel, signed_form.token}, amount);
}

Outcome execute(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees, Account& sender,
                Operation& signed_form) {
    return execute_sent(view, domain_separator, posted, fees, sender, signed_form, pay_channel);
}

}  // namespace

constinit const OperationSteps kFund{.struct_hash = struct_hash,
                                     .form_fault = form_fault,
                                     .put_head = put_head,
                                     .take_head = take_line_count,
                                     .execute = execute,
                                     .check_signatures = signed_by_sender};

}  // namespace gavel::kinds
