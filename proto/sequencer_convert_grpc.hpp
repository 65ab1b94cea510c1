// Between what the sequencer is asked and answers and the messages of gavel.v1 (see convert_grpc.hpp).
#pragma once

#include "gavel/v1/sequencer.pb.h"

#include "api/sequencer.hpp"

namespace gavel::proto {

void to_pb(const api::Submission& submission, v1::SubmitRequest& message);
void to_pb(const std::vector<api::Submission>& submissions, v1::SubmitBatch& message);
void to_pb(const api::Receipt& receipt, v1::Receipt& message);
void to_pb(const api::SubmitOutcome& outcome, v1::SubmitResult& message);
void to_pb(const std::vector<api::SubmitOutcome>& outcomes, v1::SubmitBatchResult& message);
void to_pb(const Address& token, const api::OperationShape& shape, v1::EstimateFeeRequest& message);
void to_pb(const api::FeeQuote& quote, v1::FeeEstimate& message);
void to_pb(const api::Page<api::OperationInfo>& page, v1::GetRolledBackResponse& message);

node::Result<api::Submission> from_pb(const v1::SubmitRequest& message, const std::string& field);
node::Result<api::Receipt> from_pb(const v1::Receipt& message, const std::string& field);
// An outcome that is an error is a value, too.
node::Result<api::SubmitOutcome> from_pb(const v1::SubmitResult& message, const std::string& field);
node::Result<std::vector<api::SubmitOutcome>> from_pb(const v1::SubmitBatchResult& message, const std::string& field);
node::Result<api::FeeQuote> from_pb(const v1::FeeEstimate& message, const std::string& field);
node::Result<api::Page<api::OperationInfo>> from_pb(const v1::GetRolledBackResponse& message, const std::string& field);

}  // namespace gavel::proto
