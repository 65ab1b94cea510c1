// The sequencer and the L1: when a batch is due, what it costs, what a node may refuse, what is told of it.
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "tests/sequencer/sequencer_world.hpp"

using namespace gavel;
using namespace gavel::sequencer_test;

namespace {

// `count` payments of a wei from alice to bob, in one submission.
uint64_t pay(World& w, uint64_t first_nonce, uint64_t count) {
    std::vector<Submission> payments;
    for (uint64_t i = 0; i < count; ++i) payments.push_back(w.transfer(w.l1.alice, w.l1.bob.address(), 1, first_nonce + i));
    for (const SubmitOutcome& outcome : w.submit(payments)) REQUIRE(outcome.status.ok());
    return first_nonce + count;
}

// Batches that the node took, oldest first.
std::vector<Batch> batches_taken(const World& w) {
    std::vector<Batch> out;
    for (const l1::Transaction& body : w.client.taken)
        if (auto call = l1::read_append(body.data)) out.push_back(*decode_batch(call->batch));
    return out;
}

// A world whose operator takes fees in ETH and has an account for them; alice has ether.
struct Paid : World {
    Paid() {
        config.fees.eth_percent = 110;
        config.engine.batch_age_ms = 300'000;
        start();
        deposit(l1.alice, l1.alice.address(), 5 * kEther);
        run(30);  // the quarter of the inclusion window, 100 s
        REQUIRE(sequencer->health().ok());
        REQUIRE(balance(l1.alice.address()) == 5 * kEther);
        client.taken.clear();
    }
    void pay_fee(uint64_t nonce, u128 fee) {
        SubmitOutcome outcome = submit(transfer(l1.alice, l1.bob.address(), 1, nonce, fee));
        INFO(node::to_string(outcome.status));
        REQUIRE(outcome.status.ok());
    }
};

}  // namespace

TEST_CASE("one payment every ten seconds is no batch each: it waits for its age") {
    Paid w;
    const u128 fee = w.sequencer->estimate_fee({}, {})->suggested.value();
    uint64_t nonce = 0;
    for (; nonce < 9; ++nonce) {
        w.pay_fee(nonce, fee * 2);
        w.run(1, 9);
    }
    CHECK(batches_taken(w).empty());
    w.run(4);
    REQUIRE(batches_taken(w).size() == 1);
    CHECK(batches_taken(w)[0].last.op_count == nonce);
}

TEST_CASE("a batch is due when its fees pay for posting it now") {
    Paid w;
    w.pay_fee(0, w.sequencer->estimate_fee({}, {})->suggested.value());
    w.run(1);
    CHECK(batches_taken(w).empty());
    w.pay_fee(1, kMilli);
    w.run(1);
    CHECK(batches_taken(w).size() == 1);

    SECTION("that was taken before a restart, too") {
        w.run(2);
        // A chunk is sealed; what is open behind it doesn't pay for both.
        for (uint64_t nonce = 2; nonce < 62; ++nonce) w.pay_fee(nonce, kMilli / 50);
        w.start();
        w.run(2);
        REQUIRE(batches_taken(w).size() == 2);
        CHECK(batches_taken(w)[1].chunks.size() == 2);
    }
}

TEST_CASE("fees of a token count by what a transfer of it costs here") {
    const Address token = PrivateKey::derived("token").address();
    sequencer::FeePolicy fees({{{token, Amount{100}}}, 110});
    auto cover = [&](const std::vector<FeeTally::Entry>& taken) {
        const auto cost = fees.calldata_cost(1'000);
        return cost && fees.cover(taken, *cost);
    };
    auto pays = [&](u128 units) { return cover({{token, Amount{units}}}); };
    fees.set_batch_price({40, 100'000});
    CHECK_FALSE(pays(1'000'000'000));  // the L1's price isn't known
    fees.set_gas_price(1'000'000'000);
    // 140,000 gas for a thousand bytes: 46.05 transfers of 76 bytes.
    CHECK_FALSE(pays(4'600));
    CHECK(pays(4'606));
    fees.set_batch_price({40, 50'000});  // 29.6 of them
    CHECK_FALSE(pays(2'960));
    CHECK(pays(2'961));
    CHECK_FALSE(cover({{Address{}, Amount{89'999}}}));
    CHECK(cover({{Address{}, Amount{u128{90'000} * 1'000'000'000}}}));
    CHECK(cover({{Address{}, Amount{u128{45'000} * 1'000'000'000}}, {token, Amount{1'481}}}));
}

TEST_CASE("a fee follows what the L1 takes for a byte") {
    sequencer::FeePolicy fees({{}, 110});
    fees.set_gas_price(1'000'000'000);
    const u128 at_first = fees.quote({}, {})->minimum.value();
    CHECK(at_first == u128{64} * 76 * 1'100'000'000);
    fees.set_batch_price({40, 0});
    CHECK(fees.quote({}, {})->minimum.value() == u128{40} * 76 * 1'100'000'000);

    World w;
    w.config.fees.eth_percent = 110;
    w.client.gas_per_byte = 64;
    w.start();
    w.run(2);
    auto price = w.client.fees();
    const u128 wei = price->base_fee + price->priority_fee;
    const u128 minimum = w.sequencer->estimate_fee({}, {})->minimum.value();
    CHECK(minimum > 63 * 76 * wei);
    CHECK(minimum < 80 * 76 * wei);

    l1::ContractChannel channel(w.client, w.l1.rollup);
    w.client.gas_per_byte = uint64_t{1} << 50;  // what no L1 takes
    channel.refresh_price(w.key.address());
    CHECK(channel.price().per_byte == 1'024);
}

TEST_CASE("at 64 gas for a byte of calldata, batches behind one another have gas enough") {
    SequencerConfig config;
    config.engine.batch_bytes = 40'000;
    Funded w(config);
    w.client.gas_per_byte = 64;
    w.config.engine.batch_age_ms = 90'000;
    w.start();
    w.run(1);
    w.client.taken.clear();
    pay(w, 0, 1'200);
    w.sequencer->step();
    w.sequencer->step();
    CHECK(batches_taken(w).size() == 2);  // the second before the first is in a block
    w.run(4);
    CHECK(w.client.refused == 0);
    CHECK(w.l1.head().number == w.sync->view().batch_head());
    for (const l1::Transaction& body : w.client.taken) CHECK(body.gas_limit <= uint64_t{1} << 24);
    CHECK(w.trouble("BATCHES_NOT_POSTED") == std::nullopt);
}

TEST_CASE("after a restart what is sealed and not posted counts as before, and goes into one batch") {
    Funded w;
    w.config.engine.batch_age_ms = 60'000;
    w.config.engine.max_unposted_bytes = 12'000;
    w.start();
    w.run(0);
    w.client.taken.clear();
    uint64_t nonce = 0;
    while (w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce)).status.ok()) ++nonce;
    REQUIRE(nonce > 100);
    w.run(0);
    const std::string unposted = w.metric("gavel_unposted_bytes");
    CHECK(std::stoul(unposted) >= 12'000);

    w.start();
    w.run(0);
    CHECK(w.metric("gavel_unposted_bytes") == unposted);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce)).status.reason == "BACKLOG_FULL");
    w.run(17);
    REQUIRE(batches_taken(w).size() == 1);
    CHECK(batches_taken(w)[0].chunks.size() >= 3);
    CHECK(batches_taken(w)[0].last.op_count == nonce);
    CHECK(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce)).status.ok());
}

TEST_CASE("a node that takes smaller transactions gets smaller batches, and that is remembered") {
    Funded w;
    w.config.engine.batch_age_ms = 20'000;
    w.start();
    w.run(0);
    const size_t before = batches_taken(w).size();
    w.client.most_bytes = 9'000;
    uint64_t nonce = pay(w, 0, 400);  // about 30,000 bytes
    w.run(20);
    INFO(node::to_string(w.last));
    std::vector<Batch> taken = batches_taken(w);
    REQUIRE(taken.size() >= before + 4);
    CHECK(taken.back().last.op_count == nonce);
    CHECK(w.sequencer->queries()
              .operation(operation_hash(
                  w.transfer(w.l1.alice, w.l1.bob.address(), 1, nonce - 1).operation.digest(w.sync->domain().separator()),
                  w.l1.alice.address()))
              ->status == query::OperationStatus::kPosted);
    CHECK(w.trouble("BATCHES_NOT_POSTED") == std::nullopt);

    const size_t refused = w.client.refused;
    CHECK(refused > 0);
    nonce = pay(w, nonce, 100);  // a batch as large as the last
    w.run(10);
    CHECK(batches_taken(w).back().last.op_count == nonce);
    CHECK(w.client.refused == refused);

    // Grows again, slowly.
    w.client.most_bytes = 0;
    nonce = pay(w, nonce, 800);
    w.run(30);
    CHECK(batches_taken(w).back().last.op_count == nonce);
    size_t largest = 0;
    for (const Batch& batch : batches_taken(w)) largest = std::max(largest, batch.encode().size());
    CHECK(largest > 9'000);
    CHECK(largest < 20'000);
}

TEST_CASE("what keeps batches from the L1 for two blocks is told, whatever it is") {
    Funded w;
    REQUIRE(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, 0)).status.ok());
    std::string why;
    SECTION("an empty wallet") {
        w.l1.chain->set_balance(w.l1.home.address(), 1'000);
        why = "TX_INSUFFICIENT_FUNDS";
    }
    SECTION("a fee cap below the base fee") {
        w.wallet_options.max_fee_cap = 1;
        w.start();
        why = "L1_FEE_OVER_CAP";
    }
    SECTION("a node that takes no transaction of that size") {
        w.client.most_bytes = 100;
        why = "TX_REFUSED";
    }
    SECTION("a node that is down") {
        w.client.is_down = true;
        why = "L1_UNREACHABLE";
    }
    w.run(5);
    CHECK(w.trouble("BATCHES_NOT_POSTED") == std::nullopt);  // it may pass
    w.run(8);
    auto trouble = w.trouble("BATCHES_NOT_POSTED");
    REQUIRE(trouble.has_value());
    INFO(trouble->message);
    CHECK(trouble->message.find(why) != std::string::npos);
    CHECK_FALSE(w.sequencer->health().ok());
    CHECK(w.metrics->text().find("gavel_trouble_seconds{reason=\"BATCHES_NOT_POSTED\"}") != std::string::npos);
    if (why == "L1_FEE_OVER_CAP") return;

    w.client.is_down = false;
    w.client.most_bytes = 0;
    w.l1.chain->set_balance(w.l1.home.address(), 100 * kEther);
    w.run(4);
    CHECK(w.trouble("BATCHES_NOT_POSTED") == std::nullopt);
    CHECK(w.sequencer->health().ok());
    CHECK(batches_taken(w).back().last.op_count == 1);
}

TEST_CASE("a batch that was sent and comes into no block is told") {
    Funded w;
    REQUIRE(w.submit(w.transfer(w.l1.alice, w.l1.bob.address(), 1, 0)).status.ok());
    w.client.loses_sends = true;
    w.run(20);  // 80 seconds
    CHECK(w.trouble("BATCHES_NOT_IN_A_BLOCK") == std::nullopt);
    CHECK(w.trouble("BATCHES_NOT_POSTED") == std::nullopt);
    w.run(20);
    auto trouble = w.trouble("BATCHES_NOT_IN_A_BLOCK");
    REQUIRE(trouble.has_value());
    CHECK(trouble->message.find("was sent, and no block has it") != std::string::npos);
    w.client.loses_sends = false;
    w.run(4);
    CHECK(w.trouble("BATCHES_NOT_IN_A_BLOCK") == std::nullopt);
    CHECK(w.sequencer->health().ok());
}

TEST_CASE("whoever sets the machine's clock holds no batch up") {
    Funded w;
    const uint64_t right = w.clock.now_ms();
    uint64_t nonce = 0;
    // Somebody sets the clock while a payment waits.
    auto posts_in_time = [&](uint64_t wall_ms) {
        const size_t before = batches_taken(w).size();
        nonce = pay(w, nonce, 1);
        w.clock.set_wall(wall_ms);
        for (int round = 0; round < 3; ++round) {  // 12 seconds
            w.sequencer->step();
            w.clock.advance(4'000);
            w.l1.pass(4);
            REQUIRE(w.l1.chain->set_next_block_time(w.l1.now()).ok());
            w.l1.chain->mine();
        }
        w.sequencer->step();
        return batches_taken(w).size() == before + 1 && batches_taken(w).back().last.op_count == nonce;
    };
    CHECK(posts_in_time(right + 86'400'000));
    CHECK(posts_in_time(right + 12'000));
    CHECK(posts_in_time(right - 3'600'000));
    CHECK(w.sequencer->health().ok());
}

TEST_CASE("the fee account of a token is opened without waiting, and what is lacking is told") {
    World w;
    w.l1.registry.add(l1::TestToken::kName, std::make_shared<l1::TestToken>());
    const Address token = w.l1.deploy(l1::TestToken::kName, l1::TestToken::constructor_args("Dollar", "USD", 6));
    w.config.fees.per_transfer[token] = Amount{100};
    w.start();
    w.run(8);
    CHECK(w.sequencer->health().ok());  // it holds nothing up
    auto trouble = w.trouble("NO_FEE_ACCOUNT");
    REQUIRE(trouble.has_value());
    CHECK_FALSE(trouble->is_grave);
    CHECK(trouble->message.find(to_checksum(token)) != std::string::npos);
    CHECK(trouble->message.find("give one unit of the token to " + to_checksum(w.l1.home.address())) != std::string::npos);
    const size_t sent = w.client.sent;
    w.run(30);
    CHECK(w.client.sent == sent);  // what would revert is only estimated

    const Bytes mint = l1::AbiWriter("mint(address,uint256)").word(w.l1.home.address()).word(u128{1}).take();
    REQUIRE(w.l1.send(w.l1.alice, token, mint).empty());
    w.run(60);
    CHECK(w.sequencer->queries().account({w.l1.home.address(), token}).balance == Amount{1});
    CHECK(w.trouble("NO_FEE_ACCOUNT") == std::nullopt);
    CHECK(w.sequencer->health().ok());
}
