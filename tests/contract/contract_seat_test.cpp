// The rollup contract's calls as such, and the seat: every refusal by name, in docs/contract.md's order, and what
// success does.
#include <random>

#include "protocol/encoding.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("constructor: which parameters it takes") {
    ContractFixture f;
    auto refusal = [&](RollupParameters parameters) -> std::string {
        CallRequest request{
            f.carol.address(), std::nullopt, 0, NativeRegistry::creation_data(kRollupName, parameters.encode()), {}, {}};
        auto reply = f.chain->call(request);
        REQUIRE(reply.ok());
        return reply->success ? "" : ErrorNames(rollup_error_signatures()).describe(reply->data);
    };
    RollupParameters good = ContractFixture::usual_parameters();
    CHECK(refusal(good) == "");
    CHECK(refusal(RollupParameters{}) == "");
    for (auto spoil : {+[](RollupParameters& p) { p.challenge_window = 0; }, +[](RollupParameters& p) { p.inclusion_window = 3; },
                       +[](RollupParameters& p) { --p.freeze_age; },
                       +[](RollupParameters& p) { p.challenge_window = ~uint64_t{0}; }, +[](RollupParameters& p) { p.stake = 0; },
                       +[](RollupParameters& p) { p.freeze_age += kMaxFreezeMargin - kFreezeMargin + 1; },
                       // Within the bounds that the windows have together with the freeze age.
                       +[](RollupParameters& p) { p.challenge_window = 14 * 86400 + 1, p.freeze_age = 40 * 86400; },
                       +[](RollupParameters& p) { p.inclusion_window = 7 * 86400 + 1, p.freeze_age = 40 * 86400; }}) {
        RollupParameters bad = good;
        spoil(bad);
        CHECK(refusal(bad) == "ParametersInvalid");
    }
    const uint64_t day = 86400;
    CHECK(refusal({1, 4, 5 + 7 * day, 1, {}}) == "");
    CHECK(refusal({14 * day, 7 * day, 21 * day + 365 * day, ~u128{0}, {}}) == "");
    CHECK(rollup_view::read_parameters(f.view(rollup_view::parameters())) == good);
    CHECK(f.head() == Head{0, genesis_header().hash()});
    CHECK(rollup_view::read_batch(f.view(rollup_view::batch(0))) == RollupRecord{genesis_header().hash(), 0, 0});
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_final(0))) == true);
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_final(1))) == false);
}

TEST_CASE("unknown selectors, plain ETH, value where none is due, and short or overlong arguments revert without data") {
    ContractFixture f;
    CHECK(f.send(f.alice, Bytes{}, 1) == "(no data)");
    CHECK(f.send(f.alice, Bytes{}) == "(no data)");
    CHECK(f.send(f.alice, Bytes{1, 2, 3}) == "(no data)");
    CHECK(f.send(f.alice, Bytes{1, 2, 3, 4}) == "(no data)");
    CHECK(f.send(f.alice, rollup_call::resign(), 1) == "(no data)");
    Bytes take = rollup_call::take_stake(7);
    CHECK(f.send(f.alice, take) == "UnknownTerm");
    take.push_back(9);
    CHECK(f.send(f.alice, take) == "UnknownTerm");  // bytes left over don't matter
    take.resize(35);
    CHECK(f.send(f.alice, take) == "(no data)");
    take = rollup_call::take_stake(7);
    take[4] = 1;  // over 64 bits
    CHECK(f.send(f.alice, take) == "(no data)");
    Bytes deposit = rollup_call::deposit_eth(f.alice.address());
    deposit[4 + 11] = 1;  // over 20 bytes
    CHECK(f.send(f.alice, deposit, 5) == "(no data)");
    Bytes prove = rollup_call::prove(Bytes(40));
    prove[4 + 31] = 0xff;  // the offset leads out of the calldata
    CHECK(f.send(f.alice, prove) == "(no data)");
    prove = rollup_call::prove(Bytes(40));
    prove[4 + 32 + 20] = 1;  // so does a length of 2^88
    CHECK(f.send(f.alice, prove) == "(no data)");
}

TEST_CASE("any calldata to any function: an answer, the books balanced") {
    Court f;
    std::mt19937_64 random(7);
    for (int round = 0; round < 300; ++round) {
        const AbiFunction& function = rollup_functions()[random() % rollup_functions().size()];
        Bytes data = AbiWriter(function.signature()).take();
        size_t words = random() % 12;
        for (size_t i = 0; i < words; ++i) {
            switch (random() % 4) {
                case 0: append(data, word_of(random() % 400)); break;
                case 1: append(data, word_of(f.alice.address())); break;
                case 2: append(data, word_of(~u128{0} >> random() % 128)); break;
                default: append(data, keccak256(word_of(random()))); break;
            }
        }
        data.resize(data.size() - std::min(data.size() - 4, random() % 3));
        f.send(f.bob, data, random() % 3 == 0 ? random() % 100 : 0);
    }
    CHECK(f.head().number == 0);
    CHECK(f.current_term() == 1);
}

TEST_CASE("becomeSequencer: one seat, the stake to the wei, and the home operator's right") {
    ContractFixture f;
    u128 stake = f.parameters.stake;
    Bytes become = rollup_call::become_sequencer();
    CHECK(f.send(f.alice, become, stake - 1) == "WrongStake");
    CHECK(f.send(f.alice, become, stake + 1) == "WrongStake");
    uint64_t started = f.now();
    CHECK(f.send(f.alice, become, stake) == "");
    CHECK(f.only_event<TermStarted>() == TermStarted{1, f.alice.address()});
    CHECK(f.current_term() == 1);
    CHECK(f.term(1) == TermRecord{f.alice.address(), stake, started, 0, false, 0, {}, 0, false, false});
    CHECK(f.term(2) == TermRecord{});
    CHECK(f.term(0) == TermRecord{});
    CHECK(f.send(f.bob, become, stake) == "SeatTaken");
    CHECK(f.send(f.alice, become, stake) == "SeatTaken");
    CHECK(f.send(f.home, become, stake) == "NoticeRequired");
    REQUIRE(f.send(f.home, rollup_call::announce_takeover()) == "");
    f.pass(kInclusion / 4);
    CHECK(f.send(f.home, become, 0) == "WrongStake");

    CHECK(f.send(f.home, become, stake) == "");
    CHECK(f.events() == std::vector<RollupEvent>{TermEnded{1, TermEnd::kReplaced}, TermStarted{2, f.home.address()}});
    CHECK(f.term(1).ended_at == f.now() - 1);
    CHECK(f.term(2).sequencer == f.home.address());
    CHECK(f.send(f.home, become, stake) == "SeatTaken");
    CHECK(f.send(f.alice, become, stake) == "SeatTaken");
    CHECK(f.send(f.carol, rollup_call::take_stake(1)) == "");  // anybody triggers, the sequencer is paid
    CHECK(f.only_event<StakeReturned>() == StakeReturned{1, f.alice.address(), stake});
    CHECK(f.term(1).stake == 0);
    CHECK(f.term(1).stake_taken);
}

TEST_CASE("resign: not while an L1 operation waits half an inclusion window") {
    ContractFixture f;
    CHECK(f.send(f.alice, rollup_call::resign()) == "NotSequencer");
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    CHECK(f.send(f.bob, rollup_call::resign()) == "NotSequencer");
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{0, queued});
    f.at(queued + kInclusion / 2);
    CHECK(f.send(f.alice, rollup_call::resign()) == "OperationWaiting");
    // Consumed, if only claimed so: nothing waits.
    StateFields last = f.genesis.last;
    last.l1_ops_consumed = 1;
    f.append(f.alice, f.batch_on(f.genesis, last));
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{1, 0});
    CHECK(f.send(f.alice, rollup_call::resign()) == "");
    CHECK(f.only_event<TermEnded>() == TermEnded{1, TermEnd::kResigned});
    CHECK(f.current_term() == 0);
    CHECK(f.term(1).last_batch == 1);
    CHECK(f.send(f.alice, rollup_call::resign()) == "NotSequencer");

    // One second earlier it is allowed.
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    queued = f.now();
    for (uint64_t i = 0; i < 6; ++i) REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{1, queued});
    f.at(queued + kInclusion / 2 - 1);
    CHECK(f.send(f.alice, rollup_call::resign()) == "");
}

TEST_CASE("evict: when an L1 operation has waited an inclusion window, and no second earlier; a quarter burns") {
    ContractFixture f;
    u128 stake = f.parameters.stake, quarter = stake / 4;
    CHECK(f.send(f.bob, rollup_call::evict()) == "SeatFree");
    uint64_t seated = f.now();
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), stake) == "");
    f.pass(3 * kInclusion);
    CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");  // nothing waits
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    f.at(queued + kInclusion - 1);
    CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");
    uint64_t time = f.now();
    CHECK(f.send(f.bob, rollup_call::evict()) == "");
    CHECK(f.only_event<TermEnded>() == TermEnded{1, TermEnd::kEvicted});
    CHECK(f.term(1) == TermRecord{f.alice.address(), stake - quarter, seated, time, false, 0, {}, 0, false, false, true});
    CHECK(f.current_term() == 0);
    CHECK(f.burned() == quarter);
    CHECK(f.send(f.bob, rollup_call::evict()) == "SeatFree");
    CHECK(f.send(f.alice, rollup_call::resign()) == "NotSequencer");
    u128 before = f.balance(f.alice.address());
    CHECK(f.send(f.bob, rollup_call::take_stake(1)) == "");
    CHECK(f.only_event<StakeReturned>() == StakeReturned{1, f.alice.address(), stake - quarter});
    CHECK(f.balance(f.alice.address()) == before + stake - quarter);
    CHECK(f.send(f.bob, rollup_call::take_stake(1)) == "AlreadyTaken");
    CHECK(f.balance(f.rollup) == quarter + 5);
}

TEST_CASE("evict: counted from the term's start, or from the last strike, if that is later") {
    Court f;
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    f.append(f.alice, lying);
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    f.at(queued + kInclusion);
    uint64_t started = f.now();
    REQUIRE(f.send(f.carol, rollup_call::become_sequencer(), f.stake) == "");
    CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");
    uint64_t from = started;
    if (GENERATE(false, true)) {
        f.at(started + kInclusion - 1);
        from = f.now();
        REQUIRE(f.prove(f.bob, f.proof_against(lying)) == "");
        CHECK(f.current_term() == 2);
        CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");
    }
    f.at(from + kInclusion - 1);
    CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");
    CHECK(f.send(f.bob, rollup_call::evict()) == "");
    CHECK(f.only_event<TermEnded>() == TermEnded{2, TermEnd::kEvicted});
}

TEST_CASE("evicted, then proven wrong: the other three quarters go as in any slash") {
    Court f;
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader header = f.append(f.alice, lying);
    f.pass(kInclusion);
    REQUIRE(f.send(f.bob, rollup_call::evict()) == "");
    CHECK(f.burned() == f.quarter);
    CHECK(f.term(1).last_batch == 1);
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "LastBatchPending");
    Bytes proof = f.proof_against(lying);
    f.commit(f.bob, proof);
    REQUIRE(f.prove(f.bob, proof) == "");
    CHECK(f.events() == std::vector<RollupEvent>{BatchStruck{1, header.hash(), 1, f.bob.address()}});
    CHECK(f.burned() == f.stake - f.quarter);
    CHECK(f.term(1).stake == 0);
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
    f.pass(kChallenge);
    CHECK(f.send(f.bob, rollup_call::take_reward(1, f.bob.address())) == "");
    CHECK(f.balance(f.rollup) == f.stake - f.quarter + 5);
}

TEST_CASE("squatting on the seat: each inclusion window without service costs a quarter of a stake, and buys no time") {
    ContractFixture f;
    u128 stake = f.parameters.stake, quarter = stake / 4;
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::force_withdrawal({}, f.bob.address(), Amount::max())) == "");
    for (uint64_t term = 1; term <= 4; ++term) {
        uint64_t seated = f.now();
        REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), stake) == "");
        f.at(std::max(seated, queued) + kInclusion);
        REQUIRE(f.send(f.carol, rollup_call::evict()) == "");
        CHECK(f.burned() == term * quarter);
        REQUIRE(f.send(f.alice, rollup_call::take_stake(term)) == "");
    }
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), stake) == "");
    f.at(queued + f.parameters.freeze_age);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "");
}

TEST_CASE("takeStake: once, when the term is over and its last batch is final or gone") {
    Court f;
    Bytes take = rollup_call::take_stake(1);
    CHECK(f.send(f.bob, rollup_call::take_stake(0)) == "UnknownTerm");
    CHECK(f.send(f.bob, rollup_call::take_stake(2)) == "UnknownTerm");
    CHECK(f.send(f.bob, take) == "TermNotOver");
    BatchHeader first = f.append(f.alice, f.batch_on(f.genesis, f.genesis.last));
    uint64_t posted = f.now();
    f.append(f.alice, f.batch_on(first, first.last));
    CHECK(f.term(1).last_batch == 2);
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    f.at(posted + kChallenge - 1);
    CHECK(f.send(f.bob, take) == "LastBatchPending");
    u128 before = f.balance(f.alice.address());
    CHECK(f.send(f.bob, take) == "");
    CHECK(f.balance(f.alice.address()) == before + f.stake);
    CHECK(f.send(f.bob, take) == "AlreadyTaken");
    CHECK(f.burned() == 0);
}

TEST_CASE("takeStake: a sequencer that refuses ETH gets none, and can come again") {
    ContractFixture f;
    Address refuser = f.deploy("refuser");
    REQUIRE(f.send(f.alice, refuser, forwarded(f.rollup, rollup_call::become_sequencer()), f.parameters.stake) == "");
    REQUIRE(f.send(f.alice, refuser, forwarded(f.rollup, rollup_call::resign())) == "");
    CHECK(f.send(f.bob, rollup_call::take_stake(1)) == "PaymentFailed");
    CHECK_FALSE(f.term(1).stake_taken);
}
