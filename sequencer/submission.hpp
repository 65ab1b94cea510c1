// What comes in, and what is answered, in the domain's types.
#pragma once

#include "api/sequencer.hpp"
#include "ledger/records.hpp"

namespace gavel::sequencer {

using api::FeeQuote;
using api::OperationShape;
using api::Submission;
using api::SubmitOutcome;
using ledger::CheckedOperation;

// Form, domain and signature, without looking at any state. Thread-safe; this is where the time goes.
// Refusals: INVALID_ARGUMENT with WRONG_CHAIN chain_id; NO_PAYMENT, TOO_MANY_PAYMENTS, ZERO_RECIPIENT, ZERO_AMOUNT, ZERO_UNIT,
// PAYEE_IS_PAYER, CHANNEL_TERMS, IDLE_REDEEM, BAD_COUNT, BAD_FEE at the field; BAD_SIGNATURE signature, WRONG_SIGNER sender;
// FIELD_MISSING, FIELD_CONFLICT, BAD_SIGNATURE, WRONG_SIGNER at a redeem's voucher.
node::Result<CheckedOperation> check_submission(const Submission& submission, const Domain& domain, const Hash& domain_separator);

}  // namespace gavel::sequencer
