// A simulated chain that mines at each transaction, served over real HTTP, with a client of each kind.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "node/http_server.hpp"
#include "node/store.hpp"
#include "protocol/amount.hpp"

namespace gavel::test {

using namespace gavel::l1;
using nlohmann::json;

// A chain that mines at each transaction, served over HTTP.
struct RpcServer {
    node::MemoryStore store;
    node::SystemClock clock;
    node::ManualClock ticks;  // the timer's
    NativeRegistry registry;
    PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob");
    ErrorNames names{TestToken::error_signatures()};
    std::unique_ptr<SimulatedChain> chain;
    std::unique_ptr<BlockTimer> timer;
    std::unique_ptr<JsonRpcService> service;
    std::unique_ptr<node::HttpServer> http;
    std::unique_ptr<JsonRpcClient> client;
    std::unique_ptr<InProcessClient> direct;

    RpcServer() {
        registry.add(TestToken::kName, std::make_shared<TestToken>());
        ChainOptions options;
        options.genesis_balances = {{alice.address(), 1000 * kEther}};
        auto opened = SimulatedChain::open(store, clock, registry, options);
        REQUIRE(opened.ok());
        chain = std::move(*opened);
        timer = std::make_unique<BlockTimer>(*chain, ticks);
        timer->set_interval(0);
        service = std::make_unique<JsonRpcService>(*chain, *timer, names);
        http = std::make_unique<node::HttpServer>(node::HttpServerOptions{});
        http->route(node::HttpMethod::kPost, "/", [this](const std::string& body) {
            return node::HttpResponse{200, "application/json", service->handle(body)};
        });
        REQUIRE(http->start().ok());
        JsonRpcOptions options_of_client;
        options_of_client.url = "http://127.0.0.1:" + std::to_string(http->port());
        options_of_client.error_names = names;
        client = std::make_unique<JsonRpcClient>(options_of_client);
        direct = std::make_unique<InProcessClient>(*chain, names);
    }

    json ask(const json& request) {
        std::string answer = service->handle(request.is_string() ? request.get<std::string>() : request.dump());
        return answer.empty() ? json() : json::parse(answer);
    }
    json ask(const std::string& method, const json& params) {
        return ask(json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}});
    }
    json result(const std::string& method, const json& params) {
        json answer = ask(method, params);
        INFO(answer.dump());
        REQUIRE(answer.contains("result"));
        return answer["result"];
    }
    int error(const std::string& method, const json& params) {
        json answer = ask(method, params);
        INFO(method + " " + params.dump() + " " + answer.dump().substr(0, 300));
        REQUIRE(answer.contains("error"));
        return answer["error"]["code"].get<int>();
    }
    Address deploy_token(L1Wallet& wallet) {
        Bytes args = TestToken::constructor_args("T", "TST", 6);
        auto receipt = wallet.run(std::nullopt, 0, NativeRegistry::creation_data("token", args));
        INFO(to_string(receipt.status()));
        REQUIRE(receipt.ok());
        return *receipt->contract_address;
    }
};

inline Bytes mint(const Address& to, u128 amount) { return AbiWriter("mint(address,uint256)").word(to).word(amount).take(); }

}  // namespace gavel::test
