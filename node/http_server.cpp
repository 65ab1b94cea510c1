#include "node/http_server.hpp"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "node/config.hpp"
#include "node/http_connection.hpp"
#include "node/listener.hpp"
#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr size_t kMaxRequestsPerConnection = 1'000'000;

HttpResponse run(const HttpServer::RequestHandler& handler, const std::string& path, const HttpRequest& request) {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        log_error("request handler failed", {{"path", path}, {"error", error.what()}});
        return {500, "text/plain; charset=utf-8", "internal error\n"};
    }
}

thread_local HttpConnection* t_connection = nullptr;  // that this thread serves

// httplib would compress by brotli's slowest setting, half a second for a large block, and cut any answer to a Range.
void leave_answer_alone(const httplib::Request& request) {
    auto& asked = const_cast<httplib::Request&>(request);
    asked.headers.erase("Accept-Encoding");
    asked.ranges.clear();
}

void answer(const httplib::Request& request, httplib::Response& to, HttpResponse response) {
    leave_answer_alone(request);
    t_connection->hold(std::move(response.until_sent));
    to.status = response.status;
    to.set_content(std::move(response.body), response.content_type);
}

// httplib as what reads requests and writes answers; sockets and threads are ours.
class Parser final : public httplib::Server {
public:
    // True if the connection may go on.
    bool serve_one(HttpConnection& connection) {
        bool closed = false;
        return process_request(connection, false, closed, nullptr) && !closed;
    }
};

}  // namespace

struct HttpServer::Impl {
    HttpServerOptions options;
    Parser parser;
    std::unique_ptr<Listener> listener;
    std::vector<std::thread> threads;
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Accepted> waiting;
    std::set<int> served;  // their descriptors, open while they are here

    explicit Impl(HttpServerOptions given) : options(std::move(given)) {
        parser.set_keep_alive_max_count(kMaxRequestsPerConnection);
        parser.set_keep_alive_timeout(std::max<time_t>(1, options.idle_time.count() / 1000));
        parser.set_payload_max_length(options.max_body_bytes);
        parser.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            if (request.target.size() <= options.max_target_bytes) return httplib::Server::HandlerResponse::Unhandled;
            t_connection->lose();  // its body, if it has one, isn't read
            response.status = 414;
            return httplib::Server::HandlerResponse::Handled;
        });
        parser.set_error_handler([](const httplib::Request&, httplib::Response& response) {
            if (response.status == 400) t_connection->lose();
        });
    }

    void take(Accepted accepted) {
        std::lock_guard lock(mutex);
        waiting.push_back(std::move(accepted));
        changed.notify_one();
    }

    void work() {
        for (;;) {
            Accepted next;
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [this] { return stopping || !waiting.empty(); });
                if (stopping) return;
                next = std::move(waiting.front());
                waiting.pop_front();
                served.insert(next.fd);
            }
            serve(next.fd);
            std::lock_guard lock(mutex);
            served.erase(next.fd);
            close(next.fd);
        }
    }

    void serve(int fd) {
        HttpConnection connection(fd, options);
        t_connection = &connection;
        for (size_t i = 0; i < kMaxRequestsPerConnection && !stopping && connection.wait_for_request(); ++i) {
            connection.begin_head();
            const bool may_go_on = parser.serve_one(connection);
            const bool is_sent = connection.flush();
            connection.hold(nullptr);
            if (!may_go_on || !is_sent || connection.is_lost()) break;
        }
        t_connection = nullptr;
    }

    HttpRequest request_of(const httplib::Request& request) {
        auto header = [&](const char* name) {
            return request.get_header_value_count(name) == 1 ? request.get_header_value(name) : std::string();
        };
        HttpConnection* connection = t_connection;
        return {{},
                header("Host"),
                request.get_header_value("Origin"),
                header("Content-Type"),
                [this, connection] { return !stopping && !connection->is_gone(); },
                request.path,
                {request.params.begin(), request.params.end()}};
    }

    // The body is read here and not by httplib, whose limit holds for a declared length only, not for chunks. One that is too
    // long is read to its end, without keeping it: what is left in the connection would be taken for the next request. False:
    // there is none, or the answer is made.
    bool read_body(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& read,
                   std::string& body) const {
        if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
            response.status = 411;
            return false;
        }
        t_connection->begin_body();
        bool too_long = false;
        const bool whole = read([&](const char* data, size_t size) {
            too_long = too_long || size > options.max_body_bytes - body.size();
            if (!too_long) body.append(data, size);
            return true;
        });
        if (too_long) response.status = 413;
        return whole && !too_long;
    }

    void post(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& read,
              const RequestHandler& handler) {
        if (request.has_header("Content-Encoding") || request.is_multipart_form_data()) {
            response.status = 415;
            return;
        }
        HttpRequest asked = request_of(request);
        if (read_body(request, response, read, asked.body)) answer(request, response, run(handler, request.path, asked));
    }

    // httplib reads the body of these methods, and no other's.
    void whole_with_body(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& read,
                         const WholeHandler& handler) {
        HttpWholeRequest asked = whole_of(request);
        // It would take a body apart that is multipart, and decode one that is encoded.
        auto& read_as_it_is = const_cast<httplib::Request&>(request);
        read_as_it_is.headers.erase("Content-Type");
        read_as_it_is.headers.erase("Content-Encoding");
        if (read_body(request, response, read, asked.body)) whole_answer(request, response, asked, handler);
    }
    // A body that nobody reads would be taken for the next request.
    void whole_without_body(const httplib::Request& request, httplib::Response& response, const WholeHandler& handler) {
        const std::string length = request.get_header_value("Content-Length");
        if (request.has_header("Transfer-Encoding") || (!length.empty() && length != "0")) {
            response.status = 400;
            return;
        }
        whole_answer(request, response, whole_of(request), handler);
    }
    static HttpWholeRequest whole_of(const httplib::Request& request) {
        HttpWholeRequest out{request.method, request.target, {}, {}};
        for (const auto& [name, value] : request.headers)
            if (!name.starts_with("REMOTE_") && !name.starts_with("LOCAL_")) out.headers.emplace_back(name, value);  // httplib's
        return out;
    }
    static void whole_answer(const httplib::Request& request, httplib::Response& to, const HttpWholeRequest& asked,
                             const WholeHandler& handler) {
        HttpWholeResponse response;
        try {
            response = handler(asked);
        } catch (const std::exception& error) {
            log_error("request handler failed", {{"path", request.path}, {"error", error.what()}});
            response = {500, {}, "internal error\n"};
        }
        leave_answer_alone(request);
        to.status = response.status;
        for (const auto& [name, value] : response.headers) to.set_header(name, value);
        to.body = std::move(response.body);
    }
};

HttpServer::HttpServer(HttpServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() { stop(); }

void HttpServer::route(HttpMethod method, const std::string& path, Handler handler) {
    route(method, path,
          RequestHandler([handler = std::move(handler)](const HttpRequest& request) { return handler(request.body); }));
}

void HttpServer::route(HttpMethod method, const std::string& path, RequestHandler handler) {
    if (method == HttpMethod::kGet) {
        impl_->parser.Get(path, [impl = impl_.get(), handler = std::move(handler)](const httplib::Request& request,
                                                                                   httplib::Response& response) {
            answer(request, response, run(handler, request.path, impl->request_of(request)));
        });
        return;
    }
    impl_->parser.Post(path, [impl = impl_.get(), handler = std::move(handler)](
                                 const httplib::Request& request, httplib::Response& response,
                                 const httplib::ContentReader& read) { impl->post(request, response, read, handler); });
}

void HttpServer::route_word(HttpMethod method, const std::string& prefix, RequestHandler handler) {
    route(method, prefix + "[0-9A-Za-z]+", std::move(handler));  // httplib takes a path for a pattern
}
void HttpServer::route_rest(WholeHandler handler) {
    constexpr const char* kAll = "[\\s\\S]*";  // of a target that is within its bound
    Impl* impl = impl_.get();
    const auto shared = std::make_shared<const WholeHandler>(std::move(handler));
    const auto plain = [impl, shared](const httplib::Request& request, httplib::Response& response) {
        impl->whole_without_body(request, response, *shared);
    };
    const auto with_body = [impl, shared](const httplib::Request& request, httplib::Response& response,
                                          const httplib::ContentReader& read) {
        impl->whole_with_body(request, response, read, *shared);
    };
    impl->parser.Get(kAll, plain).Options(kAll, plain).Delete(kAll, httplib::Server::Handler(plain));
    impl->parser.Post(kAll, httplib::Server::HandlerWithContentReader(with_body))
        .Put(kAll, httplib::Server::HandlerWithContentReader(with_body))
        .Patch(kAll, httplib::Server::HandlerWithContentReader(with_body))
        .Delete(kAll, httplib::Server::HandlerWithContentReader(with_body));
}

Status HttpServer::start() {
    auto listener = Listener::open({impl_->options.listen, impl_->options.max_connections, impl_->options.max_per_peer});
    if (!listener.ok()) return listener.status();
    impl_->listener = std::move(*listener);
    for (size_t i = 0; i < impl_->options.threads; ++i) impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
    impl_->listener->run([impl = impl_.get()](Accepted accepted) { impl->take(std::move(accepted)); });
    return {};
}

uint16_t HttpServer::port() const { return impl_->listener ? impl_->listener->port() : 0; }

void HttpServer::stop() {
    if (!impl_->listener || impl_->stopping) return;
    impl_->listener->stop();
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        for (int fd : impl_->served) shutdown(fd, SHUT_RDWR);
        for (Accepted& one : impl_->waiting) close(one.fd);
        impl_->waiting.clear();
    }
    impl_->changed.notify_all();
    for (std::thread& thread : impl_->threads) thread.join();
}

void serve_metrics(HttpServer& server, const Metrics& metrics, std::function<Status()> health) {
    server.route(HttpMethod::kGet, "/metrics", [&metrics](const HttpRequest&) {
        return HttpResponse{200, Metrics::kContentType, metrics.text()};
    });
    server.route(HttpMethod::kGet, "/healthz", [health = std::move(health)](const HttpRequest&) {
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
