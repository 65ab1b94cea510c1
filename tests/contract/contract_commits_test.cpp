// Commits name the term whose batch they are against: what the same lie, posted again, can and can't do to its provers
// (docs/contract.md, "The court").
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// Alice lies in term 1; somebody strikes that; Carol posts the very same batch in term 2.
struct Repeated : Court {
    Batch lying = batch_on(genesis, lie(genesis, 5));
    Bytes proof = proof_against(lying);
    uint64_t struck_at = 0;

    void first_lie() { append(alice, lying); }
    void strike(const PrivateKey& by) {
        struck_at = now();
        REQUIRE(prove(by, proof) == "");
    }
    void same_again() {
        REQUIRE(send(carol, rollup_call::become_sequencer(), stake) == "");
        append(carol, lying);
        REQUIRE(head().hash == lying.header().hash());
    }
    std::string take(uint64_t term, const PrivateKey& prover) {
        return send(carol, rollup_call::take_reward(term, prover.address()));
    }
};

}  // namespace

TEST_CASE("an identical lie posted again: committing to its proof once more costs the first prover nothing") {
    Repeated f;
    f.first_lie();
    f.commit(f.bob, f.proof, 1);
    const bool was_copied = GENERATE(false, true);  // a copy without a commit was mined first
    f.strike(was_copied ? f.carol : f.bob);
    CHECK(f.term(1).last_prover == (was_copied ? Address{} : f.bob.address()));
    f.same_again();
    f.commit(f.bob, f.proof, 2);
    REQUIRE(f.prove(f.bob, f.proof) == "");
    CHECK(f.term(2).last_prover == f.bob.address());
    f.pass(kChallenge);
    CHECK(f.take(1, f.bob) == "");
    CHECK(f.only_event<RewardTaken>() == RewardTaken{1, f.bob.address(), f.quarter});
    CHECK(f.take(2, f.bob) == "");
    CHECK(f.only_event<RewardTaken>() == RewardTaken{2, f.bob.address(), f.quarter});
}

TEST_CASE("an identical lie posted again: a commit against the first term's counts for no other") {
    Repeated f;
    f.first_lie();
    f.commit(f.bob, f.proof, 1);
    f.strike(f.bob);
    f.same_again();
    SECTION("the old commit") { REQUIRE(f.prove(f.bob, f.proof) == ""); }
    SECTION("one to the first term, after the second posting") {
        f.commit(f.bob, f.proof, 1);
        REQUIRE(f.prove(f.bob, f.proof) == "");
    }
    SECTION("one to the second term, from before it posted: the liar's own knowledge") {
        Repeated g;
        g.first_lie();
        g.commit(g.carol, g.proof, 2);
        g.strike(g.bob);
        g.same_again();
        REQUIRE(g.prove(g.carol, g.proof) == "");
        CHECK(g.term(2).last_prover == Address{});
        g.pass(kChallenge);
        CHECK(g.take(2, g.carol) == "NotProver");
        return;
    }
    CHECK(f.term(2).last_prover == Address{});
    CHECK(f.term(2).slashed);
    CHECK(f.burned() == 2 * (f.stake - f.quarter));
    f.pass(kChallenge);
    CHECK(f.take(2, f.bob) == "NotProver");
    CHECK(f.take(1, f.bob) == "");
}

TEST_CASE("an identical lie posted again: who proves the second takes nothing of the first, nor the other way round") {
    Repeated f;
    f.first_lie();
    f.commit(f.bob, f.proof, 1);
    f.strike(f.alice);  // copied
    f.same_again();
    // Everybody knows the proof by now; who commits after the posting and proves is its prover.
    f.commit(f.home, f.proof, 2);
    REQUIRE(f.prove(f.home, f.proof) == "");
    f.pass(kChallenge);
    CHECK(f.take(1, f.home) == "NotProver");
    CHECK(f.take(2, f.bob) == "NotProver");
    CHECK(f.take(1, f.bob) == "");
    CHECK(f.take(2, f.home) == "");
}
