// What comes in, and what is answered, in the domain's types.
#pragma once

#include "api/sequencer.hpp"
#include "follow/signature_checker.hpp"
#include "ledger/records.hpp"

namespace gavel::sequencer {

using api::FeeQuote;
using api::OperationShape;
using api::Submission;
using api::SubmitOutcome;
using ledger::CheckedOperation;

// Form and domain of a submission, without looking at any state or signature. Thread-safe.
// Refusals: INVALID_ARGUMENT with WRONG_CHAIN chain_id; NO_PAYMENT, TOO_MANY_PAYMENTS, ZERO_RECIPIENT, ZERO_AMOUNT, ZERO_UNIT,
// PAYEE_IS_PAYER, CHANNEL_TERMS, IDLE_REDEEM, BAD_COUNT, BAD_FEE at the field; FIELD_MISSING, FIELD_CONFLICT at a redeem's
// voucher.
node::Result<CheckedOperation> read_submission(const Submission& submission, const Domain& domain, const Hash& domain_separator);
// What has to hold of the signatures of one that was read.
void add_claims(const CheckedOperation& read, const Hash& domain_separator, std::vector<follow::SignatureClaim>& claims);
// Whether they do, one after the other, and else what is wrong. Thread-safe; this is where the time goes.
// Refusals: INVALID_ARGUMENT with BAD_SIGNATURE signature, WRONG_SIGNER sender or terms.payee, and both at a redeem's voucher.
node::Status check_signatures(const CheckedOperation& read, const Hash& domain_separator);
// All of it.
node::Result<CheckedOperation> check_submission(const Submission& submission, const Domain& domain, const Hash& domain_separator);

}  // namespace gavel::sequencer
