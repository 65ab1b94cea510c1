// The simulated chain's JSON-RPC: forms of objects and refusals, calls for development, several threads.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "node/http_server.hpp"
#include "node/store.hpp"
#include "tests/l1/rpc_server.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

// Answer of the first exchange in a file of the execution-apis vectors.
std::optional<json> vector_answer(const std::string& path) {
    auto text = test::vector_file("jsonrpc/ethereum__execution-apis/tests/" + path);
    if (!text) return std::nullopt;
    size_t begin = text->find("\n<< ");
    REQUIRE(begin != text->npos);
    return json::parse(text->substr(begin + 4, text->find('\n', begin + 4) - begin - 4));
}

// Names that `ours` lacks of those that `theirs` has.
std::vector<std::string> missing(const json& ours, const json& theirs) {
    std::vector<std::string> out;
    for (const auto& [name, value] : theirs.items()) {
        if (!ours.contains(name)) out.push_back(name);
    }
    return out;
}

}  // namespace

TEST_CASE("objects have the members that Ethereum nodes give them") {
    RpcServer s;
    L1Wallet wallet(*s.client, s.alice);
    Address token = s.deploy_token(wallet);
    REQUIRE(wallet.run(token, 0, mint(s.bob.address(), 7)).ok());
    if (auto theirs = vector_answer("eth_getBlockByNumber/get-block-shanghai-fork.io")) {
        CHECK(missing(s.result("eth_getBlockByNumber", {"latest", false}), (*theirs)["result"]).empty());
        CHECK(rpc::block_ref_from_json((*theirs)["result"]).has_value());
    }
    if (auto theirs = vector_answer("eth_getTransactionReceipt/get-dynamic-fee.io")) {
        json receipt = s.result("eth_getBlockReceipts", {"latest"})[0];
        CHECK(missing(receipt, (*theirs)["result"]).empty());
        CHECK(missing(receipt["logs"][0], (*theirs)["result"]["logs"][0]).empty());
        auto read = rpc::receipt_from_json((*theirs)["result"]);
        REQUIRE(read.has_value());
        json again = rpc::to_json(*read, *from_hex((*theirs)["result"]["logsBloom"].get<std::string>()));
        CHECK(again == (*theirs)["result"]);
    }
    if (auto theirs = vector_answer("eth_getTransactionReceipt/get-legacy-contract.io")) {
        CHECK(!rpc::receipt_from_json((*theirs)["result"]));  // from before statuses: not to be taken for a failure or a success
    }
    if (auto theirs = vector_answer("eth_getLogs/filter-with-blockHash.io")) {
        auto read = rpc::log_from_json((*theirs)["result"][0]);
        REQUIRE(read.has_value());
        CHECK(rpc::to_json(*read) == (*theirs)["result"][0]);
    }
    if (auto theirs = vector_answer("eth_feeHistory/fee-history.io")) {
        json ours = s.result("eth_feeHistory", {"0x1", "latest", {95, 99}});
        CHECK(missing(ours, (*theirs)["result"]).empty());
    }
    for (const char* name : {"filter-error-future-block-range", "filter-error-reversed-block-range"}) {
        auto theirs = vector_answer(std::string("eth_getLogs/") + name + ".io");
        if (!theirs) continue;
        bool future = std::string(name).find("future") != std::string::npos;
        json ours = s.ask("eth_getLogs", json::array({json{{"fromBlock", "0x2"}, {"toBlock", future ? "0x8" : "0x1"}}}));
        CHECK(ours["error"]["code"] == (*theirs)["error"]["code"]);
        CHECK(ours["error"]["message"] == (*theirs)["error"]["message"]);
    }
    json transaction = s.result("eth_getBlockByNumber", {"latest", true})["transactions"][0];
    for (const char* name : {"blockHash",
                             "blockNumber",
                             "from",
                             "gas",
                             "gasPrice",
                             "maxFeePerGas",
                             "maxPriorityFeePerGas",
                             "hash",
                             "input",
                             "nonce",
                             "to",
                             "transactionIndex",
                             "value",
                             "type",
                             "accessList",
                             "chainId",
                             "v",
                             "r",
                             "s",
                             "yParity"}) {
        CHECK(transaction.contains(name));
    }
    CHECK(transaction == s.result("eth_getTransactionByHash", json::array({transaction["hash"]})));
}

TEST_CASE("requests of the wrong form get JSON-RPC's codes") {
    RpcServer s;
    auto code = [&](const std::string& body) { return s.ask(json(body))["error"]["code"].get<int>(); };
    CHECK(code("{") == -32700);
    CHECK(code("\xff\xfe") == -32700);
    CHECK(code("") == -32700);
    CHECK(code("7") == -32600);
    CHECK(code("[]") == -32600);
    CHECK(code("{}") == -32600);
    CHECK(code(R"({"jsonrpc":"1.0","id":1,"method":"eth_chainId"})") == -32600);
    CHECK(code(R"({"jsonrpc":"2.0","id":[1],"method":"eth_chainId"})") == -32600);
    CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":7})") == -32600);
    CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{}]})") == -32601);
    CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"anvil_impersonateAccount","params":["0x"]})") == -32601);
    CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}})") == -32602);
    CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]})") == -32602);
    CHECK(code(std::string(100'000, '[')) == -32700);
    const std::string nested = std::string(50'000, '[') + std::string(50'000, ']');
    CHECK(code(R"({"jsonrpc":"2.0","method":"eth_chainId","id":)" + nested + "}") == -32700);
    CHECK(code(R"({"jsonrpc":"2.0","method":"eth_chainId","id":1,"params":)" + nested + "}") == -32700);
    CHECK(code("[" + nested + "]") == -32700);
    CHECK(code(R"({"jsonrpc":"2.0","method":"eth_chainId","id":[[[[[[[[[[]]]]]]]]]]})") == -32600);
    CHECK(s.service->handle(R"({"jsonrpc":"2.0","method":"eth_chainId"})").empty());
    const json asked{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "eth_chainId"}},
        told{{"jsonrpc", "2.0"}, {"method", "eth_chainId"}};
    json batch = s.ask(json::array({asked, told, 8}));
    REQUIRE(batch.size() == 2);
    CHECK(batch[0]["result"] == "0x7a69");
    CHECK(batch[1]["error"]["code"] == -32600);
    json large = json::array();
    for (int i = 0; i <= 1000; ++i) large.push_back(1);
    CHECK(s.ask(large)["error"]["code"] == -32600);
}

TEST_CASE("parameters of the wrong form are refused, whatever the method") {
    RpcServer s;
    const std::string address = to_hex(s.alice.address()), hash = to_hex(Hash{});
    for (json bad : {json(), json("0x00000000000000000000000000000000000000"), json(7), json::object(), json("alice")}) {
        CHECK(s.error("eth_getBalance", {bad, "latest"}) == -32602);
        CHECK(s.error("eth_getTransactionByHash", json::array({bad})) == -32602);
        CHECK(s.error("eth_sendRawTransaction", json::array({bad})) != 0);
    }
    for (json bad : {json("0x01"), json("0x"), json("12"), json("0xg"), json(true), json("newest"), json::array(),
                     json("0x10000000000000000"), json("0x100000000000000000000000000000000")}) {
        CHECK(s.error("eth_getBalance", {address, bad}) == -32602);
        CHECK(s.error("eth_getBlockByNumber", {bad, true}) == -32602);
    }
    CHECK(s.error("eth_getBlockByNumber", {"latest"}) == -32602);
    CHECK(s.error("eth_getBlockByNumber", {"latest", 1}) == -32602);
    CHECK(s.error("eth_getBalance", {address, {{"blockHash", "0x12"}}}) == -32602);
    CHECK(s.error("eth_getBalance", {address, {{"blockHash", hash}}}) == -32000);
    CHECK(s.error("eth_getBalance", {address, "0x99"}) == -32000);
    CHECK(s.error("eth_call", {{{"to", "0x12"}}, "latest"}) == -32602);
    CHECK(s.error("eth_call", {{{"to", address}, {"data", "0x1"}}, "latest"}) == -32602);
    CHECK(s.error("eth_call", {{{"to", address}, {"data", "0x01"}, {"input", "0x02"}}, "latest"}) == -32602);
    CHECK(s.error("eth_call", {{{"to", address}}, "latest", json::object()}) == -32602);
    CHECK(s.error("eth_call", {{{"to", address}, {"gas", "0x1"}}, "latest"}) == -32000);
    CHECK(s.error("eth_call", json::array({json::object()})) == -32000);  // a creation of nothing
    CHECK(s.error("eth_getLogs", json::array({{{"topics", {1}}}})) == -32602);
    CHECK(s.error("eth_getLogs", json::array({{{"topics", "x"}}})) == -32602);
    CHECK(s.error("eth_getLogs", json::array({{{"address", {address, 1}}}})) == -32602);
    CHECK(s.error("eth_getLogs", json::array({{{"blockHash", hash}}})) == -32000);
    CHECK(s.error("eth_getLogs", json::array({{{"blockHash", hash}, {"toBlock", "0x0"}}})) == -32602);
    CHECK(s.error("eth_feeHistory", {"0x0", "latest"}) == -32602);
    CHECK(s.error("eth_feeHistory", {"0x1", "latest", {50, 10}}) == -32602);
    CHECK(s.error("anvil_reorg", json::array({1})) == -32000);
    CHECK(s.error("evm_setNextBlockTimestamp", json::array({1})) == -32000);
    json refused = s.ask("eth_sendRawTransaction", json::array({"0x01"}))["error"];
    CHECK(refused["code"] == -32000);
    CHECK(refused["data"]["reason"] == "TX_TYPE_UNSUPPORTED");
    CHECK(s.result("eth_getBlockByNumber", {"0x99", true}).is_null());
    CHECK(s.result("eth_getTransactionReceipt", {hash}).is_null());
}

TEST_CASE("a revert is code 3 with its data") {
    RpcServer s;
    L1Wallet wallet(*s.direct, s.alice);
    Address token = s.deploy_token(wallet);
    for (const char* method : {"eth_call", "eth_estimateGas"}) {
        json error = s.ask(method, json::array({{{"to", to_hex(token)}, {"data", "0x01020304"}}}))["error"];
        CHECK(error["code"] == 3);
        CHECK(error["message"] == "execution reverted: BadCalldata");
        CHECK(error["data"] == to_hex(AbiWriter("BadCalldata()").take()));
    }
}

TEST_CASE("blocks are found by tag; time passes, and blocks go, on demand") {
    RpcServer s;
    CHECK(s.result("anvil_mine", {"0x46"}).is_null());  // 70
    CHECK(s.result("eth_getBlockByNumber", {"earliest", false})["number"] == "0x0");
    CHECK(s.result("eth_getBlockByNumber", {"latest", false})["number"] == "0x46");
    CHECK(s.result("eth_getBlockByNumber", {"safe", false})["number"] == "0x26");
    CHECK(s.result("eth_getBlockByNumber", {"finalized", false})["number"] == "0x6");
    CHECK(s.result("eth_getBlockByNumber", {"pending", false})["number"] == "0x47");
    CHECK(s.result("eth_getBlockTransactionCountByNumber", {"latest"}) == "0x0");
    CHECK(s.result("eth_getBlockTransactionCountByNumber", {"0x99"}).is_null());
    CHECK(s.result("eth_getBlockReceipts", {"latest"}) == json::array());

    uint64_t before = s.chain->head().time;
    CHECK(s.result("evm_increaseTime", {"0x3e8"}) == 1000);
    CHECK(s.result("evm_mine", json::array()) == "0x0");
    CHECK(s.chain->head().time >= before + 900);
    uint64_t wanted = s.chain->head().time + 500;
    CHECK(s.result("evm_mine", json::array({wanted})) == "0x0");
    CHECK(s.chain->head().time == wanted);

    std::string alice = to_hex(s.alice.address()), bob = to_hex(s.bob.address());
    s.result("anvil_setBalance", {bob, "0x7"});
    CHECK(s.result("eth_getBalance", {bob}) == "0x7");
    CHECK(s.result("eth_getBalance", {bob, "0x48"}) == "0x0");
    std::string old_hash = s.result("eth_getBlockByNumber", {"latest", false})["hash"];
    s.result("anvil_reorg", json::array({1, json::array()}));
    json head = s.result("eth_getBlockByNumber", {"latest", false});
    CHECK(head["number"] == "0x49");
    CHECK(head["hash"] != old_hash);
    CHECK(s.result("eth_getBlockByHash", {old_hash, false}).is_null());
    CHECK(s.result("eth_getBalance", {bob}) == "0x7");
    s.result("gavel_reorg", {2, false, 0});
    CHECK(s.result("eth_blockNumber", json::array()) == "0x47");
    CHECK(s.result("eth_getBalance", {bob}) == "0x0");

    s.result("evm_setAutomine", {false});
    SignedTransaction waiting = sign({31'337, 0, 1, 2'000'000'000, 21'000, s.bob.address(), 1, {}, {}}, s.alice);
    CHECK(s.result("eth_sendRawTransaction", {to_hex(waiting.raw)}) == to_hex(waiting.hash));
    CHECK(s.result("eth_getTransactionCount", {alice, "pending"}) == "0x1");
    CHECK(s.result("eth_getTransactionCount", {alice}) == "0x0");
    CHECK(s.result("eth_getTransactionByHash", {to_hex(waiting.hash)})["blockHash"].is_null());
    CHECK(s.result("anvil_dropTransaction", {to_hex(waiting.hash)}) == to_hex(waiting.hash));
    CHECK(s.result("eth_getTransactionByHash", {to_hex(waiting.hash)}).is_null());
    s.result("eth_sendRawTransaction", {to_hex(waiting.raw)});
    s.result("evm_setIntervalMining", json::array({1}));
    s.ticks.advance(999);
    s.timer->step();
    CHECK_FALSE(s.chain->receipt(waiting.hash).has_value());
    s.ticks.advance(1);
    s.timer->step();
    CHECK(s.chain->receipt(waiting.hash).has_value());
    const uint64_t mined = s.chain->head().number;
    s.ticks.advance(2'500);  // blocks that were missed aren't made up for
    s.timer->step();
    s.timer->step();
    CHECK(s.chain->head().number == mined + 1);
    s.ticks.advance(1'000);
    s.timer->step();
    CHECK(s.chain->head().number == mined + 2);
}

TEST_CASE("damaged requests never do more than be refused") {
    RpcServer s;
    const std::string good =
        R"([{"jsonrpc":"2.0","id":1,"method":"eth_call",)"
        R"("params":[{"to":"0x00000000000000000000000000000000000000aa","data":"0x01"},"latest"]},)"
        R"({"jsonrpc":"2.0","id":2,"method":"eth_getLogs","params":[{"fromBlock":"0x0","topics":[null,["0x)" +
        std::string(64, '1') + R"("]]}]}])";
    std::mt19937_64 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string bad = good;
        for (int i = 0; i < 3; ++i) bad[random() % bad.size()] = static_cast<char>(random());
        json answer = json::parse(s.service->handle(bad));
        CHECK((answer.is_array() || answer["error"]["code"].is_number()));
    }
}

TEST_CASE("several threads ask at once, and each gets its answers") {
    RpcServer s;
    std::vector<std::thread> threads;
    std::atomic<int> sent = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            PrivateKey key = PrivateKey::derived("thread " + std::to_string(t));
            s.chain->set_balance(key.address(), kEther);
            L1Wallet wallet(*s.client, key);
            for (int i = 0; i < 10; ++i) sent += wallet.run(s.bob.address(), 1, {}).ok();
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(sent == 40);
    CHECK(*s.client->balance(s.bob.address()) == 40);
}
