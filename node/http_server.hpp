// A small HTTP/1.1 server: fixed paths, or with one word at the end; whole bodies, nothing compressed, no pipelining (a client
// waits for an answer before it asks again). For /metrics and /healthz, and for JSON-RPC. No TLS: what it serves is meant for the
// machine itself or for a network behind a proxy.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/metrics.hpp"
#include "node/status.hpp"

namespace gavel::node {

struct HttpServerOptions {
    std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0 takes a free one
    size_t max_body_bytes = 1 << 20;     // a longer one, is answered 413
    size_t max_head_bytes = 64 << 10;    // request line and headers; a longer one ends the connection
    size_t max_target_bytes = 8 << 10;   // a longer target is answered 414
    size_t threads = 64;                 // a connection holds one while it is open
    uint64_t max_connections = 256;      // those above are closed as they come; more than threads: they wait for one
    uint64_t max_per_peer = 48;          // of one IPv4 address or IPv6 /64; less than threads, so that nobody holds all
    // How long a connection may wait for its next request, then take for the request's head, for its body, and to take the
    // answer.
    std::chrono::milliseconds idle_time{5'000}, head_time{10'000}, body_time{30'000}, answer_time{30'000};
};

struct HttpRequest {
    std::string body{};  // empty for GET
    // Headers; empty if there is none. Several: the first Origin, no Host and no Content-Type.
    std::string host{}, origin{}, content_type{};
    // Whether somebody still waits for the answer: false once the client has gone or the server stops.
    std::function<bool()> is_wanted = [] { return true; };
    std::string path{};  // without the query
    // Of the query, decoded, in no order but that of several with one name.
    std::vector<std::pair<std::string, std::string>> query{};
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
    // Let go when the client has taken the answer, or hasn't in its time: for counting answers that are in memory.
    std::shared_ptr<const void> until_sent{};
};

// A request with all that it has, for who passes it on.
struct HttpWholeRequest {
    std::string method{}, target{}, body{};  // the target as it stands in the request line
    std::vector<std::pair<std::string, std::string>> headers{};
};
struct HttpWholeResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers{};  // without those that frame the body
    std::string body{};
};

enum class HttpMethod : uint8_t { kGet, kPost };

class HttpServer {
public:
    // Called from several threads at a time. What it throws is logged and answered 500. One that takes long looks at is_wanted:
    // stop() waits for it.
    using RequestHandler = std::function<HttpResponse(const HttpRequest& request)>;
    // The same of the body alone.
    using Handler = std::function<HttpResponse(const std::string& body)>;

    explicit HttpServer(HttpServerOptions options);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Before start(). `path` is compared exactly; a query after it is ignored.
    void route(HttpMethod method, const std::string& path, RequestHandler handler);
    void route(HttpMethod method, const std::string& path, Handler handler);
    // Each path that is `prefix` (which ends with a slash) and one word more, of letters and digits.
    void route_word(HttpMethod method, const std::string& prefix, RequestHandler handler);
    // Whatever no route is for, of any target: GET, HEAD, OPTIONS, POST, PUT, PATCH and DELETE. Bodies come as they were sent,
    // multipart and encoded ones too.
    using WholeHandler = std::function<HttpWholeResponse(const HttpWholeRequest& request)>;
    void route_rest(WholeHandler handler);
    // Binds and serves on threads of its own. Reasons: LISTEN_ADDRESS_INVALID, LISTEN_FAILED.
    [[nodiscard]] Status start();
    // The port bound, once started.
    uint16_t port() const;
    // Ends all connections, whatever their clients do, and closes. Returns when no handler runs. Does nothing the second time.
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
