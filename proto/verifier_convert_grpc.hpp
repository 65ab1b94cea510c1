// Between the verifier's answers and the messages of gavel.v1 (see convert_grpc.hpp).
#pragma once

#include "gavel/v1/verifier.pb.h"

#include "api/verifier.hpp"

namespace gavel::proto {

void to_pb(const api::VerifierStatus& status, v1::VerifierStatus& message);
void to_pb(const api::Verdict& verdict, v1::Verdict& message);
void to_pb(const api::FraudProof& proof, v1::FraudProof& message);

node::Result<api::VerifierStatus> from_pb(const v1::VerifierStatus& message, const std::string& field);
node::Result<api::Verdict> from_pb(const v1::Verdict& message, const std::string& field);
node::Result<api::FraudProof> from_pb(const v1::FraudProof& message, const std::string& field);

}  // namespace gavel::proto
