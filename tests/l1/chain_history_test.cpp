// The simulated chain's past: reorganisations, what is asked of an earlier block, logs, a chain that is opened again.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "node/store.hpp"
#include "tests/l1/chain_world.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

TEST_CASE("a reorganisation undoes everything exactly, and goes on with other hashes") {
    ChainWorld w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 18));
    auto state_before = w.state();
    BlockRef fork = w.chain->head();
    auto mint = [&](u128 amount) { return AbiWriter("mint(address,uint256)").word(w.bob.address()).word(amount).take(); };
    Hash first = w.send(w.draft(w.alice, token, mint(5)), w.alice);
    w.chain->mine();
    Hash second = w.send(w.draft(w.alice, token, mint(6)), w.alice);
    w.chain->mine();
    w.chain->set_balance(*address_from_string("0x00000000000000000000000000000000000000aa"), 77);
    BlockRef old_head = w.chain->head();
    auto state_after = w.state();

    CHECK(w.chain->reorganise(fork.number + 4).reason == "REORG_TOO_DEEP");
    REQUIRE(w.chain->reorganise(3).ok());
    CHECK(w.state() == state_before);
    CHECK(w.chain->head() == fork);
    CHECK(!w.chain->receipt(first));
    CHECK(!w.chain->number_of(old_head.hash));
    CHECK(!w.chain->header(old_head.number));
    CHECK(w.chain->mempool_size() == 2);

    w.reopen();  // the mempool is gone, the fork stays
    CHECK(w.chain->head() == fork);
    CHECK(w.chain->mempool_size() == 0);
    w.nonces[w.alice.address()] = 1;
    CHECK(w.send(w.draft(w.alice, token, mint(5)), w.alice) == first);
    w.chain->mine();
    CHECK(w.chain->receipt(first)->block_hash != old_head.hash);
    CHECK(w.send(w.draft(w.alice, token, mint(6)), w.alice) == second);
    w.chain->mine();
    w.chain->set_balance(*address_from_string("0x00000000000000000000000000000000000000aa"), 77);
    CHECK(w.state() == state_after);
    CHECK(w.chain->head().number == old_head.number);
    CHECK(w.chain->head().hash != old_head.hash);

    REQUIRE(w.chain->reorganise(3).ok());
    w.chain->mine();  // takes back transactions and edit at once
    CHECK(w.chain->receipt(first)->block_number == w.chain->receipt(second)->block_number);
    CHECK(w.state().at(account_key(w.bob.address())) == state_after.at(account_key(w.bob.address())));
    REQUIRE(w.chain->reorganise(1, false).ok());
    CHECK(w.chain->mempool_size() == 0);
    CHECK(w.state() == state_before);
}

TEST_CASE("the chain reopens exactly, and not as another") {
    ChainWorld w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 6));
    BlockRef head = w.chain->head();
    auto receipts = w.chain->receipts(head.number);
    w.store.lose_unsynced();  // a loss of power
    w.reopen();
    CHECK(w.chain->head() == head);
    CHECK(w.chain->receipts(head.number) == receipts);
    CHECK(w.chain->block(head.number)->transactions.at(0).sender == w.alice.address());
    CallReply name = w.call(token, AbiWriter("name()").take());
    AbiReader reader(name.data);
    CHECK(reader.text() == "Test");
    CHECK(reader.finished());

    ChainOptions other = w.options;
    other.chain_id = 5;
    CHECK(SimulatedChain::open(w.store, w.clock, w.registry, other).status().reason == "CHAIN_ID_MISMATCH");
    NativeRegistry none;
    CHECK(SimulatedChain::open(w.store, w.clock, none, w.options).status().reason == "CONTRACT_NOT_REGISTERED");
}

TEST_CASE("state can be asked for at each of the last 256 blocks") {
    ChainWorld w;
    Address probe = w.deploy("probe");
    for (int i = 1; i <= 3; ++i) w.mined(w.draft(w.alice, probe, bytes({'s', 5, static_cast<uint8_t>(i)})), w.alice);
    for (uint64_t i = 0; i <= 3; ++i) {
        CHECK(low_u128(*w.chain->storage(probe, slots::at(5), {1 + i, false})) == i);
        CHECK(low_u128(Hash::from(w.call(probe, bytes({'l', 5}), {1 + i, false}).data)) == i);
        CHECK(*w.chain->nonce(w.alice.address(), {1 + i, false}) == 1 + i);
    }
    CHECK(w.chain->account(probe, {uint64_t{0}, false})->is_empty());
    CHECK(w.chain->account(probe, {uint64_t{9}, false}).status().reason == "BLOCK_NOT_FOUND");
    for (int i = 0; i < 256; ++i) w.chain->mine();
    CHECK(w.chain->account(probe, {uint64_t{4}, false}).ok());
    CHECK(w.chain->account(probe, {uint64_t{3}, false}).status().reason == "STATE_PRUNED");
    CHECK(w.chain->reorganise(257).reason == "REORG_TOO_DEEP");
    CHECK(w.chain->reorganise(256).ok());
    CHECK(low_u128(*w.chain->storage(probe, slots::at(5))) == 3);
    uint64_t pending_time = low_u128(Hash::from(w.call(probe, bytes({'t'}), {std::nullopt, true}).data));
    CHECK(pending_time == w.chain->head().time + 1);
}

TEST_CASE("logs are found by address, topics and range") {
    ChainWorld w;
    Address token = w.deploy("token", TestToken::constructor_args("Test", "TST", 18));
    Address other = w.deploy("token", TestToken::constructor_args("Other", "OTH", 18));
    auto mint = [&](const Address& to) { return AbiWriter("mint(address,uint256)").word(to).word(u128{5}).take(); };
    w.send(w.draft(w.alice, token, mint(w.bob.address())), w.alice);
    w.send(w.draft(w.alice, other, mint(w.bob.address())), w.alice);
    w.send(w.draft(w.alice, token, mint(w.alice.address())), w.alice);
    w.chain->mine();
    LogFilter filter{0, 3, {}, {}};
    CHECK(w.chain->logs(filter)->size() == 3);
    filter.addresses = {token};
    auto logs = *w.chain->logs(filter);
    REQUIRE(logs.size() == 2);
    CHECK(logs[1].log_index == 2);
    CHECK(logs[1].tx_index == 2);
    CHECK(logs[1].block_hash == w.chain->head().hash);
    CHECK(logs[1] == w.chain->receipt(logs[1].tx_hash)->logs.at(0));
    filter.topics = {{}, {}, {word_of(w.bob.address()), word_of(u128{1})}};
    CHECK(w.chain->logs(filter)->size() == 1);
    filter.topics = {{}, {}, {}, {}};
    CHECK(w.chain->logs(filter)->empty());
    CHECK(w.chain->logs({3, 2, {}, {}}).status().reason == "LOG_RANGE_INVALID");
    CHECK(w.chain->logs({3, 4, {}, {}}).status().reason == "LOG_RANGE_INVALID");
    Bloom expected = bloom_of({{token, logs[1].topics, {}}});
    Bloom both = w.chain->head_header().bloom;
    merge(both, expected);
    CHECK(both == w.chain->head_header().bloom);
}
