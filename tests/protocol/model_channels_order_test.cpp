// Which refusal of several a Fund or a Redeem meets, and channels that one chunk touches more than once.
#include <catch2/catch.hpp>

#include "tests/protocol/channels_by_hand.hpp"

namespace m = gavel::model;
using namespace gavel::test::by_hand;

namespace {

// A Redeem in which all is wrong that can be: each step of the test mends the first thing.
struct Broken {
    World world;
    HandRedeem words;
    m::Bytes sigs;

    std::string apply() { return world.apply(ops_of(0, {world.redeem(words)}, words.fee), sigs); }
};

}  // namespace

TEST_CASE("the model takes each redeem once, also in one chunk") {
    World world = World::with_channel(100);
    const HandRedeem take = takes(4);
    const m::Bytes sigs = world.redeem_signatures(take), once = ops_of(0, {world.redeem(take)});
    CHECK(world.apply(ops_of(0, {world.redeem(take), world.redeem(take)}), sigs + sigs) == "NothingToRedeem");
    HandRedeem more = takes(5);  // signed by a payee who didn't know of the first
    m::Bytes both = ops_of(0, {world.redeem(take), world.redeem(more)});
    CHECK(world.apply(both, sigs + world.redeem_signatures(more)) == "SignerNotOwner");
    more.claimed = 4;
    CHECK(World(world).apply(both, sigs + world.redeem_signatures(more)) == "");
    REQUIRE(world.apply(once, sigs) == "");
    CHECK(world.apply(once, sigs) == "NothingToRedeem");
    // A balance for one unit at a time: the voucher brings more later, the payee's old words don't.
    world = World::with_channel(7);
    REQUIRE(world.apply(once, sigs) == "");
    REQUIRE(world.apply_fund(7) == "");
    CHECK(world.apply(once, sigs) == "SignerNotOwner");
    // Closed, then funded, in one chunk.
    world = World::with_channel(7);
    CHECK(world.apply(ops_of(0, {world.redeem(closes()), world.fund(7)}),
                      world.redeem_signatures(closes()) + world.fund_signature(7)) == "ChannelNotOpen");
}

TEST_CASE("the model opens and redeems in one chunk") {
    World world;
    HandRedeem take = closes(2);
    REQUIRE(world.apply(ops_of(0, {world.fund(100), world.redeem(take)}),
                        world.fund_signature(100) + world.redeem_signatures(take)) == "");
    CHECK(world.balance(kBob) == 19);
    CHECK(world.balance(kAlice) == kEther - 14);
}

TEST_CASE("the model refuses a redeem for the first of its faults") {
    Broken broken;
    World& world = broken.world;
    HandRedeem& words = broken.words;
    world.terms.unit = 0;
    words = takes(kLargest);
    words.fee = 3;
    words.channel = 5;
    words.payee = {0};
    words.payer = 9;
    broken.sigs = m::zeros(64);
    CHECK(broken.apply() == "SignatureCount");
    broken.sigs = m::zeros(128);
    CHECK(broken.apply() == "SenderIndex");
    words.channel = kChannelLeaf;
    world.state.put(world.channel, kEth, kClosedNonce, 0);
    CHECK(broken.apply() == "ChannelNotOpen");
    world.leaf(world.channel).nonce = kMark + 6;
    CHECK(broken.apply() == "ChannelTerms");
    world.terms.unit = 1;
    CHECK(broken.apply() == "ChannelCount");
    words.count = 7;
    CHECK(broken.apply() == "NothingToRedeem");
    world.leaf(world.channel).balance = 2;
    CHECK(broken.apply() == "InsufficientBalance");
    world.terms.unit = 7;
    world.leaf(world.channel).balance = 20;
    world.terms.salt = 6;
    CHECK(broken.apply() == "RecipientIndex");
    words.payee = {kBobLeaf};
    CHECK(broken.apply() == "RecipientIndex");
    words.payer = kAliceLeaf;
    CHECK(broken.apply() == "ChannelTerms");
    world.terms.salt = 5;
    CHECK(broken.apply() == "SignatureInvalid");
    broken.sigs = world.voucher(7) + m::zeros(64);
    CHECK(broken.apply() == "SignerNotOwner");
    words.claimed = 6;
    broken.sigs = world.redeem_signatures(words).substr(0, 64) + m::zeros(64);
    CHECK(broken.apply() == "SignatureInvalid");
    broken.sigs = broken.sigs.substr(0, 64) + world.voucher(7, 2);
    CHECK(broken.apply() == "SignerNotOwner");
    broken.sigs = world.redeem_signatures(words);
    CHECK(broken.apply() == "FeeLeafMissing");
    CHECK(world.apply(words) == "");
}

TEST_CASE("the model refuses a fund for the first of its faults") {
    World world;
    world.terms.unit = 0;
    world.leaf(kAlice).nonce = kMark;
    world.leaf(kAlice).balance = 1;
    world.state.account_count = 0xffffffff;
    m::Number amount = 0;
    auto apply = [&](const m::Number& fee, const m::Bytes& sig) {
        return world.apply(ops_of(0, {world.fund(amount)}, fee), sig);
    };
    CHECK(apply(3, m::zeros(64)) == "NonceExhausted");
    world.leaf(kAlice).nonce = 0;
    CHECK(apply(3, m::zeros(64)) == "InsufficientBalance");
    world.leaf(kAlice).balance = kEther;
    CHECK(apply(3, m::zeros(64)) == "ChannelTerms");
    world.terms.unit = 7;
    CHECK(apply(3, m::zeros(64)) == "FundOfZero");
    amount = 100;
    CHECK(apply(3, m::zeros(64)) == "AccountTreeFull");
    world.state.put(world.channel, kEth, kClosedNonce, kLargest, 4);
    CHECK(apply(3, m::zeros(64)) == "ChannelNotOpen");
    world.leaf(world.channel).nonce = kMark;
    CHECK(apply(3, m::zeros(64)) == "BalanceOverflow");
    world.leaf(world.channel).balance = 0;
    CHECK(apply(3, m::zeros(64)) == "SignatureInvalid");
    CHECK(apply(3, world.fund_signature(100)) == "SignerNotOwner");
    CHECK(apply(3, world.fund_signature(100, 0, 3)) == "FeeLeafMissing");
}
