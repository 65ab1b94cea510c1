// The HTTP server under clients that are slow, many or silent.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "node/http_server.hpp"
#include "tests/support/within.hpp"

using namespace gavel::node;
using gavel::test::within;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

class Client {
public:
    explicit Client(uint16_t port, const char* from = "127.0.0.1") : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, from, &address.sin_addr);
        REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        timeval patience{10, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Client() { close(fd_); }
    Client(const Client&) = delete;
    // False once the server has closed it.
    bool send(const std::string& text) { return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size()); }
    // Until the end of the connection, or until `end` came.
    std::string receive(const std::string& end = "\r\n never \r\n") {
        std::string text;
        char buffer[65536];
        while (text.find(end) == std::string::npos) {
            const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
            if (got <= 0) break;
            text.append(buffer, static_cast<size_t>(got));
        }
        return text;
    }
    void half_close() { shutdown(fd_, SHUT_WR); }

private:
    int fd_;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kPostHead = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";

struct Server {
    std::atomic<int> handled{0}, large{0};
    std::atomic<bool> waiting{false}, gave_up{false};
    HttpServer http;

    explicit Server(HttpServerOptions options) : http(std::move(options)) {
        http.route(HttpMethod::kGet, "/", [this](const std::string&) {
            ++handled;
            return HttpResponse{200, "text/plain", "here"};
        });
        http.route(HttpMethod::kGet, "/large", [this](const std::string&) {
            ++large;
            return HttpResponse{200, "text/plain", std::string(32 << 20, 'x')};
        });
        http.route(HttpMethod::kPost, "/", [this](const std::string& body) {
            ++handled;
            return HttpResponse{200, "text/plain", "<" + std::to_string(body.size()) + ">"};
        });
        http.route(HttpMethod::kPost, "/wait", [this](const HttpRequest& request) {
            waiting = true;
            while (request.is_wanted()) std::this_thread::sleep_for(1ms);
            gave_up = true;
            return HttpResponse{200, "text/plain", "nobody reads this"};
        });
        REQUIRE(http.start().ok());
    }
    // What a fresh client from there gets.
    std::string ask(const char* from = "127.0.0.1") {
        Client client(http.port(), from);
        client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return client.receive().substr(0, 12);
    }
};

// Sends a byte now and then until the server closes; how long that took.
std::chrono::milliseconds drip(Client& client, const std::string& text) {
    const auto begin = Clock::now();
    for (size_t i = 0; Clock::now() - begin < 8s; ++i) {
        if (!client.send(text.substr(i % text.size(), 1))) break;
        std::this_thread::sleep_for(20ms);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
}

HttpServerOptions impatient() {
    return {.threads = 8, .max_per_peer = 6, .idle_time = 400ms, .head_time = 400ms, .body_time = 400ms, .answer_time = 400ms};
}

}  // namespace

TEST_CASE("a head or a body that comes byte by byte is given up in time") {
    Server server(impatient());
    Client head(server.http.port()), body(server.http.port());
    CHECK(drip(head, "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") < 3s);
    body.send(kPostHead);
    CHECK(drip(body, "x") < 3s);
    CHECK(server.handled == 0);
    Client chunks(server.http.port());
    chunks.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(drip(chunks, "1\r\nx\r\n") < 3s);
    CHECK(server.handled == 0);
    CHECK(server.ask() == "HTTP/1.1 200");
}

TEST_CASE("a head without an end is given up by its size") {
    Server server({.head_time = 60s});
    Client client(server.http.port());
    size_t sent = 0;
    for (client.send("GET / HTTP/1.1\r\n"); sent < 10'000; ++sent)
        if (!client.send("X-Filler: " + std::string(1000, 'x') + "\r\n")) break;
    CHECK(sent < 10'000);
    CHECK(server.handled == 0);
}

TEST_CASE("an answer that nobody takes is given up in time") {
    Server server(impatient());
    std::vector<std::unique_ptr<Client>> silent;
    for (int i = 0; i < 6; ++i) {
        silent.push_back(std::make_unique<Client>(server.http.port()));
        silent.back()->send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    CHECK(within(5s, [&] { return server.large == 6; }));
    CHECK(server.ask("127.0.0.2") == "HTTP/1.1 200");
    CHECK(within(5s, [&] { return server.ask() == "HTTP/1.1 200"; }));
}

TEST_CASE("one peer doesn't hold all threads of an HTTP server") {
    Server server({.threads = 8, .max_per_peer = 6, .idle_time = 60s});
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 200; ++i) {
        idle.push_back(std::make_unique<Client>(server.http.port()));
        idle.back()->send("GET /");
    }
    CHECK(server.ask("127.0.0.2") == "HTTP/1.1 200");
    CHECK(server.ask("127.0.0.1").empty());
    idle.clear();
    CHECK(within(5s, [&] { return server.ask() == "HTTP/1.1 200"; }));
}

TEST_CASE("an HTTP server stops at once whatever its clients do") {
    Server server({});
    Client idle(server.http.port()), kept(server.http.port()), head(server.http.port()), body(server.http.port()),
        silent(server.http.port()), waiting(server.http.port());
    kept.send(kGet);
    CHECK(kept.receive("here").ends_with("here"));
    head.send("GET /");
    body.send(kPostHead + "x");
    silent.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(within(5s, [&] { return server.waiting.load(); }));
    const auto begin = Clock::now();
    server.http.stop();
    CHECK(Clock::now() - begin < 2s);
    CHECK(server.gave_up);
}

TEST_CASE("a handler learns that its client has gone") {
    Server server({});
    {
        Client client(server.http.port());
        client.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        REQUIRE(within(5s, [&] { return server.waiting.load(); }));
        CHECK_FALSE(server.gave_up);
    }
    CHECK(within(5s, [&] { return server.gave_up.load(); }));
}

TEST_CASE("a handler sees the headers that decide who may call") {
    HttpServer http({});
    http.route(HttpMethod::kPost, "/", [](const HttpRequest& request) {
        return HttpResponse{200, "text/plain",
                            "[" + request.host + "|" + request.origin + "|" + request.content_type + "|" + request.body + "]"};
    });
    REQUIRE(http.start().ok());
    auto ask = [&](const std::string& headers) {
        Client client(http.port());
        client.send("POST / HTTP/1.1\r\n" + headers + "Content-Length: 2\r\nConnection: close\r\n\r\nhi");
        const std::string answer = client.receive();
        return answer.substr(std::min(answer.find('['), answer.size()));
    };
    CHECK(ask("Host: a:1\r\nOrigin: http://b\r\nContent-Type: text/plain\r\n") == "[a:1|http://b|text/plain|hi]");
    CHECK(ask("Host: a\r\nHost: b\r\nOrigin: c\r\nOrigin: d\r\nContent-Type: e\r\nContent-Type: f\r\n") == "[|c||hi]");
    CHECK(ask("") == "[|||hi]");
}
