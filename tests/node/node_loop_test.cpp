// A daemon's loops go on through whatever isn't a broken store.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "node/loop.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"
#include "tests/support/within.hpp"

using namespace gavel::node;
using gavel::test::within;
using namespace std::chrono_literals;

TEST_CASE("an exception ends a round, is told, and the next round begins; a store that fails ends the loops") {
    StopSignals signals;
    ManualClock clock(1'000);
    Troubles troubles(clock);
    std::atomic<int> rounds{0};
    std::atomic<bool> is_well{false}, is_broken{false};
    Loops loops(troubles);
    loops.start("ODD_ROUND", [&] {
        ++rounds;
        if (is_broken) throw StoreError("the disk");
        if (!is_well) throw std::out_of_range("an odd answer");
        loops.rest(5ms);
    });
    REQUIRE(within(10s, [&] { return rounds >= 2; }));
    CHECK(troubles.health().reason == "ODD_ROUND");
    CHECK(troubles.health().message == "an odd answer");
    CHECK(loops.is_running());
    is_well = true;
    CHECK(within(10s, [&] { return troubles.health().ok(); }));
    CHECK_FALSE(loops.has_failed());
    is_broken = true;
    CHECK(within(10s, [&] { return loops.has_failed(); }));
    CHECK_FALSE(loops.is_running());
    CHECK(signals.wait_for(5s) != 0);
    loops.stop();
    const int ended = rounds;
    CHECK(rounds == ended);
}

TEST_CASE("a loop gives way to others where it is told to, and it alone") {
    StopSignals signals;
    ManualClock clock(1'000);
    Troubles troubles(clock);
    Loops loops(troubles);
    auto niceness = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
    const int own = niceness();
    std::atomic<int> first{-100}, second{-100};
    auto look = [&](std::atomic<int>& place) {
        place = niceness();
        loops.rest(5ms);
    };
    loops.start(
        "FIRST", [&] { look(first); }, [] {}, 3);
    loops.start("SECOND", [&] { look(second); });
    REQUIRE(within(10s, [&] { return first != -100 && second != -100; }));
    loops.stop();
    CHECK(first == 3);  // a nice value isn't relative
    CHECK(second == own);
    CHECK(niceness() == own);
}
