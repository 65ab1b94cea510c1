// Contracts on the simulated chain: gas, reverts, calls among them, creation, the token.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "node/store.hpp"
#include "tests/l1/chain_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

TEST_CASE("calldata pays the floor of EIP-7623") {
    ChainWorld w;
    Transaction data_only = w.draft(w.alice, w.bob.address(), Bytes(1000, 1));
    CHECK(w.mined(data_only, w.alice).gas_used == 21'000 + 40 * 1000);
    Transaction zeros = w.draft(w.alice, w.bob.address(), Bytes(1000, 0));
    CHECK(w.mined(zeros, w.alice).gas_used == 21'000 + 10 * 1000);
}

TEST_CASE("storage costs by EIP-2929, and is refunded by EIP-3529") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    auto used = [&](Bytes data) { return w.mined(w.draft(w.alice, probe, data), w.alice).gas_used; };
    auto base = [](const Bytes& data) {
        Transaction body;
        body.to = Address{};
        body.data = data;
        return gas::intrinsic(body) + gas::kNativeCall;
    };
    Bytes set = bytes({'s', 5, 1}), same = set, change = bytes({'s', 5, 2}), clear = bytes({'s', 5, 0});
    CHECK(used(set) - base(set) == 2'100 + 20'000);
    CHECK(used(same) - base(same) == 2'100 + 100);
    CHECK(used(change) - base(change) == 2'100 + 2'900);
    uint64_t gross = base(clear) + 2'100 + 2'900;
    CHECK(used(clear) == std::max<uint64_t>(gross - 4'800, gross - gross / 5));
    Transaction listed = w.draft(w.alice, probe, bytes({'l', 5}));
    listed.access_list = {{probe, {slots::at(5)}}};
    CHECK(w.mined(listed, w.alice).gas_used == base(bytes({'l', 5})) + 2'400 + 1'900 + 100);
}

TEST_CASE("writing a slot again in one transaction costs as EIP-3529's table says") {
    struct Case {
        uint8_t original;
        Bytes values;
        uint64_t gas, refund;  // of the writes to a warm slot
    };
    const std::vector<Case> cases{
        {0, {0, 0}, 200, 0},          {0, {0, 1}, 20'100, 0},    {0, {1, 0}, 20'100, 19'900}, {0, {1, 2}, 20'100, 0},
        {0, {1, 1}, 20'100, 0},       {1, {0, 0}, 3'000, 4'800}, {1, {0, 1}, 3'000, 2'800},   {1, {0, 2}, 3'000, 0},
        {1, {2, 0}, 3'000, 4'800},    {1, {2, 3}, 3'000, 0},     {1, {2, 1}, 3'000, 2'800},   {1, {2, 2}, 3'000, 0},
        {1, {1, 0}, 3'000, 4'800},    {1, {1, 2}, 3'000, 0},     {1, {1, 1}, 200, 0},         {0, {1, 0, 1}, 40'100, 19'900},
        {1, {0, 1, 0}, 5'900, 7'600},
    };
    ChainWorld w;
    Address probe = w.deploy("probe");
    for (uint8_t i = 0; i < cases.size(); ++i) {
        const Case& one = cases[i];
        auto slot = static_cast<uint8_t>(100 + i);
        w.mined(w.draft(w.alice, probe, bytes({'s', slot, one.original})), w.alice);
        Bytes data = bytes({'w', slot});
        append(data, one.values);
        Transaction body = w.draft(w.alice, probe, data);
        uint64_t rest = gas::intrinsic(body) + gas::kNativeCall + 200'000 + 2'100;
        INFO("case " << int{i});
        CHECK(w.mined(body, w.alice).gas_used == rest + one.gas - one.refund);
    }
}

TEST_CASE("transient storage costs 100 gas each, is seen by inner calls, undone with them, gone after the transaction") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    auto left = [&](Bytes data) { return low_u128(Hash::from(w.call(probe, data).data)); };
    CHECK(left(bytes({'n', 'y', 9})) == 9);
    CHECK(left(bytes({'n', 'x', 9})) == 7);
    CHECK(w.call(probe, bytes({'v', 'y', 9})).data == bytes({0}));  // no write in a static call
    Transaction body = w.draft(w.alice, probe, bytes({'y', 9}));
    CHECK(w.mined(body, w.alice).gas_used == gas::intrinsic(body) + gas::kNativeCall + 100);
    w.mined(w.draft(w.alice, probe, bytes({'n', 'z'})), w.alice);
    CHECK(*w.chain->storage(probe, slots::at(9)) == word_of(u128{7}));
    // Two transactions of one block.
    w.send(w.draft(w.alice, probe, bytes({'y', 9})), w.alice);
    w.send(w.draft(w.alice, probe, bytes({'z'})), w.alice);
    w.chain->mine();
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.chain->storage(probe, slots::at(9))->is_zero());
}

TEST_CASE("a revert leaves nothing but the fee and the nonce") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    auto before = w.state();
    Transaction body = w.draft(w.alice, probe, bytes({'r'}), 7);
    Receipt receipt = w.mined(body, w.alice);
    CHECK(!receipt.success);
    CHECK(receipt.logs.empty());
    CHECK(receipt.gas_used < 100'000);
    auto after = w.state();
    for (auto* state : {&before, &after}) {
        state->erase(account_key(w.alice.address()));
        state->erase(account_key(Address{}));
    }
    CHECK(before == after);
    CHECK(w.chain->account(w.alice.address())->nonce == body.nonce + 1);

    CallReply reply = w.call(probe, bytes({'r'}));
    CHECK(!reply.success);
    CHECK(reply.data == AbiWriter("Refused()").take());
}

TEST_CASE("an inner revert undoes the inner effects only") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    Receipt receipt = w.mined(w.draft(w.alice, probe, bytes({'i', 'r'})), w.alice);
    CHECK(receipt.success);
    CHECK(receipt.logs.size() == 2);
    CHECK(w.chain->storage(probe, slots::at(9))->is_zero());
    CHECK(w.call(probe, bytes({'i', 'r'})).data == bytes({0}));
    CHECK(w.call(probe, bytes({'i', 's', 1, 1})).data == bytes({1}));
    CHECK(w.call(probe, bytes({'i', 'g'})).data == bytes({0}));        // out of gas, within its 63/64
    CHECK(w.call(probe, bytes({'v', 's', 1, 1})).data == bytes({0}));  // no write in a static call
    CHECK(w.call(probe, bytes({'v', 'l', 1})).data == bytes({1}));
    CHECK(w.call(probe, bytes({'v', 'v', 's', 1, 1})).success);
    CHECK(w.call(probe, Bytes(500, 'i')).success);  // deeper than calls may go
}

TEST_CASE("contracts pay, and see who has code") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    Bytes pay{'p'};
    append(pay, w.bob.address());
    CHECK(w.call(probe, pay).data == bytes({0}));  // has nothing yet
    CHECK(w.mined(w.draft(w.alice, probe, {}, 12), w.alice).success);
    CHECK(w.mined(w.draft(w.alice, probe, pay), w.alice).success);
    CHECK(w.balance(probe) == 7);
    CHECK(w.balance(w.bob.address()) == 1000 * kEther + 5);
    CHECK(w.call(probe, bytes({'c'})).data == bytes({0, 0}));
    w.chain->set_delegation(w.alice.address(), probe);
    CHECK(w.call(probe, bytes({'c'})).data == bytes({1, 1}));
}

TEST_CASE("a created contract has its address and code; one whose constructor reverts has none") {
    ChainWorld w;
    Address expected = created_address(w.alice.address(), 0);
    CHECK(w.deploy("probe") == expected);
    CHECK(string_of(w.chain->account(expected)->code) == "\xfeprobe");
    CHECK(w.chain->account(expected)->nonce == 1);
    Transaction refused = w.draft(w.alice, std::nullopt, NativeRegistry::creation_data("probe", bytes({1})), 5);
    Receipt receipt = w.mined(refused, w.alice);
    CHECK(!receipt.success);
    CHECK(!receipt.contract_address);
    CHECK(w.chain->account(created_address(w.alice.address(), 1))->is_empty());
}

TEST_CASE("gas estimates suffice and one less does not") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    for (Bytes data : {bytes({'s', 5, 1}), bytes({'s', 0, 0}), bytes({'i', 'i', 's', 5, 1}), Bytes(3000, 'l'), Bytes{}}) {
        CallRequest request;
        request.from = w.alice.address();
        request.to = probe;
        request.data = data;
        auto estimate = w.chain->estimate(request);
        REQUIRE(estimate.ok());
        REQUIRE(estimate->outcome.success);
        request.gas = estimate->gas;
        CHECK(w.chain->call(request)->success);
        request.gas = estimate->gas - 1;
        auto less = w.chain->call(request);
        CHECK((!less || !less->success || data[0] == 'i'));
        Transaction body = w.draft(w.alice, probe, data);
        body.gas_limit = estimate->gas;
        CHECK(w.mined(body, w.alice).success);
    }
    CallRequest refused;
    refused.to = probe;
    refused.data = bytes({'r'});
    CHECK(!w.chain->estimate(refused)->outcome.success);
    CHECK(w.chain->estimate(refused)->outcome.data == AbiWriter("Refused()").take());
}

TEST_CASE("the token keeps ERC-20's rules") {
    ChainWorld w;
    Address token = w.deploy("token", TestToken::constructor_args("Test Token", "TST", 6));
    ErrorNames names(TestToken::error_signatures());
    auto as = [&](const PrivateKey& who, const AbiWriter& data) {
        return w.mined(w.draft(who, token, data.take()), who).success;
    };
    auto value = [&](const AbiWriter& data) { return low_u128(Hash::from(w.call(token, data.take()).data)); };
    auto balance = [&](const PrivateKey& who) { return value(AbiWriter("balanceOf(address)").word(who.address())); };
    CHECK(value(AbiWriter("decimals()")) == 6);
    CHECK(as(w.alice, AbiWriter("mint(address,uint256)").word(w.alice.address()).word(u128{100})));
    CHECK(value(AbiWriter("totalSupply()")) == 100);
    CHECK(as(w.alice, AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(u128{30})));
    CHECK(balance(w.alice) == 70);
    CHECK(balance(w.bob) == 30);
    CHECK(!as(w.alice, AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(u128{71})));
    auto pull = [&](u128 amount) {
        return AbiWriter("transferFrom(address,address,uint256)").word(w.alice.address()).word(w.bob.address()).word(amount);
    };
    CHECK(!as(w.bob, pull(1)));
    CHECK(as(w.alice, AbiWriter("approve(address,uint256)").word(w.bob.address()).word(u128{10})));
    CHECK(as(w.bob, pull(4)));
    CHECK(!as(w.bob, pull(7)));
    CHECK(as(w.bob, pull(6)));
    Hash unlimited;
    unlimited.bytes.fill(0xff);
    CHECK(as(w.alice, AbiWriter("approve(address,uint256)").word(w.bob.address()).word(unlimited)));
    CHECK(as(w.bob, pull(5)));
    CHECK(w.call(token, AbiWriter("allowance(address,address)").word(w.alice.address()).word(w.bob.address()).take()).data ==
          to_bytes(unlimited));
    CHECK(balance(w.alice) == 55);
    auto why = [&](Bytes data) { return names.describe(w.call(token, std::move(data)).data); };
    CHECK(why(pull(1).take()) == "ERC20InsufficientAllowance");
    CHECK(why(AbiWriter("transfer(address,uint256)").word(w.bob.address()).word(unlimited).take()) == "ERC20InsufficientBalance");
    CHECK(why(AbiWriter("mint(address,uint256)").word(w.bob.address()).word(~u128{0}).take()) == "Panic(0x11)");
    CHECK(why(AbiWriter("mint(address,uint256)").word(w.bob.address()).take()) == "BadCalldata");
    CHECK(why(bytes({1, 2})) == "BadCalldata");
    CHECK(why({}) == "BadCalldata");
}
