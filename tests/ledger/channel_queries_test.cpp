// What the query service tells of channels.
#include <catch2/catch.hpp>

#include "query/queries.hpp"
#include "tests/ledger/ledger_desk.hpp"

using namespace gavel;
using namespace gavel::query;
using namespace gavel::ledger_test;

namespace {

const Address kEth;
constexpr size_t kPayer = 1, kPayee = 2;

struct ChannelDesk : Desk {
    ChannelDesk() : Desk(17) { post(); }
    void fund(u128 amount) { submit(kPayer, world.fund_channel(ledger, kPayer, kEth, amount)); }
    void redeem(uint64_t count, bool close) { submit(kPayee, world.redeem(ledger, kPayer, kEth, count, close, 1)); }
    ChannelInfo channel() {
        auto out = queries.channel({world.channel(kPayer), kEth});
        REQUIRE(out.ok());
        return *out;
    }
};

}  // namespace

TEST_CASE("a channel is told with its terms, what is claimed, and how much of its balance isn't posted") {
    ChannelDesk desk;
    auto none = desk.queries.channel({desk.world.channel(kPayer), kEth});
    CHECK(none.status().reason == "UNKNOWN_CHANNEL");
    CHECK(none.status().code == node::Code::kNotFound);
    desk.pay(3, desk.world.channel(kPayer), 9);  // dust
    CHECK(desk.queries.channel({desk.world.channel(kPayer), kEth}).status().reason == "UNKNOWN_CHANNEL");
    desk.fund(10'000);
    CHECK(desk.channel().status == OperationStatus::kConfirmed);
    CHECK(desk.channel().unposted == Amount{10'009});
    CHECK(desk.channel().account.balance == Amount{10'009});
    CHECK(desk.channel().terms == desk.world.terms[kPayer]);

    desk.post();
    CHECK(desk.channel().status == OperationStatus::kPosted);
    CHECK(desk.channel().unposted == Amount{});
    desk.fund(500);
    CHECK(desk.channel().status == OperationStatus::kConfirmed);
    CHECK(desk.channel().unposted == Amount{500});
    desk.redeem(30, false);
    CHECK(desk.channel().claimed() == 30);
    CHECK(desk.channel().unposted == Amount{500});
    CHECK(desk.channel().account.balance == Amount{10'509 - 3030});

    desk.redeem(31, true);
    CHECK(desk.channel().is_closed());
    CHECK(desk.channel().unposted == Amount{});
    desk.post();
    desk.finalise();
    CHECK(desk.channel().status == OperationStatus::kFinal);
}

TEST_CASE("the channels of payer and payee are listed in pages") {
    ChannelDesk desk;
    desk.fund(10'000);
    desk.submit(kPayer, desk.world.fund_channel(desk.ledger, kPayer, desk.world.tokens[1], 700));
    const AccountKey eth{desk.world.channel(kPayer), kEth}, token{desk.world.channel(kPayer), desk.world.tokens[1]};
    for (size_t user : {kPayer, kPayee}) {
        const Channels all = desk.queries.channels(desk.world.address(user), {}, 0);
        REQUIRE(all.channels.size() == 2);
        CHECK(all.channels[0] == *desk.queries.channel(eth));
        CHECK(all.channels[1] == *desk.queries.channel(token));
        CHECK_FALSE(all.next.has_value());
        const Channels first = desk.queries.channels(desk.world.address(user), {}, 1);
        CHECK(first.channels == std::vector<ChannelInfo>{all.channels[0]});
        CHECK(first.next == eth);
        CHECK(desk.queries.channels(desk.world.address(user), first.next, 1).channels[0].account.key == token);
    }
    CHECK(desk.queries.channels(desk.world.address(5), {}, 0).channels.empty());
}

TEST_CASE("a redeem is told to whom it pays as from the channel, and a fund to the channel as from its payer") {
    ChannelDesk desk;
    const Address payee = desk.world.address(kPayee), channel = desk.world.channel(kPayer);
    const uint64_t cursor = desk.queries.end_cursor();
    desk.fund(10'000);
    desk.redeem(30, false);
    desk.redeem(31, true);
    auto to_channel = desk.queries.incoming(channel, std::nullopt, cursor, 0);
    REQUIRE(to_channel->items.size() == 1);
    CHECK(to_channel->items[0].kind == IncomingPayment::Kind::kFund);
    CHECK(to_channel->items[0].from == desk.world.address(kPayer));
    CHECK(to_channel->items[0].amount == Amount{10'000});
    auto to_payee = desk.queries.incoming(payee, std::nullopt, cursor, 0);
    REQUIRE(to_payee->items.size() == 2);
    CHECK(to_payee->items[0].kind == IncomingPayment::Kind::kRedeem);
    CHECK(to_payee->items[0].from == channel);
    CHECK(to_payee->items[0].amount == Amount{3029});
    CHECK(to_payee->items[1].amount == Amount{100});
    auto to_payer = desk.queries.incoming(desk.world.address(kPayer), std::nullopt, cursor, 0);
    REQUIRE(to_payer->items.size() == 1);  // what is left, at the close; nothing before
    CHECK(to_payer->items[0].amount == Amount{10'000 - 3131});
    CHECK(to_payer->items[0].line == 1);
    auto info = desk.queries.operation(*to_payer->items[0].hash);
    CHECK(info->sender == payee);
    CHECK(recover(Voucher{channel, kEth, 31}.digest(desk.world.separator), *info->voucher) == desk.world.address(kPayer));
}
