// Each refusal that a Fund or a Redeem can meet, beside a control that differs in that alone.
#include <catch2/catch.hpp>

#include "tests/protocol/channels_by_hand.hpp"

namespace m = gavel::model;
using namespace gavel::test::by_hand;

namespace {

const m::Bytes kOtherToken(20, '\x33');

// The same chunk as World::apply makes of it, with other signatures.
std::string with_sigs(World world, const HandRedeem& words, const m::Bytes& sigs) {
    return world.apply(
        ops_of(0, {world.redeem(words)}, words.fee, words.fee.IsZero() ? std::vector<uint32_t>{} : std::vector{kCarolLeaf}),
        sigs);
}

}  // namespace

TEST_CASE("the model wants a signature for an operation, two for a redeem that takes") {
    World world = World::with_channel(100);
    m::Bytes one = world.redeem_signatures(closes()), two = world.redeem_signatures(takes(4));
    CHECK(with_sigs(world, takes(4), two.substr(0, 64)) == "SignatureCount");
    CHECK(with_sigs(world, takes(4), two.substr(0, 127)) == "SignatureCount");
    CHECK(with_sigs(world, takes(4), two + one) == "SignatureCount");
    CHECK(with_sigs(world, takes(4), two) == "");
    CHECK(with_sigs(world, closes(), one + one) == "SignatureCount");
    CHECK(with_sigs(world, closes(), "") == "SignatureCount");
    CHECK(with_sigs(world, closes(), one) == "");

    // Each operation has its own ones, in order.
    HandRedeem close = closes();
    close.claimed = 4;
    m::Bytes ops = ops_of(0, {world.redeem(takes(4)), world.fund(9), world.redeem(close)});
    m::Bytes fund = world.fund_signature(9), last = world.redeem_signatures(close);
    CHECK(world.apply(ops, two + fund) == "SignatureCount");
    CHECK(world.apply(ops, two + last + fund) == "SignerNotOwner");
    REQUIRE(world.apply(ops, two + fund + last) == "");
    CHECK(world.balance(kAlice) == kEther + 100 - 28);
    CHECK(world.state.op_count == 3);
}

TEST_CASE("the model refuses a fund with wrong terms, of nothing, or of more than there is") {
    auto with_terms = [](const m::Bytes& payee, const m::Number& unit) {
        World world;
        world.terms.payee = payee;
        world.terms.unit = unit;
        return world.apply_fund(100);
    };
    CHECK(with_terms(kBob, 7) == "");
    CHECK(with_terms(kBob, 1) == "");
    CHECK(with_terms(kBob, 0) == "ChannelTerms");
    CHECK(with_terms(m::zeros(20), 7) == "ChannelTerms");
    CHECK(with_terms(kAlice, 7) == "ChannelTerms");
    CHECK(World().apply_fund(0) == "FundOfZero");
    CHECK(World().apply_fund(1) == "");
    CHECK(World().apply_fund(kEther + 1) == "InsufficientBalance");
    CHECK(World().apply_fund(kEther) == "");

    // The unit is no money of the payer's: it may be more than he has.
    CHECK(with_terms(kBob, kLargest) == "");

    World poor;
    m::Bytes sig = poor.fund_signature(kEther, 0, 3);
    CHECK(poor.apply(ops_of(0, {poor.fund(kEther)}, 3, {kCarolLeaf}), sig) == "InsufficientBalance");
    sig = poor.fund_signature(kEther - 3, 0, 3);
    CHECK(poor.apply(ops_of(0, {poor.fund(kEther - 3)}, 3, {kCarolLeaf}), sig) == "");
    CHECK(poor.balance(kCarol) == 3);
}

TEST_CASE("the model refuses a fund that finds no place") {
    World rich = World::with_channel(kLargest - 100);
    CHECK(rich.apply_fund(101) == "BalanceOverflow");
    CHECK(rich.apply_fund(100) == "");
    World full;
    full.state.account_count = 0xffffffff;
    CHECK(full.apply_fund(100) == "AccountTreeFull");
    full.state.account_count -= 1;
    CHECK(full.apply_fund(100) == "");
    World there = World::with_channel(100);
    there.state.account_count = 0xffffffff;
    CHECK(there.apply_fund(100) == "");
    World closed = World::with_channel(0, kMark - 1);
    CHECK(closed.apply_fund(100) == "ChannelNotOpen");
    World worn = World::with_channel(0, kMark - 2);
    CHECK(worn.apply_fund(100) == "");
    CHECK(worn.leaf(worn.channel).nonce == kClosedNonce - 1);
}

TEST_CASE("the model refuses a fund that the payer hasn't signed in these words") {
    World world;
    const m::Bytes ops = ops_of(0, {world.fund(100)}), good = world.fund_signature(100);
    auto signs = [&](auto change) {
        m::Terms terms = world.terms;
        m::Number amount = 100, fee = 0, nonce = 0;
        m::Bytes token = kEth;
        change(terms, amount, fee, nonce, token);
        World copy = world;
        return copy.apply(ops, sign(m::fund_digest(world.env.separator, token, terms, amount, fee, nonce), scalar(1)));
    };
    using T = m::Terms;
    using N = m::Number;
    using B = m::Bytes;
    CHECK(signs([](T&, N&, N&, N&, B&) {}) == "");
    CHECK(signs([](T& terms, N&, N&, N&, B&) { terms.payee = kCarol; }) == "SignerNotOwner");
    CHECK(signs([](T& terms, N&, N&, N&, B&) { terms.unit = 8; }) == "SignerNotOwner");
    CHECK(signs([](T& terms, N&, N&, N&, B&) { terms.expiry = 1001; }) == "SignerNotOwner");
    CHECK(signs([](T& terms, N&, N&, N&, B&) { terms.salt = 6; }) == "SignerNotOwner");
    CHECK(signs([](T&, N& amount, N&, N&, B&) { amount = 101; }) == "SignerNotOwner");
    CHECK(signs([](T&, N&, N& fee, N&, B&) { fee = 1; }) == "SignerNotOwner");
    CHECK(signs([](T&, N&, N&, N& nonce, B&) { nonce = 1; }) == "SignerNotOwner");
    CHECK(signs([](T&, N&, N&, N&, B& token) { token = kOtherToken; }) == "SignerNotOwner");
    CHECK(world.apply(ops, m::zeros(64)) == "SignatureInvalid");
    // Applied, it can't be applied again.
    REQUIRE(world.apply(ops, good) == "");
    CHECK(world.apply(ops, good) == "SignerNotOwner");
}

TEST_CASE("the model refuses a redeem of a leaf that is no open channel, or not the terms'") {
    World world = World::with_channel(100);
    HandRedeem words = takes(4);
    words.channel = 0;
    CHECK(world.apply(words) == "SenderIndex");
    words.channel = 5;
    CHECK(world.apply(words) == "SenderIndex");
    words.channel = kAliceLeaf;
    CHECK(world.apply(words) == "ChannelNotOpen");

    auto with_terms = [&](auto change) {
        World other = world;
        change(other.terms);
        HandRedeem take = takes(4);
        return other.apply(take);
    };
    CHECK(with_terms([](m::Terms&) {}) == "");
    CHECK(with_terms([](m::Terms& terms) { terms.unit = 0; }) == "ChannelTerms");
    CHECK(with_terms([](m::Terms& terms) { terms.unit = 25; }) == "ChannelTerms");
    CHECK(with_terms([](m::Terms& terms) { terms.expiry = 1001; }) == "ChannelTerms");
    CHECK(with_terms([](m::Terms& terms) { terms.salt = 6; }) == "ChannelTerms");
    words = takes(4);
    words.payer = kCarolLeaf;
    CHECK(world.apply(words) == "ChannelTerms");
    words.payer = kChannelLeaf;
    CHECK(world.apply(words) == "ChannelTerms");
    words = takes(4);
    words.payee = {kCarolLeaf};
    CHECK(world.apply(words) == "ChannelTerms");
    words.payee = {kChannelLeaf};
    CHECK(world.apply(words) == "ChannelTerms");
    words.payee = {0, m::Bytes(20, '\x44')};
    CHECK(world.apply(words) == "ChannelTerms");
    CHECK(world.apply(takes(4)) == "");
}

TEST_CASE("the model refuses a voucher that brings nothing, or not the fee") {
    World world = World::with_channel(100, 3);
    auto claims = [&](HandRedeem words, const m::Number& fee = 0) {
        World copy = world;
        words.claimed = 3;
        words.fee = fee;
        return copy.apply(words);
    };
    CHECK(claims(takes(3)) == "NothingToRedeem");
    CHECK(claims(takes(2)) == "NothingToRedeem");
    CHECK(claims(closes(3)) == "NothingToRedeem");
    CHECK(claims(takes(4)) == "");
    CHECK(claims(takes(kMark - 1)) == "ChannelCount");
    CHECK(claims(takes(kLargest)) == "ChannelCount");
    CHECK(claims(takes(kMark - 2)) == "");
    // A count of zero, which HandRedeem has no word for.
    HandOperation none = world.redeem(takes(4));
    none.amounts[1] = 0;
    CHECK(world.apply(ops_of(0, {none}), world.redeem_signatures(takes(4))) == "NothingToRedeem");

    CHECK(claims(takes(5), 14) == "");
    CHECK(claims(takes(5), 15) == "InsufficientBalance");
    CHECK(claims(closes(5), 15) == "InsufficientBalance");  // what is left is the payer's
    CHECK(claims(closes(), 1) == "InsufficientBalance");
    CHECK(claims(closes()) == "");

    world.leaf(world.channel).balance = 6;
    CHECK(claims(takes(4)) == "NothingToRedeem");
    CHECK(claims(closes(4)) == "NothingToRedeem");
    world.leaf(world.channel).balance = 7;
    CHECK(claims(takes(4)) == "");
}

TEST_CASE("the model closes with a voucher only where all of it can be taken") {
    // 100 wei are 14 units of 7 and 2 wei; three units are claimed.
    World world = World::with_channel(100, 3);
    auto claims = [&](HandRedeem words) {
        World copy = world;
        words.claimed = 3;
        return copy.apply(words);
    };
    CHECK(claims(closes(17)) == "");
    CHECK(claims(closes(18)) == "InsufficientBalance");
    CHECK(claims(closes(kMark - 2)) == "InsufficientBalance");
    // Without the close the voucher brings what there is, and nothing of it is lost.
    CHECK(claims(takes(18)) == "");
    CHECK(claims(takes(kMark - 2)) == "");
    // Nothing to take comes first.
    CHECK(claims(closes(3)) == "NothingToRedeem");
    world.leaf(world.channel).balance = 6;
    CHECK(claims(closes(18)) == "NothingToRedeem");
    // A fund that comes between makes it good.
    world.leaf(world.channel).balance = 100;
    REQUIRE(world.apply_fund(4) == "");
    CHECK(claims(closes(18)) == "InsufficientBalance");
    REQUIRE(world.apply_fund(1, 1) == "");
    HandRedeem words = closes(18);
    words.claimed = 3;
    REQUIRE(world.apply(words) == "");
    CHECK(world.balance(kBob) == 5 + 15 * 7);
    CHECK(world.balance(world.channel) == 0);
    CHECK(world.leaf(world.channel).nonce == kClosedNonce);
}

TEST_CASE("the model refuses a redeem that nobody can be paid by") {
    World world = World::with_channel(100);
    world.state.put(kBob, kOtherToken, 0, 0);    // leaf 5
    world.state.put(kAlice, kOtherToken, 0, 0);  // leaf 6
    auto pays = [&](To payee, uint32_t payer) {
        World copy = world;
        HandRedeem words = closes(4);
        words.payee = payee;
        words.payer = payer;
        return copy.apply(words);
    };
    CHECK(pays({kBobLeaf}, kAliceLeaf) == "");
    CHECK(pays({0}, kAliceLeaf) == "RecipientIndex");
    CHECK(pays({7}, kAliceLeaf) == "RecipientIndex");
    CHECK(pays({kBobLeaf}, 0) == "RecipientIndex");
    CHECK(pays({kBobLeaf}, 7) == "RecipientIndex");
    CHECK(pays({5}, kAliceLeaf) == "RecipientToken");
    CHECK(pays({kBobLeaf}, 6) == "RecipientToken");
    CHECK(pays({0, m::zeros(20)}, kAliceLeaf) == "RecipientZero");
    CHECK(pays({0, kBob}, kAliceLeaf) == "RecipientHasLeaf");

    world.leaf(kBob).balance = kLargest - 27;
    CHECK(pays({kBobLeaf}, kAliceLeaf) == "BalanceOverflow");
    world.leaf(kBob).balance = kLargest - 28;
    CHECK(pays({kBobLeaf}, kAliceLeaf) == "");
    world.leaf(kAlice).balance = kLargest - 71;
    CHECK(pays({kBobLeaf}, kAliceLeaf) == "BalanceOverflow");
    world.leaf(kAlice).balance = kLargest - 72;
    CHECK(pays({kBobLeaf}, kAliceLeaf) == "");

    world.state.accounts.erase(kBob + kEth);
    world.state.account_count = 0xffffffff;
    CHECK(pays({0, kBob}, kAliceLeaf) == "AccountTreeFull");
    world.state.account_count -= 1;
    CHECK(pays({0, kBob}, kAliceLeaf) == "");
}

TEST_CASE("the model adds a redeem's fee to its token's") {
    World world = World::with_channel(kLargest);
    world.terms.unit = m::power_of_two(127) - 1;
    world.channel = m::channel_address(world.env.separator, world.terms);
    world.state.put(world.channel, kEth, kMark, kLargest, 5);
    HandRedeem first = takes(1), second = takes(2);
    first.channel = second.channel = 5;
    second.claimed = 1;
    for (const m::Number& fee : {m::Number(m::power_of_two(127) - 1), m::Number(7)}) {
        first.fee = second.fee = fee;
        World copy = world;
        CHECK(copy.apply(ops_of(0, {world.redeem(first), world.redeem(second)}, fee, {kCarolLeaf}),
                         world.redeem_signatures(first) + world.redeem_signatures(second)) == "");
        CHECK(copy.balance(kCarol) == fee + fee);
    }
    // With a third one that costs as much, the fees pass 2^128.
    World copy = world;
    copy.leaf(kAlice).balance = kLargest;
    HandOperation pays{"0", kAliceLeaf, {{kBobLeaf}}, {0}};
    first.fee = second.fee = m::power_of_two(127) - 1;
    m::Bytes sigs = sign(m::transfer_digest(world.env.separator, kEth, {kBob, 0}, first.fee, 0, m::zeros(32)), scalar(1)) +
                    world.redeem_signatures(first) + world.redeem_signatures(second);
    CHECK(copy.apply(ops_of(0, {pays, world.redeem(first), world.redeem(second)}, first.fee, {kCarolLeaf}), sigs) ==
          "FeeOverflow");
    CHECK(copy.apply(ops_of(0, {world.redeem(first)}, first.fee), world.redeem_signatures(first)) == "FeeLeafMissing");
}

TEST_CASE("the model refuses a redeem that the payee hasn't signed in these words, or the payer's voucher isn't") {
    World world = World::with_channel(100);
    HandRedeem words = closes(4);
    words.fee = 2;
    const m::Bytes good = world.redeem_signatures(words), voucher = good.substr(64);
    auto payee_signs = [&](auto change, int key = 2) {
        m::RedeemWords signed_words{world.channel, kEth, 0, 4, true, true, 2};
        change(signed_words);
        return with_sigs(world, words, sign(m::redeem_digest(world.env.separator, signed_words), scalar(key)) + voucher);
    };
    using W = m::RedeemWords;
    CHECK(payee_signs([](W&) {}) == "");
    CHECK(payee_signs([](W&) {}, 1) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.channel = kCarol; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.token = kOtherToken; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.claimed = 1; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.count = 3; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.take = false; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.close = false; }) == "SignerNotOwner");
    CHECK(payee_signs([](W& w) { w.fee = 1; }) == "SignerNotOwner");
    CHECK(with_sigs(world, words, m::zeros(64) + voucher) == "SignatureInvalid");

    const m::Bytes payee = good.substr(0, 64), separator = world.env.separator;
    auto payer_signs = [&](const m::Bytes& domain, const m::Bytes& channel, const m::Bytes& token, const m::Number& count) {
        return with_sigs(world, words, payee + sign(m::voucher_digest(domain, channel, token, count), scalar(1)));
    };
    CHECK(payer_signs(separator, world.channel, kEth, 4) == "");
    CHECK(payer_signs(separator, world.channel, kEth, 3) == "SignerNotOwner");
    CHECK(payer_signs(separator, world.channel, kEth, 5) == "SignerNotOwner");
    CHECK(payer_signs(separator, world.channel, kOtherToken, 4) == "SignerNotOwner");
    CHECK(payer_signs(separator, kCarol, kEth, 4) == "SignerNotOwner");
    CHECK(payer_signs(m::domain_separator(1, kRollup), world.channel, kEth, 4) == "SignerNotOwner");
    CHECK(payer_signs(m::domain_separator(31337, kCarol), world.channel, kEth, 4) == "SignerNotOwner");
    CHECK(with_sigs(world, words, payee + world.voucher(4, 2)) == "SignerNotOwner");
    CHECK(with_sigs(world, words, payee + m::zeros(64)) == "SignatureInvalid");
    CHECK(with_sigs(world, words, voucher + payee) == "SignerNotOwner");
}
