// The verifier for clients in its own process, without gRPC: for tests and simulations.
#pragma once

#include "query/direct_query.hpp"
#include "verifier/streams.hpp"
#include "verifier/verifier.hpp"

namespace gavel::verifier {

class DirectVerifier final : public query::DirectQuery<api::Verifier> {
public:
    // `verifier` must outlive it.
    DirectVerifier(const verifier::Verifier& verifier, query::Idle idle)
        : DirectQuery(verifier.queries(), "verifier", std::move(idle)), verifier_(verifier) {}

    node::Result<api::VerifierStatus> status() override { return verifier_.status(); }
    node::Result<api::FraudProof> fraud_proof(uint64_t batch, const std::optional<Hash>& hash) override {
        return verifier_.findings().fraud_proof_about(batch, hash);
    }
    node::Status verdicts(uint64_t from_batch, const api::Take<api::Verdict>& take, const api::Step& step) override {
        return query::run_stream<api::Verdict>(VerdictStream(verifier_.findings(), from_batch), take, step, idle_);
    }
    node::Status fraud_proofs(uint64_t from_batch, const api::Take<api::FraudProof>& take, const api::Step& step) override {
        return query::run_stream<api::FraudProof>(FraudProofStream(verifier_.findings(), from_batch), take, step, idle_);
    }

private:
    const verifier::Verifier& verifier_;
};

}  // namespace gavel::verifier
