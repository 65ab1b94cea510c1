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

}  // namespace

node::Result<CheckedOperation> check_submission(const Submission& submission, const Domain& domain,
                                                const Hash& domain_separator) {
    if (submission.chain_id != domain.chain_id)
        return invalid("WRONG_CHAIN", "chain_id",
                       fmt::format("signed for chain {}, this is chain {}", submission.chain_id, domain.chain_id));
    if (node::Status form = check_form(submission.operation); !form.ok()) return form;
    CheckedOperation out = ledger::with_names(submission.operation, submission.sender, submission.signature, domain_separator);
    auto signer = recover(out.digest, submission.signature);
    if (!signer) return invalid("BAD_SIGNATURE", "signature", "no address can be recovered from the signature");
    if (*signer != submission.sender)
        return invalid("WRONG_SIGNER", "sender",
                       fmt::format("the signature over this operation is by {}, not by {}: another key, other words, or another "
                                   "rollup's address in the domain",
                                   to_checksum(*signer), to_checksum(submission.sender)));
    return out;
}

}  // namespace gavel::sequencer
