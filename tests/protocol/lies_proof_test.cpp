// "A complete proof exists for every false claim that follows a true one. A proof against a true claim always fails": for each
// rule of apply, and each way to break it that tests/generator/lies.cpp knows.
#include <catch2/catch.hpp>

#include "tests/generator/lie_proofs.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// The verdict on `claim` as the commitment after `chunk`, which is the first of a batch's two.
ProofVerdict verdict(const LieCase& lie, const BatchChunk& chunk, const Hash& claim) {
    Bytes encoded = proof_against(lie, chunk, claim);
    CHECK(encoded.size() < 128 * 1024);
    return check_fraud_proof(encoded, test_domain().separator(), KnownQueue(lie.queue));
}

}  // namespace

TEST_CASE("a proof against each lie's false claim holds, and names the rule") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(name_of(lie.rule) << ": " << lie.what);
        ProofVerdict judged = verdict(lie, lie.wrong, false_claim_of(lie));
        CHECK(std::string(name_of(judged.error)) == "None");
        CHECK(name_of(judged.refusal) == std::string(name_of(lie.rule)));
        CHECK(judged.result == lie.start.build().fields());
    }
}

TEST_CASE("a proof against the true claim about a lie, or about its control, fails") {
    for (const LieCase& lie : all_lie_cases()) {
        INFO(name_of(lie.rule) << ": " << lie.what);
        CHECK(std::string(name_of(verdict(lie, lie.wrong, lie.start.build().commitment()).error)) == "ClaimIsTrue");
        CHECK(std::string(name_of(verdict(lie, lie.control, fields_after(lie, lie.control).hash()).error)) == "ClaimIsTrue");
    }
}

TEST_CASE("of a lie's control nobody can claim that it is wrong") {
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
