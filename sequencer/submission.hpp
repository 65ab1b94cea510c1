// What comes in, and what is answered, in the domain's types.
#pragma once

#include <functional>
#include <optional>

#include "ledger/ledger.hpp"
#include "node/status.hpp"
#include "protocol/operation.hpp"

namespace gavel::sequencer {

struct Submission {
    Operation operation;
    Signature signature;
    // What the client believes; neither is signed. With them the answer can tell whether key, operation or domain is at fault.
    Address sender;
    uint64_t chain_id = 0;
};

// Either a receipt, or why there is none.
struct SubmitOutcome {
    node::Status status;
    ledger::OperationReceipt receipt;        // meaningful if status is OK
    std::optional<uint64_t> expected_nonce;  // of a refusal for its nonce

    static SubmitOutcome refused(node::Code code, std::string reason, std::string field, std::string message) {
        return {{code, std::move(reason), std::move(field), std::move(message)}, {}, {}};
    }
};

// A submission whose form and signature have been found right: its sender has signed its digest.
struct CheckedSubmission {
    Submission submission;
    Hash digest;
};

// Form, domain and signature, without looking at any state. Thread-safe; this is where the time goes.
// Refusals: INVALID_ARGUMENT with WRONG_CHAIN chain_id; NO_PAYMENT, TOO_MANY_PAYMENTS, ZERO_RECIPIENT, ZERO_AMOUNT at the field;
// BAD_SIGNATURE signature, WRONG_SIGNER sender.
node::Result<CheckedSubmission> check_submission(const Submission& submission, const Domain& domain,
                                                 const Hash& domain_separator);

}  // namespace gavel::sequencer
