// What a payer, or a stranger, tries on a payee's book.
#include <catch2/catch.hpp>

#include "channel/http_payment.hpp"
#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

TEST_CASE("a voucher for another channel, token, chain or contract, or by another, is refused") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    ChannelTerms other = world.terms;
    other.salt = 8;
    Offer offer = world.offer_by(world.payer, other, world.token, 1);
    CHECK(reason(book->accept(offer, 1)) == "CHANNEL_UNKNOWN");  // signed, but nobody funded it
    offer.terms = world.terms;
    CHECK(reason(book->accept(offer, 1)) == "VOUCHER_SIGNATURE");

    CHECK(reason(book->accept(world.offer_by(world.payer, world.terms, world.payee.address(), 1), 1)) == "TOKEN_REFUSED");
    offer = world.offer_by(world.payer, world.terms, world.payee.address(), 1);
    offer.token = world.token;
    CHECK(reason(book->accept(offer, 1)) == "VOUCHER_SIGNATURE");

    for (const Domain& domain : {Domain{2, world.chain.rollup}, Domain{1, world.payee.address()}}) {
        offer = world.offer(1);
        const Address there = world.terms.address(domain.separator());
        offer.signature = world.payer.sign(Voucher{there, world.token, 1}.digest(domain.separator()));
        CHECK(reason(book->accept(offer, 1)) == "VOUCHER_SIGNATURE");
        offer.signature = world.payer.sign(Voucher{world.channel.owner, world.token, 1}.digest(domain.separator()));
        CHECK(reason(book->accept(offer, 1)) == "VOUCHER_SIGNATURE");
    }
    for (const PrivateKey& signer : {world.stranger, world.payee})
        CHECK(reason(book->accept(world.offer_by(signer, world.terms, world.token, 1), 1)) == "VOUCHER_SIGNATURE");
    offer = world.offer(1);
    offer.signature = {};
    CHECK(reason(book->accept(offer, 1)) == "VOUCHER_SIGNATURE");
    CHECK(book->channels().empty());
    CHECK(book->accept(world.offer(1), 1).ok());
}

TEST_CASE("terms that a payee didn't ask for are refused") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    auto with = [&](auto change) {
        ChannelTerms terms = world.terms;
        change(terms);
        world.fund(leaf_of(terms, world.token, world.domain), 1000);
        return reason(book->accept(world.offer_by(world.payer, terms, world.token, 1), 1));
    };
    CHECK(with([&](ChannelTerms& terms) { terms.payee = world.stranger.address(); }) == "TERMS_REFUSED");
    CHECK(with([&](ChannelTerms& terms) { terms.payer = world.payee.address(); }) == "TERMS_REFUSED");
    CHECK(with([&](ChannelTerms& terms) { terms.unit = Amount{kUnit - 1}; }) == "TERMS_REFUSED");
    CHECK(with([&](ChannelTerms& terms) { terms.payer = {}; }) == "TERMS_REFUSED");
    CHECK(with([&](ChannelTerms& terms) { terms.expiry = kNow + 1000; }) == "EXPIRY_NEAR");
    CHECK(with([&](ChannelTerms& terms) { terms.expiry = 0; }) == "EXPIRY_NEAR");
    CHECK(with([&](ChannelTerms& terms) { terms.expiry = kNow + 1001; }) == "");
}

TEST_CASE("counts that aren't larger, or no counts, pay nothing") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    CHECK(reason(book->accept(world.offer(0), 1)) == "COUNT_INVALID");
    CHECK(reason(book->accept(world.offer(kMaxVoucherCount + 1), 1)) == "COUNT_INVALID");
    CHECK(reason(book->accept(world.offer(kClosedChannel), 1)) == "COUNT_INVALID");
    REQUIRE(book->accept(world.offer(5), 5).ok());
    CHECK(reason(book->accept(world.offer(4, "four"), 1)) == "VOUCHER_OLD");
    CHECK(reason(book->accept(world.offer(1, "one"), 1)) == "VOUCHER_OLD");
    CHECK(reason(book->accept(world.offer(5, "five"), 1)) == "VOUCHER_SPENT");
    CHECK(book->find(world.channel)->voucher.voucher.count == 5);
}

TEST_CASE("a voucher for more than the balance is refused until it is topped up") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    REQUIRE(book->accept(world.offer(100), 100).ok());
    CHECK(reason(book->accept(world.offer(101, "two"), 1)) == "NOT_COVERED");
    world.fund(world.channel, 1009);
    CHECK(reason(book->accept(world.offer(101, "two"), 1)) == "NOT_COVERED");
    world.fund(world.channel, 1010);
    CHECK(book->accept(world.offer(101, "two"), 1).ok());
    world.fund(world.channel, 10, 101);  // redeemed
    CHECK(book->accept(world.offer(102, "three"), 1).ok());
    CHECK(reason(book->accept(world.offer(103, "four"), 1)) == "NOT_COVERED");
}

TEST_CASE("covered is by the whole product, of 191 bits") {
    // By long multiplication: (count - claimed) x unit as two words against the balance.
    auto covered_by_hand = [](u128 units, u128 unit, u128 balance) {
        const uint64_t low = static_cast<uint64_t>(unit), high = static_cast<uint64_t>(unit >> 64);
        const u128 p0 = units * low, p1 = units * high + (p0 >> 64);
        return (p1 >> 64) == 0 && ((p1 << 64) | static_cast<uint64_t>(p0)) <= balance;
    };
    const u128 top = ~u128{0};
    for (u128 unit : {u128{1}, u128{10}, (u128{1} << 64) - 1, u128{1} << 65, u128{1} << 127, top})
        for (u128 balance : {u128{0}, u128{1}, u128{9}, u128{1} << 64, (u128{1} << 127) + 5, top})
            for (uint64_t claimed : {uint64_t{0}, uint64_t{77}, kMaxVoucherCount - 1})
                for (uint64_t more : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{1} << 62, kMaxVoucherCount}) {
                    if (more > kMaxVoucherCount - claimed) continue;
                    const Standing standing{Amount{balance}, claimed, false};
                    const bool covered = claimed + more <= covered_count(standing, Amount{unit});
                    CHECK(covered == covered_by_hand(more, unit, balance));
                }
    World world;
    node::MemoryStore store;
    PayeePolicy policy = world.policy();
    policy.unit = Amount{u128{1} << 100};
    auto book = world.payee_book(store, policy);
    ChannelTerms terms = world.terms;
    terms.unit = policy.unit;
    const AccountKey key = leaf_of(terms, world.token, world.domain);
    world.fund(key, 1000);
    // 2^28 x 2^100 wraps to zero.
    CHECK(reason(book->accept(world.offer_by(world.payer, terms, world.token, 1 << 28), 1)) == "NOT_COVERED");
    CHECK(reason(book->accept(world.offer_by(world.payer, terms, world.token, kMaxVoucherCount), 1)) == "NOT_COVERED");
}

TEST_CASE("a channel that is closed, unmarked or unseen pays nobody") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    world.source.set(world.channel, world.sighting(1000, 0, true));
    CHECK(reason(book->accept(world.offer(1), 1)) == "CHANNEL_CLOSED");
    Sighting seen = world.sighting(1000);
    seen.posted->closed = true;  // by an operation of the L1's
    world.source.set(world.channel, seen);
    CHECK(reason(book->accept(world.offer(1), 1)) == "CHANNEL_CLOSED");
    Account leaf;
    leaf.balance = Amount{1000};
    for (uint64_t nonce : {uint64_t{0}, uint64_t{1}, kChannelMark - 1}) {
        leaf.nonce = nonce;
        CHECK_FALSE(standing_of(leaf));
    }
    leaf.nonce = kChannelMark + 5;
    CHECK(standing_of(leaf) == Standing{Amount{1000}, 5, false});
    leaf.nonce = kClosedChannel;
    CHECK(standing_of(leaf)->closed);
    world.source.set(world.channel, {{}, {}, {}, kNow, kNow * 1000});
    CHECK(reason(book->accept(world.offer(1), 1)) == "CHANNEL_UNKNOWN");
    world.fund(world.channel, 1000);
    world.clock.advance(60'001);
    CHECK(reason(book->accept(world.offer(1), 1)) == "CHANNEL_STALE");
    world.source.fail({node::Code::kUnavailable, "DOWN", "", ""});
    CHECK(reason(book->accept(world.offer(1), 1)) == "DOWN");
    CHECK(book->channels().empty());
}

TEST_CASE("vouchers on funding that isn't posted come to the payee's limit, over all channels") {
    World world;  // limit 200: 20 units
    node::MemoryStore store;
    ChannelTerms other = world.terms;
    other.salt = 8;
    const AccountKey second = leaf_of(other, world.token, world.domain);
    Sighting unposted = world.sighting(1000);
    unposted.posted.reset();
    unposted.settled.reset();
    world.source.set(world.channel, unposted);
    world.source.set(second, unposted);
    auto book = world.payee_book(store);
    CHECK(reason(book->accept(world.offer(21), 1)) == "UNPOSTED_FUNDING");
    REQUIRE(book->accept(world.offer(15), 15).ok());
    CHECK(reason(book->accept(world.offer_by(world.payer, other, world.token, 6), 6)) == "UNPOSTED_FUNDING");
    REQUIRE(book->accept(world.offer_by(world.payer, other, world.token, 5), 5).ok());
    CHECK(reason(book->accept(world.offer(16, "two"), 1)) == "UNPOSTED_FUNDING");
    // A book that has just been opened knows of no posting, and counts all of it.
    book = world.payee_book(store);
    CHECK(reason(book->accept(world.offer(16, "two"), 1)) == "UNPOSTED_FUNDING");
    // A part is posted: that part counts no more.
    unposted.posted = Standing{Amount{60}, 0, false};
    book->observe(second, unposted);
    CHECK(book->accept(world.offer(20, "two"), 5).ok());
    CHECK(reason(book->accept(world.offer(21, "three"), 1)) == "UNPOSTED_FUNDING");
    world.fund(world.channel, 1000);  // all posted
    CHECK(book->accept(world.offer(90, "three"), 70).ok());
}

TEST_CASE("no voucher is taken from one margin before the expiry on, by the L1's time") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    Sighting seen = world.sighting(1000);
    seen.l1_time_s = kExpiry - 1001;
    world.source.set(world.channel, seen);
    world.clock.set_wall(0);  // what the machine's clock says is nothing to it
    REQUIRE(book->accept(world.offer(1), 1).ok());
    CHECK(book->failed(world.channel, 1).ok());
    world.clock.advance(1000);
    CHECK(reason(book->accept(world.offer(2, "two"), 1)) == "EXPIRY_NEAR");
    CHECK(book->accept(world.offer(1), 1).ok());  // paid in time, and owed

    PayeePolicy patient = world.policy();
    patient.least_life_s = 5000;
    node::MemoryStore another;
    auto strict = world.payee_book(another, patient);
    seen = world.sighting(1000);
    seen.seen_at_ms = world.clock.steady_ms();
    seen.l1_time_s = kExpiry - 6000;
    world.source.set(world.channel, seen);
    CHECK(reason(strict->accept(world.offer(1), 1)) == "EXPIRY_NEAR");
    seen.l1_time_s = kExpiry - 6001;
    world.source.set(world.channel, seen);
    CHECK(strict->accept(world.offer(1), 1).ok());
    seen.l1_time_s = kExpiry - 1001;
    world.source.set(world.channel, seen);
    CHECK(strict->accept(world.offer(2, "two"), 1).ok());  // no longer its first
    world.clock.advance(1000);
    for (uint64_t time : {kExpiry - 1001, kExpiry, ~uint64_t{0}}) {
        seen.l1_time_s = time;
        world.source.set(world.channel, seen);
        CHECK(reason(strict->accept(world.offer(3, "three"), 1)) == "EXPIRY_NEAR");
    }
}

TEST_CASE("a flood of requests or channels is refused beyond the payee's limits") {
    World world;
    node::MemoryStore store;
    PayeePolicy policy = world.policy();
    policy.max_working = 3;
    policy.kept_requests = 4;
    policy.max_channels = 2;
    auto book = world.payee_book(store, policy);
    for (uint64_t count : {1, 2, 3}) REQUIRE(book->accept(world.offer(count, std::to_string(count)), 1).ok());
    CHECK(reason(book->accept(world.offer(4, "4"), 1)) == "TOO_MANY_REQUESTS");
    CHECK(book->served(world.channel, 2, {}).ok());
    CHECK(book->accept(world.offer(4, "4"), 1).ok());
    ChannelTerms terms = world.terms;
    for (uint64_t salt : {8, 9}) {
        terms.salt = salt;
        world.fund(leaf_of(terms, world.token, world.domain), 1000);
        auto answer = book->accept(world.offer_by(world.payer, terms, world.token, 1), 1);
        CHECK(reason(answer) == (salt == 8 ? "" : "TOO_MANY_CHANNELS"));
    }
    // Unsigned ones leave nothing behind.
    for (uint64_t salt = 100; salt < 200; ++salt) {
        terms.salt = salt;
        CHECK(reason(book->accept(world.offer_by(world.stranger, terms, world.token, 1), 1)) == "VOUCHER_SIGNATURE");
    }
    CHECK(book->channels().size() == 2);
}

TEST_CASE("a request is bound by its method, target, body and id") {
    const RequestId id{}, other = RequestId::from(Bytes(16, 1));
    const Hash bound = hash_of_request("GET", "/a?b", "body", id);
    CHECK(bound == hash_of_request("GET", "/a?b", "body", id));
    CHECK(bound != hash_of_request("POST", "/a?b", "body", id));
    CHECK(bound != hash_of_request("GET", "/a?c", "body", id));
    CHECK(bound != hash_of_request("GET", "/a?b", "bodx", id));
    CHECK(bound != hash_of_request("GET", "/a?b", "body", other));
    CHECK(bound != hash_of_request("GET/", "a?b", "body", id));  // no part runs into the next
    CHECK(bound != hash_of_request("GET", "/a?bb", "ody", id));
}
