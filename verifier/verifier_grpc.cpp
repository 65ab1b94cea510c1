#include "verifier/verifier_grpc.hpp"

#include "proto/convert_grpc.hpp"

namespace gavel::verifier {
namespace {

constexpr uint64_t kStreamStep_ms = 250;  // how long a stream may sit without looking whether it is still wanted
constexpr size_t kStreamPage = 100;

node::Status ended() { return {node::Code::kCancelled, "CANCELLED", "", "the stream was ended"}; }

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

grpc::Status VerifierService::GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest*, v1::VerifierStatus* reply) {
    return ledger::handle(*context, [&] {
        to_pb(verifier_.status(), *reply);
        return node::Status{};
    });
}

grpc::Status VerifierService::Verdicts(grpc::ServerContext* context, const v1::VerdictsRequest* request,
                                       grpc::ServerWriter<v1::Verdict>* writer) {
    return ledger::handle(*context, [&]() -> node::Status {
        ledger::StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return ledger::StreamSlots::none_left();
        const Findings& findings = verifier_.findings();
        for (uint64_t at = 0; !context->IsCancelled();) {
            auto page = findings.verdicts(at, request->from_batch(), kStreamPage);
            for (const VerdictRecord& verdict : page.verdicts) {
                v1::Verdict message;
                to_pb(verdict, message);
                if (!writer->Write(message)) return ended();
            }
            at = page.next;
            if (page.verdicts.empty()) findings.wait_for_verdicts(at, kStreamStep_ms);
        }
        return ended();
    });
}

grpc::Status VerifierService::FraudProofs(grpc::ServerContext* context, const v1::FraudProofsRequest* request,
                                          grpc::ServerWriter<v1::FraudProof>* writer) {
    return ledger::handle(*context, [&]() -> node::Status {
        ledger::StreamSlots::Slot slot(streams_);
        if (!slot.ok()) return ledger::StreamSlots::none_left();
        const Findings& findings = verifier_.findings();
        for (uint64_t known = 0; !context->IsCancelled();) {
            auto changes = findings.fraud_proofs_changed_after(known, request->from_batch());
            for (const FraudProofRecord& proof : changes.proofs) {
                v1::FraudProof message;
                to_pb(proof, message);
                if (!writer->Write(message)) return ended();
            }
            known = changes.known;
            findings.wait_for_proofs(known, kStreamStep_ms);
        }
        return ended();
    });
}

grpc::Status VerifierService::GetFraudProof(grpc::ServerContext* context, const v1::GetFraudProofRequest* request,
                                            v1::FraudProof* reply) {
    return ledger::handle(*context, [&]() -> node::Status {
        auto proof = verifier_.findings().latest_fraud_proof(request->batch());
        if (!proof) {
            return {node::Code::kNotFound, "UNKNOWN_FRAUD_PROOF", "batch",
                    "no batch number " + std::to_string(request->batch()) + " is known to be false"};
        }
        to_pb(*proof, *reply);
        return {};
    });
}

}  // namespace gavel::verifier
