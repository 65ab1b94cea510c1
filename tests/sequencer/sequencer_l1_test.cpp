// A sequencer whose L1 is silent, old, down at its start, or contradicts itself.
#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;

namespace {

// Blocks of 12 seconds; alice has money in the rollup.
struct Followed : World {
    Followed() {
        rounds(10);
        INFO(node::to_string(sequencer->health()));
        REQUIRE(sequencer->health().ok());
        deposit(l1.alice, l1.alice.address(), kEther);
        rounds(36);  // so that all blocks that are remembered are 12 s apart
        REQUIRE(balance(l1.alice.address()) == kEther);
    }
    void block() { mine(11); }
    void rounds(int count) { run(count, 11); }
    std::string pay(uint64_t nonce) { return submit(transfer(l1.alice, l1.bob.address(), 1, nonce)).status.reason; }
    double gauge(const std::string& name) const { return std::stod(metric(name)); }
};

}  // namespace

TEST_CASE("no L1 block for four block times: nothing is confirmed, health says so, whatever the loop does") {
    Followed w;
    CHECK(w.pay(0).empty());
    const bool is_stuck = GENERATE(false, true);  // the same head for ever, or no answer
    if (is_stuck) w.client.stuck_at = w.l1.chain->head().number;
    else w.client.is_down = true;
    w.sequencer->step();
    CHECK(w.pay(1).empty());
    w.clock.advance(47'000);
    CHECK(w.pay(2).empty());
    w.clock.advance(2'000);
    CHECK(w.pay(3) == "L1_STALE");
    CHECK(w.sequencer->sequencing().message == "no new block of the L1 has come for 49 s");
    CHECK(w.sequencer->health().reason == "L1_STALE");
    CHECK(w.gauge("gavel_trouble_seconds{reason=\"L1_STALE\"}") == 1);
    w.sequencer->step();
    CHECK(w.pay(3) == "L1_STALE");
    w.client.stuck_at.reset();
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.pay(3).empty());
}

TEST_CASE("an L1 that is down is told after a block time, and the gauges go on by the clock") {
    Followed w;
    CHECK(w.pay(0).empty());
    w.client.is_down = true;
    w.sequencer->step();
    CHECK(w.sequencer->health().ok());
    const double head_age = w.gauge("gavel_head_age_seconds");
    w.clock.advance(12'000);
    w.sequencer->step();
    CHECK(w.sequencer->health().reason == "L1_SILENT");
    w.clock.advance(88'000);
    CHECK(w.gauge("gavel_head_age_seconds") == head_age + 100);
    CHECK(w.gauge("gavel_unbatched_seconds") == 100);
    CHECK(w.gauge("gavel_l1_age_seconds") == 100);
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.gauge("gavel_l1_age_seconds") == 0);
}

TEST_CASE("a round that hangs is told by itself") {
    Followed w;
    w.clock.advance(25'000);  // nobody has called follow() since
    CHECK(w.sequencer->health().reason == "L1_SILENT");
    CHECK(w.sequencer->sequencing().ok());
}

TEST_CASE("started without the L1 it serves what it has, confirms nothing, and goes on when the L1 comes") {
    Followed w;
    CHECK(w.pay(0).empty());
    w.rounds(4);
    w.client.is_down = true;
    w.start();
    w.sequencer->step();
    CHECK(w.balance(w.l1.bob.address()) == 1);
    CHECK(w.balance(w.l1.alice.address()) == kEther - 1);
    CHECK(w.pay(1) == "STARTING");
    CHECK(w.sequencer->health().reason == "STARTING");
    CHECK(w.gauge("gavel_accounts") == 3);
    w.client.is_down = false;
    w.rounds(2);
    CHECK(w.sequencer->health().ok());
    CHECK(w.pay(1).empty());
}

TEST_CASE("an L1 that contradicts itself is no L1 to confirm by") {
    Followed w;
    w.client.leaves_out = PickyNode::LeavesOut::kAll;
    REQUIRE(w.l1.send(w.l1.bob, l1::rollup_call::deposit_eth(w.l1.bob.address()), 7).empty());
    w.block();
    w.sequencer->step();
    CHECK(w.sequencer->health().reason == "L1_CONTRADICTS");
    CHECK(w.pay(0) == "L1_CONTRADICTS");
    w.client.leaves_out = PickyNode::LeavesOut::kNothing;
    for (int i = 0; i < 100 && !w.sequencer->health().ok(); ++i) w.sequencer->step();
    CHECK(w.sequencer->health().ok());
    w.rounds(4);
    CHECK(w.balance(w.l1.bob.address()) == 7);
}
