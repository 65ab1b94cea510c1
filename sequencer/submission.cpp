#include "sequencer/submission.hpp"

#include <fmt/format.h>

#include "protocol/keys.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::sequencer {
namespace {

node::Status invalid(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

// A kind's name is its field on the wire.
node::Status check_form(const Operation& operation) {
    const OperationTraits& traits = traits_of(operation.kind);
    auto fault = traits.steps->form_fault(operation);
    if (!fault) return {};
    return invalid(fault->reason, fmt::format("operation.{}.{}", traits.name, fault->field), std::move(fault->message));
}

// What a fund's or redeem's terms imply: the channel's address, and of a fund the payer. What the submission says of the address
// must be that, if it says anything; what a redeem will have paid is the state's to tell.
node::Status complete_channel(Operation& operation, const Address& sender, const Hash& domain_separator) {
    if (!is_of_channel(operation.kind)) return {};
    const bool is_fund = operation.kind == OperationKind::kFund;
    ChannelWords& words = operation.channel;
    if (is_fund) words.terms.payer = sender;
    else operation.payments.clear();
    if (is_fund && operation.payments.size() != 1) return {};  // a fault of form
    const Address channel = words.terms.address(domain_separator);
    Address& said = is_fund ? operation.payments.front().to : words.channel;
    if (!said.is_zero() && said != channel)
        return invalid("CHANNEL_TERMS", fmt::format("operation.{}.channel", name_of(operation.kind)),
                       "the terms are those of " + to_checksum(channel) + ", not of " + to_checksum(said));
    said = channel;
    return {};
}

node::Status check_voucher(const CheckedOperation& checked, const Hash& domain_separator) {
    const Operation& operation = checked.operation;
    constexpr const char* kField = "operation.redeem.voucher";
    if (!operation.channel.take)
        return checked.voucher ? invalid("FIELD_CONFLICT", kField, "is looked at only with take") : node::Status{};
    if (!checked.voucher) return invalid("FIELD_MISSING", kField, "a redeem that takes needs the payer's signature");
    auto signer = recover(ledger::voucher_of(operation).digest(domain_separator), *checked.voucher);
    if (!signer) return invalid("BAD_SIGNATURE", kField, "no address can be recovered from the voucher's signature");
    const Address& payer = operation.channel.terms.payer;
    if (*signer == payer) return {};
    return invalid("WRONG_SIGNER", kField,
                   fmt::format("the voucher for {} units of {} is signed by {}, not by the payer {}", operation.channel.count,
                               to_checksum(operation.channel.channel), to_checksum(*signer), to_checksum(payer)));
}

}  // namespace

node::Result<CheckedOperation> check_submission(const Submission& submission, const Domain& domain,
                                                const Hash& domain_separator) {
    if (submission.chain_id != domain.chain_id)
        return invalid("WRONG_CHAIN", "chain_id",
                       fmt::format("signed for chain {}, this is chain {}", submission.chain_id, domain.chain_id));
    Operation operation = submission.operation;
    const node::Status channel = complete_channel(operation, submission.sender, domain_separator);
    if (node::Status form = check_form(operation); !form.ok()) return form;
    if (!channel.ok()) return channel;
    CheckedOperation out =
        ledger::with_names(operation, submission.sender, submission.signature, domain_separator, submission.voucher);
    auto signer = recover(out.digest, submission.signature);
    if (!signer) return invalid("BAD_SIGNATURE", "signature", "no address can be recovered from the signature");
    if (*signer != submission.sender)
        return invalid("WRONG_SIGNER", "sender",
                       fmt::format("the signature over this operation is by {}, not by {}: another key, other words, or another "
                                   "rollup's address in the domain",
                                   to_checksum(*signer), to_checksum(submission.sender)));
    if (operation.kind == OperationKind::kRedeem && *signer != operation.channel.terms.payee)
        return invalid("WRONG_SIGNER", "operation.redeem.terms.payee",
                       fmt::format("a redeem is the payee's to sign, {}, not {}'s", to_checksum(operation.channel.terms.payee),
                                   to_checksum(*signer)));
    if (node::Status voucher = check_voucher(out, domain_separator); !voucher.ok()) return voucher;
    return out;
}

}  // namespace gavel::sequencer
