// A channel's leaf after a freeze: exitChannel and exitChannelRest, every refusal in docs/contract.md's order, times at their
// edges.
#include "tests/contract/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr const char* kTake = "exitChannel(bytes,uint32,bytes,bytes32[],bytes,uint64,bytes,address,uint256)";
constexpr const char* kRest = "exitChannelRest(bytes,uint32,bytes,bytes32[],bytes,address,uint256)";

SomeChannel channel_of(Amount unit, uint64_t expiry, uint64_t salt) { return {{kAlice, kBob, unit, expiry, salt}}; }

// Calls about account `index` of a frozen rollup, each argument as given.
struct Shown {
    BatchHeader header;
    ExitProof proof;
    Bytes terms;
    uint64_t count = 7;
    Bytes voucher;
    Address receiver;
    u128 pay_gas = 0;

    Bytes take() const {
        AbiWriter out(kTake);
        out.bytes(header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).bytes(terms);
        return out.word(count).bytes(voucher).word(receiver).word(pay_gas).take();
    }
    Bytes rest() const {
        AbiWriter out(kRest);
        out.bytes(header.encode()).word(proof.index).bytes(proof.account.encode()).hashes(proof.path).bytes(terms);
        return out.word(receiver).word(pay_gas).take();
    }
};

struct FrozenChannels : Frozen {
    explicit FrozenChannels(const std::vector<Owned>& accounts, u128 in_vault) : Frozen(accounts, in_vault) {}
    void freeze() {
        Frozen::freeze();
        frozen_at = now() - 1;
        CHECK(rollup_view::read_number(view(rollup_view::frozen_at())) == frozen_at);
    }
    Shown shown(uint32_t index, const SomeChannel& channel, uint64_t count = 7) const {
        return {genesis, proof(index), channel.terms.encode(), count, to_bytes(channel.voucher(count)), {}, 0};
    }
    u128 taken(uint32_t index) { return *rollup_view::read_amount(view(rollup_view::channel_taken(index))); }
    // Alice's claim of the rest and Bob's of his part.
    std::string rest(uint32_t index, const SomeChannel& channel) { return send(carol, shown(index, channel).rest()); }
    std::string take(uint32_t index, const SomeChannel& channel, uint64_t count = 7) {
        return send(bob, shown(index, channel, count).take());
    }

    uint64_t frozen_at = 0;
};

// What of the leaf is refused before anything is said of the channel, of either call.
void check_leaf(FrozenChannels& f, const SomeChannel& channel, bool takes) {
    auto with = [&](auto change) {
        Shown shown = f.shown(1, channel);
        change(shown);
        shown.terms = {}, shown.receiver = kCarol;  // which comes later
        return f.send(f.carol, takes ? shown.take() : shown.rest());
    };
    auto raw = [&](size_t header_size, size_t leaf_size) {
        Bytes header = f.genesis.encode(), leaf = f.proof(1).account.encode();
        header.resize(header_size);
        leaf.resize(leaf_size);
        AbiWriter out(takes ? kTake : kRest);
        out.bytes(header).word(0).bytes(leaf).hashes({}).bytes({});
        if (takes) out.word(0).bytes({});
        return f.send(f.carol, out.word(Address{}).word(0).take());
    };
    CHECK(raw(194, 0) == "HeaderLength");
    CHECK(raw(196, 0) == "HeaderLength");
    CHECK(with([](Shown& s) { s.header.number = 1; }) == "NotOnHead");
    CHECK(raw(195, 103) == "LeafLength");
    CHECK(raw(195, 105) == "LeafLength");
    CHECK(raw(195, 104) == "ExitIndex");
    CHECK(with([](Shown& s) { s.proof.index = 5; }) == "ExitIndex");
    CHECK(with([](Shown& s) { s.proof.index = 2; }) == "ExitPath");
    CHECK(with([](Shown& s) { ++s.proof.account.nonce; }) == "ExitPath");
    CHECK(with([](Shown& s) { s.proof.account.balance = Amount{1}; }) == "ExitPath");
    CHECK(with([](Shown& s) { s.proof.path.pop_back(); }) == "ExitPath");
    CHECK(with([](Shown& s) { s.proof.path.push_back({}); }) == "ExitPath");
    for (uint32_t unmarked : {2u, 3u}) {  // one of whom has sent all he can
        CHECK(with([&](Shown& s) { s.proof = f.proof(unmarked); }) == "NotAChannel");
    }
}

}  // namespace

TEST_CASE("exit of a channel's leaf: refused, open or closed, whoever asks; of one that has sent all it can: paid") {
    const SomeChannel open, closed = channel_of(Amount{10}, 0, 2);
    Frozen f({open.leaf(70), closed.leaf(5, kClosedChannel - kChannelMark), {kCarol, {}, 9, kMaxNonce}, open.leaf(0, 3, kCarol)},
             84);
    f.freeze();
    for (uint32_t index : {1u, 2u, 4u}) {  // before what is said of its balance
        CHECK(f.send(f.alice, f.exit(index)) == "ChannelLeaf");
        CHECK(f.send(f.bob, f.exit(index, kBob)) == "ChannelLeaf");
        CHECK_FALSE(f.is_exited(index));
    }
    CHECK(f.send(f.alice, f.exit(3)) == "");
    CHECK(f.held({}) == 75);
}

TEST_CASE("exitChannel: every refusal, in order, then the payee's units, once") {
    const SomeChannel channel;
    FrozenChannels f({channel.leaf(103, 2), {kCarol, {}, 9}, {kBob, {}, 1, kMaxNonce}, channel.leaf(20, 7, deployed(1))}, 49);
    auto with = [&](const PrivateKey& by, auto change) {
        Shown shown = f.shown(1, channel);
        change(shown);
        return f.send(by, shown.take());
    };
    auto as_it_is = [](Shown&) {};
    CHECK(with(f.bob, as_it_is) == "NotFrozen");
    f.freeze();
    check_leaf(f, channel, true);
    for (const Bytes& wrong : terms_that_are_wrong(channel.terms)) {
        CHECK(with(f.carol, [&](Shown& s) { s.terms = wrong, s.count = 0; }) == "TermsInvalid");
    }
    for (int which : {0, 1, 2, 3}) {
        ChannelTerms other = channel.terms;
        if (which == 0) other.payer = kCarol;
        if (which == 1) other.unit = Amount{9};
        if (which == 2) other.expiry = 0;
        if (which == 3) other.salt = 0;
        CHECK(with(f.carol, [&](Shown& s) { s.terms = other.encode(), s.count = 0; }) == "TermsInvalid");
    }
    for (const PrivateKey* by : {&f.alice, &f.carol}) CHECK(with(*by, [](Shown& s) { s.count = 0; }) == "NotPayee");
    for (uint64_t count : {uint64_t{0}, kMaxVoucherCount + 1, ~uint64_t{0}}) {
        CHECK(with(f.bob, [&](Shown& s) { s.count = count, s.voucher = {}; }) == "CountInvalid");
    }
    for (const Bytes& wrong : vouchers_that_are_wrong(channel, 7)) {
        CHECK(with(f.bob, [&](Shown& s) { s.voucher = wrong; }) == "VoucherInvalid");
    }
    CHECK(f.take(1, channel, 2) == "ZeroAmount");  // the claimed ones, and an older voucher
    CHECK(f.take(1, channel, 1) == "ZeroAmount");
    CHECK(f.take(1, channel) == "VaultShort");
    CHECK(f.send(f.bob, rollup_call::exit_channel(f.genesis, f.proof(4), channel.terms, 8, channel.voucher(8, deployed(1)))) ==
          "VaultShort");
    CHECK(f.taken(1) == 0);

    REQUIRE(f.take(1, channel, 6) == "");  // 4 of 10
    CHECK(f.only_event<AccountExited>() == AccountExited{1, channel.address(), {}, Amount{40}, kBob});
    CHECK(f.held({}) == 9);
    CHECK(f.taken(1) == 40);
    CHECK_FALSE(f.is_exited(1));
    CHECK(f.take(1, channel) == "AlreadyTaken");
    CHECK(with(f.bob, [](Shown& s) { s.count = 0; }) == "AlreadyTaken");
    CHECK(f.send(f.alice, f.exit(1)) == "ChannelLeaf");
}

TEST_CASE("exitChannel: no more than the balance covers, no base unit less; to whom the payee names") {
    const SomeChannel plain, wide = channel_of(Amount{u128{1} << 127}, 0, 2), narrow = channel_of(Amount{1}, 0, 3),
                             poor = channel_of(Amount{10}, 0, 4), closed = channel_of(Amount{10}, 0, 5);
    const u128 most = ~u128{0};
    FrozenChannels f({plain.leaf(103, 2), wide.leaf(most, 0, deployed(1)), narrow.leaf(77, kMaxVoucherCount - 1), poor.leaf(9, 0),
                      closed.leaf(50, kClosedChannel - kChannelMark), plain.leaf(0, 0, kCarol)},
                     1000);
    const Address token = f.deploy("token0");
    REQUIRE(token == deployed(1));
    REQUIRE(f.send(f.carol, token, token_mint(kAlice, most)) == "");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kAlice, Amount{most})) == "");
    f.freeze();
    const Address fresh = Address::from(keccak256(view_of("fresh")));
    Shown shown = f.shown(1, plain, kMaxVoucherCount);
    shown.receiver = fresh;
    CHECK(f.send(f.bob, shown.take()) == "");
    CHECK(f.only_event<AccountExited>() == AccountExited{1, plain.address(), {}, Amount{100}, fresh});
    CHECK(f.balance(fresh) == 100);
    // unit x count of 191 bits.
    const Signature voucher = wide.voucher(kMaxVoucherCount, token);
    CHECK(f.send(f.bob, rollup_call::exit_channel(f.genesis, f.proof(2), wide.terms, kMaxVoucherCount, voucher)) == "");
    CHECK(f.only_event<AccountExited>() == AccountExited{2, wide.address(), token, Amount{u128{1} << 127}, kBob});
    CHECK(f.taken(2) == u128{1} << 127);
    CHECK(f.take(3, narrow, kMaxVoucherCount) == "");
    CHECK(f.taken(3) == 1);
    CHECK(f.take(4, poor, 5) == "ZeroAmount");
    CHECK(f.take(5, closed, kMaxVoucherCount) == "ZeroAmount");
    CHECK(f.send(f.bob, rollup_call::exit_channel(f.genesis, f.proof(6), plain.terms, 1, plain.voucher(1, kCarol))) ==
          "ZeroAmount");
    CHECK(f.held({}) == 899);
}

TEST_CASE("exitChannelRest: every refusal, in order, then what the payee has left, once") {
    const SomeChannel channel = channel_of(Amount{10}, ~uint64_t{0}, 1);
    FrozenChannels f({channel.leaf(103, 2), {kCarol, {}, 9}, {kBob, {}, 1, kMaxNonce}, channel.leaf(30, 0, deployed(1))}, 72);
    auto with = [&](const PrivateKey& by, auto change) {
        Shown shown = f.shown(1, channel);
        change(shown);
        return f.send(by, shown.rest());
    };
    auto as_it_is = [](Shown&) {};
    CHECK(with(f.alice, as_it_is) == "NotFrozen");
    f.freeze();
    check_leaf(f, channel, false);
    for (const Bytes& wrong : terms_that_are_wrong(channel.terms)) {
        CHECK(with(f.alice, [&](Shown& s) { s.terms = wrong; }) == "TermsInvalid");
    }
    SomeChannel other = channel;
    other.terms.expiry = 0;
    CHECK(with(f.alice, [&](Shown& s) { s.terms = other.terms.encode(); }) == "TermsInvalid");
    CHECK(with(f.alice, [](Shown& s) { s.receiver = kBob; }) == "RestTooEarly");
    CHECK(with(f.bob, [](Shown& s) { s.receiver = kBob; }) == "RestTooEarly");
    REQUIRE(f.take(1, channel, 5) == "");
    for (const Address& receiver : {kBob, kCarol, channel.address()}) {
        CHECK(with(f.bob, [&](Shown& s) { s.receiver = receiver; }) == "ReceiverNotAllowed");
    }
    CHECK(f.rest(1, channel) == "VaultShort");  // 42 of 73
    f.at(f.frozen_at + kChannelMost);
    CHECK(f.send(f.alice, rollup_call::exit_channel_rest(f.genesis, f.proof(4), channel.terms)) == "VaultShort");
    CHECK(f.taken(1) == 30);
    CHECK_FALSE(f.is_exited(1));
}

TEST_CASE("exitChannelRest: paid to the payer by anybody, or to whom the payer names; then nobody gets any more") {
    const SomeChannel channel;
    FrozenChannels f({channel.leaf(103, 2)}, 200);
    f.freeze();
    const bool taken = GENERATE(true, false), named = GENERATE(true, false);
    if (taken) REQUIRE(f.take(1, channel) == "");
    else f.at(f.frozen_at + kChallenge + kChannelLeast);
    const u128 before = f.held({});
    const Address fresh = Address::from(keccak256(view_of("fresh")));
    Shown shown = f.shown(1, channel);
    if (named) shown.receiver = fresh;
    CHECK(f.send(named ? f.alice : f.carol, shown.rest()) == "");
    const Amount rest{taken ? u128{53} : u128{103}};
    CHECK(f.only_event<AccountExited>() == AccountExited{1, channel.address(), {}, rest, named ? fresh : kAlice});
    if (named) CHECK(f.balance(fresh) == rest.value());
    CHECK(f.held({}) == before - rest.value());
    CHECK(f.is_exited(1));
    CHECK(f.taken(1) == (taken ? 50 : 0));
    CHECK(f.rest(1, channel) == "AlreadyExited");
    CHECK(f.take(1, channel) == "AlreadyExited");
    CHECK(f.send(f.alice, f.exit(1)) == "AlreadyExited");
}

TEST_CASE("exitChannelRest: nothing is left, of a channel that its payee has emptied, or that never held any") {
    const SomeChannel channel, closed = channel_of(Amount{10}, 0, 2);
    FrozenChannels f({channel.leaf(50, 2), closed.leaf(0, kClosedChannel - kChannelMark)}, 200);
    f.freeze();
    REQUIRE(f.take(1, channel) == "");
    CHECK(f.rest(1, channel) == "ZeroAmount");
    CHECK(f.rest(2, closed) == "ZeroAmount");
}

TEST_CASE("exitChannelRest: the payee's time, to the second; none where the channel is closed") {
    // The contract freezes a freeze age after its second block, give or take one; the expiries lie around that.
    const uint64_t freeze_age = ContractFixture::usual_parameters().freeze_age;
    const uint64_t frozen_at = kStart + 11 + freeze_age;  // deployment, then the deposit that waits
    const uint64_t least = frozen_at + kChallenge + kChannelLeast, most = frozen_at + kChannelMost;
    struct Case {
        uint64_t expiry, from;
    };
    const std::vector<Case> cases{{0, least},           {least - 1, least}, {least, least},   {least + 1, least + 1},
                                  {most - 1, most - 1}, {most, most},       {most + 1, most}, {~uint64_t{0}, most}};
    std::vector<Owned> leaves;
    std::vector<SomeChannel> channels;
    for (const Case& one : cases) {
        channels.push_back(channel_of(Amount{10}, one.expiry, leaves.size()));
        leaves.push_back(channels.back().leaf(15));
    }
    const SomeChannel closed = channel_of(Amount{10}, ~uint64_t{0}, 99);
    leaves.push_back(closed.leaf(15, kClosedChannel - kChannelMark));
    FrozenChannels f(leaves, 1000);
    f.freeze();
    REQUIRE(f.frozen_at == frozen_at);
    CHECK(f.rest(static_cast<uint32_t>(leaves.size()), closed) == "");
    CHECK(f.only_event<AccountExited>().amount == Amount{15});
    for (size_t i = 0; i < cases.size(); ++i) {
        INFO(i);
        const auto tried = [&](uint64_t time) {  // as of that second, without a block
            CallRequest request{kCarol, f.rollup, 0, f.shown(static_cast<uint32_t>(i + 1), channels[i]).rest(), {}, {}};
            REQUIRE(f.chain->set_next_block_time(time).ok());
            auto reply = f.chain->call(request, StateAt{std::nullopt, true});
            REQUIRE(reply.ok());
            return reply->success;
        };
        CHECK_FALSE(tried(cases[i].from - 1));
        CHECK(tried(cases[i].from));
    }
}

TEST_CASE("a channel's two people: neither can refuse for the other, nor call back") {
    const Address refuser = deployed(1), reenterer = deployed(2);
    SomeChannel to_refuser, of_refuser, of_reenterer;
    to_refuser.terms.payee = refuser;
    of_refuser.terms.payer = refuser;
    of_reenterer.terms.payer = reenterer;
    FrozenChannels f({to_refuser.leaf(100), of_refuser.leaf(100, 1), of_reenterer.leaf(100, kClosedChannel - kChannelMark)}, 900);
    REQUIRE(f.deploy("refuser") == refuser);
    REQUIRE(f.deploy("reenterer") == reenterer);
    f.freeze();
    // The payee refuses ETH: it calls again with another receiver. Its payer doesn't depend on that.
    Shown shown = f.shown(1, to_refuser);
    CHECK(f.send(f.bob, refuser, forwarded(f.rollup, shown.take())) == "PaymentFailed");
    CHECK(f.taken(1) == 0);
    shown.receiver = kCarol;
    CHECK(f.send(f.bob, refuser, forwarded(f.rollup, shown.take())) == "");
    CHECK(f.taken(1) == 70);
    CHECK(f.rest(1, to_refuser) == "");
    // The payer does: then anybody's call fails, and the refuser's own with a receiver doesn't.
    f.at(f.frozen_at + kChallenge + kChannelLeast);
    CHECK(f.rest(2, of_refuser) == "PaymentFailed");
    CHECK_FALSE(f.is_exited(2));
    Shown rest = f.shown(2, of_refuser);
    rest.receiver = kCarol;
    CHECK(f.send(f.bob, refuser, forwarded(f.rollup, rest.rest())) == "");
    // Gas that goes with it, neither more nor less.
    Shown dear = f.shown(3, of_reenterer);
    dear.pay_gas = 16'000'000;
    CHECK(f.send(f.bob, dear.rest()) == "PayGasShort");
    REQUIRE(f.send(f.carol, reenterer, reenterer_keep(f.rollup, f.shown(3, of_reenterer).rest())) == "");
    CHECK(f.rest(3, of_reenterer) == "");
    CHECK(f.told(reenterer, 0) == "ReentrancyGuardReentrantCall");
    CHECK(f.held({}) == 600);
}
