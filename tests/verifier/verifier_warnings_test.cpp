// What a verifier warns of, and what it tells.
#include "tests/verifier/verifier_world.hpp"

namespace gavel::test {

using drill::LieKind;
using verifier::ProofStage;
using verifier::VerdictKind;

TEST_CASE("without a key it watches, proves nothing, and warns") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    start.op.lie(LieKind::kMoneyFromNothing);
    watcher.settle();
    CHECK(watcher.only_proof().stage == ProofStage::kBuilt);
    CHECK(watcher.warns("FALSE_BATCH"));
    CHECK_FALSE(watcher.warns("PROOF_DEADLINE"));
    world.pass(kWindow - 1500);
    watcher.settle();
    CHECK(watcher.warns("PROOF_DEADLINE"));
    CHECK_FALSE(watcher.warns("FALSE_BATCH_FINAL"));
    world.pass(1500);
    watcher.settle();
    CHECK(watcher.warns("FALSE_BATCH_FINAL"));
    CHECK_FALSE(watcher.warns("FALSE_BATCH"));
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
    CHECK(watcher.warns("SEQUENCER_STALLED"));
    CHECK_FALSE(watcher.warns("L1_OPERATION_OVERDUE_SOON"));
    world.pass(kInclusion / 4);
    watcher.settle();
    CHECK(watcher.warns("L1_OPERATION_OVERDUE_SOON"));
    CHECK_FALSE(watcher.warns("FREEZE_POSSIBLE"));
    world.pass(world.parameters.freeze_age);
    watcher.settle();
    CHECK(watcher.warns("FREEZE_POSSIBLE"));
    start.op.post({});
    watcher.settle();
    CHECK(watcher.verifier->status().warnings.empty());
    world.pass(kInclusion);
    watcher.settle();
    CHECK(watcher.warns("SEQUENCER_STALLED"));
}

TEST_CASE("it warns before a channel of a watched payee expires with money in it, until there is none") {
    HonestStart start;
    L1World& world = start.world;
    verifier::VerifierOptions options = Watcher::default_options();
    options.warnings.payees = {world.bob.address(), world.alice.address()};  // she pays, and has nothing to lose
    options.warnings.expires_within = 1'000;
    options.warnings.silent_after = 1'000'000;
    Watcher watcher(world, nullptr, options);
    const ChannelTerms soon{world.alice.address(), world.bob.address(), Amount{5}, world.now() + 1'200, 1};
    ChannelTerms later = soon, others = soon;
    later.expiry += 100'000;
    others.payee = world.rival.address();
    start.op.post({{&world.alice, {}, 70, false, &soon}, {&world.alice, {}, 80, false, &later}});
    start.op.post({{&world.alice, {}, 90, false, &others}});
    watcher.settle();
    CHECK(watcher.verifier->status().warnings.empty());
    CHECK(watcher.verifier->status().channels_expiring == 0);
    world.pass(300);
    watcher.settle();
    REQUIRE(watcher.verifier->status().warnings.size() == 1);
    CHECK(watcher.verifier->status().channels_expiring == 1);
    const verifier::Warning warning = *watcher.warning("CHANNEL_EXPIRES_SOON");
    CHECK(warning.since == soon.expiry - 1'000);
    const Address channel = soon.address(watcher.sync->domain().separator());
    CHECK(warning.message == "channel " + to_checksum(channel) + " to " + to_checksum(world.bob.address()) + " expires at " +
                                 std::to_string(soon.expiry) + " and has 70 base units of ETH: redeem what its vouchers are for");
    world.pass(1'000);
    watcher.settle();
    CHECK(watcher.warns("CHANNEL_EXPIRES_SOON"));  // as long as nobody reclaims it
    world.run(world.rival, l1::rollup_call::reclaim(soon, {}));
    start.op.post({});
    watcher.settle();
    CHECK_FALSE(watcher.warns("CHANNEL_EXPIRES_SOON"));
    CHECK(watcher.verifier->status().channels_expiring == 0);
}

TEST_CASE("a frozen rollup is told, and nothing else is asked of its sequencer") {
    HonestStart start;
    L1World& world = start.world;
    Watcher watcher(world, nullptr);
    world.deposit(world.alice.address(), 5);
    world.pass(world.parameters.freeze_age);
    watcher.settle();
    CHECK_FALSE(watcher.warns("FROZEN"));
    start.op.post_nothing_on(start.op.ledger->last_header());  // still pending when the freeze comes
    world.run(world.rival, l1::rollup_call::freeze(0));
    watcher.settle();
    REQUIRE(watcher.verifier->status().warnings.size() == 1);
    const verifier::Warning frozen = watcher.verifier->status().warnings[0];
    CHECK(frozen.reason == "FROZEN");
    CHECK(frozen.since == world.now());
    CHECK(verifier::is_critical(frozen));
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
    auto reason = [&](LieKind kind) { return drill::make_lie(*op.ledger, op.sync->view(), kind, op.key).status().reason; };
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
    CHECK(watcher.warns("L1_TROUBLE"));
    CHECK_FALSE(watcher.verifier->status().is_synced);
    start.op.post({});
    watcher.client.is_down = false;
    watcher.settle();
    CHECK(watcher.verdict(3)->kind == VerdictKind::kTrue);
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
