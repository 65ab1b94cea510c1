#include "node/http_server.hpp"

#include <httplib.h>

#include <atomic>
#include <thread>

#include "node/config.hpp"
#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr int kBacklog = 512;         // httplib's own is 5
constexpr time_t kSocketTimeout_s = 10;
constexpr size_t kMaxRequestsPerConnection = 1'000'000;

HttpResponse run(const HttpServer::Handler& handler, const std::string& path, const std::string& body) {
    try {
        return handler(body);
    } catch (const std::exception& error) {
        log_error("request handler failed", {{"path", path}, {"error", error.what()}});
        return {500, "text/plain; charset=utf-8", "internal error\n"};
    }
}

void answer(const httplib::Request& request, httplib::Response& to, HttpResponse response) {
    // httplib would compress by brotli's slowest setting, half a second for a large block, and cut any answer to a Range.
    auto& asked = const_cast<httplib::Request&>(request);
    asked.headers.erase("Accept-Encoding");
    asked.ranges.clear();
    to.status = response.status;
    to.set_content(std::move(response.body), response.content_type);
}

}  // namespace

struct HttpServer::Impl {
    HttpServerOptions options;
    httplib::Server server;
    std::thread thread;
    std::atomic<int> socket{-1};
    uint16_t port = 0;
    bool started = false;

    explicit Impl(HttpServerOptions given) : options(std::move(given)) {
        server.new_task_queue = [threads = options.threads] { return new httplib::ThreadPool(threads); };
        server.set_tcp_nodelay(true);
        server.set_keep_alive_max_count(kMaxRequestsPerConnection);
        server.set_keep_alive_timeout(options.idle_timeout_s);
        server.set_read_timeout(kSocketTimeout_s);
        server.set_write_timeout(kSocketTimeout_s);
        server.set_payload_max_length(options.max_body_bytes);
        // In place of httplib's choice, SO_REUSEPORT, with which two daemons could share one port without a word.
        server.set_socket_options([this](int fd) {
            int yes = 1;
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
            socket = fd;
        });
    }

    // The body is read here and not by httplib, whose limit holds for a declared length only, not for chunks. One that is too
    // long is read to its end, without keeping it: what is left in the connection would be taken for the next request.
    void post(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& read,
              const Handler& handler) {
        if (request.has_header("Content-Encoding") || request.is_multipart_form_data()) {
            response.status = 415;
            return;
        }
        if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
            response.status = 411;
            return;
        }
        std::string body;
        bool too_long = false;
        bool whole = read([&](const char* data, size_t size) {
            too_long = too_long || size > options.max_body_bytes - body.size();
            if (!too_long) body.append(data, size);
            return true;
        });
        if (too_long) {
            response.status = 413;
        } else if (whole) {
            answer(request, response, run(handler, request.path, body));
        }
    }
};

HttpServer::HttpServer(HttpServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() { stop(); }

void HttpServer::route(HttpMethod method, const std::string& path, Handler handler) {
    if (method == HttpMethod::kGet) {
        impl_->server.Get(path, [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
            answer(request, response, run(handler, request.path, ""));
        });
        return;
    }
    impl_->server.Post(path, [impl = impl_.get(), handler = std::move(handler)](const httplib::Request& request,
                                                                                httplib::Response& response,
                                                                                const httplib::ContentReader& read) {
        impl->post(request, response, read, handler);
    });
}

Status HttpServer::start() {
    auto address = parse_host_port(impl_->options.listen);
    if (!address.ok()) return address.status();
    int port = address->port;
    bool bound = false;
    if (port == 0) {
        port = impl_->server.bind_to_any_port(address->host);
        bound = port > 0;
    } else {
        bound = impl_->server.bind_to_port(address->host, port);
    }
    if (!bound) {
        return {Code::kUnavailable, "LISTEN_FAILED", "listen",
                "can't listen on " + impl_->options.listen + ": in use, or no such address"};
    }
    ::listen(impl_->socket, kBacklog);
    impl_->port = static_cast<uint16_t>(port);
    impl_->started = true;
    impl_->thread = std::thread([impl = impl_.get()] { impl->server.listen_after_bind(); });
    while (!impl_->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
}

uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::stop() {
    if (!impl_->started) return;
    impl_->started = false;
    impl_->server.stop();
    impl_->thread.join();
}

void serve_metrics(HttpServer& server, const Metrics& metrics, std::function<Status()> health) {
    server.route(HttpMethod::kGet, "/metrics",
                 [&metrics](const std::string&) { return HttpResponse{200, Metrics::kContentType, metrics.text()}; });
    server.route(HttpMethod::kGet, "/healthz", [health = std::move(health)](const std::string&) {
        Status status = health();
        return status.ok() ? HttpResponse{200, "text/plain; charset=utf-8", "ok\n"}
                           : HttpResponse{503, "text/plain; charset=utf-8", to_string(status) + "\n"};
    });
}

Result<HostPort> parse_host_port(std::string_view text) {
    Status bad{Code::kInvalidArgument, "LISTEN_ADDRESS_INVALID", "", "'" + std::string(text) + "' is not host:port"};
    size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad;
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return bad;
    }
    auto port = parse_number(text.substr(colon + 1));
    if (host.empty() || !port.ok() || *port > 65535) return bad;
    return HostPort{std::string(host), static_cast<uint16_t>(*port)};
}

}  // namespace gavel::node
