#include "sequencer/submission.hpp"

#include <fmt/format.h>

#include "protocol/chunk.hpp"
#include "protocol/keys.hpp"

namespace gavel::sequencer {
namespace {

node::Status invalid(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

std::string field_of(const Operation& operation, size_t line, const char* name) {
    switch (operation.kind) {
        case OperationKind::kTransfer: return fmt::format("operation.transfer.{}", name);
        case OperationKind::kWithdraw: return fmt::format("operation.withdraw.{}", name);
        case OperationKind::kPayout: return fmt::format("operation.payout.payments[{}].{}", line, name);
    }
    return "operation";
}

node::Status check_form(const Operation& operation) {
    size_t lines = operation.payments.size();
    if (lines == 0) return invalid("NO_PAYMENT", "operation.payout.payments", "a payout needs at least one payment");
    size_t most = operation.kind == OperationKind::kPayout ? kMaxPayoutLines : 1;
    if (lines > most)
        return invalid("TOO_MANY_PAYMENTS", "operation.payout.payments",
                       fmt::format("at most {} payments fit, not {}", most, lines));
    for (size_t i = 0; i < lines; ++i) {
        const Payment& payment = operation.payments[i];
        if (payment.to.is_zero())
            return invalid("ZERO_RECIPIENT", field_of(operation, i, "to"), "the zero address can't receive");
        if (operation.kind == OperationKind::kWithdraw && payment.amount.is_zero())
            return invalid("ZERO_AMOUNT", field_of(operation, i, "amount"), "a withdrawal of nothing");
    }
    return {};
}

}  // namespace

node::Result<CheckedSubmission> check_submission(const Submission& submission, const Domain& domain,
                                                 const Hash& domain_separator) {
    if (submission.chain_id != domain.chain_id)
        return invalid("WRONG_CHAIN", "chain_id",
                       fmt::format("signed for chain {}, this is chain {}", submission.chain_id, domain.chain_id));
    if (node::Status form = check_form(submission.operation); !form.ok()) return form;
    Hash digest = submission.operation.digest(domain_separator);
    auto signer = recover(digest, submission.signature);
    if (!signer) return invalid("BAD_SIGNATURE", "signature", "no address can be recovered from the signature");
    if (*signer != submission.sender)
        return invalid("WRONG_SIGNER", "sender",
                       fmt::format("the signature over this operation is by {}, not by {}: another key, other words, or another "
                                   "rollup's address in the domain",
                                   to_checksum(*signer), to_checksum(submission.sender)));
    return CheckedSubmission{submission, digest};
}

}  // namespace gavel::sequencer
