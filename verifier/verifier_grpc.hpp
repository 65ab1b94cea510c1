// The Verifier service of gavel.v1.
#pragma once

#include "gavel/v1/verifier.grpc.pb.h"

#include "node/grpc_calls.hpp"
#include "verifier/verifier.hpp"

namespace gavel::verifier {

// Each method from the bytes as they came (node/grpc_calls.hpp).
using RawVerifier =
    v1::Verifier::WithRawCallbackMethod_GetStatus<
    v1::Verifier::WithRawCallbackMethod_Verdicts<
    v1::Verifier::WithRawCallbackMethod_FraudProofs<
    v1::Verifier::WithRawCallbackMethod_GetFraudProof<
    v1::Verifier::Service>>>>;

// Thread-safe. `verifier` must outlive it, and it its server's stop.
class VerifierService final : public RawVerifier {
public:
    explicit VerifierService(const Verifier& verifier, node::CallLimits limits = {});

    using Context = grpc::CallbackServerContext;
    using Bytes = grpc::ByteBuffer;
    using Reactor = grpc::ServerUnaryReactor;
    using Writer = grpc::ServerWriteReactor<Bytes>;
    Reactor* GetStatus(Context* context, const Bytes* request, Bytes* reply) override;
    Writer* Verdicts(Context* context, const Bytes* request) override;
    Writer* FraudProofs(Context* context, const Bytes* request) override;
    Reactor* GetFraudProof(Context* context, const Bytes* request, Bytes* reply) override;

private:
    const Verifier& verifier_;
    node::Calls calls_;
};

void to_pb(const VerdictRecord& verdict, v1::Verdict& message);
void to_pb(const FraudProofRecord& proof, v1::FraudProof& message);
void to_pb(const VerifierStatus& status, v1::VerifierStatus& message);

}  // namespace gavel::verifier
