// Batches in blobs, before a verifier: judged like any other, and not at all where nobody has their blobs.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {

using verifier::VerdictKind;

TEST_CASE("honest batches in blobs are found true") {
    HonestStart start(DataSource::kBlobs);
    Watcher watcher(start.world, &start.world.prover);
    watcher.settle();
    for (uint64_t number : {1, 2}) {
        REQUIRE(watcher.verdict(number).has_value());
        CHECK(watcher.verdict(number)->kind == VerdictKind::kTrue);
        CHECK(watcher.verdict(number)->hash == start.world.contract().batch(number)->hash);
    }
    CHECK(watcher.verifier->status().warnings.empty());
    auto bob = watcher.verifier->queries().account({start.world.bob.address(), {}});
    CHECK(bob.balance == Amount{6 * kEther + 4});
}

TEST_CASE("each lie in a blob is found, proven in one transaction, and undone") {
    for (const std::string& name : drill::lie_names()) {
        INFO(name);
        HonestStart start(DataSource::kBlobs);
        L1World& world = start.world;
        world.deposit(world.alice.address(), 1);
        Watcher watcher(world, &world.prover);
        watcher.settle();

        drill::Lie lie = start.op.lie(*drill::lie_from_name(name));
        watcher.settle();
        REQUIRE(watcher.verdict(3).has_value());
        CHECK(watcher.verdict(3)->kind == VerdictKind::kFalse);
        CHECK(watcher.verdict(3)->chunk == lie.chunk);
        watcher.challenge_until_head(2);
        CHECK(watcher.only_proof().stage == verifier::ProofStage::kProven);
        CHECK(world.term(1).slashed);
    }
}

TEST_CASE("a batch whose blobs nobody has isn't judged, which is the loudest warning; with the blobs all goes on") {
    HonestStart start(DataSource::kBlobs);
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    watcher.settle();
    start.op.lie(drill::LieKind::kMoneyFromNothing);
    world.blobs->is_empty = true;
    auto step = watcher.verifier->step();
    CHECK_FALSE(step.ok());
    CHECK(step.status().reason == "BLOB_UNKNOWN");
    CHECK_FALSE(watcher.verdict(3).has_value());
    REQUIRE(watcher.warns("BLOBS_MISSING"));
    CHECK(verifier::is_critical(*watcher.warning("BLOBS_MISSING")));
    CHECK_FALSE(watcher.verifier->health().ok());
    world.clock.advance(24'000);  // two blocks
    CHECK_FALSE(watcher.verifier->step().ok());
    CHECK(watcher.verifier->health().reason == "BLOBS_MISSING");

    world.blobs->is_empty = false;
    watcher.challenge_until_head(2);
    CHECK(watcher.verifier->health().ok());
    CHECK_FALSE(watcher.warns("BLOBS_MISSING"));
    CHECK(world.term(1).slashed);
}

}  // namespace gavel::test
