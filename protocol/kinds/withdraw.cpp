// A withdrawal: one payment to somebody on the L1, who claims it there.
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

Hash struct_hash(const Hash& type_hash, const Operation& operation) {
    GAVEL_CHECK(operation.payments.size() == 1);
    const Payment& payment = operation.payments[0];
    ByteWriter out;
    out.raw(type_hash).word(operation.token).word(payment.to).word(payment.amount.value());
    out.word(operation.fee.value()).word(u128{operation.nonce});
    return keccak256(out.bytes());
}

std::optional<FormFault> form_fault(const Operation& operation) {
    if (auto fault = payments_fault(operation)) return fault;
    if (operation.payments[0].amount.is_zero()) return FormFault{"ZERO_AMOUNT", "amount", "a withdrawal of nothing"};
    return std::nullopt;
}

Outcome pay_on_l1(StateView& view, const Hash& /*domain_separator*/, const PostedOperation& /*posted*/, Operation& signed_form) {
    for (const Payment& payment : signed_form.payments) {
        const Withdrawal withdrawal{payment.to, signed_form.token, payment.amount};
        if (withdrawal.recipient.is_zero()) return Outcome::wrong(Refusal::kRecipientZero);
        if (withdrawal.amount.is_zero()) return Outcome::wrong(Refusal::kWithdrawalOfZero);
        if (Outcome outcome = withdraw(view, withdrawal); !outcome.ok()) return outcome;
    }
    return Outcome::applied();
}

Outcome execute(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees, Account& sender,
                Operation& signed_form) {
    return execute_sent(view, domain_separator, posted, fees, sender, signed_form, pay_on_l1);
}

}  // namespace

constinit const OperationSteps kWithdraw{.struct_hash = struct_hash,
                                         .form_fault = form_fault,
                                         .put_head = put_no_head,
                                         .take_head = take_no_head,
                                         .execute = execute,
                                         .check_signatures = signed_by_sender};

}  // namespace gavel::kinds
