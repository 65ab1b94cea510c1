// When vouchers are redeemed, and which way.
#include "channel/collector.hpp"

#include <catch2/catch.hpp>

#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

namespace {

class CountingRedeemer final : public Redeemer {
public:
    node::Status redeem(const Claim& claim) override {
        ++redeemed;
        last = claim;
        return answer;
    }
    node::Status force_redeem(const Claim& claim) override {
        ++forced;
        last = claim;
        return answer;
    }
    int redeemed = 0, forced = 0;
    std::optional<Claim> last;
    node::Status answer;
};

RedeemPolicy patient() {
    RedeemPolicy out;
    out.amount = Amount{500};
    out.age_s = 5000;
    out.lead_s = 3000;
    out.margin_s = 1000;
    return out;
}

struct Redeeming : World {
    node::MemoryStore store;
    std::unique_ptr<PayeeBook> book = payee_book(store);
    CountingRedeemer redeemer;
    Collector collector{*book, source, redeemer, clock, patient()};

    void at(uint64_t time_s, Sighting seen) {
        seen.l1_time_s = time_s;
        seen.seen_at_ms = clock.steady_ms();
        source.set(channel, seen);
    }
};

PayeeChannel channel_with(const World& world, uint64_t count) {
    return {world.channel, world.terms, {{world.channel.owner, world.token, count}, {}}, 0, kNow};
}

}  // namespace

TEST_CASE("a voucher is redeemed at an amount, an age, or in time before the expiry, by the sequencer") {
    World world;
    const RedeemPolicy policy = patient();
    const Sighting seen = world.sighting(1000);
    CHECK(redeem_due(channel_with(world, 49), seen, policy, kNow) == RedeemWay::kNone);
    CHECK(redeem_due(channel_with(world, 50), seen, policy, kNow) == RedeemWay::kSequencer);
    CHECK(redeem_due(channel_with(world, 1), seen, policy, kNow + 4999) == RedeemWay::kNone);
    CHECK(redeem_due(channel_with(world, 1), seen, policy, kNow + 5000) == RedeemWay::kSequencer);
    RedeemPolicy ageless = policy;
    ageless.age_s = ~uint64_t{0};
    CHECK(redeem_due(channel_with(world, 1), seen, ageless, kExpiry - 4001) == RedeemWay::kNone);
    CHECK(redeem_due(channel_with(world, 1), seen, ageless, kExpiry - 4000) == RedeemWay::kSequencer);
    ageless.least = Amount{11};
    CHECK(redeem_due(channel_with(world, 1), seen, ageless, kExpiry - 4000) == RedeemWay::kNone);
}

TEST_CASE("what isn't settled one margin before the expiry goes by the L1") {
    World world;
    const RedeemPolicy policy = patient();
    const PayeeChannel channel = channel_with(world, 60);
    Sighting seen = world.sighting(1000);
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1001) == RedeemWay::kSequencer);
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1000) == RedeemWay::kL1);
    // Confirmed, even posted, isn't settled: a strike would undo it.
    seen.confirmed = seen.posted = Standing{Amount{400}, 60, false};
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1001) == RedeemWay::kNone);
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1000) == RedeemWay::kL1);
    seen.settled = seen.posted;
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1000) == RedeemWay::kNone);
    // Nothing is left that could be paid.
    seen = world.sighting(9, 60);
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1000) == RedeemWay::kNone);
    seen.settled.reset();  // funding that isn't settled either
    CHECK(redeem_due(channel, seen, policy, kExpiry - 1000) == RedeemWay::kL1);
    RedeemPolicy thrifty = policy;
    thrifty.least_by_l1 = Amount{601};
    CHECK(redeem_due(channel, seen, thrifty, kExpiry - 1000) == RedeemWay::kNone);
    CHECK(redeem_due(channel, world.sighting(0, 0, true), policy, kExpiry - 1000) == RedeemWay::kNone);
}

TEST_CASE("the collector asks the sequencer, again after a while, and the L1 in time") {
    Redeeming world;
    REQUIRE(world.book->accept(world.offer(50), 50).ok());
    CHECK(world.collector.step() == 1);
    CHECK(world.redeemer.redeemed == 1);
    CHECK(world.redeemer.last->terms == world.terms);
    CHECK(check_voucher(world.redeemer.last->voucher, world.payer.address(), world.domain).ok());
    CHECK(world.collector.step() == 0);
    world.redeemer.answer = {node::Code::kUnavailable, "CENSORED", "", ""};
    world.clock.advance(60'000);
    CHECK(world.collector.step() == 0);
    CHECK(world.redeemer.redeemed == 2);
    world.redeemer.answer = {};
    world.at(kExpiry - 1000, world.sighting(1000));
    CHECK(world.collector.step() == 1);
    CHECK(world.redeemer.forced == 1);
    CHECK(world.collector.step() == 0);
    world.at(kExpiry - 900, world.sighting(500, 50));
    world.clock.advance(60'000);
    CHECK(world.collector.step() == 0);
    CHECK(world.redeemer.redeemed == 2);
    CHECK(world.redeemer.forced == 1);
}

TEST_CASE("the collector forgets what is closed for ever, and frees the place") {
    Redeeming world;
    REQUIRE(world.book->accept(world.offer(50), 50).ok());
    CHECK(world.book->served(world.channel, 50, {}).ok());
    world.at(kNow, world.sighting(0, 0, true));
    world.collector.step();
    CHECK(world.book->channels().empty());
    CHECK(world.redeemer.redeemed == 0);
    CHECK(reason(world.book->accept(world.offer(51, "two"), 1)) == "CHANNEL_CLOSED");
}

TEST_CASE("the collector calls the L1 by the machine's time when nobody tells how a channel stands") {
    Redeeming world;
    REQUIRE(world.book->accept(world.offer(50), 50).ok());
    world.source.fail({node::Code::kUnavailable, "DOWN", "", ""});
    world.clock.set_wall((kExpiry - 1001) * 1000);
    CHECK(world.collector.step() == 0);
    world.clock.set_wall((kExpiry - 1000) * 1000);
    CHECK(world.collector.step() == 1);
    CHECK(world.redeemer.forced == 1);
    CHECK(world.redeemer.redeemed == 0);
}

TEST_CASE("the age of what is due begins with the first voucher behind the last redeem") {
    Redeeming world;
    REQUIRE(world.book->accept(world.offer(1), 1).ok());
    CHECK(world.book->find(world.channel)->since_s == kNow);
    world.clock.advance(40'000);
    REQUIRE(world.book->accept(world.offer(2, "two"), 1).ok());
    CHECK(world.book->find(world.channel)->since_s == kNow);
    world.at(kNow + 40, world.sighting(980, 2));
    world.collector.step();
    CHECK(world.book->find(world.channel)->since_s == 0);
    REQUIRE(world.book->accept(world.offer(3, "three"), 1).ok());
    CHECK(world.book->find(world.channel)->since_s == kNow + 40);
}
