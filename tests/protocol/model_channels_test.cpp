// Channels in the naive model: codec and operations. The hashes written out were computed from docs/protocol.md with viem.
#include <catch2/catch.hpp>

#include "tests/protocol/channels_by_hand.hpp"

namespace m = gavel::model;
using namespace gavel::test::by_hand;

namespace {

m::Chunk decoded(const m::Bytes& ops) {
    m::Chunk chunk;
    REQUIRE(m::decode(ops, chunk) == "");
    return chunk;
}
std::string refusal_of(const m::Bytes& ops) {
    m::Chunk chunk;
    return m::decode(ops, chunk);
}

// The operation, so many times.
m::Bytes times(size_t count, const HandOperation& op, const std::vector<uint32_t>& fee_leaves = {}) {
    return ops_of(0, std::vector<HandOperation>(count, op), 0, fee_leaves);
}

}  // namespace

TEST_CASE("the model's words of a channel are the page's") {
    const World world;
    const m::Bytes& separator = world.env.separator;
    CHECK(m::hex(m::terms_digest(separator, world.terms)) == "d628c32f2ae981f02452463cc0c3475e616edd3a4c453a353249a36bd8e36305");
    CHECK(m::hex(world.channel) == "c0c3475e616edd3a4c453a353249a36bd8e36305");
    CHECK(m::hex(m::voucher_digest(separator, world.channel, kEth, 4)) ==
          "fc2f945ca0118f094aec4057fb7714efee711686b04eb7c712f3348ab1bf88a8");
    CHECK(m::hex(m::fund_digest(separator, kEth, world.terms, 100, 3, 2)) ==
          "83faf4363c60b12efaeaa165470f88bfd098896a93e9247dc8208f4cf7238450");
    CHECK(m::hex(m::redeem_digest(separator, {world.channel, kEth, 1, 4, true, false, 2})) ==
          "5862a1f1750f78d91577395527a61352b31fe692aa8ae79ad421eba91540d392");
    CHECK(m::hex(m::redeem_digest(separator, {world.channel, kEth, 1, 0, false, true, 0})) ==
          "c818e22e8c214c66e0e675dbbd78edf0521b34e4b1170c304cd4e44b40b1bcab");
    m::L1Operation entry{m::L1Operation::kRedeem, world.channel, kBob, kEth, 7, 9, 4};
    CHECK(entry.encode().size() == 93);
    CHECK(m::hex(m::H(entry.encode())) == "97d3e96777d89dc1af9467a5a4d63ad3e7aab7e0023d2c14caccf76e7ceab45a");
}

TEST_CASE("the model decodes channels written in bits") {
    const std::string terms = u(64, 1000) + u(64, 5);
    // n 3, f 1, w 3; mixed. A fund, a redeem with take and close, a redeem with close; no fee. Senders 1, 4, the front.
    // Recipients: of the first redeem 2 and 1 (which is behind 2 and 4), of the second both by reference. Amounts: 100 (exponent
    // 2, its place 2; magnitude from 64 to 7), 7 (exponent 0, now at place 1; magnitude to 3); the unit 7 again, count 4; unit 7.
    const std::string kinds = "11 0000001111100  11 0000001111110  11 0000001111111";
    const std::string fees = "000000 00000000 000";
    const std::string senders = "001  0 100  1 1";
    const std::string recipients = "0 010  1 011  1 010  1 010";
    const std::string amounts = "011 " + gamma(113, 2) + "  0 010 " + gamma(7, 2) + "11  1 1  0 1 " + gamma(0, 2) + "00  1 010";
    const m::Bytes ops = pack("1 000011 000001 00010 100" + kinds + fees + senders + recipients + amounts + bits_of(kBob) +
                              terms + terms + terms + "011");
    m::Chunk chunk = decoded(ops);
    REQUIRE(chunk.operations.size() == 3);
    const m::Operation &fund = chunk.operations[0], &both = chunk.operations[1], &close = chunk.operations[2];
    CHECK(chunk.weight == 3 + 4 + 4 + 1);
    CHECK(chunk.fee_leaves == std::vector<uint32_t>{3});
    CHECK(fund.kind == m::Operation::kFund);
    CHECK(fund.sender == 1);
    CHECK(fund.lines.empty());
    CHECK(fund.amount == 100);
    CHECK(fund.terms.unit == 7);
    CHECK(fund.terms.payee == kBob);
    CHECK(fund.terms.expiry == 1000);
    CHECK(fund.terms.salt == 5);
    CHECK(fund.signatures() == 1);
    CHECK(both.kind == m::Operation::kRedeem);
    CHECK((both.take && both.close));
    CHECK(both.sender == 4);
    REQUIRE(both.lines.size() == 2);
    CHECK(both.lines[0].index == 2);
    CHECK(both.lines[1].index == 1);
    CHECK(both.terms.unit == 7);
    CHECK(both.count == 4);
    CHECK(both.signatures() == 2);
    CHECK((!close.take && close.close));
    CHECK(close.lines[0].index == 2);
    CHECK(close.lines[1].index == 1);
    CHECK(close.count == 0);
    CHECK(close.terms.expiry == 1000);
    CHECK(close.signatures() == 1);
    CHECK(refusal_of(ops.substr(0, ops.size() - 1)) == "Truncated");
    CHECK(refusal_of(ops + '\0') == "TrailingByte");

    const World world;
    m::Operation take = decoded(times(1, world.redeem(takes(4)))).operations[0];
    CHECK((take.take && !take.close));
    HandRedeem by_address = takes(4);
    by_address.payee = {0, kCarol};
    chunk = decoded(times(1, world.redeem(by_address)));
    CHECK(chunk.weight == 5);
    CHECK(chunk.operations[0].lines[0].address == kCarol);
    CHECK(chunk.operations[0].lines[1].index == 1);
    CHECK_FALSE(chunk.operations[0].lines[1].by_address);
}

TEST_CASE("the model weighs channels") {
    const World world;
    HandRedeem by_address = takes(4);
    by_address.payee = {0, kCarol};
    CHECK(decoded(times(32, world.fund(100))).weight == 96);
    CHECK(refusal_of(times(33, world.fund(100))) == "OverWeight");
    CHECK(refusal_of(times(32, world.fund(100), {1})) == "OverWeight");
    CHECK(decoded(times(24, world.redeem(takes(4)))).weight == 96);
    CHECK(refusal_of(times(24, world.redeem(takes(4)), {1})) == "OverWeight");
    CHECK(refusal_of(times(25, world.redeem(closes()))) == "OverWeight");
    CHECK(decoded(times(19, world.redeem(by_address), {1})).weight == 96);
    CHECK(refusal_of(times(19, world.redeem(by_address), {1, 1})) == "OverWeight");
    // The words around a channel's: payouts of 122 and 123 lines.
    for (unsigned lines : {122, 123}) CHECK(refusal_of(times(1, {"11" + gamma(lines - 1), 1, {}, {}})) == "OverWeight");
}

TEST_CASE("the model refuses what is idle or loose about a channel") {
    // A fund of 100 by account 1, after n, f.
    auto fund = [](const std::string& width, const std::string& flags, const std::string& sender) {
        return pack("1 000001 000000" + width + flags + "110000001111100  000000 00000000 000" + sender + "011" + gamma(113, 2) +
                    "0 010" + gamma(7, 2) + "11" + bits_of(kBob) + u(64, 1000) + u(64, 5));
    };
    CHECK(refusal_of(fund("00000", "100", "1")) == "");
    CHECK(refusal_of(fund("00000", "110", "1")) == "IdleFlag");
    CHECK(refusal_of(fund("00000", "101", "1")) == "IdleFlag");
    CHECK(refusal_of(fund("00001", "100", "01")) == "LooseWidth");
    const World world;
    // A payer is the largest literal.
    HandRedeem far = takes(4);
    far.payer = 9;
    CHECK(decoded(times(1, world.redeem(far))).operations[0].lines[1].index == 9);
}

TEST_CASE("the model opens a channel, pays from it and closes it") {
    World world;
    REQUIRE(world.apply_fund(100) == "");
    CHECK(world.trace.accesses == std::vector<std::string>{"read 1", "find 1", "append 4"});
    CHECK(world.leaf(world.channel).nonce == kMark);
    CHECK(m::hex(world.state.fields().commitment()) == "4e5e2c44d92a4e624fc247e12fdd7ea3a3769f9816ba37c762380415189b8c21");

    HandRedeem all = closes(4);
    all.fee = 2;
    REQUIRE(world.apply(all) == "");
    CHECK(world.trace.accesses == std::vector<std::string>{"read 4", "read 2", "read 1", "read 3"});
    CHECK(world.balance(kBob) == 5 + 4 * 7 - 2);
    CHECK(world.balance(kAlice) == kEther - 28);
    CHECK(m::hex(world.state.fields().commitment()) == "55e6a1d5672a6b39a64a5d3c83ffa9d143b47379bba06ae3f3fd13a5728aa85d");
    CHECK(world.apply_fund(100, 1) == "ChannelNotOpen");
    CHECK(world.apply(all) == "ChannelNotOpen");
    CHECK(world.apply(closes()) == "ChannelNotOpen");
}

TEST_CASE("the model pays units, no more than the voucher says and the balance has") {
    World world = World::with_channel(100);
    REQUIRE(world.apply(takes(3)) == "");
    CHECK(world.balance(kBob) == 5 + 21);
    CHECK(world.balance(world.channel) == 79);
    CHECK(world.leaf(world.channel).nonce == kMark + 3);
    CHECK(world.balance(kAlice) == kEther);

    HandRedeem more = takes(1000);
    more.claimed = 3;
    REQUIRE(world.apply(more) == "");  // 79 / 7 = 11 units
    CHECK(world.balance(world.channel) == 2);
    CHECK(world.leaf(world.channel).nonce == kMark + 14);
    more.claimed = 14;
    CHECK(world.apply(more) == "NothingToRedeem");

    // More money makes the same voucher good for more: the payer adds, and so may anybody.
    REQUIRE(world.apply_fund(8) == "");
    CHECK(world.trace.accesses == std::vector<std::string>{"read 1", "find 4"});
    CHECK(world.leaf(world.channel).nonce == kMark + 14);
    REQUIRE(world.apply(more) == "");
    CHECK(world.balance(world.channel) == 3);
    CHECK(world.leaf(world.channel).nonce == kMark + 15);

    // The count goes to its end and doesn't close the channel; unit x count is beyond 128 bits.
    world = World::with_channel(1000, kMark - 4);
    more = takes(kMark - 2);
    more.claimed = kMark - 4;
    REQUIRE(world.apply(more) == "");
    CHECK(world.leaf(world.channel).nonce == kClosedNonce - 1);
    CHECK(world.balance(kBob) == 5 + 14);
    world = World();
    world.terms.unit = kLargest / 2;
    world.channel = m::channel_address(world.env.separator, world.terms);
    world.state.put(world.channel, kEth, kMark, kLargest);
    world.leaf(kBob).balance = 0;
    REQUIRE(world.apply(takes(kMark - 2)) == "");
    CHECK(world.leaf(world.channel).nonce == kMark + 2);
    CHECK(world.balance(world.channel) == 1);
}

TEST_CASE("the model closes a channel without a voucher, and pays a payee who has no leaf") {
    World world = World::with_channel(100, 9);
    HandRedeem close = closes();
    close.claimed = 9;
    REQUIRE(world.apply(close) == "");
    CHECK(world.balance(kAlice) == kEther + 100);
    CHECK(world.balance(kBob) == 5);
    CHECK(world.leaf(world.channel).nonce == kClosedNonce);

    world = World();
    world.state.accounts.erase(kBob + kEth);
    world.state.put(world.channel, kEth, kMark, 100);
    HandRedeem take = takes(2);
    take.payee = {0, kBob};
    REQUIRE(world.apply(take) == "");
    CHECK(world.trace.accesses == std::vector<std::string>{"read 4", "find 3", "append 5", "read 1"});
    CHECK(world.balance(kBob) == 14);
    CHECK(world.leaf(kBob).nonce == 0);
    take.claimed = 2;
    take.count = 4;
    CHECK(world.apply(take) == "RecipientHasLeaf");
}

TEST_CASE("the model marks a leaf that a payment made before the fund, and no other") {
    World world;
    HandOperation dust{"0", kAliceLeaf, {{0, world.channel}}, {2}};
    m::Bytes digest = m::transfer_digest(world.env.separator, kEth, {world.channel, 2}, 0, 0, m::zeros(32));
    REQUIRE(world.apply(ops_of(0, {dust}), sign(digest, scalar(1))) == "");
    CHECK(world.leaf(world.channel).nonce == 0);
    CHECK(world.apply(takes(1)) == "ChannelNotOpen");
    REQUIRE(world.apply_fund(100, 1) == "");
    CHECK(world.leaf(world.channel).nonce == kMark);
    CHECK(world.leaf(world.channel).index == kChannelLeaf);
    CHECK(world.balance(world.channel) == 102);

    // Nobody can have sent from there; if somebody had, it's no channel's.
    for (const m::Number& nonce : {m::Number(1), m::Number(kMark - 1)}) {
        world = World();
        world.state.put(world.channel, kEth, nonce, 7);
        CHECK(world.apply_fund(100) == "ChannelNotOpen");
        CHECK(world.apply(takes(1)) == "ChannelNotOpen");
    }
    // A payment to a channel adds to it and leaves the mark.
    world = World::with_channel(1, 6);
    dust = {"0", kAliceLeaf, {{kChannelLeaf}}, {2}};
    REQUIRE(world.apply(ops_of(0, {dust}), sign(digest, scalar(1))) == "");
    CHECK(world.balance(world.channel) == 3);
    CHECK(world.leaf(world.channel).nonce == kMark + 6);
}

TEST_CASE("the model counts an owner's nonces to 2^63-1, and lets no marked leaf send") {
    World world;
    world.leaf(kAlice).nonce = kMark - 2;
    REQUIRE(world.apply_fund(100, kMark - 2) == "");
    CHECK(world.leaf(kAlice).nonce == kMark - 1);
    for (const m::Number& nonce :
         {m::Number(kMark - 1), kMark, m::Number(kMark + 5), m::Number(kClosedNonce - 1), kClosedNonce}) {
        world.leaf(kAlice).nonce = nonce;
        CHECK(world.apply_fund(100, nonce) == "NonceExhausted");
        HandOperation pays{"0", kAliceLeaf, {{kBobLeaf}}, {1}};
        m::Bytes digest = m::transfer_digest(world.env.separator, kEth, {kBob, 1}, 0, nonce, m::zeros(32));
        CHECK(world.apply(ops_of(0, {pays}), sign(digest, scalar(1))) == "NonceExhausted");
    }
}
