// A small HTTP/1.1 server: fixed paths, whole bodies, nothing compressed, no pipelining (a client waits for an answer before it
// asks again). For /metrics and /healthz, and for JSON-RPC. No TLS: what it serves is
// meant for the machine itself or for a network behind a proxy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "node/metrics.hpp"
#include "node/status.hpp"

namespace gavel::node {

struct HttpServerOptions {
    std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0 takes a free one
    size_t max_body_bytes = 1 << 20;     // a longer one, is answered 413
    size_t threads = 64;                 // a connection holds one while it is open
    unsigned idle_timeout_s = 5;         // how long a kept-alive connection may wait for its next request
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
};

enum class HttpMethod : uint8_t { kGet, kPost };

class HttpServer {
public:
    // `body` is empty for GET. Called from several threads at a time. What it throws is logged and answered 500.
    using Handler = std::function<HttpResponse(const std::string& body)>;

    explicit HttpServer(HttpServerOptions options);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Before start(). `path` is compared exactly; a query after it is ignored.
    void route(HttpMethod method, const std::string& path, Handler handler);
    // Binds and serves on threads of its own. Reasons: LISTEN_ADDRESS_INVALID, LISTEN_FAILED.
    [[nodiscard]] Status start();
    // The port bound, once started.
    uint16_t port() const;
    // Ends the requests under way and closes. Does nothing the second time.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// GET /metrics, and GET /healthz: 200 "ok" or 503 with the Status as text. `metrics` must outlive the server.
void serve_metrics(HttpServer& server, const Metrics& metrics, std::function<Status()> health);

struct HostPort {
    std::string host;
    uint16_t port = 0;
};
// "host:port" or "[v6]:port". Reason: LISTEN_ADDRESS_INVALID.
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace gavel::node
