#include "verifier/verifier_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/stream_grpc.hpp"
#include "proto/verifier_convert_grpc.hpp"
#include "verifier/streams.hpp"

namespace gavel::verifier {
namespace {

constexpr uint64_t kNewsStep_ms = 250;

}  // namespace

VerifierService::VerifierService(const Verifier& verifier, node::CallLimits limits)
    : CallService(limits, [&findings = verifier.findings(),
                           known = Findings::Known{}]() mutable { known = findings.wait_for_news(known, kNewsStep_ms); }),
      verifier_(verifier) {
    on("GetStatus", &VerifierService::get_status);
    on("Verdicts", &VerifierService::verdicts);
    on("FraudProofs", &VerifierService::fraud_proofs);
    on("GetFraudProof", &VerifierService::get_fraud_proof);
}

node::Status VerifierService::get_status(const v1::GetStatusRequest&, v1::VerifierStatus& reply) {
    proto::to_pb(verifier_.status(), reply);
    return node::Status{};
}

node::Result<node::Calls::SourceOf<v1::Verdict>> VerifierService::verdicts(const v1::VerdictsRequest& request) {
    return proto::as_messages<api::Verdict, v1::Verdict>(VerdictStream(verifier_.findings(), request.from_batch()), proto::to_pb);
}

node::Result<node::Calls::SourceOf<v1::FraudProof>> VerifierService::fraud_proofs(const v1::FraudProofsRequest& request) {
    return proto::as_messages<api::FraudProof, v1::FraudProof>(FraudProofStream(verifier_.findings(), request.from_batch()),
                                                               proto::to_pb);
}

node::Status VerifierService::get_fraud_proof(const v1::GetFraudProofRequest& request, v1::FraudProof& reply) {
    std::optional<Hash> asked;
    if (!request.batch_hash().empty()) {
        auto hash = proto::hash_from_pb(request.batch_hash(), "batch_hash");
        if (!hash) return hash.status();
        asked = *hash;
    }
    auto proof = verifier_.findings().fraud_proof_about(request.batch(), asked);
    if (!proof) return proof.status();
    proto::to_pb(*proof, reply);
    return {};
}

}  // namespace gavel::verifier
