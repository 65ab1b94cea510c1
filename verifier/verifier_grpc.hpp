// The Verifier service of gavel.v1.
#pragma once

#include "gavel/v1/verifier.grpc.pb.h"

#include "node/grpc_calls.hpp"
#include "verifier/verifier.hpp"

namespace gavel::verifier {

// Thread-safe. `verifier` must outlive it, and it its server's stop.
class VerifierService final : public node::CallService<v1::Verifier> {
public:
    explicit VerifierService(const Verifier& verifier, node::CallLimits limits = {});

private:
    node::Status get_status(const v1::GetStatusRequest& request, v1::VerifierStatus& reply);
    node::Result<node::Calls::SourceOf<v1::Verdict>> verdicts(const v1::VerdictsRequest& request);
    node::Result<node::Calls::SourceOf<v1::FraudProof>> fraud_proofs(const v1::FraudProofsRequest& request);
    node::Status get_fraud_proof(const v1::GetFraudProofRequest& request, v1::FraudProof& reply);

    const Verifier& verifier_;
};

}  // namespace gavel::verifier
