// A verifier judges batches, and proves on the L1 which are false: through restarts, losses of power, reorganisations and rivals.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

using drill::LieKind;
using verifier::ProofStage;
using verifier::VerdictKind;

Refusal expected_refusal(LieKind kind) {
    return kind == LieKind::kForgedSignature || kind == LieKind::kReplayedNonce ? Refusal::kSignerNotOwner : Refusal::kNone;
}

}  // namespace

TEST_CASE("honest batches are found true, and nothing is sent") {
    HonestStart start;
    Watcher watcher(start.world, &start.world.prover);
    watcher.settle();
    for (uint64_t number : {1, 2}) {
        REQUIRE(watcher.verdict(number)->kind == VerdictKind::kTrue);
        CHECK(watcher.verdict(number)->hash == start.world.contract().batch(number)->hash);
    }
    CHECK(watcher.verdict(1)->op_count == 2);
    auto status = watcher.verifier->status();
    CHECK(status.is_synced);
    CHECK(status.verified_batch == 2);
    CHECK(status.warnings.empty());
    CHECK(start.world.sent_by(start.world.prover) == 0);
    auto bob = watcher.verifier->queries().account({start.world.bob.address(), {}});
    CHECK(bob.balance == Amount{6 * kEther + 4});
}

TEST_CASE("each lie is found, proven in one transaction, and undone") {
    for (const std::string& name : drill::lie_names()) {
        INFO(name);
        LieKind kind = *drill::lie_from_name(name);
        HonestStart start;
        L1World& world = start.world;
        world.deposit(world.alice.address(), 1);
        Hash truth = start.op.ledger->last_header().hash();
        Watcher watcher(world, &world.prover);
        watcher.settle();

        drill::Lie lie = start.op.lie(kind);
        BatchHeader on_it = start.op.post_nothing_on(lie.batch.header());
        watcher.settle();
        auto found = watcher.verdict(3);
        REQUIRE(found.has_value());
        CHECK(found->kind == VerdictKind::kFalse);
        CHECK(found->chunk == lie.chunk);
        CHECK(found->claimed == lie.batch.after(lie.chunk));
        CHECK(found->computed != found->claimed);
        if (kind == LieKind::kGarbageBytes) CHECK(found->refusal != Refusal::kNone);
        else CHECK(found->refusal == expected_refusal(kind));
        REQUIRE(watcher.verdict(4).has_value());
        CHECK(watcher.verdict(4)->kind == VerdictKind::kOnFalse);
        CHECK(watcher.verdict(4)->hash == on_it.hash());
        CHECK(watcher.verifier->status().verified_batch == 2);
        CHECK(watcher.warns("FALSE_BATCH"));
        CHECK(watcher.only_proof().stage == ProofStage::kBuilt);

        world.mine();
        watcher.settle();
        CHECK(watcher.only_proof().stage == ProofStage::kCommitted);
        world.mine();
        watcher.settle();
        verifier::FraudProofRecord proof = watcher.only_proof();
        REQUIRE(proof.stage == ProofStage::kProven);
        CHECK(proof.gas_used > 100'000);
        CHECK(proof.gas_used < uint64_t{1} << 24);
        CHECK(l1::rollup_call::prove(proof.proof).size() < 131'072);
        CHECK(world.sent_by(world.prover) == 2);

        CHECK(world.contract().head()->hash == truth);
        l1::TermRecord term = world.term(1);
        CHECK(term.slashed);
        CHECK(term.stake == 0);
        CHECK(term.last_prover == world.prover.address());
        CHECK(watcher.verifier->queries().account({world.operator_key.address(), {}}).balance == Amount{kEther});
        CHECK(watcher.verifier->status().is_synced);
        CHECK_FALSE(watcher.warns("FALSE_BATCH"));
    }
}

TEST_CASE("a new operator goes on after a strike, and the prover takes the reward when it is due") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.challenge_until_head(2);
    Operator next(world, world.rival);
    next.sit();
    next.post({{&world.alice, world.bob.address(), 9}});
    watcher.settle();
    CHECK(watcher.verdict(3)->kind == VerdictKind::kTrue);

    u128 before = world.balance(world.prover.address());
    world.pass(kWindow - 100);
    watcher.settle();
    CHECK(world.sent_by(world.prover) == 2);
    world.pass(200);
    watcher.settle();
    world.mine();
    watcher.settle();
    CHECK(world.term(1).reward_taken);
    CHECK(world.balance(world.prover.address()) > before + 7 * kEther);
    CHECK(world.balance(world.prover.address()) < before + 8 * kEther);
    world.mine();
    watcher.settle();
    CHECK(world.sent_by(world.prover) == 3);
}

TEST_CASE("a verifier that is restarted before every step does all that is due, once") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kForgedSignature);
    for (int i = 0; i < 200 && world.contract().head()->number != 2; ++i) {
        watcher.restart();
        REQUIRE(watcher.verifier->step().ok());
        if (i % 8 == 7) world.mine();
    }
    CHECK(world.contract().head()->number == 2);
    CHECK(world.term(1).last_prover == world.prover.address());
    CHECK(world.sent_by(world.prover) == 2);
    watcher.restart();
    watcher.settle();
    CHECK(watcher.only_proof().stage == ProofStage::kProven);
    for (uint64_t number : {1, 2}) CHECK(watcher.verdict(number)->kind == VerdictKind::kTrue);
    CHECK(watcher.verifier->findings().verdict_count() == 3);
}

TEST_CASE("a power loss at a store takes nothing that is not done again") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    watcher.settle();
    watcher.store.lose_unsynced();
    watcher.restart();
    CHECK(watcher.verdict(2)->kind == VerdictKind::kTrue);
    CHECK(watcher.verdict(2)->op_count == 1);
    start.op.lie(LieKind::kGarbageBytes);
    watcher.settle();
    watcher.store.lose_unsynced();
    watcher.restart();
    watcher.challenge_until_head(2);
    CHECK(watcher.only_proof().stage == ProofStage::kProven);
    CHECK(world.term(1).last_prover == world.prover.address());
}

TEST_CASE("a verifier that comes late proves without a commit") {
    HonestStart start;
    L1World& world = start.world;
    start.op.lie(LieKind::kMoneyFromNothing);
    world.pass(kWindow - 900);
    verifier::VerifierOptions options = Watcher::default_options();
    options.chunks_per_step = 1;  // it has to catch up first
    Watcher watcher(world, &world.prover, options);
    watcher.settle();
    CHECK(watcher.warns("PROOF_DEADLINE"));
    CHECK(world.sent_by(world.prover) == 1);
    world.mine();
    watcher.settle();
    CHECK(world.contract().head()->number == 2);
    CHECK(world.term(1).last_prover.is_zero());
    CHECK(watcher.only_proof().stage == ProofStage::kProven);
}

TEST_CASE("a commit that doesn't land is not waited for beyond the margin") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.client.loses_sends = true;
    watcher.settle();
    while (world.now() < world.contract().batch(3)->posted_at + kWindow - 1000 - 300) {
        watcher.settle();
        world.pass(300);
    }
    CHECK_FALSE(watcher.only_proof().prove_tx.has_value());
    CHECK(world.sent_by(world.prover) == 0);
    world.pass(300);
    watcher.client.loses_sends = false;
    watcher.settle();
    CHECK(watcher.only_proof().prove_tx.has_value());
    world.mine();
    watcher.settle();
    CHECK(world.contract().head()->number == 2);
}

TEST_CASE("a commit that the L1 has lost is sent again") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.client.loses_sends = true;
    watcher.settle();
    REQUIRE(world.sent_by(world.prover) == 0);
    watcher.client.loses_sends = false;
    watcher.challenge_until_head(2);
    CHECK(world.sent_by(world.prover) == 2);
    CHECK(world.term(1).last_prover == world.prover.address());
}

TEST_CASE("reorganisations lose no challenge") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    Hash lie_hash = start.op.lie(LieKind::kForgedSignature).batch.header().hash();
    watcher.settle();
    auto built = watcher.only_proof();

    SECTION("of the append, which comes again") {
        REQUIRE(world.chain->reorganise(1, true).ok());
        world.mine();
        world.mine();
        REQUIRE(world.contract().batch(3)->hash == lie_hash);
        watcher.challenge_until_head(2);
        CHECK(watcher.only_proof().proof == built.proof);
    }
    SECTION("of the append, which doesn't come again") {
        REQUIRE(world.chain->reorganise(1, false).ok());
        world.mine();
        world.mine();
        watcher.settle();
        CHECK(watcher.verifier->status().head_batch == 2);
        CHECK_FALSE(watcher.warns("FALSE_BATCH"));
        CHECK(watcher.only_proof().stage == ProofStage::kBuilt);
        start.op.post({});
        watcher.settle();
        CHECK(watcher.verdict(3)->kind == VerdictKind::kTrue);
        CHECK_FALSE(world.term(1).slashed);
        return;
    }
    SECTION("of the commit") {
        world.mine();
        watcher.settle();
        REQUIRE(watcher.only_proof().stage == ProofStage::kCommitted);
        REQUIRE(world.chain->reorganise(1, false).ok());
        world.chain->drop_transaction(*watcher.only_proof().prove_tx);
        world.mine();
        world.mine();
        watcher.challenge_until_head(2);
        CHECK(world.term(1).last_prover == world.prover.address());
    }
    SECTION("of the proof") {
        world.mine();
        watcher.settle();
        world.mine();
        watcher.settle();
        REQUIRE(watcher.only_proof().stage == ProofStage::kProven);
        REQUIRE(world.chain->reorganise(1, false).ok());
        world.mine();
        world.mine();
        REQUIRE(world.contract().head()->number == 3);
        watcher.settle();
        CHECK(watcher.only_proof().stage == ProofStage::kCommitted);
        watcher.challenge_until_head(2);
        CHECK(world.term(1).last_prover == world.prover.address());
    }
    CHECK(watcher.only_proof().stage == ProofStage::kProven);
    CHECK(world.term(1).slashed);
}

TEST_CASE("of two verifiers one proves, the other gives up") {
    HonestStart start;
    L1World& world = start.world;
    Watcher first(world, &world.prover), second(world, &world.rival);
    start.op.lie(LieKind::kWithdrawalWithoutBurn);
    for (int i = 0; i < 6; ++i) {
        first.settle();
        second.settle();
        world.mine();
    }
    first.settle();
    second.settle();
    CHECK(world.contract().head()->number == 2);
    CHECK(first.sync->view().strikes().size() == 1);
    CHECK((first.only_proof().stage == ProofStage::kProven) != (second.only_proof().stage == ProofStage::kProven));
    CHECK((first.only_proof().stage == ProofStage::kStruck) != (second.only_proof().stage == ProofStage::kStruck));
    CHECK(first.verifier->status().is_synced);
    CHECK(second.verifier->status().warnings.empty());
    uint64_t sent = world.sent_by(world.prover) + world.sent_by(world.rival);
    for (int i = 0; i < 3; ++i) {
        world.mine();
        first.settle();
        second.settle();
    }
    CHECK(world.sent_by(world.prover) + world.sent_by(world.rival) == sent);
}

TEST_CASE("a copied proof earns nothing, and takes nothing from who had committed to it") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.have_proof_stolen();
    CHECK(watcher.only_proof().stage == ProofStage::kStruck);
    CHECK(world.term(1).last_prover.is_zero());
    world.pass(kWindow + 100);
    l1::L1Wallet thief(*world.client, world.rival);
    auto tried = thief.send(world.rollup, 0, l1::rollup_call::take_reward(1, world.rival.address()));
    CHECK(tried.status().reason == "NotProver");
    u128 before = world.balance(world.prover.address());
    watcher.settle();
    world.mine();
    watcher.settle();
    CHECK(world.term(1).reward_taken);
    CHECK(world.balance(world.prover.address()) > before + world.parameters.stake / 4 - kEther / 100);
}

}  // namespace gavel::test
