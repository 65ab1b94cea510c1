// A payee's book: what it says yes to, what it remembers, what it owes.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

TEST_CASE("a payee takes vouchers that count on, and has them on the disk when he says yes") {
    World world;
    node::MemoryStore store;
    {
        auto book = world.payee_book(store);
        auto first = book->accept(world.offer(1), 1);
        REQUIRE(first.ok());
        CHECK(first->channel == world.channel);
        CHECK_FALSE(first->repeated);
        CHECK(store.unsynced_batches() == 0);
        CHECK(book->accept(world.offer(3, "two"), 2).ok());
    }
    store.lose_unsynced();
    auto book = world.payee_book(store);
    const auto kept = book->find(world.channel);
    REQUIRE(kept);
    CHECK(kept->terms == world.terms);
    CHECK(kept->voucher.voucher.count == 3);
    CHECK(kept->credit == 0);
    CHECK(kept->since_s == kNow);
    CHECK(check_voucher(kept->voucher, world.payer.address(), world.domain).ok());
}

TEST_CASE("a request that was served gets the same answer again, and its voucher nothing else") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    REQUIRE(book->accept(world.offer(1), 1).ok());
    CHECK(reason(book->accept(world.offer(1), 1)) == "IN_PROGRESS");
    CHECK(reason(book->accept(world.offer(1, "another"), 1)) == "VOUCHER_SPENT");
    CHECK(book->served(world.channel, 1, view_of("the answer")).ok());
    const size_t asked = world.source.asked();
    auto again = book->accept(world.offer(1), 1);
    REQUIRE(again.ok());
    CHECK(again->repeated);
    CHECK(string_of(again->answer) == "the answer");
    CHECK(world.source.asked() == asked);
    CHECK(reason(book->accept(world.offer(1, "another"), 1)) == "VOUCHER_SPENT");
    CHECK(book->served(world.channel, 1, {}).reason == "NOT_IN_PROGRESS");
    book = world.payee_book(store);
    CHECK(string_of(book->accept(world.offer(1), 1)->answer) == "the answer");
}

TEST_CASE("an answer that is too long isn't kept, but its voucher is spent") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    REQUIRE(book->accept(world.offer(1), 1).ok());
    CHECK(book->served(world.channel, 1, Bytes(4097)).ok());
    auto again = book->accept(world.offer(1), 1);
    CHECK(again->repeated);
    CHECK(again->answer.empty());
}

TEST_CASE("units that weren't served are the payer's for his next request") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    REQUIRE(book->accept(world.offer(1), 1).ok());
    CHECK(book->failed(world.channel, 1).ok());
    CHECK(book->find(world.channel)->credit == 1);
    CHECK(store.unsynced_batches() == 0);
    book = world.payee_book(store);
    SECTION("by the same request once more") {
        CHECK(book->accept(world.offer(1), 1)->credit == 0);
        CHECK(book->served(world.channel, 1, {}).ok());
        CHECK(book->accept(world.offer(1), 1)->repeated);
    }
    SECTION("by another with the same voucher, once") {
        CHECK(book->accept(world.offer(1, "another"), 1)->credit == 0);
        CHECK(reason(book->accept(world.offer(1), 1)) == "VOUCHER_SPENT");
    }
    SECTION("by another with a larger voucher") {
        CHECK(book->accept(world.offer(2, "two"), 2)->credit == 0);
        CHECK(reason(book->accept(world.offer(1), 1)) == "NOT_ENOUGH");
    }
    CHECK(book->failed(world.channel, 9).reason == "NOT_IN_PROGRESS");
}

TEST_CASE("a voucher that pays more than the price leaves credit; one that pays less isn't taken") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    CHECK(reason(book->accept(world.offer(2), 3)) == "NOT_ENOUGH");
    CHECK(book->channels().empty());
    CHECK(book->accept(world.offer(5), 3)->credit == 2);
    CHECK(reason(book->accept(world.offer(6, "two"), 4)) == "NOT_ENOUGH");
    CHECK(book->find(world.channel)->voucher.voucher.count == 5);
    CHECK(book->accept(world.offer(6, "two"), 3)->credit == 0);
    CHECK(reason(book->accept(world.offer(7, "three"), 0)) == "PRICE_INVALID");
}

TEST_CASE("requests that overtook each other are served with what they paid together") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    CHECK(book->accept(world.offer(3, "three"), 1)->credit == 2);
    CHECK(book->accept(world.offer(1, "one"), 1)->credit == 1);
    CHECK(reason(book->accept(world.offer(1, "other"), 1)) == "VOUCHER_SPENT");
    CHECK(book->accept(world.offer(2, "two"), 1)->credit == 0);
    for (uint64_t count : {1, 2, 3}) CHECK(book->served(world.channel, count, {}).ok());
    CHECK(book->find(world.channel)->voucher.voucher.count == 3);
}

TEST_CASE("units and prices by amount") {
    CHECK(units_for(Amount{30}, Amount{10}) == 3);
    CHECK(units_for(Amount{31}, Amount{10}) == 4);
    CHECK(units_for(Amount{}, Amount{10}) == 0);
    CHECK(units_for(Amount{kMaxVoucherCount}, Amount{1}) == kMaxVoucherCount);
    CHECK_FALSE(units_for(Amount{kMaxVoucherCount + 1}, Amount{1}));
    CHECK_FALSE(units_for(Amount::max(), Amount{1}));
    CHECK(amount_of(3, Amount{10}) == Amount{30});
    CHECK(amount_of(2, Amount{u128{1} << 127}) == std::nullopt);
    CHECK(amount_of(kMaxVoucherCount, Amount::max()) == std::nullopt);
    CHECK(amount_of(1, Amount::max()) == Amount::max());
}

TEST_CASE("the payee tells the payer alone which voucher was his last") {
    World world;
    node::MemoryStore store, payers;
    auto book = world.payee_book(store);
    const Signature question = sign_question(world.payer, world.domain, world.channel);
    CHECK(reason(book->last(world.channel, question)) == "CHANNEL_UNKNOWN");
    REQUIRE(book->accept(world.offer(6), 6).ok());
    CHECK(reason(book->last(world.channel, sign_question(world.stranger, world.domain, world.channel))) == "VOUCHER_SIGNATURE");
    auto payer = world.payer_book(payers);
    REQUIRE(payer->add(world.terms, world.token, Amount{500}).ok());
    CHECK(payer->recover(*book->last(world.channel, question)).ok());
    CHECK(payer->sign(world.channel, 1)->voucher.count == 7);
}

TEST_CASE("a payee whose book was lost isn't paid again for what he has redeemed") {
    World world;
    node::MemoryStore store;
    world.fund(world.channel, 900, 10);
    auto book = world.payee_book(store);
    CHECK(reason(book->accept(world.offer(10), 1)) == "VOUCHER_OLD");
    CHECK(reason(book->accept(world.offer(12), 3)) == "NOT_ENOUGH");
    CHECK(book->accept(world.offer(12), 1)->credit == 1);
}

TEST_CASE("only so many requests are remembered, and what was forgotten isn't served again") {
    World world;
    node::MemoryStore store;
    PayeePolicy policy = world.policy();
    policy.max_working = 2;
    policy.kept_requests = 3;
    auto book = world.payee_book(store, policy);
    for (uint64_t count : {1, 2, 3, 4, 5}) {
        REQUIRE(book->accept(world.offer(count, std::to_string(count)), 1).ok());
        CHECK(book->served(world.channel, count, {}).ok());
    }
    CHECK(reason(book->accept(world.offer(2, "2"), 1)) == "VOUCHER_OLD");
    CHECK(book->accept(world.offer(3, "3"), 1)->repeated);
    REQUIRE(book->accept(world.offer(6, "6"), 1).ok());
    CHECK(book->failed(world.channel, 6).ok());
    CHECK(reason(book->accept(world.offer(2, "2"), 1)) == "VOUCHER_OLD");  // though there is credit
    book = world.payee_book(store, policy);
    CHECK(reason(book->accept(world.offer(3, "3"), 1)) == "VOUCHER_OLD");
    CHECK(book->accept(world.offer(4, "4"), 1)->repeated);
}

TEST_CASE("many threads of a payee take each voucher once") {
    World world;
    node::MemoryStore store;
    auto book = world.payee_book(store);
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            // Each of them presents every voucher, with the same requests.
            for (uint64_t count = 1; count <= 25; ++count) {
                auto yes = book->accept(world.offer(count, std::to_string(count)), 1);
                if (!yes || yes->repeated) continue;
                ++taken;
                if (!book->served(world.channel, count, {}).ok()) taken = -1000;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(taken == 25);
    CHECK(book->find(world.channel)->credit == 0);
}
