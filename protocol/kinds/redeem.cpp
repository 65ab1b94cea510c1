// A redeem: the payee of a channel is paid by the payer's voucher, or closes it, or both.
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

Hash struct_hash(const Hash& type_hash, const Operation& operation) {
    const ChannelWords& words = operation.channel;
    ByteWriter out;
    out.raw(type_hash).word(words.channel).word(operation.token).word(u128{operation.nonce}).word(u128{words.count});
    out.word(u128{words.take}).word(u128{words.close}).word(operation.fee.value());
    return keccak256(out.bytes());
}

std::optional<FormFault> form_fault(const Operation& operation) {
    const ChannelWords& words = operation.channel;
    if (!words.terms.are_right())
        return FormFault{"CHANNEL_TERMS", "terms", "unit above zero, payer and payee different and not zero"};
    if (!words.take && !words.close) return FormFault{"IDLE_REDEEM", "take", "a redeem takes, or closes, or both"};
    if (words.take ? words.count == 0 || words.count > kMaxVoucherCount : words.count != 0)
        return FormFault{"BAD_COUNT", "count", words.take ? "1 to 2^63-2" : "zero where nothing is taken"};
    if (!words.take && !operation.fee.is_zero()) return FormFault{"BAD_FEE", "fee", "zero where nothing is taken"};
    return std::nullopt;
}

void put_head(BitWriter& out, const PostedOperation& operation) {
    const PostedChannel& channel = operation.channel;
    GAVEL_CHECK(channel.take || channel.close);
    out.gamma(!channel.take ? kCloseLines : channel.close ? kTakeAndCloseLines : kTakeLines);
}

// What the leaf gives: to the payee, fee included, and to the payer. `channel` is as it was.
struct Taken {
    Amount taken;
    Amount rest;
    uint64_t nonce = 0;  // of the leaf, from now on
};
Outcome take(const PostedOperation& posted, const Account& channel, Taken& out) {
    const PostedChannel& words = posted.channel;
    uint64_t units = 0;
    if (words.take) {
        if (words.count > Amount{kMaxVoucherCount}) return Outcome::wrong(Refusal::kChannelCount);
        const auto count = static_cast<uint64_t>(words.count.value());
        units = units_due(channel, words.unit, count);
        if (units == 0) return Outcome::wrong(Refusal::kNothingToRedeem);
        if (words.close && units < count - claimed_units(channel)) return Outcome::wrong(Refusal::kInsufficientBalance);
    }
    out.taken = Amount{units * words.unit.value()};  // at most the balance
    if (posted.fee > out.taken) return Outcome::wrong(Refusal::kInsufficientBalance);
    out.rest = words.close ? *channel.balance.minus(out.taken) : Amount{};
    out.nonce = words.close ? kClosedChannel : channel.nonce + units;
    return Outcome::applied();
}

Outcome take_and_pay(StateView& view, const PostedOperation& posted, const Account& channel, Operation& signed_form) {
    Taken out;
    if (Outcome outcome = take(posted, channel, out); !outcome.ok()) return outcome;
    Account leaf = channel;
    leaf.balance = *channel.balance.minus(*out.taken.plus(out.rest));
    leaf.nonce = out.nonce;
    if (!view.write(posted.sender, leaf)) return Outcome::view_failed();

    ChannelTerms& terms = signed_form.channel.terms;
    signed_form.payments = {{{}, *out.taken.minus(posted.fee)}, {{}, out.rest}};
    Address* const parties[] = {&terms.payee, &terms.payer};
    for (size_t i = 0; i < 2; ++i) {
        Payment& payment = signed_form.payments[i];
        Outcome outcome = pay_leaf(view, posted.payments[i].to, signed_form.token, payment.amount, payment.to);
        if (!outcome.ok()) return outcome;
        *parties[i] = payment.to;
    }
    return Outcome::applied();
}

Outcome execute(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees, Account& sender,
                Operation& signed_form) {
    if (Outcome outcome = read_sender(view, posted, sender); !outcome.ok()) return outcome;
    const PostedChannel& words = posted.channel;
    if (!is_open_channel(sender)) return Outcome::wrong(Refusal::kChannelNotOpen);
    if (words.unit.is_zero()) return Outcome::wrong(Refusal::kChannelTerms);

    signed_form = {posted.kind, sender.key.token, {}, posted.fee, claimed_units(sender), {}, {}};
    ChannelWords& signed_words = signed_form.channel;
    signed_words = {{{}, {}, words.unit, words.expiry, words.salt}, sender.key.owner, 0, words.take, words.close};
    if (Outcome outcome = take_and_pay(view, posted, sender, signed_form); !outcome.ok()) return outcome;
    signed_words.count = static_cast<uint64_t>(words.count.value());
    if (!posted.fee.is_zero() && !fees.add(signed_form.token, posted.fee)) return Outcome::wrong(Refusal::kFeeOverflow);
    const bool is_its = signed_words.terms.address(domain_separator) == sender.key.owner;
    return is_its ? Outcome::applied() : Outcome::wrong(Refusal::kChannelTerms);
}

Outcome check_signatures(const SignatureJudge& judge, const Hash& domain_separator, const Hash& digest, const Account& /*sender*/,
                         const Operation& signed_form, ByteView sigs) {
    const ChannelWords& words = signed_form.channel;
    Outcome outcome = judge.check(digest, Signature::from(sigs), words.terms.payee);
    if (!outcome.ok() || !words.take) return outcome;
    const Voucher voucher{words.channel, signed_form.token, words.count};
    return judge.check(voucher.digest(domain_separator), Signature::from(sigs.subspan(Signature::kSize)), words.terms.payer);
}

}  // namespace

constinit const OperationSteps kRedeem{.struct_hash = struct_hash,
                                       .form_fault = form_fault,
                                       .put_head = put_head,
                                       .take_head = take_line_count,
                                       .execute = execute,
                                       .check_signatures = check_signatures};

}  // namespace gavel::kinds
