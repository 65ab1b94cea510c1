// The wallet before nodes with habits of their own: what they refuse, forget, and have all the same. And what gas costs, by
// whatever a node tells.
#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/client/fee_oracle.hpp"
#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "protocol/amount.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::l1;
using Json = nlohmann::json;

namespace {

constexpr uint64_t kGas = 21'000;

node::Status refusal(const std::string& words) { return {node::Code::kFailedPrecondition, "L1_ERROR", "", words}; }

class OddNode final : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;
    bool refuses = false;            // says no
    bool is_busy = false;            // says to come again, and has forgotten it
    bool takes_and_refuses = false;  // says no, and has it
    int index_lag = 0;               // so many questions by hash are answered with nothing
    bool is_indexing = false;        // questions by hash are answered with an error
    u128 least_tip = 0;
    std::vector<Transaction> given;
    std::atomic<bool> has_something{false};

    node::Result<Hash> send_raw(ByteView raw) override {
        given.push_back(decode_transaction(raw)->body);
        if (is_busy) return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "too many requests"};
        if (refuses || given.back().max_priority_fee < least_tip) return refusal("brrr");
        auto taken = ForwardingClient::send_raw(raw);
        has_something = true;
        return takes_and_refuses ? node::Result<Hash>(refusal("we have met before")) : taken;
    }
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx) override {
        if (is_indexing) return refusal("transaction indexing is in progress");
        if (index_lag > 0) return --index_lag, std::optional<TransactionInput>{};
        return ForwardingClient::transaction_input(tx);
    }
    node::Result<std::optional<Receipt>> receipt(const Hash& tx) override {
        if (is_indexing) return refusal("transaction indexing is in progress");
        return ForwardingClient::receipt(tx);
    }
};

struct World : test::ContractFixture {
    InProcessClient chain_client{*chain, ErrorNames(rollup_error_signatures())};
    OddNode odd{chain_client};
    node::ManualClock wallet_clock{1'000'000};
    std::vector<Hash> told;
    L1WalletOptions options() {
        L1WalletOptions out;
        out.bump_after = std::chrono::seconds(30);
        out.poll = std::chrono::milliseconds(1);
        out.on_sent = [this](const Hash& sent) { told.push_back(sent); };
        return out;
    }
    L1Wallet wallet{odd, alice, options(), wallet_clock};
    Address friend_of_hers = PrivateKey::derived("friend").address();

    node::Result<Hash> pay(u128 wei) { return wallet.send(friend_of_hers, wei, {}, kGas); }
    u128 received() const { return balance(friend_of_hers); }
};

// A node's answers, by method; what isn't among them is -32601.
AskNode node_with(std::map<std::string, Json> answers, std::vector<std::string>* asked = nullptr) {
    return [=](const std::string& method, const Json& params) -> node::Result<Json> {
        if (asked) asked->push_back(method);
        std::string name = method;
        if (method == "eth_feeHistory" && !params[2].empty()) name = "rewards";
        auto answer = answers.find(name);
        if (answer == answers.end()) return refusal("the method " + method + " does not exist");
        if (answer->second == "down") return node::Status{node::Code::kUnavailable, "L1_UNREACHABLE", "", "down"};
        return answer->second;
    };
}

}  // namespace

TEST_CASE("refused in whatever words, but the node has it: the transaction was handed over, once") {
    World w;
    w.odd.takes_and_refuses = true;
    SECTION("told at once") {}
    SECTION("told a little later") { w.odd.index_lag = 2; }
    SECTION("not told at all, by an index that is still built") { w.odd.is_indexing = true; }
    auto sent = w.pay(5);
    INFO(node::to_string(sent.status()));
    REQUIRE(sent.ok());
    CHECK(w.odd.given.size() == 1);
    w.odd.is_indexing = w.odd.takes_and_refuses = false;
    w.chain->mine();
    CHECK(w.received() == 5);
    CHECK(w.wallet.receipt(*sent)->has_value());
}

TEST_CASE("refused, and the node knows nothing of it: nothing was sent, and the name is told") {
    World w;
    w.odd.refuses = true;
    auto sent = w.pay(5);
    CHECK(sent.status().reason == "TX_REFUSED");
    CHECK(sent.status().code == node::Code::kFailedPrecondition);
    CHECK(sent.status().message.find("brrr") != std::string::npos);
    CHECK(sent.status().message.find("0x") != std::string::npos);
    CHECK_FALSE(w.wallet.has_unmined());
    for (const Transaction& given : w.odd.given) CHECK(given.nonce == w.odd.given[0].nonce);  // never twice
    w.odd.refuses = false;
    REQUIRE(w.pay(7).ok());
    w.chain->mine();
    CHECK(w.received() == 7);
}

TEST_CASE("what no node takes is told in each round, between two tries as well, until one has it") {
    World w;
    w.odd.is_busy = true;
    REQUIRE(w.pay(5).ok());  // a node may have it all the same
    for (int round = 0; round < 50; ++round) {
        CHECK(w.wallet.keep_up().reason == "L1_UNREACHABLE");
        w.wallet_clock.advance(100);
    }
    CHECK(w.odd.given.size() >= 3);
    w.odd.is_busy = false;
    w.wallet_clock.advance(2'000);
    CHECK(w.wallet.keep_up().ok());
    CHECK(w.wallet.keep_up().ok());
    w.chain->mine();
    CHECK(w.received() == 5);
}

TEST_CASE("a wallet with too little says so, whatever the node says") {
    World w;
    w.odd.refuses = true;
    w.chain->set_balance(w.alice.address(), 1'000);
    auto sent = w.pay(5);
    CHECK(sent.status().reason == "TX_INSUFFICIENT_FUNDS");
    CHECK(sent.status().message.find("has 1000 wei") != std::string::npos);
    CHECK(w.odd.given.size() == 1);
}

TEST_CASE("a pool that wants a higher tip than its node suggests gets it, and that is remembered") {
    World w;
    w.odd.least_tip = 25 * kGwei;
    REQUIRE(w.pay(5).ok());
    const size_t tries = w.odd.given.size();
    CHECK(tries > 1);
    CHECK(tries < 6);
    CHECK(w.odd.given.back().max_priority_fee >= 25 * kGwei);
    CHECK(w.odd.given.back().max_priority_fee <= 100 * kGwei);
    REQUIRE(w.pay(6).ok());
    CHECK(w.odd.given.size() == tries + 1);
    w.chain->mine();
    CHECK(w.received() == 11);

    SECTION("but never more than the cap") {
        L1WalletOptions capped = w.options();
        capped.max_fee_cap = 20 * kGwei;
        w.odd.given.clear();
        L1Wallet other(w.odd, w.bob, capped, w.wallet_clock);
        CHECK(other.send(w.friend_of_hers, 1, {}, kGas).status().reason == "TX_REFUSED");
        for (const Transaction& given : w.odd.given) CHECK(given.max_fee <= 20 * kGwei);
    }
    SECTION("nor for nothing: what isn't the tip's fault raises it for no later one") {
        L1Wallet other(w.odd, w.bob, w.options(), w.wallet_clock);
        w.odd.least_tip = 0;
        w.odd.refuses = true;
        CHECK(other.send(w.friend_of_hers, 1, {}, kGas).status().reason == "TX_REFUSED");
        w.odd.refuses = false;
        w.odd.given.clear();
        REQUIRE(other.send(w.friend_of_hers, 1, {}, kGas).ok());
        CHECK(w.odd.given.back().max_priority_fee == w.chain->fees().priority_fee);
    }
}

TEST_CASE("a transaction's name comes first, and no later error makes it a failure") {
    World w;
    w.odd.takes_and_refuses = w.odd.is_indexing = true;
    std::thread node([&] {
        while (!w.odd.has_something) std::this_thread::yield();
        w.chain->mine();
    });
    auto receipt = w.wallet.run(w.friend_of_hers, 5, {}, std::chrono::milliseconds(50));
    node.join();
    REQUIRE(w.told.size() == 1);
    CHECK(receipt.status().reason == "L1_TIMEOUT");
    CHECK(receipt.status().message.find(to_hex(w.told[0]) + " was sent") == 0);
    CHECK(receipt.status().message.find("the node can't tell where it is") != std::string::npos);
    w.odd.is_indexing = false;
    auto found = w.wallet.wait(w.told[0], std::chrono::milliseconds(50));
    REQUIRE(found.ok());
    CHECK(found->success);
    CHECK(w.received() == 5);
}

TEST_CASE("waiting, not known, and mined are told apart") {
    World w;
    Hash sent = *w.pay(5);
    auto waited = w.wallet.wait(sent, std::chrono::milliseconds(5));
    CHECK(waited.status().reason == "L1_TIMEOUT");
    CHECK(waited.status().message.find("it waits for a block") != std::string::npos);
    REQUIRE(w.chain->drop_transaction(sent));
    waited = w.wallet.wait(sent, std::chrono::milliseconds(5));
    CHECK(waited.status().reason == "TX_NOT_KNOWN");
    CHECK(waited.status().code == node::Code::kDeadlineExceeded);
    w.wallet_clock.advance(3'000);
    CHECK(w.wallet.keep_up().ok());  // gives it to the node again
    w.chain->mine();
    CHECK(w.wallet.wait(sent, std::chrono::milliseconds(5))->success);
    CHECK(w.received() == 5);

    auto reverted = w.wallet.run(w.rollup, 0, Bytes{1, 2, 3, 4}, std::chrono::milliseconds(5));
    CHECK(reverted.status().code == node::Code::kAborted);  // refused by the estimate: nothing was sent
    CHECK(w.told.empty());
}

TEST_CASE("whoever sets the machine's clock raises no fee, and holds none back") {
    World w;
    REQUIRE(w.pay(5).ok());
    auto look = [&](uint64_t seconds) {
        w.wallet_clock.advance(seconds * 1000);
        // Blocks pass that leave it out.
        const auto waiting = w.wallet.keep_up();
        CHECK(waiting.ok());
        return w.odd.given.size();
    };
    auto pass_a_block = [&] {
        for (const Transaction& body : w.odd.given) w.chain->drop_transaction(sign(body, w.alice).hash);
        w.chain->mine();
    };
    const uint64_t right = w.wallet_clock.now_ms();
    w.wallet_clock.set_wall(right + 86'400'000);
    look(1);
    pass_a_block();
    look(1);
    auto dearest = [&] {
        u128 out = 0;
        for (const Transaction& body : w.odd.given) out = std::max(out, body.max_fee);
        return out;
    };
    const u128 first = w.odd.given[0].max_fee;
    CHECK(dearest() == first);
    w.wallet_clock.set_wall(right - 3'600'000);
    look(29);
    pass_a_block();
    look(1);
    CHECK(dearest() >= first + first / 8);
}

TEST_CASE("a node without a suggestion for the tip is asked for what was paid, and what makes no sense isn't heeded") {
    const Json history = {{"baseFeePerGas", {"0x1", "0x3b9aca00"}}};
    const Json rewards = {{"reward", {{"0x77359400"}, {"0x0"}, {"0xb2d05e00"}, {"0x77359400"}}}};
    auto fees = [](const AskNode& ask) {
        auto out = find_fees(ask);
        INFO(node::to_string(out.status()));
        REQUIRE(out.ok());
        return std::pair{out->base_fee, out->priority_fee};
    };
    CHECK(fees(node_with({{"eth_feeHistory", history}, {"eth_maxPriorityFeePerGas", "0x5f5e100"}})) ==
          std::pair{kGwei, kGwei / 10});
    CHECK(fees(node_with({{"eth_feeHistory", history}, {"rewards", rewards}})) == std::pair{kGwei, 2 * kGwei});
    CHECK(fees(node_with({{"eth_feeHistory", history}, {"eth_gasPrice", "0x4190ab00"}})) == std::pair{kGwei, kGwei / 10});
    CHECK(fees(node_with({{"eth_feeHistory", history}})) == std::pair{kGwei, u128{1'000'000}});
    CHECK(fees(node_with({{"eth_feeHistory", history}, {"eth_maxPriorityFeePerGas", "0x0"}})) ==
          std::pair{kGwei, u128{1'000'000}});
    CHECK(fees(node_with({{"eth_getBlockByNumber", {{"baseFeePerGas", "0x3b9aca00"}}},
                          {"eth_maxPriorityFeePerGas", "0x5f5e100"}})) == std::pair{kGwei + kGwei / 8, kGwei / 10});
    // What makes no sense is as if it weren't there.
    for (const Json& odd :
         {Json("0x"), Json(7), Json(), Json::array(), Json{{"reward", 7}}, Json{{"reward", {{}}}}, Json("0x10000000000000000")}) {
        CHECK(fees(node_with(
                  {{"eth_feeHistory", history}, {"eth_maxPriorityFeePerGas", odd}, {"rewards", odd}, {"eth_gasPrice", odd}})) ==
              std::pair{kGwei, u128{1'000'000}});
        CHECK(find_fees(node_with({{"eth_feeHistory", odd}, {"eth_getBlockByNumber", odd}})).status().reason ==
              "L1_ANSWER_INVALID");
    }
    CHECK(find_fees(node_with({{"eth_feeHistory", "down"}})).status().reason == "L1_UNREACHABLE");
    CHECK(find_fees(node_with({{"eth_feeHistory", history}, {"eth_maxPriorityFeePerGas", "down"}})).status().reason ==
          "L1_UNREACHABLE");
    std::vector<std::string> asked;
    fees(node_with({{"eth_feeHistory", history}, {"eth_maxPriorityFeePerGas", "0x5f5e100"}}, &asked));
    CHECK(asked.size() == 2);
}
