// The Verifier service of gavel.v1.
#pragma once

#include "gavel/v1/verifier.grpc.pb.h"

#include "ledger/handler_grpc.hpp"
#include "verifier/verifier.hpp"

namespace gavel::verifier {

// Thread-safe. `verifier` must outlive it. Streams wait in bounded steps, and end when client or server is done with them.
class VerifierService final : public v1::Verifier::Service {
public:
    explicit VerifierService(const Verifier& verifier, unsigned max_streams = 200) : verifier_(verifier), streams_(max_streams) {}

    grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request, v1::VerifierStatus* reply) override;
    grpc::Status Verdicts(grpc::ServerContext* context, const v1::VerdictsRequest* request,
                          grpc::ServerWriter<v1::Verdict>* writer) override;
    grpc::Status FraudProofs(grpc::ServerContext* context, const v1::FraudProofsRequest* request,
                             grpc::ServerWriter<v1::FraudProof>* writer) override;
    grpc::Status GetFraudProof(grpc::ServerContext* context, const v1::GetFraudProofRequest* request,
                               v1::FraudProof* reply) override;

private:
    const Verifier& verifier_;
    ledger::StreamSlots streams_;
};

void to_pb(const VerdictRecord& verdict, v1::Verdict& message);
void to_pb(const FraudProofRecord& proof, v1::FraudProof& message);
void to_pb(const VerifierStatus& status, v1::VerifierStatus& message);

}  // namespace gavel::verifier
