// Who may call gavel-l1, and how much at once.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/chain/http_access.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "node/store.hpp"

using namespace gavel;
using namespace gavel::l1;
using nlohmann::json;

namespace {

struct Service {
    node::MemoryStore store;
    node::SystemClock clock;
    NativeRegistry registry;
    std::unique_ptr<SimulatedChain> chain;
    std::unique_ptr<BlockTimer> timer;
    std::unique_ptr<JsonRpcService> rpc;

    explicit Service(bool development = true) {
        auto opened = SimulatedChain::open(store, clock, registry, {});
        REQUIRE(opened.ok());
        chain = std::move(*opened);
        timer = std::make_unique<BlockTimer>(*chain, clock);
        rpc = std::make_unique<JsonRpcService>(*chain, *timer, ErrorNames(), JsonRpcService::Observer(), development);
    }
};

json call(const char* method, json params = json::array()) {
    return {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
}

}  // namespace

TEST_CASE("pages in a browser may not call: Origin, Host, Content-Type") {
    auto status = [](const char* host, const char* origin, const char* type, const std::vector<std::string>& allowed = {}) {
        node::HttpRequest request;
        request.host = host;
        request.origin = origin;
        request.content_type = type;
        auto refusal = refuse_browsers(request, allowed);
        return refusal ? refusal->status : 200;
    };
    const char* json_type = "application/json";
    for (const char* host : {"127.0.0.1:8545", "127.0.0.1", "localhost:8545", "LocalHost", "[::1]:8545", "[::1]", "10.1.2.3:80"})
        CHECK(status(host, "", json_type) == 200);
    for (const char* type : {"application/json; charset=utf-8", "Application/JSON", " application/json ;x=y"})
        CHECK(status("localhost", "", type) == 200);

    for (const char* origin : {"http://evil.example", "null", "http://localhost:8545", "http://127.0.0.1"})
        CHECK(status("localhost", origin, json_type) == 403);
    for (const char* host : {"", "evil.example:8545", "localhost.evil.example", "127.0.0.1.evil.example", "1", "[::1", "::1",
                             "127.0.0.1@evil", "[evil]:1", "[127.0.0.1]"})
        CHECK(status(host, "", json_type) == 403);
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp",
                             "text/plain; application/json"})
        CHECK(status("localhost", "", type) == 415);

    CHECK(status("l1:8545", "", json_type) == 403);
    CHECK(status("l1:8545", "", json_type, {"other", "L1"}) == 200);
    CHECK(status("l1.evil.example:8545", "", json_type, {"l1"}) == 403);
}

TEST_CASE("without the calls for development there are none") {
    Service with, without(false);
    for (const char* method :
         {"evm_mine", "anvil_mine", "hardhat_mine", "evm_increaseTime", "evm_setNextBlockTimestamp", "evm_setIntervalMining",
          "evm_setAutomine", "anvil_setBalance", "hardhat_setBalance", "anvil_dropTransaction", "anvil_reorg", "gavel_reorg"}) {
        INFO(method);
        CHECK(json::parse(without.rpc->handle(call(method).dump()))["error"]["code"] == -32601);
        CHECK(json::parse(with.rpc->handle(call(method).dump())).value("/error/code"_json_pointer, 0) != -32601);
    }
    CHECK(json::parse(without.rpc->handle(call("eth_blockNumber").dump()))["result"] == "0x0");
}

TEST_CASE("a batch ends with its client, between requests and between blocks") {
    Service service;
    int asked = 0;
    auto wanted_for = [&](int times) { return [&asked, times] { return ++asked <= times; }; };

    const json batch = json::array({call("evm_mine"), call("evm_mine"), call("evm_mine"), call("evm_mine")});
    // Each request asks before it, and before its block.
    CHECK(service.rpc->handle(batch.dump(), wanted_for(4)).empty());
    CHECK(service.chain->head().number == 2);

    asked = 0;
    auto many = json::parse(service.rpc->handle(call("anvil_mine", {"0x2710"}).dump(), wanted_for(3)));
    CHECK(many["error"]["code"] == -32000);
    CHECK(service.chain->head().number == 5);
    CHECK(json::parse(service.rpc->handle(batch.dump(), [] { return true; })).size() == 4);
    CHECK(service.chain->head().number == 9);
}
