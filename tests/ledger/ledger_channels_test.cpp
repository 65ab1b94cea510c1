// Channels in the ledger: what funds, redeems and the L1's two kinds are to whom, and what undoes them.
#include <catch2/catch.hpp>

#include "tests/ledger/ledger_fixture.hpp"

using namespace gavel;
using namespace gavel::ledger;
using namespace gavel::ledger_test;
using node::Durability;

namespace {

const Address kEth;
constexpr size_t kPayer = 1, kPayee = 2;

struct Books {
    Books() { world.fund(*ledger); }
    OperationReceipt submit(size_t user, const Operation& operation) {
        OperationReceipt receipt;
        REQUIRE(world.submit(*ledger, user, operation, &receipt).ok());
        ledger->flush(Durability::kSynced);
        return receipt;
    }
    OperationReceipt fund(u128 amount, const Address& token = kEth) {
        return submit(kPayer, world.fund_channel(*ledger, kPayer, token, amount));
    }
    OperationReceipt redeem(uint64_t count, bool close, u128 fee = 0) {
        return submit(kPayee, world.redeem(*ledger, kPayer, kEth, count, close, fee));
    }
    L1Entry consume(const L1Operation& operation) {
        world.queue.push_back(operation);
        world.seal(*ledger);
        world.consume(*ledger);
        ledger->flush(Durability::kSynced);
        return std::get<L1Entry>(ledger->entry(ledger->summary().entries - 1)->what);
    }
    OperationEntry entry(const OperationReceipt& receipt) { return std::get<OperationEntry>(ledger->entry(receipt.entry)->what); }
    Account leaf(const Address& owner) { return ledger->newest_account({owner, kEth})->account; }
    Account channel() { return leaf(world.channel(kPayer)); }
    // "out", "in", "out in", "seen" or "" of the newest entry.
    std::string touch(const Address& owner) {
        const uint64_t newest = ledger->summary().entries - 1;
        const auto page = ledger->touches_before(owner, std::nullopt, ~uint64_t{0}, 1);
        if (page.touches.empty() || page.touches[0].entry != newest) return "";
        const Touch& touch = page.touches[0];
        if (touch.outgoing && touch.incoming) return "out in";
        return touch.outgoing ? "out" : touch.incoming ? "in" : "seen";
    }
    std::vector<std::string> touches() {
        return {touch(world.address(kPayer)), touch(world.address(kPayee)), touch(world.channel(kPayer))};
    }

    World world{31};
    node::MemoryStore store;
    std::unique_ptr<OpenLedger> ledger = open(store, world);
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a fund and a redeem are entries of all whom they concern, with what they have paid") {
    Books books;
    const Amount unit = books.world.terms[kPayer].unit;
    REQUIRE(unit == Amount{101});
    const u128 payer_had = books.leaf(books.world.address(kPayer)).balance.value();
    const u128 payee_had = books.leaf(books.world.address(kPayee)).balance.value();
    books.fund(10'000);
    CHECK(books.touches() == Strings{"out", "", "in"});
    CHECK(books.channel().nonce == kChannelMark);
    CHECK(books.channel().balance == Amount{10'000});

    const auto taken = books.entry(books.redeem(30, false, 7));
    CHECK(books.touches() == Strings{"", "in", "out"});
    CHECK(taken.sender == books.world.address(kPayee));
    CHECK(taken.operation.payments ==
          std::vector<Payment>{{books.world.address(kPayee), Amount{3030 - 7}}, {books.world.address(kPayer), Amount{}}});
    CHECK(books.channel().nonce == kChannelMark + 30);
    CHECK((books.leaf(books.world.address(kPayee)).balance.value() == payee_had + 3030 - 7));

    const auto closed = books.entry(books.redeem(50, true));
    CHECK(books.touches() == Strings{"in", "in", "out"});
    CHECK(closed.operation.payments ==
          std::vector<Payment>{{books.world.address(kPayee), Amount{2020}}, {books.world.address(kPayer), Amount{4950}}});
    CHECK(closed.recipients == std::vector<uint32_t>{books.ledger->newest_account({books.world.address(kPayee), kEth})->index,
                                                     books.ledger->newest_account({books.world.address(kPayer), kEth})->index});
    CHECK(books.channel().nonce == kClosedChannel);
    CHECK(books.channel().balance == Amount{});
    CHECK((books.leaf(books.world.address(kPayer)).balance.value() == payer_had - 10'000 + 4950));
}

TEST_CASE("a close that takes nothing is seen by the payee, and pays the payer") {
    Books books;
    books.fund(500);
    books.redeem(0, true);
    CHECK(books.touches() == Strings{"in", "seen", "out"});
    CHECK(books.channel().nonce == kClosedChannel);
}

TEST_CASE("a chunk has the voucher's signature behind the payee's, and tells what each is over") {
    Books books;
    const Hash fund = books.entry(books.fund(10'000)).digest;
    const OperationEntry redeem = books.entry(books.redeem(30, false));
    const ChunkRecord chunk = books.world.seal(*books.ledger);
    books.ledger->flush(Durability::kSynced);
    REQUIRE(chunk.sigs.size() == 3 * Signature::kSize);
    const Hash voucher = Voucher{books.world.channel(kPayer), kEth, 30}.digest(books.world.separator);
    CHECK(books.ledger->chunk_digests(chunk) == std::vector<Hash>{fund, redeem.digest, voucher});
    const Address signers[] = {books.world.address(kPayer), books.world.address(kPayee), books.world.address(kPayer)};
    for (size_t i = 0; i < 3; ++i) {
        const Signature signature = Signature::from(ByteView(chunk.sigs).subspan(i * Signature::kSize));
        CHECK(recover(books.ledger->chunk_digests(chunk)[i], signature) == signers[i]);
    }
    REQUIRE(redeem.voucher.has_value());
    CHECK(recover(voucher, *redeem.voucher) == books.world.address(kPayer));
}

TEST_CASE("what isn't what was checked isn't executed, and changes nothing") {
    Books books;
    books.fund(10'000);
    const Account before = books.channel();
    auto wrong = [&](auto change) {
        Operation operation = books.world.redeem(*books.ledger, kPayer, kEth, 30, false);
        const PostedOperation posted =
            books.ledger->posted_form(operation, books.ledger->newest_account({books.world.channel(kPayer), kEth})->index);
        change(operation);
        OperationReceipt receipt;
        return books.ledger->open_operation(posted, books.world.checked(operation, kPayee), World::kNowMs, receipt).refusal;
    };
    CHECK(wrong([](Operation& words) { words.nonce = 1; }) == Refusal::kSignerNotOwner);
    CHECK(wrong([](Operation& words) { words.channel.count = 31; }) == Refusal::kSignerNotOwner);
    CHECK(wrong([](Operation& words) { words.channel.close = true; }) == Refusal::kSignerNotOwner);
    CHECK(wrong([](Operation& words) { words.fee = Amount{1}; }) == Refusal::kSignerNotOwner);
    CHECK(wrong([](Operation& words) { words.channel.terms.expiry += 1; }) == Refusal::kSignerNotOwner);
    CHECK(books.channel() == before);
    CHECK(wrong([](Operation&) {}) == Refusal::kNone);
}

TEST_CASE("what the L1 takes from a channel is told as it moved") {
    Books books;
    books.fund(10'000);
    const L1Entry redeemed = books.consume(books.world.forced_redeem(kPayer, kEth, 40));
    CHECK(redeemed.took_effect);
    CHECK(redeemed.moved == Amount{4040});
    CHECK(redeemed.sender == books.ledger->newest_account({books.world.channel(kPayer), kEth})->index);
    CHECK(redeemed.recipient == books.ledger->newest_account({books.world.address(kPayee), kEth})->index);
    CHECK(books.touches() == Strings{"", "in", "out"});
    CHECK(books.channel().nonce == kChannelMark + 40);

    const L1Entry old = books.consume(books.world.forced_redeem(kPayer, kEth, 40));
    CHECK_FALSE(old.took_effect);
    CHECK(old.moved == Amount{});
    CHECK(books.touches() == Strings{"", "", "seen"});

    const L1Entry back = books.consume(books.world.reclaim(kPayer, kEth));
    CHECK(back.moved == Amount{5960});
    CHECK(back.recipient == books.ledger->newest_account({books.world.address(kPayer), kEth})->index);
    CHECK(books.touches() == Strings{"in", "", "out"});

    const L1Entry empty = books.consume(books.world.reclaim(kPayer, kEth));
    CHECK(empty.took_effect);
    CHECK(empty.moved == Amount{});
    CHECK_FALSE(empty.recipient.has_value());
    CHECK(books.touches() == Strings{"", "", "out"});
    CHECK_FALSE(books.consume(books.world.reclaim(0, kEth)).took_effect);
    check_consistent(*books.ledger);
}

TEST_CASE("the channels of an owner come in pages, as funds and redeems tell of them, and go with them") {
    Books books;
    World& world = books.world;
    OpenLedger& ledger = *books.ledger;
    const uint64_t chunk = ledger.chunk_count();
    books.fund(10'000);
    books.fund(10'000, world.tokens[1]);
    books.redeem(5, false);
    books.submit(kPayee, world.fund_channel(ledger, kPayee, kEth, 300));
    using Channels = std::vector<Reader::ChannelAt>;
    const Reader::ChannelAt eth{{world.channel(kPayer), kEth}, world.terms[kPayer]};
    const Reader::ChannelAt token{{world.channel(kPayer), world.tokens[1]}, world.terms[kPayer]};
    const Reader::ChannelAt own{{world.channel(kPayee), kEth}, world.terms[kPayee]};
    CHECK(ledger.channels_of(world.address(kPayer), {}, 10) == Channels{eth, token});
    Channels of_payee = eth.key < own.key ? Channels{eth, token, own} : Channels{own, eth, token};
    CHECK(ledger.channels_of(world.address(kPayee), {}, 10) == of_payee);
    CHECK(ledger.channels_of(world.address(kPayee), {}, 1) == Channels{of_payee[0]});
    CHECK(ledger.channels_of(world.address(kPayee), of_payee[0].key, 1) == Channels{of_payee[1]});
    CHECK(ledger.channels_of(world.address(kPayee), of_payee[2].key, 1).empty());
    CHECK(ledger.channels_of(world.address(5), {}, 10).empty());
    CHECK(ledger.channel_terms(world.channel(kPayee)) == world.terms[kPayee]);
    CHECK_FALSE(ledger.channel_terms(world.channel(5)).has_value());

    ledger.roll_back_to_chunk(chunk, "struck", 1);
    CHECK(ledger.channels_of(world.address(kPayee), {}, 10).empty());
    CHECK_FALSE(ledger.channel_terms(world.channel(kPayer)).has_value());
}

TEST_CASE("readers see no channel whose fund isn't flushed") {
    Books books;
    REQUIRE(books.world.submit(*books.ledger, kPayer, books.world.fund_channel(*books.ledger, kPayer, kEth, 5)).ok());
    CHECK_FALSE(books.ledger->channel_terms(books.world.channel(kPayer)).has_value());
    books.ledger->flush(Durability::kBuffered);
    CHECK(books.ledger->channel_terms(books.world.channel(kPayer)).has_value());
}

TEST_CASE("a redeem that was rolled back keeps its voucher, and is executed again") {
    Books books;
    books.fund(10'000);
    books.world.seal(*books.ledger);
    const OperationReceipt receipt = books.redeem(30, true, 5);
    const OperationEntry before = books.entry(receipt);
    CHECK(books.ledger->roll_back_to_chunk(books.ledger->chunk_count(), "struck", 1) == 1);
    const auto kept = books.ledger->rolled_back(receipt.hash);
    REQUIRE(kept.has_value());
    CHECK(kept->voucher == before.voucher);
    CHECK(kept->operation == before.operation);
    CHECK(kept->sender == books.world.address(kPayee));
    CHECK(books.channel().nonce == kChannelMark);
    CHECK(books.redeem(30, true, 5).hash == receipt.hash);
    CHECK(books.entry(receipt).operation == before.operation);
    CHECK_FALSE(books.ledger->rolled_back(receipt.hash).has_value());
}
