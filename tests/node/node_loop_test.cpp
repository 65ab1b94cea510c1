// A daemon's loops go on through whatever isn't a broken store.
#include <catch2/catch.hpp>

#include "node/loop.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"

using namespace gavel::node;

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
        loops.rest(std::chrono::milliseconds(5));
    });
    auto wait_for = [](auto condition) {
        for (int i = 0; i < 2'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return condition();
    };
    REQUIRE(wait_for([&] { return rounds >= 2; }));
    CHECK(troubles.health().reason == "ODD_ROUND");
    CHECK(troubles.health().message == "an odd answer");
    CHECK(loops.is_running());
    is_well = true;
    CHECK(wait_for([&] { return troubles.health().ok(); }));
    CHECK_FALSE(loops.has_failed());
    is_broken = true;
    CHECK(wait_for([&] { return loops.has_failed(); }));
    CHECK_FALSE(loops.is_running());
    CHECK(signals.wait_for(std::chrono::seconds(5)) != 0);
    loops.stop();
    const int ended = rounds;
    CHECK(rounds == ended);
}
