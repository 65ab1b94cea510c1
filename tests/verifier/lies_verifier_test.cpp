// The same lies against a verifier that reads the L1 alone: it finds each, names the rule, proves it and is at the true state;
// the control it finds true.
#include <set>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "node/log.hpp"
#include "tests/verifier/lies_world.hpp"
#include "verifier/verifier.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

using verifier::FraudProofRecord;
using verifier::ProofStage;
using verifier::VerdictKind;
using verifier::VerdictRecord;

// Cases whose starting state no honest history on an L1 leads to, so that only a contract that begins with it
// (lies_world_test.cpp) can be shown them.
const std::set<std::string> kUnreachable = {
    // After 2^64-2 operations.
    "NonceExhausted: two operations, a nonce for one",
    "OpCountOverflow: two operations, place for one",
    // Balances whose sum is over 2^128-1, while a token's deposits can't be (DepositCapExceeded).
    "BalanceOverflow: a transfer",
    "BalanceOverflow: a fee leaf",
    "BalanceOverflow: a fund",
    "BalanceOverflow: a redeem's payee",
    "FeeOverflow: a total of 2^128",
    "FeeOverflow: a redeem's, to a total of 2^128",
    // A key for a channel's address, which would have to be found.
    "ChannelNotOpen: a fund for a leaf that has sent, 1",
    "ChannelNotOpen: a fund for a leaf that has sent, 9223372036854775807",
    // After 2^32-3 new leaves, or 2^32-2 withdrawals.
    "AccountTreeFull: two new leaves, place for one",
    "AccountTreeFull: two channels, place for one",
    "WithdrawalTreeFull: two withdrawals, place for one",
    "WithdrawalTreeFull: two deposits that no leaf can take, place for one",
};

std::string title(const LieCase& lie) { return std::string(name_of(lie.rule)) + ": " + lie.what; }

// Whether live_up_to_small_world() leads to the case's accounts and withdrawals; more may have been consumed and done on the way.
bool starts_from_small_world(const LieCase& lie) {
    StartingState start = lie.start;
    start.counters = {};
    return start.build().fields() == small_world(LieWorld::setting()).build().fields() && lie.start.counters.op_count == 0;
}

std::vector<const LieCase*> reachable_cases() {
    std::vector<const LieCase*> out;
    for (const LieCase& lie : LieWorld::cases()) {
        const bool is_told = test::can_be_in(DataSource::kCalldata, lie.wrong);
        if (is_told && kUnreachable.count(title(lie)) == 0) out.push_back(&lie);
    }
    return out;
}

// A world in which the accounts are the case's, and what its chunks consume is queued.
struct ReadyWorld : LieWorld {
    explicit ReadyWorld(const LieCase& lie) {
        sit();
        live_up_to_small_world();
        before = state.fields();
        for (uint64_t i = lie.start.counters.l1_ops_consumed; i < lie.queue.size(); ++i) deposit(lie.queue[i]);
        limit = before.l1_ops_consumed + lie.limit - lie.start.counters.l1_ops_consumed;
        right = after(lie.control, limit);
        false_batch = batch_of(lie.wrong, false_claim(before, right), limit);
        control = batch_of(lie.control, right, right.l1_ops_consumed);
    }

    StateFields before, right;
    uint64_t limit = 0;  // the lie's claimed l1OpsConsumed
    Batch false_batch, control;
};

// A verifier on a store of its own, with Bob's key unless it only watches.
class Watch {
public:
    explicit Watch(LieWorld& world, bool proves = true)
        : world_(world), client_(*world.chain, l1::rollup_error_names()), wallet_(client_, world.bob) {
        node::set_log_output([](std::string_view) {});
        auto opened = follow::L1Sync::open(store_, client_, world.rollup);
        REQUIRE(opened.ok());
        sync_ = std::move(*opened);
        verifier_ = std::make_unique<verifier::Verifier>(store_, *sync_, client_, proves ? &wallet_ : nullptr, world.clock);
    }

    // Steps until there is nothing more to do.
    void settle() {
        for (int i = 0; i < 1000; ++i) {
            auto more = verifier_->step();
            INFO(node::to_string(more.status()));
            REQUIRE(more.ok());
            if (!*more) return;
        }
        FAIL("the verifier never settles");
    }
    // A block with what it has sent, then what it does about that.
    void mine() {
        REQUIRE(world_.chain->set_next_block_time(world_.now()).ok());
        world_.chain->mine();
        world_.pass(1);
        settle();
    }

    VerdictRecord verdict(uint64_t number) const {
        auto found = verifier_->findings().latest_verdict(number);
        REQUIRE(found.has_value());
        return *found;
    }
    FraudProofRecord only_proof() const {
        auto all = verifier_->findings().fraud_proofs();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    // Of its ledger: as it tells them, and as the store leads to.
    StateFields fields() {
        StateFields told = verifier_->queries().chain_info().state;
        CHECK(ledger::Ledger(store_, sync_->domain()).sealed_fields() == told);
        return told;
    }

private:
    LieWorld& world_;
    node::MemoryStore store_;
    l1::InProcessClient client_;
    l1::L1Wallet wallet_;
    std::unique_ptr<follow::L1Sync> sync_;
    std::unique_ptr<verifier::Verifier> verifier_;
};

void check_found_false(const VerdictRecord& found, const LieCase& lie, const ReadyWorld& world) {
    CHECK(found.hash == world.false_batch.header().hash());
    CHECK(found.kind == VerdictKind::kFalse);
    CHECK(found.chunk == 1);
    CHECK(name_of(found.refusal) == std::string(name_of(lie.rule)));
    CHECK(found.last == world.false_batch.last);
    CHECK(found.claimed == world.false_batch.after(1));
    CHECK(found.computed == world.before.hash());
}

void check_is_at(Watch& watch, const m::Fields& truth) { CHECK(shown(watch.fields()) == shown(truth)); }

void check_proven(const FraudProofRecord& proof, const Bytes& only_one) {
    CHECK(proof.stage == ProofStage::kProven);
    CHECK(proof.number == 3);
    CHECK(proof.chunk == 1);
    CHECK(proof.proof == only_one);
    CHECK(proof.gas_used <= uint64_t{1} << 24);
}

// What remains the same in a verdict, whenever it is given.
VerdictRecord timeless(VerdictRecord verdict) {
    verdict.sequence = 0;
    verdict.verified_at_ms = 0;
    return verdict;
}

}  // namespace

TEST_CASE("the lies whose start a verifier can't reach are known") {
    std::set<std::string> unreachable;
    for (const LieCase& lie : LieWorld::cases()) {
        if (!starts_from_small_world(lie)) unreachable.insert(title(lie));
    }
    CHECK(unreachable == kUnreachable);
}

TEST_CASE("a verifier finds each lie by its rule, proves and undoes it; its control is true") {
    for (const LieCase* lie : reachable_cases()) {
        INFO(title(*lie));
        ReadyWorld world(*lie);
        Watch watch(world);
        watch.settle();
        for (uint64_t number : {1, 2}) CHECK(watch.verdict(number).kind == VerdictKind::kTrue);

        world.append(world.alice, world.false_batch);
        watch.settle();
        check_found_false(watch.verdict(3), *lie, world);
        check_is_at(watch, world.judge(world.false_batch).truth);
        watch.mine();
        CHECK(watch.only_proof().stage == ProofStage::kCommitted);
        watch.mine();
        check_proven(watch.only_proof(), world.proof_of(world.false_batch).encode());
        CHECK(world.head() == l1::Head{2, world.parent.hash()});
        CHECK(world.term(1).slashed);
        CHECK(world.term(1).last_prover == world.bob.address());
        check_is_at(watch, world.model.fields());

        world.sit();
        world.append(world.alice, world.control);
        watch.settle();
        CHECK(watch.verdict(3).hash == world.control.header().hash());
        CHECK(watch.verdict(3).kind == VerdictKind::kTrue);
        m::Judgement judged = world.judge(world.control);
        CHECK_FALSE(judged.false_claim.has_value());
        check_is_at(watch, judged.truth);
        watch.mine();
        CHECK(world.head() == l1::Head{3, world.control.header().hash()});
    }
}

TEST_CASE("verdict and proof of a lie are the same after the L1 queue has grown") {
    for (const LieCase* lie : reachable_cases()) {
        INFO(title(*lie));
        ReadyWorld world(*lie);
        BatchHeader good = world.append(world.alice, world.control);
        Watch watch(world);
        watch.settle();
        VerdictRecord found_good = watch.verdict(3);
        CHECK(found_good.kind == VerdictKind::kTrue);
        m::Judgement judged = world.judge(world.control);

        for (int i = 0; i < 2; ++i) world.deposit({L1OperationKind::kDeposit, {}, stranger(50), {}, Amount{7}, 0});
        watch.settle();
        CHECK(watch.verdict(3) == found_good);
        Watch late(world, false);
        late.settle();
        CHECK(timeless(late.verdict(3)) == timeless(found_good));
        CHECK(world.judge(world.control).false_claim == judged.false_claim);
        CHECK(shown(world.judge(world.control).truth) == shown(judged.truth));
        CHECK(world.head().hash == good.hash());
    }
    for (const LieCase* lie : reachable_cases()) {
        INFO(title(*lie));
        ReadyWorld world(*lie);
        world.append(world.alice, world.false_batch);
        Watch watch(world);
        watch.settle();
        VerdictRecord found_false = watch.verdict(3);
        check_found_false(found_false, *lie, world);
        Bytes proof = watch.only_proof().proof;

        for (int i = 0; i < 2; ++i) world.deposit({L1OperationKind::kDeposit, {}, stranger(50), {}, Amount{7}, 0});
        CHECK(world.judge(world.false_batch).false_claim == std::optional<size_t>(1));
        Watch late(world, false);
        late.settle();
        CHECK(timeless(late.verdict(3)) == timeless(found_false));
        CHECK(late.only_proof().proof == proof);
        // The first has committed meanwhile, with the first deposit's block.
        watch.settle();
        CHECK(watch.verdict(3) == found_false);
        watch.mine();
        check_proven(watch.only_proof(), proof);
        CHECK(world.head() == l1::Head{2, world.parent.hash()});
    }
}
