#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {
namespace {

using verifier::LieKind;
using verifier::ProofStage;
using verifier::VerdictKind;

std::optional<verifier::VerdictRecord> verdict(const Watcher& watcher, uint64_t number) {
    return watcher.verifier->findings().latest_verdict(number);
}

bool warns(const Watcher& watcher, const std::string& reason) {
    for (const verifier::Warning& warning : watcher.verifier->status().warnings)
        if (warning.reason == reason) return true;
    return false;
}

Refusal expected_refusal(LieKind kind) {
    return kind == LieKind::kForgedSignature || kind == LieKind::kReplayedNonce ? Refusal::kSignerNotOwner : Refusal::kNone;
}

}  // namespace

TEST_CASE("honest batches are found true, and nothing is sent") {
    HonestStart start;
    Watcher watcher(start.world, &start.world.prover);
    watcher.settle();
    for (uint64_t number : {1, 2}) {
        REQUIRE(verdict(watcher, number)->kind == VerdictKind::kTrue);
        CHECK(verdict(watcher, number)->hash == start.world.contract().batch(number)->hash);
    }
    CHECK(verdict(watcher, 1)->op_count == 2);
    auto status = watcher.verifier->status();
    CHECK(status.is_synced);
    CHECK(status.verified_batch == 2);
    CHECK(status.warnings.empty());
    CHECK(start.world.sent_by(start.world.prover) == 0);
    auto bob = watcher.verifier->queries().account({start.world.bob.address(), {}});
    CHECK(bob.balance == Amount{6 * kEther + 4});
}

TEST_CASE("each lie is found, proven in one transaction, and undone") {
    for (const std::string& name : verifier::lie_names()) {
        INFO(name);
        LieKind kind = *verifier::lie_from_name(name);
        HonestStart start;
        L1World& world = start.world;
        world.deposit(world.alice.address(), 1);
        Hash truth = start.op.ledger->last_header().hash();
        Watcher watcher(world, &world.prover);
        watcher.settle();

        verifier::Lie lie = start.op.lie(kind);
        BatchHeader on_it = start.op.post_nothing_on(lie.batch.header());
        watcher.settle();
        auto found = verdict(watcher, 3);
        REQUIRE(found.has_value());
        CHECK(found->kind == VerdictKind::kFalse);
        CHECK(found->chunk == lie.chunk);
        CHECK(found->claimed == lie.batch.after(lie.chunk));
        CHECK(found->computed != found->claimed);
        if (kind == LieKind::kGarbageBytes) CHECK(found->refusal != Refusal::kNone);
        else CHECK(found->refusal == expected_refusal(kind));
        REQUIRE(verdict(watcher, 4).has_value());
        CHECK(verdict(watcher, 4)->kind == VerdictKind::kOnFalse);
        CHECK(verdict(watcher, 4)->hash == on_it.hash());
        CHECK(watcher.verifier->status().verified_batch == 2);
        CHECK(warns(watcher, "FALSE_BATCH"));
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
        CHECK_FALSE(warns(watcher, "FALSE_BATCH"));
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
    CHECK(verdict(watcher, 3)->kind == VerdictKind::kTrue);

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
    for (uint64_t number : {1, 2}) CHECK(verdict(watcher, number)->kind == VerdictKind::kTrue);
    CHECK(watcher.verifier->findings().verdict_count() == 3);
}

TEST_CASE("a power loss at a store takes nothing that is not done again") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    watcher.settle();
    watcher.store.lose_unsynced();
    watcher.restart();
    CHECK(verdict(watcher, 2)->kind == VerdictKind::kTrue);
    CHECK(verdict(watcher, 2)->op_count == 1);
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
    CHECK(warns(watcher, "PROOF_DEADLINE"));
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
    watcher.client.lose_sends = true;
    watcher.settle();
    while (world.now() < world.contract().batch(3)->posted_at + kWindow - 1000 - 300) {
        watcher.settle();
        world.pass(300);
    }
    CHECK_FALSE(watcher.only_proof().prove_tx.has_value());
    CHECK(world.sent_by(world.prover) == 0);
    world.pass(300);
    watcher.client.lose_sends = false;
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
    watcher.client.lose_sends = true;
    watcher.settle();
    REQUIRE(world.sent_by(world.prover) == 0);
    watcher.client.lose_sends = false;
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
        CHECK_FALSE(warns(watcher, "FALSE_BATCH"));
        CHECK(watcher.only_proof().stage == ProofStage::kBuilt);
        start.op.post({});
        watcher.settle();
        CHECK(verdict(watcher, 3)->kind == VerdictKind::kTrue);
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
    watcher.settle();
    world.mine();
    watcher.settle();  // the proof waits in the mempool now, where a thief sees it
    auto proof = watcher.only_proof();
    REQUIRE(proof.prove_tx.has_value());
    world.chain->drop_transaction(*proof.prove_tx);
    world.run(world.rival, l1::rollup_call::prove(proof.proof));
    watcher.settle();
    CHECK(watcher.only_proof().stage == ProofStage::kStruck);
    CHECK(world.term(1).last_prover.is_zero());
    world.pass(kWindow + 100);
    l1::L1Wallet thief(*world.client, world.rival);
    auto tried = world.contract().take_reward(thief, 1, world.rival.address());
    CHECK(tried.status().reason == "NotProver");
    u128 before = world.balance(world.prover.address());
    watcher.settle();
    world.mine();
    watcher.settle();
    CHECK(world.term(1).reward_taken);
    CHECK(world.balance(world.prover.address()) > before + world.parameters.stake / 4 - kEther / 100);
}

TEST_CASE("without a key it watches, proves nothing, and warns") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.settle();
    CHECK(watcher.only_proof().stage == ProofStage::kBuilt);
    CHECK(warns(watcher, "FALSE_BATCH"));
    CHECK_FALSE(warns(watcher, "PROOF_DEADLINE"));
    world.pass(kWindow - 1500);
    watcher.settle();
    CHECK(warns(watcher, "PROOF_DEADLINE"));
    CHECK_FALSE(warns(watcher, "FALSE_BATCH_FINAL"));
    world.pass(1500);
    watcher.settle();
    CHECK(warns(watcher, "FALSE_BATCH_FINAL"));
    CHECK_FALSE(warns(watcher, "FALSE_BATCH"));
}

TEST_CASE("it warns of L1 operations that wait, and of a freeze that has become possible") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    world.deposit(world.alice.address(), 5);
    watcher.settle();
    CHECK(watcher.verifier->status().warnings.empty());
    world.pass(kInclusion / 4);
    watcher.settle();
    CHECK(warns(watcher, "SEQUENCER_STALLED"));
    CHECK_FALSE(warns(watcher, "L1_OPERATION_OVERDUE_SOON"));
    world.pass(kInclusion / 4);
    watcher.settle();
    CHECK(warns(watcher, "L1_OPERATION_OVERDUE_SOON"));
    CHECK_FALSE(warns(watcher, "FREEZE_POSSIBLE"));
    world.pass(world.parameters.freeze_age);
    watcher.settle();
    CHECK(warns(watcher, "FREEZE_POSSIBLE"));
    start.op.post({});
    watcher.settle();
    CHECK(watcher.verifier->status().warnings.empty());
    world.pass(kInclusion);
    watcher.settle();
    CHECK(warns(watcher, "SEQUENCER_STALLED"));
}

TEST_CASE("a frozen rollup is told, and nothing else is asked of its sequencer") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    world.deposit(world.alice.address(), 5);
    world.pass(world.parameters.freeze_age);
    watcher.settle();
    CHECK_FALSE(warns(watcher, "FROZEN"));
    start.op.post_nothing_on(start.op.ledger->last_header());  // still pending when the freeze comes
    world.run(world.rival, l1::rollup_call::freeze(0));
    watcher.settle();
    REQUIRE(watcher.verifier->status().warnings.size() == 1);
    const verifier::Warning frozen = watcher.verifier->status().warnings[0];
    CHECK(frozen.reason == "FROZEN");
    CHECK(frozen.since == world.now());
    CHECK(frozen.is_critical);
    CHECK(frozen.message.find("when the last batch is final") != std::string::npos);
    world.pass(kWindow);
    watcher.settle();
    CHECK(watcher.verifier->status().warnings[0].message.find("when the last batch is final") == std::string::npos);
}

TEST_CASE("it warns that a freeze is possible when no more withdrawals can be made") {
    HonestStart start;
    Watcher watcher(start.world, nullptr);
    watcher.settle();
    verifier::KnownFacts known{watcher.sync->view().queue_length(), {}, false};
    CHECK(verifier::warnings_of(watcher.sync->view(), known, {}).empty());
    known.withdrawals_full = true;
    auto warnings = verifier::warnings_of(watcher.sync->view(), known, {});
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].reason == "FREEZE_POSSIBLE");
}

TEST_CASE("verdicts can be read from any batch on, in order") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, &world.prover);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.challenge_until_head(2);
    Operator next(world, world.rival);
    next.sit();
    next.post({});
    watcher.settle();
    const verifier::Findings& findings = watcher.verifier->findings();
    auto numbers = [&](uint64_t from) {
        std::vector<std::pair<uint64_t, VerdictKind>> out;
        for (uint64_t at = 0;;) {
            auto page = findings.verdicts(at, from, 1);
            if (page.verdicts.empty()) return out;
            out.push_back({page.verdicts[0].number, page.verdicts[0].kind});
            at = page.next;
        }
    };
    using Kinds = std::vector<std::pair<uint64_t, VerdictKind>>;
    Kinds all{{1, VerdictKind::kTrue}, {2, VerdictKind::kTrue}, {3, VerdictKind::kFalse}, {3, VerdictKind::kTrue}};
    CHECK(numbers(0) == all);
    CHECK(numbers(3) == Kinds{{3, VerdictKind::kFalse}, {3, VerdictKind::kTrue}});
    CHECK(numbers(4).empty());
    auto change = findings.next_changed_proof(0, 0);
    REQUIRE(change.proof);
    CHECK(change.proof->number == 3);
    CHECK_FALSE(findings.next_changed_proof(change.known, 0).proof);
    CHECK_FALSE(findings.next_changed_proof(0, 4).proof);
}

TEST_CASE("a drill says what it lacks") {
    L1World world;
    Operator op(world, world.operator_key);
    op.sit();
    auto reason = [&](LieKind kind) { return verifier::make_lie(*op.ledger, op.sync->view(), kind, op.key).status().reason; };
    CHECK(reason(LieKind::kForgedSignature) == "NOTHING_TO_STEAL");
    CHECK(reason(LieKind::kSkippedDeposit) == "NO_WAITING_DEPOSIT");
    CHECK(reason(LieKind::kReplayedNonce) == "NOTHING_TO_REPLAY");
    CHECK(reason(LieKind::kMoneyFromNothing) == "");
    StateFields before = op.ledger->sealed_fields();
    op.ledger->with_state([&](State& state) { CHECK(state.fields() == before); });
}

TEST_CASE("an L1 that can't be reached is waited for") {
    HonestStart start;
    Watcher watcher(start.world, &start.world.prover);
    watcher.settle();
    watcher.client.is_down = true;
    CHECK(watcher.verifier->step().status().reason == "L1_UNREACHABLE");
    CHECK(warns(watcher, "L1_TROUBLE"));
    CHECK_FALSE(watcher.verifier->status().is_synced);
    start.op.post({});
    watcher.client.is_down = false;
    watcher.settle();
    CHECK(verdict(watcher, 3)->kind == VerdictKind::kTrue);
    CHECK(watcher.verifier->status().warnings.empty());
}

TEST_CASE("an L1 that isn't the one is refused by name") {
    L1World world;
    node::MemoryStore store;
    auto reason = [&](const Address& rollup, uint64_t chain_id) {
        return follow::L1Sync::open(store, *world.client, rollup, {0, chain_id}).status().reason;
    };
    CHECK(reason(PrivateKey::derived("nobody").address(), 0) == "NO_CONTRACT");
    CHECK(reason(world.refuser, 0) == "NOT_A_ROLLUP");
    CHECK(reason(world.rollup, 1) == "L1_WRONG_CHAIN");
    CHECK(reason(world.rollup, 31'337) == "");
}

}  // namespace gavel::test
