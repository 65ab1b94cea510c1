// Building a proof: the chunk is run on the true state, and each access written down as the checker will want it.
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/merkle.hpp"

namespace gavel {
namespace {

void write_hashes(ByteWriter& out, std::span<const Hash> hashes) {
    for (const Hash& hash : hashes) out.raw(hash);
}

// Runs, and writes down each access as the checker will want it.
class RecordingView : public StateView {
public:
    explicit RecordingView(State& state) : state_(state), runner_(state) {}

    uint32_t account_count() const override { return runner_.account_count(); }
    uint32_t withdrawal_count() const override { return runner_.withdrawal_count(); }
    bool read(uint32_t index, Account& leaf) override {
        if (!runner_.read(index, leaf)) return false;
        write_leaf(index, leaf);
        return true;
    }
    bool find(const AccountKey& key, Found& found) override {
        if (!runner_.find(key, found)) return false;
        witness_.u32(found.index);
        write_leaf(found.index, found.leaf);
        return true;
    }
    bool write(uint32_t index, const Account& leaf) override { return runner_.write(index, leaf); }
    bool append(const Account& leaf) override {
        write_hashes(witness_, state_.accounts.path(account_count()));
        return runner_.append(leaf);
    }
    bool append_withdrawal(const Withdrawal& withdrawal) override { return runner_.append_withdrawal(withdrawal); }
    Mark mark() override { return runner_.mark(); }
    void roll_back(Mark mark) override { runner_.roll_back(mark); }

    Bytes take_witness() { return witness_.take(); }

private:
    void write_leaf(uint32_t index, const Account& leaf) {
        witness_.raw(leaf.encode());
        write_hashes(witness_, state_.accounts.path(index));
    }

    State& state_;
    StateRunner runner_;
    ByteWriter witness_;
};

// Holds apply to the batch's own limit, and keeps all L1 operations of the chunk as soon as apply comes to the first.
class RecordingEnv : public Env {
public:
    RecordingEnv(Env& inner, uint64_t limit) : inner_(inner), limit_(limit) {}

    const Hash& domain_separator() const override { return inner_.domain_separator(); }
    uint64_t l1_limit() const override { return limit_; }
    bool expect_l1_operations(uint64_t first, unsigned count) override {
        if (!inner_.expect_l1_operations(first, count)) return false;
        first_ = first;
        for (unsigned i = 0; i < count; ++i) {
            const L1Operation* operation = inner_.l1_operation(first + i);
            if (!operation) return false;
            operations_.push_back(*operation);
        }
        return true;
    }
    const L1Operation* l1_operation(uint64_t index) override { return &operations_.at(index - first_); }
    const SignatureJudge& judge() const override { return inner_.judge(); }

    std::vector<L1Operation> take_operations() { return std::move(operations_); }

private:
    Env& inner_;
    uint64_t limit_;
    uint64_t first_ = 0;
    std::vector<L1Operation> operations_;
};

}  // namespace

std::optional<ChunkEvidence> evidence_of(const Batch& batch, size_t chunk_index, std::span<const Blob> blobs) {
    GAVEL_CHECK(chunk_index < batch.chunks.size());
    if (batch.source == DataSource::kBlobs) {
        auto opening = build_blob_opening(blobs, static_cast<uint16_t>(chunk_index));
        if (!opening) return std::nullopt;
        return BlobEvidence{batch.blob_hashes, *std::move(opening)};
    }
    const BatchChunk& chunk = batch.chunks[chunk_index];
    return CalldataEvidence{chunk.ops, chunk.sigs, small_tree_path(batch.chunk_leaves(), chunk_index),
                            small_tree_path(batch.sigs_leaves(), chunk_index), batch.after(chunk_index)};
}

std::optional<FraudProof> build_fraud_proof(const Batch& batch, size_t chunk_index, State& state, Env& env,
                                            std::span<const Blob> blobs) {
    auto evidence = evidence_of(batch, chunk_index, blobs);
    if (!evidence) return std::nullopt;
    return build_fraud_proof(batch, chunk_index, *std::move(evidence), state, env);
}

std::optional<FraudProof> build_fraud_proof(const Batch& batch, size_t chunk_index, ChunkEvidence evidence, State& state,
                                            Env& env) {
    GAVEL_CHECK(chunk_index < batch.chunks.size());
    GAVEL_CHECK(std::holds_alternative<BlobEvidence>(evidence) == (batch.source == DataSource::kBlobs));
    FraudProof proof;
    proof.before = state.fields();
    if (proof.before.hash() != batch.before(chunk_index)) return std::nullopt;
    proof.header = batch.header();
    proof.chunk_index = static_cast<uint16_t>(chunk_index);
    proof.data = std::move(evidence);
    proof.frontier = state.withdrawals.frontier().hashes();

    RecordingView view(state);
    RecordingEnv recording(env, batch.last.l1_ops_consumed);
    Counters counters = state.counters;
    StateView::Mark start = view.mark();
    Outcome outcome = apply(recording, view, counters, batch.chunks[chunk_index]);
    view.roll_back(start);
    if (outcome.kind == Outcome::Kind::kViewFailed) return std::nullopt;
    proof.l1_operations = recording.take_operations();
    proof.witness = view.take_witness();
    return proof;
}

}  // namespace gavel
