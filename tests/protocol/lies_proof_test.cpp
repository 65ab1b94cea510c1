// "A complete proof exists for every false claim that follows a true one. A proof against a true claim always fails": for each
// rule of apply, and each way to break it that tests/generator/lies.cpp knows, in batches of both sources.
#include <catch2/catch.hpp>
#include <set>

#include "tests/generator/lie_proofs.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// The verdict on `claim` as the commitment after `chunk`, which is the first of a batch's two.
ProofVerdict verdict(const LieCase& lie, const BatchChunk& chunk, const Hash& claim, DataSource source) {
    Bytes encoded = proof_against(lie, batch_about(lie, chunk, claim, source));
    CHECK(encoded.size() < 128 * 1024);
    return check_fraud_proof(encoded, test_domain().separator(), KnownQueue(lie.queue));
}

std::string title(const LieCase& lie, DataSource source) {
    return std::string(name_of(lie.rule)) + ": " + lie.what + ", in " + name_of(source);
}

void check_proven(const LieCase& lie, DataSource source) {
    INFO(title(lie, source));
    ProofVerdict judged = verdict(lie, lie.wrong, false_claim_of(lie), source);
    CHECK(std::string(name_of(judged.error)) == "None");
    CHECK(name_of(judged.refusal) == std::string(name_of(lie.rule)));
    CHECK(judged.result == lie.start.build().fields());
}

// Whoever says of the chunk what is true can't be proven wrong.
void check_true(const LieCase& lie, const BatchChunk& chunk, const Hash& claim, Refusal refusal, DataSource source) {
    INFO(title(lie, source));
    ProofVerdict judged = verdict(lie, chunk, claim, source);
    CHECK(std::string(name_of(judged.error)) == "ClaimIsTrue");
    CHECK(judged.refusal == refusal);
}

}  // namespace

TEST_CASE("all lies can be told in calldata but those of slots, and all in blobs") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(title(lie, DataSource::kCalldata));
        CHECK(can_be_in(DataSource::kCalldata, lie.wrong) == (lie.rule != Refusal::kSlotLengths));
        CHECK(can_be_in(DataSource::kCalldata, lie.control));
        CHECK(can_be_in(DataSource::kBlobs, lie.wrong));
        CHECK(can_be_in(DataSource::kBlobs, lie.control));
    }
}

TEST_CASE("a proof against each lie's false claim holds, and names the rule") {
    for (const LieCase& lie : all_lie_cases()) {
        if (can_be_in(DataSource::kCalldata, lie.wrong)) check_proven(lie, DataSource::kCalldata);
    }
}

TEST_CASE("a proof against the true claim about a lie, or about its control, fails") {
    for (const LieCase& lie : all_lie_cases()) {
        const Hash before = lie.start.build().commitment(), right = fields_after(lie, lie.control).hash();
        check_true(lie, lie.control, right, Refusal::kNone, DataSource::kCalldata);
        if (can_be_in(DataSource::kCalldata, lie.wrong)) check_true(lie, lie.wrong, before, lie.rule, DataSource::kCalldata);
    }
}

// These take their time: a proof about blobs has four commitments to compute.
TEST_CASE("in blobs, a proof against each lie's false claim holds, and names the rule") {
    for (const LieCase& lie : all_lie_cases()) check_proven(lie, DataSource::kBlobs);
}

TEST_CASE("in blobs, a proof against the true claim about a lie, one of each rule, or about its control, fails") {
    std::set<Refusal> seen;
    for (const LieCase& lie : all_lie_cases()) {
        const Hash before = lie.start.build().commitment(), right = fields_after(lie, lie.control).hash();
        check_true(lie, lie.control, right, Refusal::kNone, DataSource::kBlobs);
        if (seen.insert(lie.rule).second) check_true(lie, lie.wrong, before, lie.rule, DataSource::kBlobs);
    }
}

TEST_CASE("of a lie's control nobody can claim that it is wrong") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(title(lie, DataSource::kCalldata));
        StateFields before = lie.start.build().fields(), right = fields_after(lie, lie.control);
        if (right == before) continue;
        ProofVerdict judged = verdict(lie, lie.control, before.hash(), DataSource::kCalldata);
        CHECK(std::string(name_of(judged.error)) == "None");
        CHECK(judged.refusal == Refusal::kNone);
        CHECK(judged.result == right);
    }
}
