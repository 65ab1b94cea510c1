#include "verifier/records.hpp"

#include "protocol/encoding.hpp"

namespace gavel::verifier {

namespace {

// The value of an enumeration from a byte, if that lies within it.
template <class Enum>
std::optional<Enum> enum_from(uint8_t byte, Enum first, Enum last) {
    if (byte < static_cast<uint8_t>(first) || byte > static_cast<uint8_t>(last)) return std::nullopt;
    return static_cast<Enum>(byte);
}

std::optional<Refusal> refusal_from(uint8_t byte) { return enum_from(byte, Refusal::kNone, kLastRefusal); }

}  // namespace

std::string encode_verdict(const VerdictRecord& verdict) {
    ByteWriter out;
    out.u64(verdict.number).raw(verdict.hash).u8(static_cast<uint8_t>(verdict.kind)).raw(verdict.last.encode());
    out.u64(verdict.op_count).u64(verdict.posted_at).u64(verdict.verified_at_ms);
    out.u16(verdict.chunk).u8(static_cast<uint8_t>(verdict.refusal)).raw(verdict.claimed).raw(verdict.computed);
    return string_of(out.bytes());
}

std::optional<VerdictRecord> decode_verdict(uint64_t sequence, std::string_view data) {
    ByteReader in(view_of(data));
    VerdictRecord out;
    out.sequence = sequence;
    out.number = in.u64();
    out.hash = in.fixed<Hash>();
    auto kind = enum_from(in.u8(), kFirstVerdictKind, kLastVerdictKind);
    ByteView last = in.take(StateFields::kSize);
    out.op_count = in.u64();
    out.posted_at = in.u64();
    out.verified_at_ms = in.u64();
    out.chunk = in.u16();
    auto refusal = refusal_from(in.u8());
    out.claimed = in.fixed<Hash>();
    out.computed = in.fixed<Hash>();
    if (!in.finished() || !kind || !refusal) return std::nullopt;
    out.kind = *kind;
    out.last = StateFields::decode(last);
    out.refusal = *refusal;
    return out;
}

std::string encode_fraud_proof(const FraudProofRecord& proof) {
    ByteWriter out;
    out.u16(proof.chunk).u8(static_cast<uint8_t>(proof.refusal)).u8(static_cast<uint8_t>(proof.stage));
    out.u8(proof.prove_tx ? 1 : 0).raw(proof.prove_tx.value_or(Hash{})).u64(proof.gas_used);
    out.u32(static_cast<uint32_t>(proof.proof.size())).raw(proof.proof);
    return string_of(out.bytes());
}

std::optional<FraudProofRecord> decode_fraud_proof(uint64_t number, const Hash& hash, std::string_view data) {
    ByteReader in(view_of(data));
    FraudProofRecord out;
    out.number = number;
    out.hash = hash;
    out.chunk = in.u16();
    auto refusal = refusal_from(in.u8());
    auto stage = enum_from(in.u8(), kFirstProofStage, kLastProofStage);
    uint8_t has_tx = in.u8();
    Hash tx = in.fixed<Hash>();
    out.gas_used = in.u64();
    uint32_t size = in.u32();
    out.proof = to_bytes(in.take(size));
    if (!in.finished() || !refusal || !stage || has_tx > 1) return std::nullopt;
    out.refusal = *refusal;
    out.stage = *stage;
    if (has_tx) out.prove_tx = tx;
    return out;
}

}  // namespace gavel::verifier
