// What the L1's operations do to channels in the naive model.
#include <catch2/catch.hpp>

#include "tests/protocol/channels_by_hand.hpp"

namespace m = gavel::model;
using namespace gavel::test::by_hand;

namespace {

using Kind = m::L1Operation;

m::L1Operation redeem(const World& world, const m::Number& count, const m::Number& unit = 7) {
    return {Kind::kRedeem, world.channel, kBob, kEth, unit, 9, count};
}
m::L1Operation reclaim(const World& world) { return {Kind::kReclaim, world.channel, kAlice, kEth, 0, 9}; }

// A chunk of these operations and nothing else; gives what they did, in one line.
std::string consume(World& world, const std::vector<m::L1Operation>& entries) {
    for (size_t i = 0; i < entries.size(); ++i) world.env.l1[world.state.l1_ops_consumed + static_cast<long>(i)] = entries[i];
    m::Number consumed = world.state.l1_ops_consumed + static_cast<long>(entries.size());
    REQUIRE(world.apply(ops_of(static_cast<unsigned>(entries.size()), {}), "") == "");
    CHECK(world.state.l1_ops_consumed == consumed);
    std::string out;
    for (const std::string& outcome : world.trace.l1_outcomes) {
        CHECK(m::kL1Outcomes.count(outcome) == 1);
        out += (out.empty() ? "" : "; ") + outcome;
    }
    return out;
}

// The same where nothing but the number of consumed operations may change.
std::string in_vain(World world, const m::L1Operation& entry) {
    m::Fields before = world.state.fields();
    std::string out = consume(world, {entry});
    before.l1_ops_consumed += 1;
    CHECK(world.state.fields().encode() == before.encode());
    return out;
}

using Accesses = std::vector<std::string>;

}  // namespace

TEST_CASE("the model redeems by the L1") {
    World world = World::with_channel(100, 2);
    CHECK(consume(world, {redeem(world, 5)}) == "redeem: credited");
    CHECK(world.trace.accesses == Accesses{"find 4", "find 2"});
    CHECK(world.balance(kBob) == 5 + 21);
    CHECK(world.balance(world.channel) == 79);
    CHECK(world.leaf(world.channel).nonce == kMark + 5);

    CHECK(in_vain(world, redeem(world, 5)) == "redeem: nothing, claimed before");
    CHECK(in_vain(world, redeem(world, 4)) == "redeem: nothing, claimed before");
    CHECK(in_vain(world, redeem(world, 6, 80)) == "redeem: nothing, less than a unit");
    CHECK(consume(world, {redeem(world, 6, 79)}) == "redeem: credited");
    CHECK(in_vain(world, redeem(world, 7)) == "redeem: nothing, less than a unit");

    world = World::with_channel(100, 2);
    CHECK(consume(world, {redeem(world, kMark - 2)}) == "redeem: as many units as the balance has");
    CHECK(world.balance(world.channel) == 2);
    CHECK(world.leaf(world.channel).nonce == kMark + 16);
}

TEST_CASE("the model redeems to a payee without a leaf") {
    World world;
    world.state.accounts.erase(kBob + kEth);
    world.state.put(world.channel, kEth, kMark, 100);
    CHECK(consume(world, {redeem(world, 2)}) == "redeem: new leaf");
    CHECK(world.trace.accesses == Accesses{"find 4", "find 3", "append 5"});
    CHECK(world.balance(kBob) == 14);
    CHECK(world.leaf(kBob).nonce == 0);
}

TEST_CASE("the model finds nothing to redeem or reclaim where there is no channel") {
    World world;
    CHECK(in_vain(world, redeem(world, 1)) == "redeem: nothing, no leaf");
    CHECK(in_vain(world, reclaim(world)) == "reclaim: nothing, no leaf");
    for (const m::Number& nonce : {m::Number(), m::Number(3), m::Number(kMark - 1)}) {
        World unmarked;
        unmarked.state.put(unmarked.channel, kEth, nonce, 100);
        CHECK(in_vain(unmarked, redeem(unmarked, kMark - 2)) == "redeem: nothing, no channel");
        CHECK(in_vain(unmarked, reclaim(unmarked)) == "reclaim: nothing, no channel");
    }
    // The same channel's leaf of another token is another channel.
    world = World::with_channel(100);
    m::L1Operation other = redeem(world, 1);
    other.token = m::Bytes(20, '\x33');
    CHECK(in_vain(world, other) == "redeem: nothing, no leaf");
}

TEST_CASE("the model redeems nothing by an entry that no contract writes") {
    World world = World::with_channel(100);
    CHECK(in_vain(world, redeem(world, 1, 0)) == "redeem: nothing, no unit");
    CHECK(in_vain(world, redeem(world, 0)) == "redeem: nothing, claimed before");
    CHECK(in_vain(world, redeem(world, kMark - 1)) == "redeem: nothing, count too large");
    CHECK(in_vain(world, redeem(world, kClosedNonce)) == "redeem: nothing, count too large");
    CHECK(in_vain(World::with_channel(100, kMark - 1), redeem(world, kMark - 2)) == "redeem: nothing, closed");
    // For a redeem the largest amount is no word for the whole balance.
    CHECK(in_vain(world, redeem(world, 1, kLargest)) == "redeem: nothing, less than a unit");
}

TEST_CASE("the model reclaims the whole balance, and closes the channel") {
    World world = World::with_channel(100, 2);
    CHECK(consume(world, {reclaim(world)}) == "reclaim: credited");
    CHECK(world.trace.accesses == Accesses{"find 4", "find 1"});
    CHECK(world.balance(kAlice) == kEther + 100);
    CHECK(world.balance(world.channel) == 0);
    CHECK(world.leaf(world.channel).nonce == kClosedNonce);

    CHECK(in_vain(world, redeem(world, 3)) == "redeem: nothing, closed");
    CHECK(in_vain(world, reclaim(world)) == "reclaim: closed, nothing left");
    CHECK(world.apply_fund(1) == "ChannelNotOpen");
    world.leaf(world.channel).balance = 4;  // somebody has paid there since
    CHECK(consume(world, {reclaim(world)}) == "reclaim: of a closed channel");
    CHECK(world.balance(kAlice) == kEther + 104);
    CHECK(world.leaf(world.channel).nonce == kClosedNonce);

    world = World::with_channel(0, 9);
    CHECK(consume(world, {reclaim(world)}) == "reclaim: closed, nothing left");
    CHECK(world.trace.accesses == Accesses{"find 4"});
    CHECK(world.leaf(world.channel).nonce == kClosedNonce);

    world = World();
    world.state.accounts.erase(kAlice + kEth);
    world.state.put(world.channel, kEth, kMark, 100);
    CHECK(consume(world, {reclaim(world)}) == "reclaim: new leaf");
    CHECK(world.trace.accesses == Accesses{"find 4", "find 2", "append 5"});
    CHECK(world.balance(kAlice) == 100);
}

TEST_CASE("the model counts of a redeem and a reclaim the first") {
    World world = World::with_channel(100);
    CHECK(consume(world, {redeem(world, 3), reclaim(world)}) == "redeem: credited; reclaim: credited");
    CHECK(world.balance(kBob) == 5 + 21);
    CHECK(world.balance(kAlice) == kEther + 79);
    world = World::with_channel(100);
    CHECK(consume(world, {reclaim(world), redeem(world, 3)}) == "reclaim: credited; redeem: nothing, closed");
    CHECK(world.balance(kBob) == 5);
    CHECK(world.balance(kAlice) == kEther + 100);
}

TEST_CASE("the model lets an operation of the L1 come before the Redeem of the same chunk") {
    // The Redeem says what was claimed when it was signed.
    World world = World::with_channel(100);
    HandRedeem words;
    words.count = 3;
    world.env.l1[0] = redeem(world, 2);
    m::Bytes ops = ops_of(1, {world.redeem(words)});
    CHECK(world.apply(ops, world.redeem_signatures(words)) == "SignerNotOwner");
    words.claimed = 2;
    CHECK(world.apply(ops, world.redeem_signatures(words)) == "");
    CHECK(world.balance(kBob) == 5 + 21);

    world = World::with_channel(100);
    world.env.l1[0] = reclaim(world);
    CHECK(world.apply(ops, world.redeem_signatures(words)) == "ChannelNotOpen");
}

TEST_CASE("the model undoes a redeem and a reclaim whose money finds no place") {
    World world = World::with_channel(100);
    world.leaf(kBob).balance = world.leaf(kAlice).balance = kLargest - 99;
    CHECK(in_vain(world, reclaim(world)) == "reclaim: nothing, recipient's balance at its end");
    CHECK(in_vain(world, redeem(world, 1, 100)) == "redeem: nothing, recipient's balance at its end");
    CHECK(consume(world, {redeem(world, 1, 99), reclaim(world)}) == "redeem: credited; reclaim: credited");

    world = World::with_channel(100);
    world.state.accounts.erase(kAlice + kEth);
    world.state.accounts.erase(kBob + kEth);
    world.state.account_count = 0xffffffff;
    CHECK(in_vain(world, reclaim(world)) == "reclaim: nothing, account tree full");
    CHECK(in_vain(world, redeem(world, 1)) == "redeem: nothing, account tree full");
}

TEST_CASE("the model forces nothing out of a marked leaf, and lets money in") {
    for (const m::Number& claimed : {m::Number(), m::Number(5), m::Number(kMark - 1)}) {
        World world = World::with_channel(100, claimed);
        for (const m::Number& amount : {m::Number(), m::Number(1), kLargest}) {
            m::L1Operation out{Kind::kForcedTransfer, world.channel, kBob, kEth, amount, 9};
            CHECK(in_vain(world, out) == "forced transfer: nothing, nonce at its end");
            out.kind = Kind::kForcedWithdrawal;
            CHECK(in_vain(world, out) == "forced withdrawal: nothing, nonce at its end");
        }
        m::L1Operation in{Kind::kForcedTransfer, kAlice, world.channel, kEth, 4, 9};
        m::L1Operation deposit{Kind::kDeposit, kCarol, world.channel, kEth, 5, 9};
        CHECK(consume(world, {in, deposit}) == "forced transfer: credited; deposit: credited");
        CHECK(world.balance(world.channel) == 109);
        CHECK(world.leaf(world.channel).nonce == kMark + claimed);
    }
}

TEST_CASE("the model's forced operations end at a nonce of 2^63-1") {
    World world;
    world.leaf(kAlice).nonce = kMark - 2;
    m::L1Operation out{Kind::kForcedTransfer, kAlice, kBob, kEth, 1, 9};
    CHECK(consume(world, {out}) == "forced transfer: credited");
    CHECK(world.leaf(kAlice).nonce == kMark - 1);
    CHECK(in_vain(world, out) == "forced transfer: nothing, nonce at its end");
    out.kind = Kind::kForcedWithdrawal;
    CHECK(in_vain(world, out) == "forced withdrawal: nothing, nonce at its end");
}
