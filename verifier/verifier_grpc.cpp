#include "verifier/verifier_grpc.hpp"

#include "proto/convert_grpc.hpp"

namespace gavel::verifier {
namespace {

using node::Next;
using node::Result;

constexpr uint64_t kNewsStep_ms = 250;
constexpr size_t kStreamPage = 100;

// Sources of streams: each gives its next message, if there is one now, from a page that it holds.

class VerdictSource {
public:
    VerdictSource(const Findings& findings, uint64_t from_batch) : findings_(findings), from_batch_(from_batch) {}

    Result<Next> operator()(v1::Verdict& message) {
        if (told_ == page_.verdicts.size()) {
            page_ = findings_.verdicts(page_.next, from_batch_, kStreamPage);
            told_ = 0;
        }
        if (page_.verdicts.empty()) return Next::kLater;
        to_pb(page_.verdicts[told_++], message);
        return Next::kMessage;
    }

private:
    const Findings& findings_;
    uint64_t from_batch_;
    Findings::VerdictPage page_;
    size_t told_ = 0;
};

// One proof at a time: they are large.
class FraudProofSource {
public:
    FraudProofSource(const Findings& findings, uint64_t from_batch) : findings_(findings), from_batch_(from_batch) {}

    Result<Next> operator()(v1::FraudProof& message) {
        auto change = findings_.next_changed_proof(known_, from_batch_);
        known_ = change.known;
        if (!change.proof) return Next::kLater;
        to_pb(*change.proof, message);
        return Next::kMessage;
    }

private:
    const Findings& findings_;
    uint64_t from_batch_;
    uint64_t known_ = 0;
};

}  // namespace

// ---- To messages ----

void to_pb(const VerdictRecord& verdict, v1::Verdict& message) {
    message.set_batch(verdict.number);
    message.set_batch_hash(proto::to_pb_bytes(verdict.hash));
    message.set_kind(static_cast<v1::VerdictKind>(verdict.kind));
    proto::to_pb(verdict.last, *message.mutable_last());
    message.set_op_count(verdict.op_count);
    message.set_posted_at_s(verdict.posted_at);
    message.set_verified_at_ms(verdict.verified_at_ms);
    if (verdict.kind != VerdictKind::kFalse) return;
    message.set_chunk(verdict.chunk);
    message.set_refusal(gavel::name_of(verdict.refusal));
    message.set_claimed(proto::to_pb_bytes(verdict.claimed));
    message.set_computed(proto::to_pb_bytes(verdict.computed));
}

void to_pb(const FraudProofRecord& proof, v1::FraudProof& message) {
    message.set_batch(proof.number);
    message.set_batch_hash(proto::to_pb_bytes(proof.hash));
    message.set_chunk(proof.chunk);
    message.set_refusal(gavel::name_of(proof.refusal));
    message.set_proof(string_of(proof.proof));
    message.set_stage(static_cast<v1::FraudProofStage>(proof.stage));
    if (proof.prove_tx) message.set_prove_transaction(proto::to_pb_bytes(*proof.prove_tx));
    message.set_gas_used(proof.gas_used);
}

void to_pb(const VerifierStatus& status, v1::VerifierStatus& message) {
    message.set_l1_block(status.l1_block);
    message.set_l1_time_s(status.l1_time);
    message.set_l1_head(status.l1_head);
    message.set_verified_batch(status.verified_batch);
    message.set_head_batch(status.head_batch);
    message.set_final_batch(status.final_batch);
    message.set_synced(status.is_synced);
    message.set_can_prove(status.can_prove);
    message.set_claims(status.claims);
    for (const Warning& warning : status.warnings) {
        v1::Warning& told = *message.add_warnings();
        told.set_reason(warning.reason);
        told.set_message(warning.message);
        told.set_since_s(warning.since);
    }
}

// ---- Handlers ----

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
    to_pb(verifier_.status(), reply);
    return node::Status{};
}

node::Result<node::Calls::SourceOf<v1::Verdict>> VerifierService::verdicts(const v1::VerdictsRequest& request) {
    return node::Calls::SourceOf<v1::Verdict>(VerdictSource(verifier_.findings(), request.from_batch()));
}

node::Result<node::Calls::SourceOf<v1::FraudProof>> VerifierService::fraud_proofs(const v1::FraudProofsRequest& request) {
    return node::Calls::SourceOf<v1::FraudProof>(FraudProofSource(verifier_.findings(), request.from_batch()));
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
    to_pb(*proof, reply);
    return {};
}

}  // namespace gavel::verifier
