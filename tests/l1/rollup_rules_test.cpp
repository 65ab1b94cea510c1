// The contract's clock as its clients reckon it: RollupParameters against the contract, at the second.
#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr uint64_t kNever = ~uint64_t{0};

// A contract with somebody on the seat and a deposit that waits.
struct Waiting {
    ContractFixture f;
    uint64_t sat_at = 0, queued_at = 0;

    Waiting() {
        sat_at = f.now();
        REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake).empty());
        f.pass(10);
        queued_at = f.now();
        REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5).empty());
    }
    // What the call answers in a block of that time; empty: it succeeds.
    std::string said_at(uint64_t time, Bytes calldata) {
        f.at(time);
        return f.send(f.bob, std::move(calldata));
    }
};

}  // namespace

TEST_CASE("final, overdue, time to freeze: the parameters' clock is the contract's, to the second") {
    Waiting w;
    const RollupParameters& parameters = w.f.parameters;
    SECTION("final") {
        const uint64_t posted_at = w.f.now();
        const Batch batch = w.f.batch_on(w.f.genesis, w.f.genesis.last);
        REQUIRE(w.f.send(w.f.alice, rollup_call::append(batch.encode())).empty());
        const uint64_t final_at = parameters.final_at(posted_at);
        CHECK(final_at == posted_at + parameters.challenge_window);
        InProcessClient l1(*w.f.chain);
        RollupClient rollup(l1, w.f.rollup);
        REQUIRE(rollup.batch(1)->posted_at == posted_at);
        for (const uint64_t time : {final_at - 1, final_at}) {
            w.f.at(time);
            REQUIRE(w.f.send(w.f.bob, rollup_call::deposit_eth(w.f.bob.address()), 1).empty());
            CHECK(*rollup.is_final(1) == (time == final_at));
            CHECK(parameters.is_final(posted_at, time) == (time == final_at));
        }
    }
    SECTION("overdue") {
        const uint64_t since = RollupParameters::waits_since(w.queued_at, 0, w.sat_at);
        CHECK(since == w.queued_at);
        const uint64_t overdue_at = parameters.overdue_at(since);
        CHECK(overdue_at == w.queued_at + parameters.inclusion_window);
        CHECK(parameters.half_overdue_at(since) == w.queued_at + parameters.inclusion_window / 2);
        CHECK(w.said_at(overdue_at - 1, rollup_call::evict()) == "NotOverdue");
        CHECK(w.said_at(overdue_at, rollup_call::evict()).empty());
    }
    SECTION("overdue, of a term that began later") {
        CHECK(RollupParameters::waits_since(5, 3, 9) == 9);
        CHECK(RollupParameters::waits_since(5, 7, 1) == 7);
    }
    SECTION("time to freeze") {
        const uint64_t freeze_at = parameters.freeze_at(w.queued_at);
        CHECK(w.said_at(freeze_at - 1, rollup_call::freeze(0)) == "FreezeTooEarly");
        CHECK(w.said_at(freeze_at, rollup_call::freeze(0)).empty());
    }
}

TEST_CASE("the least freeze age is what the constructor takes, and a second less isn't") {
    RollupParameters parameters = ContractFixture::usual_parameters();
    parameters.freeze_age = parameters.least_freeze_age();
    CHECK(parameters.freeze_age == parameters.challenge_window + parameters.inclusion_window + 7 * 86400);
    CHECK(parameters.are_valid());
    --parameters.freeze_age;
    CHECK_FALSE(parameters.are_valid());
}

TEST_CASE("a time past 2^64-1 is told as that, and nothing is final by a sum that went round") {
    RollupParameters parameters;
    parameters.challenge_window = 100;
    parameters.inclusion_window = 10;
    parameters.freeze_age = kNever;
    CHECK(parameters.final_at(kNever - 100) == kNever);
    CHECK(parameters.final_at(kNever - 99) == kNever);
    CHECK(parameters.final_at(kNever) == kNever);
    CHECK(parameters.reward_at(kNever - 3) == kNever);
    CHECK(parameters.overdue_at(kNever - 3) == kNever);
    CHECK(parameters.half_overdue_at(kNever - 3) == kNever);
    CHECK(parameters.half_overdue_at(kNever - 9) == kNever - 4);
    CHECK(parameters.freeze_at(1) == kNever);
    CHECK_FALSE(parameters.is_final(kNever - 99, kNever));
    CHECK(parameters.is_final(kNever - 100, kNever));
    CHECK_FALSE(parameters.is_final(5, 3));  // posted after the block that is asked about
    CHECK_FALSE(parameters.is_final(5, 104));
    CHECK(parameters.is_final(5, 105));
}
