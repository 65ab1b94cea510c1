// The client, the follower and the opening of a rollup on an Ethereum node that is slow, behind, down, or talks nonsense.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/client/l1_follower.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "tests/l1/ethereum_node.hpp"
#include "tests/support/gate.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

const PrivateKey kAlice = PrivateKey::derived("alice");

bool asks(const std::string& request, const char* method) { return json::parse(request)["method"] == method; }

HttpAnswer result(const std::string& request, const json& value) {
    return {200, json{{"jsonrpc", "2.0"}, {"id", json::parse(request)["id"]}, {"result", value}}.dump()};
}

HttpAnswer error(const std::string& request, const std::string& message, int code = -32000) {
    return {
        200,
        json{{"jsonrpc", "2.0"}, {"id", json::parse(request)["id"]}, {"error", {{"code", code}, {"message", message}}}}.dump()};
}

// Answers all questions alike.
Tamper always(HttpAnswer answer) {
    return [answer](const std::string&, const std::function<std::string()>&) { return answer; };
}

using Ask = std::function<std::string()>;

// Creation code of a contract that, called with anything, emits a log without data or topics.
const char* const kLogger = "0x60048060095f395ff35f5fa000";

Address deploy_logger(AnvilNode& node) {
    L1Wallet wallet(node.client(), kAlice, {.poll = std::chrono::milliseconds(20)});
    auto receipt = wallet.run(std::nullopt, 0, *from_hex(kLogger));
    INFO(node::to_string(receipt.status()));
    REQUIRE(receipt.ok());
    REQUIRE(receipt->contract_address.has_value());
    return *receipt->contract_address;
}

}  // namespace

TEST_CASE("the client reads blocks, logs, receipts, calldata and code of a real node") {
    AnvilNode node;
    node.fund(kAlice.address());
    JsonRpcClient& client = node.client();
    CHECK(*client.chain_id() == 31'337);
    const Address logger = deploy_logger(node);
    CHECK(to_hex(*client.code(logger)) == "0x5f5fa000");
    CHECK(client.code(kAlice.address())->empty());
    L1Wallet wallet(client, kAlice);
    auto receipt = wallet.run(logger, 0, Bytes{1, 2, 3});
    REQUIRE(receipt.ok());
    CHECK(receipt->logs.size() == 1);
    auto input = client.transaction_input(receipt->tx_hash);
    REQUIRE((input.ok() && *input));
    CHECK((*input)->input == Bytes{1, 2, 3});
    CHECK((*input)->to == logger);
    CHECK((*input)->block_number == receipt->block_number);
    auto head = client.head();
    REQUIRE(head.ok());
    CHECK(head->hash == receipt->block_hash);
    CHECK(*client.block_at(head->number) == *head);
    CHECK_FALSE(client.block_at(head->number + 1)->has_value());
    auto logs = client.logs({0, head->number, {logger}, {}});
    REQUIRE(logs.ok());
    REQUIRE(logs->size() == 1);
    CHECK((*logs)[0].tx_hash == receipt->tx_hash);
    CHECK(*client.nonce(kAlice.address(), false) == 2);
    CHECK(client.fees()->base_fee > 0);
    auto revert = wallet.run(std::nullopt, 0, *from_hex("0x5f5ffd"));
    CHECK(revert.status().code == node::Code::kAborted);
    CHECK(revert.status().reason == "EXECUTION_REVERTED");
    CallRequest request;
    request.to = logger;
    auto gas = client.estimate_gas(request);
    REQUIRE(gas.ok());
    CHECK(*gas > 21'000);
}

TEST_CASE("whatever a node or a proxy before it says is a clear Status, and the next question is answered") {
    AnvilNode node;
    Proxy proxy(node.url());
    JsonRpcClient client = client_of(proxy.url());
    auto told = [&](Tamper tamper) {
        proxy.set(std::move(tamper));
        node::Status status = client.head().status();
        proxy.set();
        auto next = client.head();
        INFO(node::to_string(next.status()));
        CHECK(next.ok());
        return status;
    };
    CHECK(told({}).ok());
    for (int http : {429, 500, 502, 503, 504}) {
        node::Status status = told(always({http, "busy"}));
        CHECK(status.code == node::Code::kUnavailable);
        CHECK(status.message.find(std::to_string(http)) != status.message.npos);
    }
    for (const char* words : {"rate limit exceeded", "Too Many Requests", "request timed out"}) {
        auto busy = told([=](const std::string& request, const Ask&) { return error(request, words, -32005); });
        CHECK(busy.code == node::Code::kUnavailable);
        CHECK(busy.reason == "L1_UNREACHABLE");
    }
    for (const char* body : {"", "nonsense", "[]", "{}", "{\"jsonrpc\":\"2.0\",\"id\":1", "null", "\xff\xfe"})
        CHECK(told(always({200, body})).reason == "L1_ANSWER_INVALID");
    CHECK(told(always({200, std::string(100'000, '[')})).reason == "L1_ANSWER_INVALID");
    CHECK(told(always({200, R"({"jsonrpc":"2.0","id":0,"result":null})"})).reason == "L1_ANSWER_INVALID");  // another's answer
    for (const json& value : {json(), json("0x1"), json::object(), json{{"number", "0x1"}}})
        CHECK(told([=](const std::string& request, const Ask&) { return result(request, value); }).reason == "L1_ANSWER_INVALID");
    CHECK(told([](const std::string&, const Ask& ask) { return HttpAnswer{200, ask(), true}; }).reason == "L1_UNREACHABLE");
    CHECK(told([](const std::string& request, const Ask&) { return error(request, "header not found"); }).reason == "L1_ERROR");

    JsonRpcOptions small;
    small.url = proxy.url();
    small.max_answer_bytes = 200;
    auto huge = JsonRpcClient(small).head().status();
    CHECK(huge.reason == "L1_ANSWER_INVALID");
    CHECK(huge.message == "the L1's answer has over 200 bytes");
    CHECK(JsonRpcClient(small).chain_id().ok());
}

TEST_CASE("a slow node is given up in time, a dead one told at once, and a new one found again") {
    Gate gate;
    AnvilNode node;
    Proxy proxy(node.url());
    JsonRpcClient client = client_of(proxy.url(), std::chrono::milliseconds(300));
    REQUIRE(client.head().ok());
    proxy.set([&](const std::string&, const Ask&) {
        gate.pass();
        return std::optional<HttpAnswer>{};
    });
    auto began = std::chrono::steady_clock::now();
    CHECK(client.head().status().reason == "L1_UNREACHABLE");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(700));
    gate.open();
    proxy.set();
    CHECK(client.head().ok());
    node.kill();
    CHECK(node.client().head().status().reason == "L1_UNREACHABLE");
    node.start();
    CHECK(node.client().head().ok());
}

TEST_CASE("logs are asked for in pieces that the node takes") {
    AnvilNode node;
    node.fund(kAlice.address());
    const Address logger = deploy_logger(node);
    L1Wallet wallet(node.client(), kAlice, {.poll = std::chrono::milliseconds(20)});
    node.ask("anvil_mine", "[\"0x40\"]");
    for (int i = 0; i < 5; ++i) REQUIRE(wallet.run(logger, 0, {}).ok());
    node.ask("anvil_mine", "[\"0x40\"]");
    const uint64_t head = node.client().head()->number;
    auto all = node.client().logs({0, head, {logger}, {}});
    REQUIRE(all.ok());
    REQUIRE(all->size() == 5);
    Proxy proxy(node.url());
    JsonRpcClient client = client_of(proxy.url());
    const std::string words =
        GENERATE(as<std::string>{}, "query returns more than 10000 results", "nothing that anybody has said before",
                 "block range too large", "eth_getLogs is limited to a 10 range", "Log response size exceeded.",
                 "query exceeds max block range 10", "block range is too wide");
    uint64_t asked = 0, widest = 0;
    proxy.set([&](const std::string& request, const Ask&) -> std::optional<HttpAnswer> {
        if (!asks(request, "eth_getLogs")) return std::nullopt;
        const json filter = json::parse(request)["params"][0];
        const uint64_t range = std::stoull(filter["toBlock"].get<std::string>(), nullptr, 16) -
                               std::stoull(filter["fromBlock"].get<std::string>(), nullptr, 16) + 1;
        ++asked;
        if (range > 10) return error(request, words, -32005);
        widest = std::max(widest, range);
        return std::nullopt;
    });
    auto pieces = client.logs({0, head, {logger}, {}});
    INFO(words << " " << node::to_string(pieces.status()));
    REQUIRE(pieces.ok());
    CHECK(*pieces == *all);
    CHECK(widest > 4);
    CHECK(asked < 60);
    proxy.set([&](const std::string& request, const Ask&) { return error(request, words); });
    proxy.set([&](const std::string& request, const Ask&) -> std::optional<HttpAnswer> {
        if (!asks(request, "eth_getLogs")) return std::nullopt;
        return error(request, words);  // of one block, too
    });
    auto by_receipts = client.logs({0, head, {logger}, {}});
    INFO(node::to_string(by_receipts.status()));
    REQUIRE(by_receipts.ok());
    CHECK(*by_receipts == *all);
}

TEST_CASE("receipts that come late are waited for, through times without a node") {
    AnvilNode node;
    node.fund(kAlice.address());
    Proxy proxy(node.url());
    JsonRpcClient client = client_of(proxy.url());
    L1Wallet wallet(client, kAlice, {.poll = std::chrono::milliseconds(20)});
    int refused = 0;
    proxy.set([&](const std::string& request, const Ask&) -> std::optional<HttpAnswer> {
        if (!asks(request, "eth_getTransactionReceipt") || ++refused > 6) return std::nullopt;
        if (refused % 3 == 0) return HttpAnswer{503, ""};
        if (refused % 3 == 1) return HttpAnswer{200, "{"};
        return result(request, nullptr);
    });
    auto receipt = wallet.run(PrivateKey::derived("bob").address(), 1, {});
    INFO(node::to_string(receipt.status()));
    REQUIRE(receipt.ok());
    CHECK(refused > 6);
    proxy.set(always({503, ""}));
    auto timed_out = wallet.wait(receipt->tx_hash, std::chrono::milliseconds(100)).status();
    CHECK(timed_out.reason == "L1_TIMEOUT");
    CHECK(timed_out.message.find("503") != timed_out.message.npos);
}

namespace {

struct Following {
    AnvilNode node;
    Proxy proxy{node.url()};
    JsonRpcClient client = client_of(proxy.url());
    L1Follower follower{client, Address{}, {.chain_id = 31'337}};
    std::vector<BlockRef> blocks;
    size_t removals = 0;

    FollowerStep step() {
        auto step = follower.step();
        INFO(node::to_string(step.status()));
        REQUIRE(step.ok());
        for (const L1Update& update : step->updates) {
            if (const auto* added = std::get_if<BlockAdded>(&update)) {
                blocks.push_back(added->block);
            } else {
                ++removals;
                const auto& head = std::get<BlocksRemoved>(update).head;
                while (!blocks.empty() && (!head || blocks.back().number > head->number)) blocks.pop_back();
            }
        }
        return *step;
    }
    void catch_up() {
        for (int i = 0; i < 20; ++i)
            if (step().is_up_to_date) return;
        FAIL("the follower never catches up");
    }
};

}  // namespace

TEST_CASE("a reorganisation of a real node is followed; a node behind the others is none") {
    Following f;
    f.node.mine(10);
    f.catch_up();
    REQUIRE(f.blocks.size() == 11);

    SECTION("anvil_reorg") {
        const Hash before = f.blocks.back().hash;
        f.node.ask("anvil_reorg", "[3,[]]");
        f.catch_up();
        CHECK(f.removals == 1);
        REQUIRE(f.blocks.size() == 11);
        CHECK(f.blocks.back().hash != before);
        CHECK(f.blocks.back() == *f.node.client().head());
    }
    SECTION("the head goes backwards and forwards") {
        for (int round = 0; round < 3; ++round) {
            const std::string behind = rpc::quantity(4 + static_cast<uint64_t>(round));
            f.proxy.set([&](const std::string& request, const Ask&) -> std::optional<HttpAnswer> {
                json question = json::parse(request);
                if (question["params"] != json{"latest", false}) return std::nullopt;
                return result(request, json::parse(f.node.ask("eth_getBlockByNumber", json{behind, false}.dump())));
            });
            FollowerStep step = f.step();
            CHECK(step.node_is_behind);
            CHECK(step.updates.empty());
            f.proxy.set();
            CHECK(f.step().is_up_to_date);
        }
        CHECK(f.removals == 0);
        CHECK(f.blocks.size() == 11);
    }
    SECTION("anvil_rollback, and another branch grows") {
        f.node.ask("anvil_rollback", "[4]");
        CHECK(f.step().node_is_behind);
        f.node.ask("anvil_setNextBlockBaseFeePerGas", "[\"0x77777777\"]");
        f.node.mine(6);
        f.catch_up();
        CHECK(f.removals == 1);
        CHECK(f.blocks.size() == 13);
    }
    SECTION("a node of another chain in its place is no reorganisation") {
        AnvilNode other({"--chain-id", "5", "--timestamp", "1600000000"});
        other.mine(12);
        f.proxy.set_node(other.url());
        auto step = f.follower.step();
        CHECK(step.status().reason == "L1_WRONG_CHAIN");
        CHECK(step.status().message == "the L1 node is another chain's: it is chain 5, what was read is of chain 31337");
        AnvilNode twin({"--timestamp", "1700000000"});
        twin.mine(12);
        f.proxy.set_node(twin.url());
        step = f.follower.step();
        CHECK(step.status().reason == "L1_WRONG_CHAIN");
        CHECK(step.status().message.find("genesis") != std::string::npos);
        f.proxy.set_node(f.node.url());
        f.node.mine();
        f.catch_up();
        CHECK(f.removals == 0);
        CHECK(f.blocks.size() == 12);
    }
}

TEST_CASE("a node that is killed and started again with its state is followed on without a break") {
    test::TempDir folder;
    AnvilNode node({"--state", folder.file("state.json"), "--state-interval", "1"});
    node.fund(kAlice.address());
    L1Follower follower(node.client(), Address{}, {.chain_id = 31'337});
    L1Wallet wallet(node.client(), kAlice, {.poll = std::chrono::milliseconds(20)});
    REQUIRE(wallet.run(Address{}, 1, {}).ok());
    for (int i = 0; i < 5; ++i) REQUIRE(follower.step().ok());
    node.stop();
    CHECK(follower.step().status().reason == "L1_UNREACHABLE");
    CHECK(wallet.send(Address{}, 1, {}).status().reason == "L1_UNREACHABLE");
    node.start();
    REQUIRE(wallet.run(Address{}, 1, {}).ok());
    auto step = follower.step();
    REQUIRE(step.ok());
    REQUIRE(step->updates.size() == 1);
    CHECK(std::holds_alternative<BlockAdded>(step->updates[0]));
    CHECK(*node.client().nonce(kAlice.address(), false) == 2);
}
