#include "proto/verifier_convert_grpc.hpp"

#include "proto/convert_grpc.hpp"
#include "proto/field_reader.hpp"

namespace gavel::proto {
namespace {

using namespace api;
using node::Code;
using node::Result;
using node::Status;
using Reader = FieldReader;

constexpr size_t kMaxProof = 131'072;  // bytes, as gavel.v1 says

std::optional<VerdictKind> kind_of(v1::VerdictKind kind) {
    switch (kind) {
        case v1::VERDICT_KIND_TRUE: return VerdictKind::kTrue;
        case v1::VERDICT_KIND_FALSE: return VerdictKind::kFalse;
        case v1::VERDICT_KIND_ON_FALSE: return VerdictKind::kOnFalse;
        default: return std::nullopt;
    }
}

std::optional<ProofStage> stage_of(v1::FraudProofStage stage) {
    switch (stage) {
        case v1::FRAUD_PROOF_STAGE_BUILT: return ProofStage::kBuilt;
        case v1::FRAUD_PROOF_STAGE_COMMITTED: return ProofStage::kCommitted;
        case v1::FRAUD_PROOF_STAGE_PROVEN: return ProofStage::kProven;
        case v1::FRAUD_PROOF_STAGE_STRUCK: return ProofStage::kStruck;
        default: return std::nullopt;
    }
}

Result<Refusal> refusal_from_pb(const std::string& name, const std::string& field) {
    if (name == name_of(Refusal::kNone)) return Refusal::kNone;
    for (const Refusal refusal : all_refusals()) {
        if (name == name_of(refusal)) return refusal;
    }
    return Status{Code::kInvalidArgument, "REFUSAL_UNKNOWN", field, "names no rule of the protocol"};
}

}  // namespace

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

void to_pb(const Verdict& verdict, v1::Verdict& message) {
    message.set_batch(verdict.number);
    message.set_batch_hash(to_pb_bytes(verdict.hash));
    message.set_kind(static_cast<v1::VerdictKind>(verdict.kind));
    to_pb(verdict.last, *message.mutable_last());
    message.set_op_count(verdict.op_count);
    message.set_posted_at_s(verdict.posted_at);
    message.set_verified_at_ms(verdict.verified_at_ms);
    if (verdict.kind != VerdictKind::kFalse) return;
    message.set_chunk(verdict.chunk);
    message.set_refusal(name_of(verdict.refusal));
    message.set_claimed(to_pb_bytes(verdict.claimed));
    message.set_computed(to_pb_bytes(verdict.computed));
}

void to_pb(const FraudProof& proof, v1::FraudProof& message) {
    message.set_batch(proof.number);
    message.set_batch_hash(to_pb_bytes(proof.hash));
    message.set_chunk(proof.chunk);
    message.set_refusal(name_of(proof.refusal));
    message.set_proof(string_of(proof.proof));
    message.set_stage(static_cast<v1::FraudProofStage>(proof.stage));
    if (proof.prove_tx) message.set_prove_transaction(to_pb_bytes(*proof.prove_tx));
    message.set_gas_used(proof.gas_used);
}

Result<VerifierStatus> from_pb(const v1::VerifierStatus& message, const std::string&) {
    VerifierStatus out;
    out.l1_block = message.l1_block();
    out.l1_time = message.l1_time_s();
    out.l1_head = message.l1_head();
    out.verified_batch = message.verified_batch();
    out.head_batch = message.head_batch();
    out.final_batch = message.final_batch();
    out.is_synced = message.synced();
    out.can_prove = message.can_prove();
    out.claims = message.claims();
    for (const v1::Warning& warning : message.warnings()) {
        out.warnings.push_back({warning.reason(), warning.message(), warning.since_s()});
    }
    return out;
}

Result<Verdict> from_pb(const v1::Verdict& message, const std::string& field) {
    Reader reader(field);
    Verdict out;
    out.number = message.batch();
    out.hash = reader.take(hash_from_pb, message.batch_hash(), "batch_hash");
    out.kind = reader.take_enum(kind_of(message.kind()), "kind");
    out.last = reader.take<StateFields>(from_pb, message.last(), "last");
    out.op_count = message.op_count();
    out.posted_at = message.posted_at_s();
    out.verified_at_ms = message.verified_at_ms();
    if (out.kind != VerdictKind::kFalse) {
        reader.require(message.chunk() == 0 && message.refusal().empty(), "FIELD_CONFLICT", "refusal",
                       "is of false batches alone");
        return reader.finish(out);
    }
    out.chunk = reader.take_u16(message.chunk(), "chunk");
    out.refusal = reader.take(refusal_from_pb, message.refusal(), "refusal");
    out.claimed = reader.take(hash_from_pb, message.claimed(), "claimed");
    out.computed = reader.take(hash_from_pb, message.computed(), "computed");
    return reader.finish(out);
}

Result<FraudProof> from_pb(const v1::FraudProof& message, const std::string& field) {
    Reader reader(field);
    FraudProof out;
    out.number = message.batch();
    out.hash = reader.take(hash_from_pb, message.batch_hash(), "batch_hash");
    out.chunk = reader.take_u16(message.chunk(), "chunk");
    out.refusal = reader.take(refusal_from_pb, message.refusal(), "refusal");
    reader.require(message.proof().size() <= kMaxProof, "LENGTH_INVALID", "proof", "has 131072 bytes at most");
    if (auto checked = reader.finish(true); !checked) return checked.status();
    out.proof = to_bytes(view_of(message.proof()));
    out.stage = reader.take_enum(stage_of(message.stage()), "stage");
    out.prove_tx = reader.take_if_any(hash_from_pb, message.prove_transaction(), "prove_transaction");
    out.gas_used = message.gas_used();
    return reader.finish(std::move(out));
}

}  // namespace gavel::proto
