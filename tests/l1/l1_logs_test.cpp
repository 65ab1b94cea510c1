// Logs and transactions from nodes that bound what they give: ranges halved whatever the words, blocks read from receipts.
#include <algorithm>
#include <catch2/catch.hpp>

#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "protocol/keccak.hpp"
#include "tests/l1/fake_node.hpp"

using namespace gavel;
using namespace gavel::l1;
using nlohmann::json;
using test::FakeNode;

namespace {

const Address kRollup = Address::from(Bytes(20, 0xcd));
const Hash kTopic = Hash::from(Bytes(32, 0xab));

uint64_t number_of(const json& quantity) { return std::stoull(quantity.get<std::string>(), nullptr, 16); }

Hash hash_at(uint64_t number, uint64_t what = 0) {
    return keccak256(Bytes{static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(what)});
}

// Blocks of two transactions with a log each; how it refuses is the test's to say.
struct Chain {
    FakeNode node;
    JsonRpcClient client{{.url = node.url()}};
    std::function<std::optional<std::string>(const json& request)> refuse;  // an answer in place of the right one
    std::vector<uint64_t> ranges;                                           // of the eth_getLogs asked

    Chain() {
        node.answer = [this](const json& request) {
            const std::string method = request["method"];
            const json& params = request["params"];
            if (method == "eth_getLogs" && params[0].contains("fromBlock")) ranges.push_back(last(params) - first(params) + 1);
            if (auto refused = refuse ? refuse(request) : std::nullopt) return *refused;
            if (method == "eth_getLogs") return FakeNode::result(request, logs(params));
            if (method == "eth_getBlockByNumber") return FakeNode::result(request, block(number_of(params[0]), params[1]));
            if (method == "eth_getBlockReceipts") return FakeNode::result(request, receipts(number_of(params[0])));
            if (method == "eth_getTransactionReceipt") {
                for (uint64_t number : {7, 8})
                    for (const json& one : receipts(number))
                        if (one["transactionHash"] == params[0]) return FakeNode::result(request, one);
            }
            return FakeNode::result(request, nullptr);
        };
    }
    static uint64_t first(const json& params) { return number_of(params[0]["fromBlock"]); }
    static uint64_t last(const json& params) { return number_of(params[0]["toBlock"]); }

    static json log(uint64_t number, uint64_t index) {
        return rpc::to_json(Log{kRollup, {kTopic}, {}, number, hash_at(number), 0, hash_at(number, 1 + index), index, index});
    }
    static json logs(const json& params) {
        json out = json::array();
        for (uint64_t number = first(params); number <= last(params); ++number)
            if (number == 7 || number == 8) out.insert(out.end(), {log(number, 0), log(number, 1)});
        return out;
    }
    static json receipts(uint64_t number) {
        json out = json::array();
        for (uint64_t i : {0, 1}) {
            Receipt receipt{
                hash_at(number, 1 + i), i, true, 50, 50 * (i + 1), 1, number, hash_at(number), kRollup, kRollup, {}, {}};
            receipt.logs = {*rpc::log_from_json(log(number, i))};
            out.push_back(rpc::to_json(receipt, Bytes(256)));
        }
        return out;
    }
    static json block(uint64_t number, bool full) {
        json transactions = json::array();
        for (uint64_t i : {0, 1}) {
            const json hash = to_hex(hash_at(number, 1 + i));
            const Bytes input = rollup_call::append(Bytes{1, 2, static_cast<uint8_t>(i)});
            transactions.push_back(!full ? hash
                                         : json{{"hash", hash},
                                                {"input", to_hex(input)},
                                                {"to", to_hex(kRollup)},
                                                {"from", to_hex(kRollup)},
                                                {"value", "0x0"},
                                                {"blockNumber", rpc::quantity(number)}});
        }
        return {{"number", rpc::quantity(number)},
                {"hash", to_hex(hash_at(number))},
                {"parentHash", to_hex(hash_at(number - 1))},
                {"timestamp", "0x5"},
                {"gasUsed", "0x64"},
                {"logsBloom", to_hex(Bytes(256, 0xff))},
                {"transactions", transactions}};
    }
    node::Result<std::vector<Log>> ask(uint64_t from, uint64_t to) { return client.logs({from, to, {kRollup}, {{kTopic}}}); }
};

}  // namespace

TEST_CASE("a refused range is halved whatever the node says, and the size that worked is remembered") {
    Chain chain;
    const json error =
        GENERATE(json{{"code", -32000}, {"message", "words that nobody has said before"}},
                 json{{"code", -32005}, {"message", "limit"}, {"data", {{"from", "0x1"}, {"to", "0x9"}}}},
                 json{{"code", -32602}, {"message", "block range"}, {"data", "0x"}}, json{{"code", 35}}, json::object());
    int refused = 0;
    chain.refuse = [&](const json& request) -> std::optional<std::string> {
        if (Chain::last(request["params"]) - Chain::first(request["params"]) < 10) return std::nullopt;
        ++refused;
        return json{{"id", request["id"]}, {"error", error}}.dump();
    };
    auto logs = chain.ask(0, 999);
    INFO(node::to_string(logs.status()));
    REQUIRE(logs.ok());
    CHECK(logs->size() == 4);
    CHECK(refused == 9);  // 1000, 500, 250, 125, 62, 31, 15; then 14 after each 64 that were answered
    refused = 0;
    chain.ranges.clear();
    REQUIRE(chain.ask(0, 99).ok());
    CHECK(refused == 0);
    CHECK(*std::max_element(chain.ranges.begin(), chain.ranges.end()) == 7);
    chain.refuse = nullptr;
    chain.ranges.clear();
    REQUIRE(chain.ask(0, 9'999).ok());
    CHECK(chain.ranges.front() == 7);
    CHECK(*std::max_element(chain.ranges.begin(), chain.ranges.end()) == 112);  // it grows again, slowly
}

TEST_CASE("a node that refuses everything for a while isn't asked block by block after it") {
    Chain chain;
    chain.refuse = [](const json& request) { return FakeNode::error(request, "not now", -32005); };
    CHECK(chain.ask(0, 999).status().reason == "L1_UNREACHABLE");
    chain.refuse = nullptr;
    chain.ranges.clear();
    CHECK(chain.ask(0, 999)->size() == 4);
    CHECK(chain.ranges == std::vector<uint64_t>{1000});
}

TEST_CASE("a block of more logs than the node gives is read from its receipts") {
    Chain chain;
    const bool has_block_receipts = GENERATE(true, false);
    bool drops_log = false, drops_receipt = false;
    chain.refuse = [&](const json& request) -> std::optional<std::string> {
        const std::string method = request["method"];
        if (method == "eth_getLogs" && Chain::first(request["params"]) <= 7 && Chain::last(request["params"]) >= 7)
            return FakeNode::error(request, "query returned more than 10000 results");
        if (method != "eth_getBlockReceipts") return std::nullopt;
        if (!has_block_receipts) return FakeNode::error(request, "no such method", -32601);
        json receipts = Chain::receipts(7);
        if (drops_log) receipts[0]["logs"] = json::array();
        if (drops_receipt) receipts.erase(1);
        return FakeNode::result(request, receipts);
    };
    auto logs = chain.ask(0, 20);
    INFO(node::to_string(logs.status()));
    REQUIRE(logs.ok());
    CHECK(logs->size() == 4);
    CHECK(chain.node.asked("eth_getTransactionReceipt") == (has_block_receipts ? 0 : 2));
    if (!has_block_receipts) return;
    drops_log = true;
    CHECK(chain.ask(7, 7).status().reason == "L1_ERROR");
    CHECK(chain.client.logs_by_receipts(**chain.client.summary_at(7), {7, 7, {}, {}}).status().reason == "L1_ANSWER_INVALID");
    drops_log = false;
    drops_receipt = true;
    CHECK(chain.client.logs_by_receipts(**chain.client.summary_at(7), {7, 7, {}, {}}).status().reason == "L1_ANSWER_INVALID");
}

TEST_CASE("answers of more bytes than are taken are asked for in smaller ranges") {
    Chain chain;
    JsonRpcClient client({.url = chain.node.url(), .max_answer_bytes = 4'000});
    chain.refuse = [](const json& request) -> std::optional<std::string> {
        if (request["method"] != "eth_getLogs") return std::nullopt;
        const uint64_t range = Chain::last(request["params"]) - Chain::first(request["params"]) + 1;
        return range > 20 ? FakeNode::result(request, std::string(5'000, 'x')) : std::optional<std::string>();
    };
    CHECK(client.logs({0, 99, {kRollup}, {}})->size() == 4);
}

TEST_CASE("a transaction that the node has forgotten is read from its block") {
    Chain chain;  // it knows no transaction by its hash
    const Hash second = hash_at(7, 2);
    CHECK(fetch_posted(chain.client, kRollup, second, 0).status().reason == "BATCH_TX_UNKNOWN");
    auto posted = fetch_posted(chain.client, kRollup, second, 0, 7);
    INFO(node::to_string(posted.status()));
    REQUIRE(posted.ok());
    CHECK(posted->source == DataSource::kCalldata);
    CHECK(posted->argument == Bytes{1, 2, 1});
    CHECK(fetch_posted(chain.client, kRollup, second, 0, 8).status().reason == "BATCH_TX_UNKNOWN");
    chain.refuse = [](const json& request) -> std::optional<std::string> {
        if (request["method"] != "eth_getTransactionByHash") return std::nullopt;
        return FakeNode::error(request, "transaction indexing is in progress");
    };
    CHECK(fetch_posted(chain.client, kRollup, second, 0, 7)->argument == Bytes{1, 2, 1});
    CHECK(fetch_posted(chain.client, kRollup, second, 0, 8).status().reason == "L1_ERROR");
}
