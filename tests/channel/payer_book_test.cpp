// A payer's book: what he may sign, and that he can't forget it.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

TEST_CASE("a payer signs vouchers that count on, each checked by its payee") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    CHECK(*book->add(world.terms, world.token, Amount{500}) == world.channel);
    auto first = book->sign(world.channel, 3);
    REQUIRE(first.ok());
    CHECK(first->voucher == Voucher{world.channel.owner, world.token, 3});
    CHECK(check_voucher(*first, world.payer.address(), world.domain).ok());
    auto second = book->sign(world.channel, 2);
    CHECK(second->voucher.count == 5);
    CHECK(*book->last(world.channel) == *second);
    CHECK(check_voucher(*second, world.stranger.address(), world.domain).reason == "VOUCHER_SIGNATURE");
    const Hash other_chain = Domain{2, world.chain.rollup}.separator();
    const Hash other_contract = Domain{1, world.payee.address()}.separator();
    CHECK(check_voucher(*second, world.payer.address(), other_chain).reason == "VOUCHER_SIGNATURE");
    CHECK(check_voucher(*second, world.payer.address(), other_contract).reason == "VOUCHER_SIGNATURE");
}

TEST_CASE("what a payer signed is on the disk before he has the voucher") {
    World world;
    node::MemoryStore store;
    {
        auto book = world.payer_book(store);
        REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
        CHECK(book->sign(world.channel, 4).ok());
        CHECK(store.unsynced_batches() == 0);
    }
    store.lose_unsynced();
    auto book = world.payer_book(store);
    REQUIRE(book->channels().size() == 1);
    CHECK(book->channels()[0].terms == world.terms);
    CHECK(book->channels()[0].cap == Amount{500});
    CHECK(book->sign(world.channel, 1)->voucher.count == 5);
}

TEST_CASE("a payer signs no more than the channel holds, than its cap, or than a voucher can count") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
    CHECK(reason(book->sign(world.channel, 51)) == "CAP_REACHED");
    CHECK(book->sign(world.channel, 50)->voucher.count == 50);
    CHECK(reason(book->sign(world.channel, 1)) == "CAP_REACHED");
    REQUIRE(book->add(world.terms, world.token, Amount::max()).ok());
    CHECK(reason(book->sign(world.channel, 51)) == "NOT_COVERED");
    CHECK(book->sign(world.channel, 50)->voucher.count == 100);  // 100 x 10 = the balance
    CHECK(reason(book->sign(world.channel, 1)) == "NOT_COVERED");
    world.fund(world.channel, 1009);
    CHECK(reason(book->sign(world.channel, 1)) == "NOT_COVERED");
    world.fund(world.channel, 30, 98);  // redeemed, and topped up
    CHECK(book->sign(world.channel, 1)->voucher.count == 101);
    CHECK(reason(book->sign(world.channel, 0)) == "COUNT_INVALID");
    CHECK(reason(book->sign(world.channel, kMaxVoucherCount)) == "COUNT_INVALID");
    CHECK(reason(book->sign(world.channel, ~uint64_t{0})) == "COUNT_INVALID");
}

TEST_CASE("a payer signs nothing near the expiry, for a closed or unknown channel, or by stale news") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    CHECK(reason(book->sign(world.channel, 1)) == "CHANNEL_UNKNOWN");
    REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
    Sighting near = world.sighting(1000);
    near.l1_time_s = kExpiry - 1001;
    world.source.set(world.channel, near);
    CHECK(book->sign(world.channel, 1).ok());
    world.clock.advance(1000);  // the L1's time goes on
    CHECK(reason(book->sign(world.channel, 1)) == "EXPIRY_NEAR");
    world.source.set(world.channel, world.sighting(0, 0, true));
    CHECK(reason(book->sign(world.channel, 1)) == "CHANNEL_CLOSED");
    world.source.set(world.channel, {{}, {}, {}, kNow, kNow * 1000});
    CHECK(reason(book->sign(world.channel, 1)) == "CHANNEL_UNKNOWN");
    world.fund(world.channel, 1000);
    world.clock.advance(59'000);
    CHECK(book->sign(world.channel, 1).ok());
    world.clock.advance(1'000);
    CHECK(reason(book->sign(world.channel, 1)) == "CHANNEL_STALE");
    world.source.fail({node::Code::kUnavailable, "DOWN", "", ""});
    CHECK(reason(book->sign(world.channel, 1)) == "DOWN");
}

TEST_CASE("a payer who lost his book goes on from the payee's last voucher, if it is his own") {
    World world;
    node::MemoryStore store, lost;
    auto old = world.payer_book(lost);
    REQUIRE(old->add(world.terms, world.token, Amount{500}).ok());
    const SignedVoucher last = *old->sign(world.channel, 20);

    auto book = world.payer_book(store);
    CHECK(book->recover(last).reason == "CHANNEL_UNKNOWN");
    REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
    SignedVoucher forged = last;
    forged.voucher.count = 30;
    CHECK(book->recover(forged).reason == "VOUCHER_SIGNATURE");
    CHECK(book->recover(last).ok());
    CHECK(store.unsynced_batches() == 0);
    CHECK(book->sign(world.channel, 1)->voucher.count == 21);
    CHECK(book->recover(last).ok());  // older than the book: no effect
    CHECK(book->sign(world.channel, 1)->voucher.count == 22);
}

TEST_CASE("a payer's lost book never signs below what was redeemed") {
    World world;
    node::MemoryStore store;
    world.fund(world.channel, 1000, 40);
    auto book = world.payer_book(store);
    REQUIRE(book->add(world.terms, world.token, Amount{5000}).ok());
    CHECK(book->sign(world.channel, 1)->voucher.count == 41);
}

TEST_CASE("a payer's terms are his own") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    ChannelTerms others = world.terms;
    others.payer = world.stranger.address();
    CHECK(reason(book->add(others, world.token, Amount{1})) == "TERMS_REFUSED");
    ChannelTerms to_himself = world.terms;
    to_himself.payee = world.payer.address();
    CHECK(reason(book->add(to_himself, world.token, Amount{1})) == "TERMS_REFUSED");
    ChannelTerms no_unit = world.terms;
    no_unit.unit = {};
    CHECK(reason(book->add(no_unit, world.token, Amount{1})) == "TERMS_REFUSED");
}

TEST_CASE("many threads of a payer sign each count once, and sync together") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    REQUIRE(book->add(world.terms, world.token, Amount{1000}).ok());
    std::mutex mutex;
    std::set<uint64_t> counts;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int j = 0; j < 25; ++j) {
                auto voucher = book->sign(world.channel, 1);
                std::lock_guard lock(mutex);
                if (voucher) counts.insert(voucher->voucher.count);
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(counts.size() == 100);
    CHECK(*counts.begin() == 1);
    CHECK(*counts.rbegin() == 100);
    CHECK(reason(book->sign(world.channel, 1)) == "NOT_COVERED");
}

TEST_CASE("a payer reclaims what a channel holds from its expiry on") {
    World world;
    node::MemoryStore store;
    auto book = world.payer_book(store);
    REQUIRE(book->add(world.terms, world.token, Amount{500}).ok());
    Sighting seen = world.sighting(70);
    seen.l1_time_s = kExpiry - 1;
    world.source.set(world.channel, seen);
    CHECK(book->reclaimable().empty());
    world.clock.advance(1000);
    REQUIRE(book->reclaimable().size() == 1);
    CHECK(book->reclaimable()[0].channel == world.channel);
    seen.confirmed->balance = {};
    world.source.set(world.channel, seen);
    CHECK(book->reclaimable().empty());
}
