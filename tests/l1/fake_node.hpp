// An L1 node of a test's own making: JSON-RPC by HTTP on the loopback, each answer as the test says.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "node/http_server.hpp"

namespace gavel::test {

class FakeNode {
public:
    explicit FakeNode(const std::string& path = "/") : path_(path) {
        http_.route(node::HttpMethod::kPost, path, [this](const std::string& body) {
            const nlohmann::json request = nlohmann::json::parse(body);
            std::lock_guard lock(mutex_);
            ++asked_[request["method"].get<std::string>()];
            return node::HttpResponse{http_status, "application/json", answer(request)};
        });
        REQUIRE(http_.start().ok());
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + path_; }
    uint16_t port() const { return http_.port(); }
    int asked(const std::string& method) { return asked_[method]; }

    static std::string result(const nlohmann::json& request, const nlohmann::json& value) {
        return nlohmann::json{{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", value}}.dump();
    }
    static std::string error(const nlohmann::json& request, const std::string& message, int code = -32000) {
        return nlohmann::json{{"jsonrpc", "2.0"}, {"id", request["id"]}, {"error", {{"code", code}, {"message", message}}}}
            .dump();
    }

    // The body of the answer to a request. Set between questions only.
    std::function<std::string(const nlohmann::json& request)> answer;
    int http_status = 200;

private:
    std::string path_;
    std::mutex mutex_;
    std::map<std::string, int> asked_;
    node::HttpServer http_{node::HttpServerOptions{}};
};

}  // namespace gavel::test
