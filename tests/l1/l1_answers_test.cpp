// Whatever an L1 node answers, by HTTP, to each question of the client: parsed into types at one edge, or refused by name.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/rpc_transport.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "tests/l1/fake_node.hpp"
#include "tests/support/gate.hpp"

using namespace gavel;
using namespace gavel::l1;
using nlohmann::json;
using test::FakeNode;
using test::Gate;

namespace {

const Hash kHash = Hash::from(Bytes(32, 0xab));
const Address kAddress = Address::from(Bytes(20, 0xcd));

using Question = std::function<node::Status(JsonRpcClient&)>;

const std::vector<std::pair<std::string, Question>>& questions() {
    static const std::vector<std::pair<std::string, Question>> all{
        {"chain_id", [](auto& c) { return c.chain_id().status(); }},
        {"head", [](auto& c) { return c.head().status(); }},
        {"block", [](auto& c) { return c.block_at(5).status(); }},
        {"summary", [](auto& c) { return c.summary_at(5).status(); }},
        {"logs",
         [](auto& c) {
             return c.logs({5, 6, {kAddress}, {{kHash}}}).status();
         }},
        {"tx", [](auto& c) { return c.transaction_input(kHash).status(); }},
        {"txblock", [](auto& c) { return c.transaction_in_block(kHash, 5).status(); }},
        {"receipt", [](auto& c) { return c.receipt(kHash).status(); }},
        {"receipts",
         [](auto& c) {
             return c.logs_by_receipts({{5, kHash, kHash, 6}, {}, 0, {kHash}}, {5, 5, {}, {}}).status();
         }},
        {"balance", [](auto& c) { return c.balance(kAddress).status(); }},
        {"nonce", [](auto& c) { return c.nonce(kAddress, true).status(); }},
        {"code", [](auto& c) { return c.code(kAddress).status(); }},
        {"call", [](auto& c) { return c.try_call({}).status(); }},
        {"gas", [](auto& c) { return c.estimate_gas({}).status(); }},
        {"fees", [](auto& c) { return c.fees().status(); }},
        {"send", [](auto& c) { return c.send_raw(Bytes{1}).status(); }},
        {"syncing", [](auto& c) { return c.is_syncing().status(); }},
    };
    return all;
}

const Question& question(const std::string& name) {
    for (const auto& [known, ask] : questions())
        if (known == name) return ask;
    FAIL("no question " << name);
    return questions()[0].second;
}

struct Line {
    std::string question, want, body;
};

std::vector<Line> corpus() {
    std::ifstream file(std::string(GAVEL_SOURCE_DIR) + "/tests/answers/l1_answers.txt");
    std::vector<Line> out;
    for (std::string text; std::getline(file, text);) {
        Line line;
        std::istringstream in(text);
        in >> line.question >> line.want;
        in.ignore(1);
        std::getline(in, line.body);
        out.push_back(line);
    }
    return out;
}

std::string with_id(std::string body, const json& request) {
    size_t at = body.find('@');
    return at == body.npos ? body : body.replace(at, 1, request["id"].dump());
}

}  // namespace

TEST_CASE("each odd answer of the corpus is refused by name, and each right one is taken") {
    const auto lines = corpus();
    REQUIRE(lines.size() > 150);
    FakeNode node;
    JsonRpcClient client({.url = node.url()});
    for (const Line& line : lines) {
        INFO(line.question << " " << line.body);
        node.answer = [&](const json& request) { return with_id(line.body, request); };
        const node::Status status = question(line.question)(client);
        CHECK((status.ok() ? "OK" : status.reason) == line.want);
    }
}

TEST_CASE("no answer to any question does more than fail it") {
    FakeNode node;
    JsonRpcClient client({.url = node.url()});
    for (const Line& line : corpus()) {
        node.answer = [&](const json& request) { return with_id(line.body, request); };
        for (const auto& [name, ask] : questions()) {
            INFO(name << " " << line.body);
            const node::Status status = ask(client);
            CHECK((status.ok() || status.reason == "L1_ANSWER_INVALID" || status.reason == "L1_UNREACHABLE" ||
                   status.reason == "L1_ERROR" || status.reason == "EXECUTION_REVERTED"));
        }
    }
}

TEST_CASE("mutated answers are parsed without harm, from a seed") {
    const uint32_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    std::mt19937 random(seed);
    size_t taken = 0;
    for (const Line& line : corpus()) {
        for (int i = 0; i < 30; ++i) {
            std::string text = with_id(line.body, {{"id", 7}});
            for (unsigned change = 1 + random() % 3; change > 0 && !text.empty(); --change) {
                const size_t at = random() % text.size();
                switch (random() % 4) {
                    case 0: text[at] = static_cast<char>(random()); break;
                    case 1: text.erase(at, 1 + random() % 8); break;
                    case 2: text.insert(at, text.substr(random() % text.size(), random() % 16)); break;
                    case 3: text.insert(at, 1, "[]{}\",:0\\n"[random() % 10]); break;
                }
            }
            std::string bad;
            auto answer = rpc::parse_answer(text, 7, bad);
            if (!answer) continue;
            ++taken;
            REQUIRE(answer->contains("result") != answer->contains("error"));
            if (answer->contains("error")) continue;
            const json& result = (*answer)["result"];
            (void)rpc::parse_quantity(result);
            (void)rpc::parse_data(result);
            (void)rpc::block_ref_from_json(result);
            (void)rpc::summary_from_json(result);
            (void)rpc::logs_from_json(result);
            (void)rpc::transaction_input_from_json(result);
            (void)rpc::receipt_from_json(result);
        }
    }
    CHECK(taken > 100);
}

TEST_CASE("depth and number of values of an answer are bounded") {
    FakeNode node;
    JsonRpcClient client({.url = node.url()});
    auto reason_of = [&](const std::string& value, const char* member) {
        node.answer = [&](const json& request) {
            return "{\"id\":" + request["id"].dump() + ",\"" + member + "\":" + value + "}";
        };
        return client.chain_id().status().reason;
    };
    auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(reason_of(nested(100'000), "result") == "L1_ANSWER_INVALID");
    CHECK(reason_of(nested(100'000), "error") == "L1_ANSWER_INVALID");
    CHECK(reason_of("{\"code\":1,\"message\":\"x\",\"data\":" + nested(100'000) + "}", "error") == "L1_ANSWER_INVALID");
    std::string objects;
    for (int i = 0; i < 50'000; ++i) objects += "{\"a\":";
    CHECK(reason_of(objects + "1" + std::string(50'000, '}'), "result") == "L1_ANSWER_INVALID");
    CHECK(rpc::parse(nested(rpc::kMaxDepth)).has_value());
    CHECK_FALSE(rpc::parse(nested(rpc::kMaxDepth + 1)).has_value());
    CHECK(rpc::parse("\"" + nested(1000) + "\\\"" + nested(1000) + "\"").has_value());  // in a text it is no nesting
    std::string many = "[0";
    for (size_t i = 0; i < rpc::kMaxValues; ++i) many += ",0";
    CHECK_FALSE(rpc::parse(many + "]").has_value());
}

TEST_CASE("a client that is closed gives up what it is waiting for") {
    Gate gate;
    FakeNode node;
    node.answer = [&](const json&) {
        gate.pass();
        return std::string();
    };
    JsonRpcClient client({.url = node.url()});
    std::thread closing([&] {
        gate.is_reached();
        client.close();
    });
    const auto began = std::chrono::steady_clock::now();
    CHECK(client.head().status().reason == "L1_UNREACHABLE");
    CHECK(client.head().status().reason == "L1_UNREACHABLE");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2'000));
    closing.join();
    gate.open();
}

TEST_CASE("what is secret in an URL is in no Status") {
    CHECK(shown_url("https://user:pass@node.example:8545/v3/KEYKEYKEY?token=TOKEN#x") == "https://node.example");
    CHECK(shown_url("http://[::1]:8545/") == "http://[::1]");
    CHECK(shown_url("node.example/KEY") == "an URL that can't be read");
    CHECK(shown_url("http://user:p/ass@host/") == "an URL that can't be read");
    CHECK(shown_url("") == "an URL that can't be read");

    Gate gate;
    FakeNode node("/v3/KEYKEYKEY");
    auto check = [](const node::Status& status, const char* reason) {
        const std::string text = node::to_string(status);
        INFO(text);
        CHECK(status.reason == reason);
        for (const char* secret : {"USERUSER", "PASSPASS", "KEYKEYKEY", "TOKENTOKEN"}) CHECK(text.find(secret) == text.npos);
    };
    auto url = [](uint16_t port) {
        return "http://USERUSER:PASSPASS@127.0.0.1:" + std::to_string(port) + "/v3/KEYKEYKEY?token=TOKENTOKEN";
    };
    JsonRpcClient client({.url = url(node.port()), .timeout = std::chrono::milliseconds(300)});
    node.answer = [&](const json& request) {
        return json{{"id", request["id"]},
                    {"error", {{"code", -32001}, {"message", "project KEYKEYKEY, TOKENTOKEN of USERUSER"}}}}
            .dump();
    };
    check(client.head().status(), "L1_ERROR");
    CHECK(client.head().status().message == "project ..., ... of ...");
    node.http_status = 503;
    check(client.head().status(), "L1_UNREACHABLE");
    node.http_status = 401;
    node.answer = [](const json&) { return std::string("KEYKEYKEY"); };
    check(client.head().status(), "L1_UNREACHABLE");
    node.answer = [&](const json&) {
        gate.pass();
        return std::string();
    };
    check(client.head().status(), "L1_UNREACHABLE");  // timed out
    gate.open();
    check(JsonRpcClient({.url = url(1)}).head().status(), "L1_UNREACHABLE");  // refused
    check(JsonRpcClient({.url = "ftp://USERUSER:PASSPASS@127.0.0.1/KEYKEYKEY"}).head().status(), "L1_UNREACHABLE");
    check(JsonRpcClient({.url = "http://USERUSER:PASSPASS@nowhere.invalid/KEYKEYKEY"}).head().status(), "L1_UNREACHABLE");
    check(JsonRpcClient({.url = "http://USERUSER:PASS/PASSPASS@host/KEYKEYKEY"}).head().status(), "L1_UNREACHABLE");
}
