// The HTTP server that daemons share, spoken to by hand.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "node/http_server.hpp"
#include "node/log.hpp"
#include "node/metrics.hpp"
#include "node/store.hpp"
#include "node/troubles.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/within.hpp"

using namespace gavel::node;
using gavel::test::within;
using namespace std::chrono_literals;

TEST_CASE("host:port is read strictly") {
    CHECK(parse_host_port("127.0.0.1:80")->port == 80);
    CHECK(parse_host_port("[::1]:0")->host == "::1");
    for (const char* bad : {"", ":", "80", "host", "host:", ":80", "host:65536", "host:-1", "::1:80", "[]:80", "host:8o"}) {
        INFO(bad);
        CHECK(parse_host_port(bad).status().reason == "LISTEN_ADDRESS_INVALID");
    }
}

namespace {

// Speaks HTTP by hand, so that nothing of the server's library is taken on trust.
class Connection {
public:
    explicit Connection(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        timeval patience{5, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void send(const std::string& text) { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
    // Until `end` was read, or the connection ends.
    std::string receive(const std::string& end) {
        std::string text;
        char buffer[4096];
        while (text.find(end) == std::string::npos) {
            ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
            if (got <= 0) break;
            text.append(buffer, static_cast<size_t>(got));
        }
        return text;
    }
    std::string receive_all() { return receive("\r\n never \r\n"); }

private:
    int fd_;
};

std::string post(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class EchoServer {
public:
    EchoServer() {
        server.route(HttpMethod::kPost, "/", [](const std::string& body) {
            if (body == "throw") throw std::runtime_error("a bug");
            return HttpResponse{200, "application/json", "<" + body + ">"};
        });
        serve_metrics(server, metrics, [this] { return health; });
        REQUIRE(server.start().ok());
    }
    // The answer to `request`. Whatever it is, nothing of a refused body is taken for a request: the next one on that connection
    // is answered by itself, or the connection is closed, as after what was no HTTP.
    std::string ask(const std::string& request) {
        Connection connection(server.port());
        connection.send(request);
        std::string first = connection.receive("\r\n\r\n");
        connection.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        std::string rest = connection.receive_all();
        size_t second = rest.find("HTTP/1.1");
        const bool is_closed = first.starts_with("HTTP/1.1 400") && rest.find("HTTP/1.1") == std::string::npos;
        if (is_closed) return first + rest;
        CHECK(rest.substr(std::min(second, rest.size()), 12) == "HTTP/1.1 404");
        CHECK(rest.find("HTTP/1.1", second + 1) == std::string::npos);
        return first + rest.substr(0, second);
    }

    Metrics metrics;
    Status health;
    HttpServer server{{.max_body_bytes = 1000}};
};

}  // namespace

TEST_CASE("requests on one HTTP connection are answered one by one") {
    EchoServer echo;
    echo.metrics.counter("gavel_x_total", "X.").add();
    Connection connection(echo.server.port());
    for (int i = 0; i < 20; ++i) {  // more than httplib's own limit of five
        connection.send(post("hello" + std::to_string(i)));
        auto response = connection.receive(">");
        CHECK_THAT(response, Catch::StartsWith("HTTP/1.1 200"));
        CHECK_THAT(response, Catch::Contains("application/json") && Catch::EndsWith("<hello" + std::to_string(i) + ">"));
    }
    connection.send("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_THAT(connection.receive("gavel_x_total 1\n"), Catch::Contains("gavel_x_total 1\n"));
    connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_THAT(connection.receive("ok\n"), Catch::StartsWith("HTTP/1.1 200"));
    echo.health = {Code::kUnavailable, "L1_UNREACHABLE", "", "no answer"};
    connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_THAT(connection.receive("no answer\n"), Catch::StartsWith("HTTP/1.1 503") && Catch::Contains("L1_UNREACHABLE"));
}

TEST_CASE("who waits to be told to send the body is told before it") {
    EchoServer echo;
    Connection connection(echo.server.port());
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(connection.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("abc");
    CHECK_THAT(connection.receive(">"), Catch::StartsWith("HTTP/1.1 200") && Catch::EndsWith("<abc>"));
}

TEST_CASE("an answer of any length comes whole") {
    HttpServer server{HttpServerOptions{}};
    std::atomic<size_t> size = 0;
    server.route(HttpMethod::kGet, "/", HttpServer::RequestHandler([&](const HttpRequest&) {
                     return HttpResponse{200, "text/plain", std::string(size, 'x') + "end", {}};
                 }));
    REQUIRE(server.start().ok());
    Connection connection(server.port());
    for (const size_t bytes : {0ul, 1ul, 65'000ul, 65'533ul, 65'534ul, 70'000ul, 1ul << 20, 3ul}) {
        size = bytes;
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string answer = connection.receive("end");
        CHECK(answer.size() - answer.find("\r\n\r\n") - 4 == bytes + 3);
    }
}

TEST_CASE("bad HTTP requests are refused by status, and the server lives on") {
    EchoServer echo;
    std::vector<std::string> lines;
    set_log_output([&](std::string_view line) { lines.emplace_back(line); });
    const std::string whole(1000, 'x');
    const std::string long_body(1001, 'x');
    CHECK_THAT(echo.ask(post(whole)), Catch::Contains("<" + whole + ">"));

    CHECK_THAT(echo.ask(post(long_body)), Catch::StartsWith("HTTP/1.1 413"));
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string chunks;
    for (int i = 0; i < 100; ++i) chunks += "3e9\r\n" + long_body + "\r\n";
    CHECK_THAT(echo.ask(chunked + chunks + "0\r\n\r\n"), Catch::StartsWith("HTTP/1.1 413"));
    CHECK_THAT(echo.ask(chunked + "3\r\nabc\r\n0\r\n\r\n"), Catch::Contains("<abc>"));
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
    CHECK_THAT(echo.ask(head + "Content-Length: 0\r\nContent-Encoding: gzip\r\n\r\n"), Catch::StartsWith("HTTP/1.1 415"));
    CHECK_THAT(echo.ask(head + "Content-Length: 0\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"),
               Catch::StartsWith("HTTP/1.1 415"));
    CHECK_THAT(echo.ask(head + "\r\n"), Catch::StartsWith("HTTP/1.1 411"));
    auto plain = echo.ask(head + "Accept-Encoding: br, gzip\r\nRange: bytes=0-0\r\nContent-Length: 3\r\n\r\nabc");
    CHECK_THAT(plain, Catch::StartsWith("HTTP/1.1 200") && Catch::EndsWith("<abc>"));

    CHECK_THAT(echo.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404"));
    CHECK_THAT(echo.ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404"));
    CHECK_THAT(echo.ask("nonsense\r\n\r\n"), Catch::StartsWith("HTTP/1.1 400"));
    CHECK_THAT(echo.ask("GET /metrics HTTP/1.1\r\nRange: bytes=" + std::string(8000, '0') + "-\r\n\r\n"),
               Catch::StartsWith("HTTP/1.1"));
    CHECK_THAT(echo.ask(post("throw")), Catch::StartsWith("HTTP/1.1 500"));
    CHECK_THAT(echo.ask(post("still there")), Catch::Contains("<still there>"));
    set_log_output({});
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Contains("a bug"));
}

TEST_CASE("what a response holds is held until it is sent, or the client has gone") {
    auto held = std::make_shared<int>(1);
    std::atomic<size_t> size = 100;
    HttpServer server{HttpServerOptions{}};
    server.route(HttpMethod::kGet, "/", HttpServer::RequestHandler([&](const HttpRequest&) {
                     return HttpResponse{200, "text/plain", std::string(size, 'x') + "end", held};
                 }));
    REQUIRE(server.start().ok());
    auto is_held = [&] { return held.use_count() > 1; };
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    Connection connection(server.port());
    for (int i = 0; i < 2; ++i) {
        connection.send(request);
        CHECK_THAT(connection.receive("end"), Catch::EndsWith("xend"));
        CHECK(within(5s, [&] { return !is_held(); }));  // the connection stays
    }
    size = 64 << 20;  // more than the sockets have room for
    {
        Connection slow(server.port());
        slow.send(request);
        CHECK(within(5s, is_held));
        std::this_thread::sleep_for(200ms);
        CHECK(is_held());
    }
    CHECK(within(5s, [&] { return !is_held(); }));
}

TEST_CASE("a port in use is refused, and free after stop") {
    auto first = std::make_unique<EchoServer>();
    std::string address = "127.0.0.1:" + std::to_string(first->server.port());
    HttpServer second({.listen = address});
    CHECK(second.start().reason == "LISTEN_FAILED");
    first.reset();
    HttpServer third({.listen = address});
    CHECK(third.start().ok());
    third.stop();
    CHECK(HttpServer({.listen = "nonsense"}).start().reason == "LISTEN_ADDRESS_INVALID");
}

TEST_CASE("a path may end with one word more, and has its query decoded") {
    HttpServer server{HttpServerOptions{}};
    server.route_word(HttpMethod::kGet, "/things/", [](const HttpRequest& request) {
        std::string told = request.path;
        for (const auto& [name, value] : request.query) told += "|" + name + "=" + value;
        return HttpResponse{200, "text/plain", "<" + told + ">"};
    });
    REQUIRE(server.start().ok());
    auto get = [&](const std::string& target) {
        Connection connection(server.port());
        connection.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return connection.receive_all();
    };
    CHECK_THAT(get("/things/a1B"), Catch::Contains("</things/a1B>"));
    CHECK_THAT(get("/things/a?x=1&y=%2c&x=2"), Catch::Contains("</things/a|x=1|x=2|y=,>"));
    for (const char* other : {"/things/", "/things", "/things/a/b", "/things/a.b", "/things/%2e", "/x/things/a", "/thingsXa"}) {
        INFO(other);
        CHECK_THAT(get(other), Catch::StartsWith("HTTP/1.1 404"));
    }
}
