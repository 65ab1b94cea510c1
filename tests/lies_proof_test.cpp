// "A complete proof exists for every false claim that follows a true one. A proof against a true claim always fails": for each rule
// of apply, and each way to break it that tests/generator/lies.cpp knows.
#include <catch2/catch.hpp>

#include "protocol/fraud_proof.hpp"
#include "tests/generator/lies.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

class Queue : public QueueHashes {
public:
    explicit Queue(const std::vector<L1Operation>& entries) {
        for (const L1Operation& entry : entries) hashes_.push_back(entry.chain(hashes_.back()));
    }
    std::optional<Hash> queue_hash(uint64_t index) const override {
        return index < hashes_.size() ? std::optional(hashes_[index]) : std::nullopt;
    }

private:
    std::vector<Hash> hashes_ = {Hash{}};
};

StateFields fields_after(const LieCase& lie, const BatchChunk& chunk) {
    State state = lie.start.build();
    ListEnv env(test_domain().separator(), lie.limit, lie.queue);
    StateRunner runner(state);
    apply(env, runner, state.counters, chunk.ops, chunk.sigs);
    return state.fields();
}

// The verdict on `claim` as the commitment after `chunk`, which is the first of a batch's two.
ProofVerdict verdict(const LieCase& lie, const BatchChunk& chunk, const Hash& claim) {
    State state = lie.start.build();
    StateFields before = state.fields();
    Batch batch;
    batch.number = 1;
    batch.parent.last = before;
    batch.chunks = {chunk, {encode_ops({}), {}}};
    batch.commitments = {claim};
    batch.last.l1_ops_consumed = lie.limit;

    ListEnv env(test_domain().separator(), lie.limit, lie.queue);
    auto proof = build_fraud_proof(batch, 0, state, env);
    REQUIRE(proof.has_value());
    REQUIRE(state.fields() == before);
    Bytes encoded = proof->encode();
    CHECK(encoded.size() < 128 * 1024);
    return check_fraud_proof(encoded, test_domain().separator(), Queue(lie.queue));
}

}  // namespace

TEST_CASE("each lie: a proof against the false claim holds, and names the rule") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(name_of(lie.rule) << ": " << lie.what);
        StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
        Hash claim = right.hash();
        if (right == before) claim.bytes[0] ^= 1;  // that control changes nothing
        ProofVerdict judged = verdict(lie, lie.wrong, claim);
        CHECK(std::string(name_of(judged.error)) == "None");
        CHECK(name_of(judged.refusal) == std::string(name_of(lie.rule)));
        CHECK(judged.result == before);
    }
}

TEST_CASE("each lie: a proof against the true claim about it, or about its control, fails") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(name_of(lie.rule) << ": " << lie.what);
        CHECK(std::string(name_of(verdict(lie, lie.wrong, lie.start.build().commitment()).error)) == "ClaimIsTrue");
        CHECK(std::string(name_of(verdict(lie, lie.control, fields_after(lie, lie.control).hash()).error)) == "ClaimIsTrue");
    }
}

TEST_CASE("each lie: of its control nobody can claim that it is wrong") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(name_of(lie.rule) << ": " << lie.what);
        StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
        if (right == before) continue;
        ProofVerdict judged = verdict(lie, lie.control, before.hash());
        CHECK(std::string(name_of(judged.error)) == "None");
        CHECK(judged.refusal == Refusal::kNone);
        CHECK(judged.result == right);
    }
}
