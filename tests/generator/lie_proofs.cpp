#include "tests/generator/lie_proofs.hpp"

#include "protocol/check.hpp"

namespace gavel::test {

KnownQueue::KnownQueue(const std::vector<L1Operation>& entries) {
    for (const L1Operation& entry : entries) hashes_.push_back(entry.chain(hashes_.back()));
}

std::optional<Hash> KnownQueue::queue_hash(uint64_t index) const {
    return index < hashes_.size() ? std::optional(hashes_[index]) : std::nullopt;
}

StateFields fields_after(const LieCase& lie, const BatchChunk& chunk) {
    State state = lie.start.build();
    ListEnv env(test_domain().separator(), lie.limit, lie.queue);
    StateRunner runner(state);
    apply(env, runner, state.counters, chunk.ops, chunk.sigs);
    return state.fields();
}

Hash false_claim_of(const LieCase& lie) {
    StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
    Hash claim = right.hash();
    if (right == before) claim.bytes[0] ^= 1;
    return claim;
}

Batch batch_about(const LieCase& lie, const BatchChunk& chunk, const Hash& claim) {
    Batch batch;
    batch.number = 1;
    batch.parent.last = lie.start.build().fields();
    batch.l1_queue_hash = *KnownQueue(lie.queue).queue_hash(lie.limit);
    batch.chunks = {chunk, {encode_ops({}), {}}};
    batch.commitments = {claim};
    batch.last.l1_ops_consumed = lie.limit;
    return batch;
}

Bytes proof_against(const LieCase& lie, const BatchChunk& chunk, const Hash& claim) {
    State state = lie.start.build();
    StateFields before = state.fields();
    ListEnv env(test_domain().separator(), lie.limit, lie.queue);
    auto proof = build_fraud_proof(batch_about(lie, chunk, claim), 0, state, env);
    GAVEL_CHECK(proof.has_value());
    GAVEL_CHECK(state.fields() == before);
    return proof->encode();
}

}  // namespace gavel::test
