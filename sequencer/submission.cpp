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

constexpr const char* kVoucher = "operation.redeem.voucher";

node::Status check_voucher_given(const Operation& operation, const std::optional<Signature>& voucher) {
    if (operation.kind != OperationKind::kRedeem || !operation.channel.take)
        return voucher ? invalid("FIELD_CONFLICT", kVoucher, "is looked at only with take") : node::Status{};
    return voucher ? node::Status{} : invalid("FIELD_MISSING", kVoucher, "a redeem that takes needs the payer's signature");
}

node::Status check_voucher(const CheckedOperation& read, const Hash& domain_separator) {
    const Operation& operation = read.operation;
    if (!read.voucher) return {};
    auto signer = recover(ledger::voucher_of(operation).digest(domain_separator), *read.voucher);
    if (!signer) return invalid("BAD_SIGNATURE", kVoucher, "no address can be recovered from the voucher's signature");
    const Address& payer = operation.channel.terms.payer;
    if (*signer == payer) return {};
    return invalid("WRONG_SIGNER", kVoucher,
                   fmt::format("the voucher for {} units of {} is signed by {}, not by the payer {}", operation.channel.count,
                               to_checksum(operation.channel.channel), to_checksum(*signer), to_checksum(payer)));
}

node::Status check_payee(const CheckedOperation& read) {
    const Operation& operation = read.operation;
    if (operation.kind != OperationKind::kRedeem || read.sender == operation.channel.terms.payee) return {};
    return invalid("WRONG_SIGNER", "operation.redeem.terms.payee",
                   fmt::format("a redeem is the payee's to sign, {}, not {}'s", to_checksum(operation.channel.terms.payee),
                               to_checksum(read.sender)));
}

}  // namespace

node::Result<CheckedOperation> read_submission(const Submission& submission, const Domain& domain, const Hash& domain_separator) {
    if (submission.chain_id != domain.chain_id)
        return invalid("WRONG_CHAIN", "chain_id",
                       fmt::format("signed for chain {}, this is chain {}", submission.chain_id, domain.chain_id));
    Operation operation = submission.operation;
    const node::Status channel = complete_channel(operation, submission.sender, domain_separator);
    if (node::Status form = check_form(operation); !form.ok()) return form;
    if (!channel.ok()) return channel;
    if (node::Status voucher = check_voucher_given(operation, submission.voucher); !voucher.ok()) return voucher;
    return ledger::with_names(operation, submission.sender, submission.signature, domain_separator, submission.voucher);
}

void add_claims(const CheckedOperation& read, const Hash& domain_separator, std::vector<follow::SignatureClaim>& claims) {
    claims.push_back({read.digest, read.signature, check_payee(read).ok() ? read.sender : Address{}});  // nobody's: never holds
    if (!read.voucher) return;
    const Hash voucher = ledger::voucher_of(read.operation).digest(domain_separator);
    claims.push_back({voucher, *read.voucher, read.operation.channel.terms.payer});
}

node::Status check_signatures(const CheckedOperation& read, const Hash& domain_separator) {
    auto signer = recover(read.digest, read.signature);
    if (!signer) return invalid("BAD_SIGNATURE", "signature", "no address can be recovered from the signature");
    if (*signer != read.sender)
        return invalid("WRONG_SIGNER", "sender",
                       fmt::format("the signature over this operation is by {}, not by {}: another key, other words, or another "
                                   "rollup's address in the domain",
                                   to_checksum(*signer), to_checksum(read.sender)));
    if (node::Status payee = check_payee(read); !payee.ok()) return payee;
    return check_voucher(read, domain_separator);
}

node::Result<CheckedOperation> check_submission(const Submission& submission, const Domain& domain,
                                                const Hash& domain_separator) {
    auto read = read_submission(submission, domain, domain_separator);
    if (!read) return read;
    if (node::Status signatures = check_signatures(*read, domain_separator); !signatures.ok()) return signatures;
    return read;
}

}  // namespace gavel::sequencer
