// The rollup's ABI, and the typed clients of the rollup and of tokens.
#include <fstream>
#include <sstream>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_follower.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/wire/erc20_call.hpp"
#include "tests/contract/contract_fixture.hpp"
#include "tests/support/ask_l1.hpp"

using namespace gavel;
using namespace gavel::test;

TEST_CASE("l1-bridge/abi/Rollup.json is the table in code") {
    std::string path = std::string(GAVEL_SOURCE_DIR) + "/l1-bridge/abi/Rollup.json";
    if (std::getenv("GAVEL_WRITE_ABI")) std::ofstream(path) << rollup_abi_json();
    std::ifstream file(path);
    std::stringstream content;
    content << file.rdbuf();
    INFO("GAVEL_WRITE_ABI=1 writes it anew");
    CHECK(content.str() == rollup_abi_json());
}

TEST_CASE("selectors and topics are those of the ABI's signatures") {
    CHECK(to_hex(ByteView{rollup_call::append({})}.first(4)) == to_hex(ByteView{keccak256(view_of("append(bytes)"))}.first(4)));
    CHECK(rollup_functions()[14].signature() == "claim(bytes,uint32,address,address,uint128,bytes32[],address,uint256)");
    CHECK(rollup_functions()[15].signature() == "forceRedeem(bytes,address,uint64,bytes)");
    CHECK(rollup_functions()[16].signature() == "reclaim(bytes,address)");
    CHECK(rollup_functions()[20].signature() == "exitChannel(bytes,uint32,bytes,bytes32[],bytes,uint64,bytes,address,uint256)");
    CHECK(rollup_functions()[21].signature() == "exitChannelRest(bytes,uint32,bytes,bytes32[],bytes,address,uint256)");
    CHECK(rollup_events()[4].signature() == "L1OperationQueued(uint64,uint8,address,address,address,uint128,uint64,uint64)");
    CHECK(to_hex(encode_event(TermStarted{}).topics[0]) == to_hex(keccak256(view_of("TermStarted(uint64,address)"))));
}

TEST_CASE("each event has one encoding") {
    Address a = PrivateKey::derived("a").address(), b = PrivateKey::derived("b").address(),
            c = PrivateKey::derived("c").address();
    Hash hash = keccak256(view_of("x"));
    const std::vector<RollupEvent> events = {
        TermStarted{7, a},
        TermEnded{7, TermEnd::kFrozen},
        BatchAppended{~uint64_t{0}, hash, 3},
        BatchStruck{9, hash, 3, b},
        L1OperationQueued{4, {L1OperationKind::kRedeem, a, b, c, Amount::max(), 1234, ~uint64_t{0}}},
        WithdrawalClaimed{~uint32_t{0}, {a, b, Amount{5}}, c},
        StakeReturned{2, a, ~u128{0}},
        RewardTaken{2, b, 8},
        RollupFrozen{},
        AccountExited{~uint32_t{0}, a, b, Amount{5}, c},
        DepositRefunded{~uint64_t{0}, a, b, Amount{6}, c},
    };
    REQUIRE(events.size() == rollup_events().size());
    for (const RollupEvent& event : events) {
        INFO(name_of(event));
        LogContent log = encode_event(event);
        const AbiEvent& abi = rollup_events()[event.index()];
        size_t indexed =
            static_cast<size_t>(std::count_if(abi.inputs.begin(), abi.inputs.end(), [](const auto& p) { return p.indexed; }));
        CHECK(log.topics.size() == 1 + indexed);
        CHECK(log.data.size() == 32 * (abi.inputs.size() - indexed));
        CHECK(decode_event(log.topics, log.data) == event);
        Bytes longer = log.data;
        longer.resize(longer.size() + 32);
        CHECK_FALSE(decode_event(log.topics, longer));
        if (!log.data.empty()) CHECK_FALSE(decode_event(log.topics, ByteView{log.data}.first(log.data.size() - 1)));
        auto topics = log.topics;
        topics.pop_back();
        CHECK_FALSE(decode_event(topics, log.data));
        topics = log.topics;
        topics.push_back({});
        CHECK_FALSE(decode_event(topics, log.data));
        topics = log.topics;
        topics[0].bytes[5] ^= 1;
        CHECK_FALSE(decode_event(topics, log.data));
    }
    LogContent odd = encode_event(TermEnded{7, static_cast<TermEnd>(5)});
    CHECK_FALSE(decode_event(odd.topics, odd.data));
    odd = encode_event(L1OperationQueued{1, {static_cast<L1OperationKind>(5), a, b, c, Amount{1}, 1}});
    CHECK_FALSE(decode_event(odd.topics, odd.data));
}

TEST_CASE("the typed client has views, events, reads a batch back from its calldata, and names what is refused") {
    ContractFixture f;
    f.chain->set_auto_mine(true);
    InProcessClient l1(*f.chain, rollup_error_names());
    RollupClient rollup(l1, f.rollup);
    L1Wallet alice(l1, f.alice), bob(l1, f.bob);
    CHECK(*rollup.parameters() == f.parameters);
    auto send = [&](L1Wallet& from, Bytes calldata, u128 value = 0) { return from.send(f.rollup, value, std::move(calldata)); };
    CHECK(send(alice, rollup_call::resign()).status().reason == "NotSequencer");
    auto seated = send(alice, rollup_call::become_sequencer(), f.parameters.stake);
    INFO(node::to_string(seated.status()));
    REQUIRE(seated.ok());
    REQUIRE(send(bob, rollup_call::deposit_eth(f.bob.address()), 5).ok());
    Batch batch = f.batch_on(f.genesis, f.genesis.last);
    auto appended = send(alice, rollup_call::append(batch.encode()));
    REQUIRE(appended.ok());
    CHECK(*rollup.head() == Head{1, batch.header().hash()});
    CHECK(rollup.batch(1)->term == 1);
    CHECK(*rollup.is_final(0));
    CHECK_FALSE(*rollup.is_final(1));
    CHECK(*rollup.queue_length() == 1);
    CHECK_FALSE(rollup.queue_hash(1)->is_zero());
    CHECK(rollup.waiting()->index == 0);
    CHECK(*rollup.current_term() == 1);
    CHECK(*rollup.term_count() == 1);
    CHECK(rollup.term(1)->sequencer == f.alice.address());
    CHECK(*rollup.last_strike() == 0);
    CHECK_FALSE(*rollup.frozen());
    CHECK(*rollup.frozen_at() == 0);
    CHECK(rollup.channel_taken(1)->is_zero());
    const Hash commitment = proof_commitment(f.bob.address(), Bytes{1, 2}, 7);
    REQUIRE(send(bob, rollup_call::commit_proof(commitment)).ok());
    CHECK(*rollup.committed_at(f.bob.address(), commitment) == l1.head()->time);
    CHECK(*rollup.committed_at(f.bob.address(), proof_commitment(f.bob.address(), Bytes{1, 2}, 8)) == 0);
    CHECK_FALSE(*rollup.is_exited(1));
    CHECK_FALSE(*rollup.is_refunded(0));
    CHECK(*rollup.notice() == Notice{});
    const ChannelTerms terms{f.alice.address(), f.bob.address(), Amount{10}, ~uint64_t{0}, 0};
    const std::vector<std::pair<Bytes, std::string>> refused = {
        {rollup_call::evict(), "NotOverdue"},
        {rollup_call::announce_takeover(), "NotHomeOperator"},
        {rollup_call::freeze(0), "FreezeTooEarly"},
        {rollup_call::exit(batch.header(), {}), "NotFrozen"},
        {rollup_call::refund(0, {}), "NotFrozen"},
        {rollup_call::prove(Bytes{1, 2}), "Truncated"},
        {rollup_call::take_stake(1), "TermNotOver"},
        {rollup_call::take_reward(1, f.bob.address()), "TermNotSlashed"},
        {rollup_call::claim(batch.header(), {}), "BatchNotFinal"},
        {rollup_call::force_transfer({}, {}, Amount{1}), "ZeroAddress"},
        {rollup_call::force_withdrawal({}, f.bob.address(), Amount{0}), "ZeroAmount"},
        {rollup_call::force_redeem({}, {}, 1, {}), "TermsInvalid"},
        {rollup_call::force_redeem(terms, {}, 0, {}), "CountInvalid"},
        {rollup_call::force_redeem(terms, {}, 1, {}), "VoucherInvalid"},
        {rollup_call::reclaim(terms, {}), "NotExpired"},
        {rollup_call::exit_channel(batch.header(), {}, terms, 1, {}), "NotFrozen"},
        {rollup_call::exit_channel_rest(batch.header(), {}, terms), "NotFrozen"},
    };
    for (const auto& [calldata, reason] : refused) CHECK(send(bob, calldata).status().reason == reason);

    auto events = rollup.events(0, l1.head()->number);
    REQUIRE(events.ok());
    REQUIRE(events->size() == 3);  // a commit has none
    CHECK((*events)[2].event == RollupEvent{BatchAppended{1, batch.header().hash(), 1}});
    CHECK((*events)[2].tx_hash == *appended);
    CHECK(*rollup.fetch_batch(*appended, {batch.header().hash(), 0, 0}) == batch);
    CHECK(rollup.fetch_batch(*appended, RollupRecord{}).status().reason == "L1_ANSWER_INVALID");
    CHECK(rollup.fetch_batch((*events)[1].tx_hash, {batch.header().hash(), 0, 0}).status().reason == "L1_ANSWER_INVALID");
    CHECK(rollup.fetch_batch({}, RollupRecord{}).status().reason == "BATCH_TX_UNKNOWN");
    auto elsewhere = alice.send(f.bob.address(), 0, rollup_call::append(batch.encode()));
    REQUIRE(elsewhere.ok());
    CHECK(rollup.fetch_batch(*elsewhere, {batch.header().hash(), 0, 0}).status().reason == "L1_ANSWER_INVALID");

    RollupClient nothing(l1, f.bob.address());
    CHECK(nothing.head().status().reason == "L1_ANSWER_INVALID");
}

TEST_CASE("a token is approved and deposited, and tells what it is") {
    ContractFixture f;
    f.registry.add(TestToken::kName, std::make_shared<TestToken>());
    Address token = f.deploy(TestToken::kName, TestToken::constructor_args("Test Dollar", "TUSD", 6));
    f.chain->set_auto_mine(true);
    InProcessClient l1(*f.chain, rollup_error_names());
    Erc20Client erc20(l1, token);
    L1Wallet alice(l1, f.alice);
    const Bytes deposit = rollup_call::deposit_token(token, f.bob.address(), Amount{10});
    CHECK(*erc20.decimals() == 6);
    CHECK(*erc20.symbol() == "TUSD");
    REQUIRE(alice.send(token, 0, erc20_call::mint(f.alice.address(), Amount{1000})).ok());
    CHECK(alice.send(f.rollup, 0, deposit).status().reason == "TokenCallFailed");
    REQUIRE(alice.send(token, 0, erc20_call::approve(f.rollup, Amount{10})).ok());
    CHECK(*erc20.allowance(f.alice.address(), f.rollup) == Amount{10});
    REQUIRE(alice.send(f.rollup, 0, deposit).ok());
    CHECK(token_balance(l1, token, f.rollup) == 10);
    REQUIRE(alice.send(token, 0, erc20_call::transfer(f.bob.address(), Amount{90})).ok());
    CHECK(token_balance(l1, token, f.alice.address()) == 900);
    CHECK_FALSE(Erc20Client(l1, f.bob.address()).decimals().ok());
}
