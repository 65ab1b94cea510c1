#include "tests/generator/lie_proofs.hpp"

#include "protocol/check.hpp"
#include "tests/generator/slots.hpp"

namespace gavel::test {
namespace {

// The same with other lengths in the blobs' slot 0, whether or not they fit.
PostedBatch with_lengths(PostedData data, uint16_t ops_length, uint16_t sigs_length) {
    put_lengths(data.blobs[0], 0, ops_length, sigs_length);
    data.blob_hashes[0] = versioned_hash(Kzg::get().commitment(data.blobs[0].view()).value());
    auto posted = PostedBatch::decode(std::move(data));
    GAVEL_CHECK(posted.has_value());
    return *std::move(posted);
}

}  // namespace

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
    apply(env, runner, state.counters, chunk);
    return state.fields();
}

Hash false_claim_of(const LieCase& lie) {
    StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
    Hash claim = right.hash();
    if (right == before) claim.bytes[0] ^= 1;
    return claim;
}

PostedBatch batch_about(const LieCase& lie, const BatchChunk& chunk, const Hash& claim, DataSource source) {
    GAVEL_CHECK(can_be_in(source, chunk));
    Batch batch;
    batch.number = 1;
    batch.parent.last = lie.start.build().fields();
    batch.l1_queue_hash = *KnownQueue(lie.queue).queue_hash(lie.limit);
    batch.chunks = {chunk, {encode_ops({}), {}}};
    batch.commitments = {claim};
    batch.last.l1_ops_consumed = lie.limit;
    if (source == DataSource::kCalldata) return PostedBatch(std::move(batch));
    if (chunk.lengths_hold) return PostedBatch::in_blobs(std::move(batch));
    // It looks like the control in all but the lengths.
    batch.chunks[0] = lie.control;
    return with_lengths(PostedBatch::in_blobs(std::move(batch)).data(), lie.ops_length, lie.sigs_length);
}

Bytes proof_against(const LieCase& lie, const PostedBatch& batch) {
    State state = lie.start.build();
    StateFields before = state.fields();
    ListEnv env(test_domain().separator(), lie.limit, lie.queue);
    auto proof = build_fraud_proof(batch.batch(), 0, state, env, batch.data().blobs);
    GAVEL_CHECK(proof.has_value());
    GAVEL_CHECK(state.fields() == before);
    return proof->encode();
}

}  // namespace gavel::test
