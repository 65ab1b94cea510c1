// "For *every* bad batch there is an accepted proof", against the contract on the simulated L1: each way to break each rule of
// apply is posted, judged by the naive model, proven, struck; and nothing that is true can be struck.
#include <set>

#include "tests/verifier/lies_world.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr uint64_t kMaxGas = uint64_t{1} << 24;  // of a transaction, EIP-7825
constexpr size_t kMaxTransactionSize = 131'072;  // that nodes pass on

void queue_up(LieWorld& world, const LieCase& lie) {
    for (const L1Operation& entry : lie.queue) world.deposit(entry);
}

// Bob commits to the proof and sends it; the refusal's name.
std::string prove(LieWorld& world, const Bytes& proof) {
    world.commit(world.bob, proof);
    std::string refusal = world.send(world.bob, rollup_call::prove(proof));
    CHECK(world.gas_used() <= kMaxGas);
    CHECK(world.transaction_size() <= kMaxTransactionSize);
    return refusal;
}

// The term has ended by a proof: stake and reward to the wei, and no batch left.
void check_struck(LieWorld& world, const Hash& batch) {
    u128 stake = world.parameters.stake, reward = stake / 4;
    auto told = world.events();
    REQUIRE(told.size() == 2);
    CHECK(std::get<BatchStruck>(told[0]) == BatchStruck{1, batch, 1, world.bob.address()});
    CHECK(std::get<TermEnded>(told[1]) == TermEnded{1, TermEnd::kSlashed});
    CHECK(world.head() == Head{0, world.genesis.hash()});
    CHECK(world.current_term() == 0);
    TermRecord term = world.term(1);
    CHECK(term.slashed);
    CHECK(term.stake == 0);
    CHECK(term.last_prover == world.bob.address());
    CHECK(world.burned() == stake - reward);
    CHECK(world.balance(world.rollup) == world.held({}) + stake);  // all of it, until the reward is taken

    world.pass(world.parameters.challenge_window);
    u128 before = world.balance(world.bob.address());
    REQUIRE(world.send(world.carol, rollup_call::take_reward(1, world.bob.address())) == "");
    CHECK(world.balance(world.bob.address()) - before == reward);
    CHECK(world.burned() == stake - reward);
}

// Nobody can strike a batch for this chunk, whose claim is true.
void check_not_provable(LieWorld& world, const Batch& batch) {
    world.append(world.alice, batch);
    Bytes proof = world.proof_of(batch).encode();
    world.commit(world.bob, proof);
    auto before = world.contract_state();
    CHECK(world.send(world.bob, rollup_call::prove(proof)) == "ClaimIsTrue");
    CHECK(world.events().empty());
    CHECK(world.contract_state() == before);
    CHECK(world.head() == Head{1, batch.header().hash()});
}

}  // namespace

TEST_CASE("every rule of apply has a lie for the L1") {
    std::set<Refusal> told;
    for (const LieCase& lie : LieWorld::cases()) told.insert(lie.rule);
    for (Refusal rule : all_refusals()) {
        INFO(name_of(rule));
        CHECK(told.count(rule) == 1);
    }
    CHECK(told.size() == all_refusals().size());
}

TEST_CASE("each lie on the L1 is false, proven in one transaction, and struck; its control can't be") {
    for (const LieCase& lie : LieWorld::cases()) {
        if (!test::can_be_in(DataSource::kCalldata, lie.wrong)) continue;
        INFO(name_of(lie.rule) << ": " << lie.what);
        LieWorld world(lie.start);
        queue_up(world, lie);
        StateFields before = world.state.fields(), right = world.after(lie.control, lie.limit);

        world.sit();
        Batch batch = world.batch_of(lie.wrong, false_claim(before, right), lie.limit);
        world.append(world.alice, batch);
        m::Judgement judged = world.judge(batch);
        REQUIRE(judged.false_claim == std::optional<size_t>(1));
        CHECK(judged.refusal == name_of(lie.rule));
        CHECK(shown(judged.truth) == shown(before));

        Bytes proof = world.proof_of(batch).encode();
        REQUIRE(prove(world, proof) == "");
        check_struck(world, batch.header().hash());

        world.sit();
        Batch control = world.batch_of(lie.control, right, right.l1_ops_consumed);
        judged = world.judge(control);
        CHECK_FALSE(judged.false_claim.has_value());
        CHECK(shown(judged.truth) == shown(right));
        check_not_provable(world, control);
    }
}

TEST_CASE("that a wrong chunk changes nothing is true, and can't be struck") {
    for (const LieCase& lie : LieWorld::cases()) {
        if (!test::can_be_in(DataSource::kCalldata, lie.wrong)) continue;
        INFO(name_of(lie.rule) << ": " << lie.what);
        LieWorld world(lie.start);
        queue_up(world, lie);
        world.sit();
        StateFields before = world.state.fields();
        Batch batch = world.batch_of(lie.wrong, before, lie.limit);
        // The wrong chunk needs its limit; where it consumed nothing, the last claim is a lie of its own.
        m::Judgement judged = world.judge(batch);
        CHECK(judged.false_claim == (before.l1_ops_consumed == lie.limit ? std::nullopt : std::optional<size_t>(2)));
        check_not_provable(world, batch);
    }
}
