// The home operator's notice: when it may be given, when it may be used, what ends it (docs/contract.md, "The seat").
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

const Bytes kAnnounce = rollup_call::announce_takeover(), kBecome = rollup_call::become_sequencer();
constexpr uint64_t kPause = kNoticePause + 2 * kInclusion;

struct Noticed : Court {
    Notice notice() { return *rollup_view::read_notice(view(rollup_view::notice())); }
};

}  // namespace

TEST_CASE("announceTakeover: by the home operator alone, seldom, not within seven days of its slash or eviction") {
    Noticed f;
    CHECK(f.notice() == Notice{});
    CHECK(f.send(f.alice, kAnnounce) == "NotHomeOperator");
    const uint64_t first = f.now();
    CHECK(f.send(f.home, kAnnounce) == "");
    CHECK(f.events().empty());
    CHECK(f.notice() == Notice{first + kInclusion / 4, first + kInclusion});
    CHECK(f.send(f.home, kAnnounce) == "NoticeTooEarly");
    f.at(first + kPause - 1);
    CHECK(f.send(f.home, kAnnounce) == "NoticeTooEarly");
    CHECK(f.notice() == Notice{first + kInclusion / 4, first + kInclusion});  // over, and of no use
    CHECK(f.send(f.home, kAnnounce) == "");
    CHECK(f.notice() == Notice{first + kPause + kInclusion / 4, first + kPause + kInclusion});

    ContractFixture none(genesis_fields(), {kChallenge, kInclusion, kChallenge + kInclusion + kFreezeMargin, kEther, {}});
    CHECK(none.send(none.home, kAnnounce) == "NotHomeOperator");
}

TEST_CASE("the home operator takes a taken seat in the time of its notice, to the second, and once") {
    Noticed f;
    CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
    const uint64_t announced = f.now();
    REQUIRE(f.send(f.home, kAnnounce) == "");
    CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
    f.at(announced + kInclusion / 4 - 1);
    CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
    CHECK(f.send(f.bob, kBecome, f.stake) == "SeatTaken");
    const bool is_late = GENERATE(false, true);
    if (is_late) f.at(announced + kInclusion - 1);
    CHECK(f.send(f.home, kBecome, f.stake) == "");
    CHECK(f.events() == std::vector<RollupEvent>{TermEnded{1, TermEnd::kReplaced}, TermStarted{2, f.home.address()}});
    CHECK(f.notice() == Notice{});
    // One notice, one take-over.
    REQUIRE(f.send(f.home, rollup_call::resign()) == "");
    REQUIRE(f.send(f.alice, kBecome, f.stake) == "");
    CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
    CHECK(f.send(f.home, kAnnounce) == "NoticeTooEarly");
}

TEST_CASE("a notice whose time is over takes no seat") {
    Noticed f;
    const uint64_t announced = f.now();
    REQUIRE(f.send(f.home, kAnnounce) == "");
    f.at(announced + kInclusion);
    CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    CHECK(f.send(f.home, kBecome, f.stake) == "");  // a free seat it takes like anybody
}

TEST_CASE("a notice isn't bound to a term: it holds against whoever sits then, and a quarter window is rounded up") {
    RollupParameters parameters = ContractFixture::usual_parameters();
    parameters.inclusion_window = 401;
    parameters.freeze_age += 1;
    ContractFixture f(genesis_fields(), parameters);
    const uint64_t announced = f.now();
    REQUIRE(f.send(f.home, kAnnounce) == "");  // nobody sits
    REQUIRE(f.send(f.alice, kBecome, parameters.stake) == "");
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    REQUIRE(f.send(f.bob, kBecome, parameters.stake) == "");
    f.at(announced + 100);
    CHECK(f.send(f.home, kBecome, parameters.stake) == "NoticeRequired");
    CHECK(f.send(f.home, kBecome, parameters.stake) == "");
    CHECK(f.events() == std::vector<RollupEvent>{TermEnded{2, TermEnd::kReplaced}, TermStarted{3, f.home.address()}});
}

TEST_CASE("a notice is over when the home operator sits down, is slashed or evicted, and all is over after a freeze") {
    Noticed f;
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    SECTION("it takes a free seat") {
        REQUIRE(f.send(f.home, kAnnounce) == "");
        REQUIRE(f.send(f.home, kBecome, f.stake) == "");
        CHECK(f.notice() == Notice{});
    }
    SECTION("slashed, in whatever term") {
        REQUIRE(f.send(f.home, kBecome, f.stake) == "");
        Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
        f.append(f.home, lying);
        REQUIRE(f.send(f.home, rollup_call::resign()) == "");
        REQUIRE(f.send(f.alice, kBecome, f.stake) == "");
        REQUIRE(f.send(f.home, kAnnounce) == "");
        const uint64_t slashed = f.now();
        REQUIRE(f.prove(f.bob, f.proof_against(lying)) == "");
        CHECK(f.notice() == Notice{});
        f.pass(kInclusion / 4);
        CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
        CHECK(f.send(f.home, kAnnounce) == "HomeOperatorBarred");
        f.at(slashed + kHomeBan - 1);
        CHECK(f.send(f.home, kAnnounce) == "HomeOperatorBarred");
        CHECK(f.send(f.home, kAnnounce) == "NoticeTooEarly");  // neither counts for the other
    }
    SECTION("evicted") {
        REQUIRE(f.send(f.home, kBecome, f.stake) == "");
        REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
        f.pass(kInclusion);
        REQUIRE(f.send(f.home, kAnnounce) == "");
        const uint64_t evicted = f.now();
        REQUIRE(f.send(f.bob, rollup_call::evict()) == "");
        CHECK(f.notice() == Notice{});
        REQUIRE(f.send(f.alice, kBecome, f.stake) == "");
        f.pass(kInclusion / 4);
        CHECK(f.send(f.home, kBecome, f.stake) == "NoticeRequired");
        f.at(evicted + kPause);
        CHECK(f.send(f.home, kAnnounce) == "");
    }
    SECTION("frozen") {
        const uint64_t queued = f.now();
        REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
        f.at(queued + f.parameters.freeze_age);
        REQUIRE(f.send(f.bob, rollup_call::freeze(0)) == "");
        CHECK(f.send(f.home, kAnnounce) == "Frozen");
        CHECK(f.send(f.alice, kAnnounce) == "Frozen");
    }
}

TEST_CASE("a take-over takes the quarter that evict could take, to the second") {
    Noticed f;
    const uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    const bool is_overdue = GENERATE(false, true);
    f.at(queued + kInclusion / 2);
    REQUIRE(f.send(f.home, kAnnounce) == "");
    f.at(queued + kInclusion - (is_overdue ? 0 : 1));
    REQUIRE(f.send(f.home, kBecome, f.stake) == "");
    CHECK(f.events() == std::vector<RollupEvent>{TermEnded{1, TermEnd::kReplaced}, TermStarted{2, f.home.address()}});
    CHECK(f.term(1).evicted == is_overdue);
    CHECK(f.term(1).stake == (is_overdue ? f.stake - f.quarter : f.stake));
    CHECK(f.burned() == (is_overdue ? f.quarter : 0));
}

TEST_CASE("the home operator, slashed, may take a free seat at once") {
    ContractFixture f;
    const u128 stake = f.parameters.stake;
    REQUIRE(f.send(f.home, kBecome, stake) == "");
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    f.append(f.home, lying);
    REQUIRE(f.send(f.bob, rollup_call::prove(f.proof_against(lying))) == "");
    CHECK(f.send(f.home, kBecome, stake) == "");
}

TEST_CASE("resigning and retaking against eviction: two and a half windows, with the home operator's help, and no more") {
    ContractFixture f;
    u128 stake = f.parameters.stake;
    Bytes become = rollup_call::become_sequencer();
    REQUIRE(f.send(f.alice, become, stake) == "");
    uint64_t queued = f.now();
    REQUIRE(f.send(f.bob, rollup_call::deposit_eth(f.bob.address()), 5) == "");
    // As late as resigning goes; an accomplice sits in the next second.
    f.at(queued + kInclusion / 2 - 1);
    REQUIRE(f.send(f.alice, rollup_call::resign()) == "");
    uint64_t second = f.now();
    REQUIRE(f.send(f.carol, become, stake) == "");
    CHECK(f.send(f.carol, rollup_call::resign()) == "OperationWaiting");
    // The home operator, which has announced it in time, takes over in the last second before the accomplice can be evicted.
    REQUIRE(f.send(f.home, rollup_call::announce_takeover()) == "");
    f.at(second + kInclusion - 2);
    CHECK(f.send(f.bob, rollup_call::evict()) == "NotOverdue");
    uint64_t third = f.now();
    REQUIRE(f.send(f.home, become, stake) == "");
    CHECK(f.send(f.home, rollup_call::resign()) == "OperationWaiting");
    CHECK(f.send(f.alice, become, stake) == "SeatTaken");
    f.at(third + kInclusion);
    uint64_t time = f.now();
    CHECK(f.send(f.bob, rollup_call::evict()) == "");
    CHECK(time <= queued + 2 * kInclusion + kInclusion / 2);
    CHECK(time > queued + 2 * kInclusion);
    // The next one to sit has a window of its own, and the home operator can't help again.
    REQUIRE(f.send(f.alice, become, stake) == "");
    CHECK(f.send(f.home, become, stake) == "NoticeRequired");
    CHECK(f.send(f.home, rollup_call::announce_takeover()) == "HomeOperatorBarred");
}
