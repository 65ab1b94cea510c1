// Which proof is told of, when several batches have had one number.
#include <catch2/catch.hpp>

#include "protocol/keccak.hpp"
#include "verifier/findings.hpp"

namespace gavel::test {
namespace {

using verifier::Findings;
using verifier::FraudProofRecord;
using verifier::ProofStage;
using verifier::VerdictKind;
using verifier::VerdictRecord;

Hash hash_of(const char* name) { return keccak256(view_of(std::string_view(name))); }

VerdictRecord verdict(uint64_t number, const char* name, VerdictKind kind) {
    VerdictRecord out;
    out.number = number;
    out.hash = hash_of(name);
    out.kind = kind;
    return out;
}

FraudProofRecord proof(uint64_t number, const char* name, ProofStage stage = ProofStage::kBuilt) {
    FraudProofRecord out;
    out.number = number;
    out.hash = hash_of(name);
    out.proof = {1, 2, 3};
    out.stage = stage;
    return out;
}

}  // namespace

TEST_CASE("asked as a verdict arrives, an older struck batch's proof is never given for it") {
    node::MemoryStore store;
    Findings findings(store);
    auto told = [&](std::optional<Hash> hash = std::nullopt) {
        auto found = findings.fraud_proof_about(3, hash);
        if (!found) return found.status().reason + " " + found.status().field;
        for (const char* name : {"first", "second", "other"})
            if (found->hash == hash_of(name)) return std::string(name);
        return std::string("something else");
    };
    CHECK(told() == "UNKNOWN_FRAUD_PROOF batch");
    findings.add_verdict(verdict(3, "first", VerdictKind::kFalse));
    CHECK(told() == "UNKNOWN_FRAUD_PROOF batch");
    findings.put_fraud_proof(proof(3, "first"));
    findings.put_fraud_proof(proof(4, "other"));
    CHECK(told() == "first");
    findings.put_fraud_proof(proof(3, "first", ProofStage::kProven));

    findings.add_verdict(verdict(3, "second", VerdictKind::kFalse));
    CHECK(told() == "UNKNOWN_FRAUD_PROOF batch");  // not built yet
    CHECK(told(hash_of("first")) == "first");
    CHECK(told(hash_of("second")) == "UNKNOWN_FRAUD_PROOF batch_hash");
    CHECK(told(hash_of("other")) == "UNKNOWN_FRAUD_PROOF batch_hash");  // of another number
    findings.put_fraud_proof(proof(3, "second"));
    // The older one's stage changes last: what was found false last counts, not what changed last.
    findings.put_fraud_proof(proof(3, "first", ProofStage::kStruck));
    CHECK(told() == "second");
    CHECK(told(hash_of("first")) == "first");

    // True batches, and those that fall with others, have no proof and hide none.
    findings.add_verdict(verdict(3, "third", VerdictKind::kOnFalse));
    findings.add_verdict(verdict(3, "fourth", VerdictKind::kTrue));
    CHECK(told() == "second");
    // An L1 reorganisation brings the first back.
    findings.add_verdict(verdict(3, "first", VerdictKind::kFalse));
    CHECK(told() == "first");
    CHECK(Findings(store).fraud_proof_about(3, std::nullopt)->hash == hash_of("first"));
}

TEST_CASE("changes of proofs come one by one, the oldest first") {
    node::MemoryStore store;
    Findings findings(store);
    findings.put_fraud_proof(proof(3, "first"));
    findings.put_fraud_proof(proof(4, "other"));
    findings.put_fraud_proof(proof(3, "first", ProofStage::kCommitted));
    auto change = findings.next_changed_proof(0, 0);
    REQUIRE(change.proof);
    CHECK(change.proof->hash == hash_of("other"));
    change = findings.next_changed_proof(change.known, 0);
    REQUIRE(change.proof);
    CHECK(change.proof->stage == ProofStage::kCommitted);
    CHECK_FALSE(findings.next_changed_proof(change.known, 0).proof);
    CHECK(findings.next_changed_proof(0, 4).proof->hash == hash_of("other"));

    const Findings::Known known = findings.wait_for_news({}, 60'000);  // returns at once: there is news
    CHECK(known.changes == 3);
    CHECK(findings.wait_for_news(known, 1).changes == 3);
}

}  // namespace gavel::test
