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
#include "node/listener.hpp"
#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr size_t kMaxRequestsPerConnection = 1'000'000;
constexpr size_t kMaxHeadBytes = 64 << 10;
constexpr size_t kReadBytes = 16 << 10;

using Time = std::chrono::steady_clock::time_point;

HttpResponse run(const HttpServer::RequestHandler& handler, const std::string& path, const HttpRequest& request) {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        log_error("request handler failed", {{"path", path}, {"error", error.what()}});
        return {500, "text/plain; charset=utf-8", "internal error\n"};
    }
}

// A connection, on which each part of a request has its time as a whole: a client that sends a byte now and then gains nothing.
class Connection final : public httplib::Stream {
public:
    Connection(int fd, const HttpServerOptions& options) : fd_(fd), options_(options) {}

    // Until a request comes; false if none does in time.
    bool wait_for_request() {
        expect(Part::kIdle, options_.idle_time);
        return is_readable();
    }
    void begin_head() {
        head_left_ = kMaxHeadBytes;
        expect(Part::kHead, options_.head_time);
    }
    void begin_body() { expect(Part::kBody, options_.body_time); }
    // The client has closed its side, or the connection is broken.
    bool is_gone() const {
        pollfd state{fd_, POLLRDHUP, 0};
        return poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    }

    // What is to be kept until the answer is sent, in place of what was; nullptr for nothing.
    void hold(std::shared_ptr<const void> held) { held_ = std::move(held); }

    // Something couldn't be read whole, or was no HTTP: nothing that follows can be told apart.
    bool is_lost() const { return is_lost_; }
    void lose() { is_lost_ = true; }

    bool is_readable() const override { return read_at_ < in_.size() || wait(POLLIN); }
    bool is_writable() const override { return wait(POLLOUT); }
    // httplib reads heads byte by byte, so from a buffer.
    ssize_t read(char* to, size_t size) override {
        if (part_ == Part::kHead) size = std::min(size, head_left_);
        const ssize_t got = size == 0 ? -1 : read_at_ == in_.size() ? fill() : 1;
        if (got <= 0) {
            lose();
            return got;
        }
        size = std::min(size, in_.size() - read_at_);
        std::copy_n(in_.data() + read_at_, size, to);
        read_at_ += size;
        if (part_ == Part::kHead) head_left_ -= size;
        return static_cast<ssize_t>(size);
    }
    ssize_t write(const char* from, size_t size) override {
        if (part_ != Part::kAnswer) expect(Part::kAnswer, options_.answer_time);
        for (;;) {
            if (!wait(POLLOUT)) return -1;
            const ssize_t sent = send(fd_, from, size, MSG_NOSIGNAL);
            if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) return sent;
        }
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    int socket() const override { return fd_; }

private:
    enum class Part : uint8_t { kIdle, kHead, kBody, kAnswer };

    ssize_t fill() {
        in_.resize(kReadBytes);
        read_at_ = 0;
        for (;;) {
            const ssize_t got = wait(POLLIN) ? recv(fd_, in_.data(), in_.size(), 0) : -1;
            if (got < 0 && (errno == EAGAIN || errno == EINTR) && std::chrono::steady_clock::now() < until_) continue;
            in_.resize(got > 0 ? static_cast<size_t>(got) : 0);
            return got;
        }
    }
    void expect(Part part, std::chrono::milliseconds time) {
        part_ = part;
        until_ = std::chrono::steady_clock::now() + time;
    }
    bool wait(short event) const {
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
            if (left.count() <= 0) return false;
            pollfd one{fd_, event, 0};
            const int ready = poll(&one, 1, static_cast<int>(left.count()));
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return false;
        }
    }

    const int fd_;
    const HttpServerOptions& options_;
    Part part_ = Part::kIdle;
    Time until_{};
    size_t head_left_ = 0;
    bool is_lost_ = false;
    std::shared_ptr<const void> held_;
    std::string in_;  // of which the first read_at_ bytes are read
    size_t read_at_ = 0;
};

thread_local Connection* t_connection = nullptr;  // that this thread serves

void answer(const httplib::Request& request, httplib::Response& to, HttpResponse response) {
    // httplib would compress by brotli's slowest setting, half a second for a large block, and cut any answer to a Range.
    auto& asked = const_cast<httplib::Request&>(request);
    asked.headers.erase("Accept-Encoding");
    asked.ranges.clear();
    t_connection->hold(std::move(response.until_sent));
    to.status = response.status;
    to.set_content(std::move(response.body), response.content_type);
}

// httplib as what reads requests and writes answers; sockets and threads are ours.
class Parser final : public httplib::Server {
public:
    // True if the connection may go on.
    bool serve_one(Connection& connection) {
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
        Connection connection(fd, options);
        t_connection = &connection;
        for (size_t i = 0; i < kMaxRequestsPerConnection && !stopping && connection.wait_for_request(); ++i) {
            connection.begin_head();
            const bool may_go_on = parser.serve_one(connection);
            connection.hold(nullptr);
            if (!may_go_on || connection.is_lost()) break;
        }
        t_connection = nullptr;
    }

    HttpRequest request_of(const httplib::Request& request) {
        auto header = [&](const char* name) {
            return request.get_header_value_count(name) == 1 ? request.get_header_value(name) : std::string();
        };
        Connection* connection = t_connection;
        return {{},
                header("Host"),
                request.get_header_value("Origin"),
                header("Content-Type"),
                [this, connection] { return !stopping && !connection->is_gone(); },
                request.path,
                {request.params.begin(), request.params.end()}};
    }

    // The body is read here and not by httplib, whose limit holds for a declared length only, not for chunks. One that is too
    // long is read to its end, without keeping it: what is left in the connection would be taken for the next request.
    void post(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& read,
              const RequestHandler& handler) {
        if (request.has_header("Content-Encoding") || request.is_multipart_form_data()) {
            response.status = 415;
            return;
        }
        if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
            response.status = 411;
            return;
        }
        t_connection->begin_body();
        HttpRequest asked = request_of(request);
        bool too_long = false;
        bool whole = read([&](const char* data, size_t size) {
            too_long = too_long || size > options.max_body_bytes - asked.body.size();
            if (!too_long) asked.body.append(data, size);
            return true;
        });
        if (too_long) {
            response.status = 413;
        } else if (whole) {
            answer(request, response, run(handler, request.path, asked));
        }
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
