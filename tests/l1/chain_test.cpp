// Transactions and blocks of the simulated chain: the mempool, fees, block times.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "tests/l1/chain_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

TEST_CASE("a payment costs 21000 gas, burns the base fee, tips the coinbase") {
    ChainWorld w;
    Receipt receipt = w.mined(w.draft(w.alice, w.bob.address(), {}, kEther), w.alice);
    CHECK(receipt.success);
    CHECK(receipt.gas_used == 21'000);
    u128 base_fee = w.chain->head_header().base_fee;
    CHECK(base_fee == 875'000'000);  // genesis' block was empty: an eighth less
    CHECK(receipt.effective_gas_price == base_fee + kGwei);
    CHECK(w.balance(w.bob.address()) == 1001 * kEther);
    CHECK(w.balance(w.alice.address()) == 999 * kEther - 21'000 * receipt.effective_gas_price);
    CHECK(w.balance(Address{}) == 21'000 * kGwei);
    CHECK(w.chain->head().number == 1);
    CHECK(w.chain->head().hash == keccak256(w.chain->head_header().encode()));
}

TEST_CASE("the mempool refuses by name") {
    ChainWorld w;
    auto reason = [&](Transaction body) { return w.try_send(body, w.alice).reason; };
    Transaction good = w.draft(w.alice, w.bob.address(), {}, 1);
    Transaction bad = good;
    bad.chain_id = 1;
    CHECK(reason(bad) == "TX_WRONG_CHAIN");
    bad = good, bad.gas_limit = (1 << 24) + 1;
    CHECK(reason(bad) == "TX_GAS_LIMIT_OVER_CAP");
    bad = good, bad.gas_limit = 20'999;
    CHECK(reason(bad) == "TX_INTRINSIC_GAS_TOO_LOW");
    bad = good, bad.data = Bytes(1000, 1), bad.gas_limit = 21'000 + 16 * 1000;
    CHECK(reason(bad) == "TX_FLOOR_GAS_TOO_LOW");
    bad.gas_limit = 21'000 + 40 * 1000;
    CHECK(reason(bad).empty());
    bad = good, bad.max_priority_fee = bad.max_fee + 1;
    CHECK(reason(bad) == "TX_TIP_ABOVE_FEE_CAP");
    bad = good, bad.value = 1000 * kEther;
    CHECK(reason(bad) == "TX_INSUFFICIENT_FUNDS");
    bad = good, bad.max_fee = ~u128{0};
    CHECK(reason(bad) == "TX_INSUFFICIENT_FUNDS");
    bad = good, bad.to.reset(), bad.data = Bytes(32);
    CHECK(reason(bad) == "TX_UNKNOWN_CONTRACT");
    bad.data = Bytes(50'000);
    CHECK(reason(bad) == "TX_INIT_CODE_TOO_LARGE");
    bad = good, bad.nonce = UINT64_MAX;
    CHECK(reason(bad) == "TX_NONCE_TOO_HIGH");
    CHECK(w.chain->send_raw(Bytes(131'073)).status().reason == "TX_TOO_LARGE");
    bad = good, bad.data = Bytes(131'072 - 200), bad.gas_limit = 1 << 24;
    bad.nonce = 7;
    CHECK(reason(bad).empty());

    w.chain->mine();  // the one with a thousand bytes
    CHECK(reason(good) == "TX_NONCE_TOO_LOW");
}

TEST_CASE("nonces with gaps wait; a replacement pays a tenth more") {
    ChainWorld w;
    Transaction second = w.draft(w.alice, w.bob.address(), {}, 2);
    second.nonce = 1;
    Hash second_hash = w.send(second, w.alice);
    CHECK(w.chain->mine().gas_used == 0);
    CHECK(*w.chain->nonce(w.alice.address(), {std::nullopt, true}) == 0);

    Transaction first = second;
    first.nonce = 0;
    first.value = 1;
    CHECK(w.try_send(first, w.alice).ok());
    CHECK(w.try_send(first, w.alice).reason == "TX_KNOWN");
    CHECK(*w.chain->nonce(w.alice.address(), {std::nullopt, true}) == 2);
    Transaction replacement = first;
    replacement.value = 3;
    CHECK(w.try_send(replacement, w.alice).reason == "TX_UNDERPRICED");
    replacement.max_fee = 11 * kGwei;
    CHECK(w.try_send(replacement, w.alice).reason == "TX_UNDERPRICED");  // the tip too
    replacement.max_priority_fee = kGwei * 11 / 10;
    CHECK(w.try_send(replacement, w.alice).ok());

    w.chain->mine();
    CHECK(w.balance(w.bob.address()) == 1000 * kEther + 5);
    CHECK(w.chain->receipt(second_hash)->tx_index == 1);
    CHECK(w.chain->mempool_size() == 0);
}

TEST_CASE("a block takes the best tips first and no more gas than it has") {
    ChainWorld w;
    w.options.block_gas_limit = 1'500'000;
    w.reopen();
    Transaction low = w.draft(w.alice, w.bob.address(), {}, 1), high = w.draft(w.bob, w.alice.address(), {}, 1);
    high.max_priority_fee = 2 * kGwei;
    Hash low_hash = w.send(low, w.alice), high_hash = w.send(high, w.bob);
    w.chain->mine();
    CHECK(w.chain->receipt(high_hash)->tx_index == 0);
    CHECK(w.chain->receipt(low_hash)->tx_index == 1);  // 21000 used, so there was room for its limit

    Address probe = w.deploy("probe");
    Transaction burner = w.draft(w.alice, probe, bytes({'g'}));
    Transaction payment = w.draft(w.bob, w.alice.address(), {}, 1);
    burner.max_priority_fee = 2 * kGwei;
    Hash burner_hash = w.send(burner, w.alice), payment_hash = w.send(payment, w.bob);
    w.chain->mine();
    CHECK(w.chain->receipt(burner_hash)->gas_used == 1'000'000);
    CHECK(!w.chain->receipt(burner_hash)->success);
    CHECK(!w.chain->receipt(payment_hash));  // its limit of a million didn't fit beside
    w.chain->mine();
    CHECK(w.chain->receipt(payment_hash).has_value());
}

TEST_CASE("the base fee follows EIP-1559; a fee cap below it waits") {
    CHECK(gas::next_base_fee(1000, 30'000'000, 60'000'000) == 1000);
    CHECK(gas::next_base_fee(1000, 60'000'000, 60'000'000) == 1125);
    CHECK(gas::next_base_fee(1000, 0, 60'000'000) == 875);
    CHECK(gas::next_base_fee(1, 31'000'000, 60'000'000) == 2);  // at least one wei up
    CHECK(gas::next_base_fee(0, 60'000'000, 60'000'000) == 1);

    ChainWorld w;
    Transaction cheap = w.draft(w.alice, w.bob.address(), {}, 1);
    cheap.max_fee = 700'000'000, cheap.max_priority_fee = 1;
    Hash hash = w.send(cheap, w.alice);
    w.chain->mine();  // 875,000,000
    CHECK(!w.chain->receipt(hash));
    w.chain->mine();  // 765,625,000
    CHECK(!w.chain->receipt(hash));
    w.chain->mine();
    REQUIRE(w.chain->receipt(hash).has_value());
    CHECK(w.chain->receipt(hash)->effective_gas_price == 669'921'875 + 1);
}

TEST_CASE("block times increase strictly and follow the clock") {
    ChainWorld w;
    uint64_t start = w.chain->head().time;
    CHECK(start == 1'700'000'000);
    CHECK(w.chain->mine().time == start + 1);  // the clock stands still
    CHECK(w.chain->mine().time == start + 2);
    w.clock.advance(60'000);
    CHECK(w.chain->mine().time == start + 60);
    w.clock.set_wall((start + 86'400) * 1000);  // somebody sets the machine's clock: no time has passed
    CHECK(w.chain->mine().time == start + 61);
    w.clock.set_wall((start + 60) * 1000);
    CHECK(w.chain->increase_time(1000) == 1000);
    CHECK(w.chain->mine().time == start + 1060);
    CHECK(w.chain->set_next_block_time(start).reason == "TIME_NOT_INCREASING");
    CHECK(w.chain->set_next_block_time(start + 5000).ok());
    CHECK(w.chain->mine().time == start + 5000);
    w.reopen();
    w.clock.advance(10'000'000);
    CHECK(w.chain->mine().time == start + 60 + 1000 + 10'000);
}

TEST_CASE("a chain that mines at each transaction fills blocks to their limit") {
    ChainWorld w;
    w.chain->set_auto_mine(true);
    Hash hash = w.send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    CHECK(w.chain->receipt(hash).has_value());
    CHECK(w.chain->head().number == 1);
    w.chain->set_auto_mine(false);
    w.options.block_gas_limit = 1'000'000;
    w.reopen();
    for (int i = 0; i < 3; ++i) w.send(w.draft(w.alice, w.bob.address(), {}, 1), w.alice);
    w.chain->set_auto_mine(true);  // each limit fills a block, so three are needed
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.chain->head().number == 4);
}
