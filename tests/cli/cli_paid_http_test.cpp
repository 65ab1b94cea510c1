// What the paid proxy and its client are made of: whole requests, what goes on to the next hop, answers that are kept.
#include <catch2/catch.hpp>

#include "cli/channel_source.hpp"
#include "cli/http_exchange.hpp"
#include "cli/paid_client.hpp"
#include "cli/paid_proxy.hpp"
#include "node/http_server.hpp"

using namespace gavel;
using cli::HttpHeaders;

namespace {

// Answers with what it was asked.
class Echo {
public:
    explicit Echo(node::HttpServerOptions options = {}) : server(options) {
        server.route_rest([](const node::HttpWholeRequest& request) {
            node::HttpWholeResponse out;
            out.body = request.method + " " + request.target + " " + request.body;
            for (const char* name : {"Content-Type", "Content-Encoding", "X-Twice"})
                for (const std::string& value : cli::header_values(request.headers, name)) out.body += " " + value;
            out.headers = {{"Content-Type", "text/x-echo"}, {"X-Echo", "1"}, {"X-Echo", "2"}};
            return out;
        });
        REQUIRE(server.start().ok());
    }
    std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(server.port()) + target; }
    node::HttpServer server;
};

cli::HttpAnswer ask(cli::HttpExchange& http, const std::string& method, const std::string& url, const HttpHeaders& headers = {},
                    const std::string& body = "") {
    auto answer = http.run(method, url, headers, body);
    INFO(node::to_string(answer.status()));
    REQUIRE(answer.ok());
    return *answer;
}

// A source whose answer and clock the test sets.
class OneChannel final : public channel::ChannelSource {
public:
    node::Result<channel::Sighting> look(const AccountKey&) override {
        ++asked;
        channel::Sighting out;
        if (stands) out.confirmed = channel::Standing{Amount{7}, 0, false};
        out.seen_at_ms = clock.steady_ms();
        return out;
    }
    node::ManualClock clock{1'000'000};
    bool stands = true;
    int asked = 0;
};

}  // namespace

TEST_CASE("a whole request arrives as it was sent") {
    Echo echo({.max_body_bytes = 100, .max_target_bytes = 50});
    cli::HttpExchange http({});
    const cli::HttpAnswer got = ask(http, "GET", echo.url("/a%20b?c=%2F&d"), {{"X-Twice", "1"}, {"X-Twice", "2"}});
    CHECK(got.status == 200);
    CHECK(got.body.starts_with("GET /a%20b?c=%2F&d  "));
    CHECK(got.body.find(" 1") != std::string::npos);
    CHECK(got.body.find(" 2") != std::string::npos);
    CHECK(cli::header_values(got.headers, "x-echo").size() == 2);
    CHECK(cli::header_values(got.headers, "CONTENT-TYPE") == std::vector<std::string>{"text/x-echo"});
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        INFO(method);
        CHECK(ask(http, method, echo.url("/x"), {{"Content-Type", "text/y"}}, "body").body ==
              std::string(method) + " /x body text/y");
    }
    // Neither taken apart nor decoded.
    const std::string parts = "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--b--\r\n";
    CHECK(ask(http, "POST", echo.url("/m"), {{"Content-Type", "multipart/form-data; boundary=b"}}, parts)
              .body.starts_with("POST /m " + parts));
    CHECK(ask(http, "POST", echo.url("/z"), {{"Content-Encoding", "gzip"}}, "no gzip").body == "POST /z no gzip gzip");
    CHECK(ask(http, "HEAD", echo.url("/h")).body.empty());
    // Bounds, and a body where there is none.
    CHECK(ask(http, "POST", echo.url("/x"), {}, std::string(101, 'b')).status == 413);
    CHECK(ask(http, "GET", echo.url("/" + std::string(50, 't'))).status == 414);
    CHECK(ask(http, "GET", echo.url("/x"), {}, "body").status == 400);
    CHECK(ask(http, "GET", echo.url("/x")).status == 200);
}

TEST_CASE("an answer beyond its bound is none") {
    Echo echo;
    cli::HttpExchange http({.timeout = std::chrono::milliseconds(5'000), .max_body = 20});
    CHECK(http.run("GET", echo.url("/" + std::string(40, 'x')), {}, "").status().reason == "ANSWER_TOO_LARGE");
    CHECK(ask(http, "GET", echo.url("/x")).status == 200);
    CHECK(http.run("GET", "http://127.0.0.1:1/", {}, "").status().reason == "UPSTREAM_FAILED");
    CHECK(http.run("GET", "file:///etc/hostname", {}, "").status().reason == "UPSTREAM_FAILED");
    cli::HttpExchange few({.max_headers = 30});
    CHECK(few.run("GET", echo.url("/x"), {}, "").status().reason == "ANSWER_TOO_LARGE");
    http.close();
    CHECK(http.run("GET", echo.url("/x"), {}, "").status().reason == "UPSTREAM_FAILED");
}

TEST_CASE("what is for one hop goes no further") {
    const HttpHeaders headers = {{"Connection", "X-Mine, close"}, {"x-mine", "1"},      {"Transfer-Encoding", "chunked"},
                                 {"CONTENT-LENGTH", "3"},         {"Upgrade", "h2c"},   {"Accept", "a"},
                                 {"Payment-Signature", "secret"}, {"Host", "elsewhere"}};
    CHECK(cli::end_to_end(headers, {"PAYMENT-SIGNATURE", "host"}) == HttpHeaders{{"Accept", "a"}});
}

TEST_CASE("a header that another server could read otherwise is refused") {
    CHECK(cli::are_plain({{"X-Mine", "any, \t value"}, {"Accept", ""}}));
    for (const char* name : {"", "Content-Length ", " Content-Length", "Content\tLength", "A:B", "A\r\nB", "A(B"})
        CHECK_FALSE(cli::are_plain({{"Accept", "a"}, {name, "1"}}));
    for (const char* value : {"a\r\nb", "a\nb", "a\x7f", "\x01"}) CHECK_FALSE(cli::are_plain({{"A", value}}));
}

TEST_CASE("an answer is kept with its status and type") {
    const node::HttpWholeResponse answer{404, {{"X-Other", "1"}, {"content-type", "text/plain"}}, std::string("a\0b", 3)};
    const auto kept = cli::decode_answer(cli::encode_answer(answer));
    REQUIRE(kept.has_value());
    CHECK(kept->status == 404);
    CHECK(kept->body == answer.body);
    CHECK(kept->headers == HttpHeaders{{"Content-Type", "text/plain"}});
    CHECK_FALSE(cli::decode_answer({}).has_value());
    CHECK_FALSE(cli::decode_answer(Bytes{0, 0, 0, 200, 9, 'a'}).has_value());
    CHECK_FALSE(cli::decode_answer(Bytes{0, 0, 0, 9, 0}).has_value());
}

TEST_CASE("an URL's target is what stands in the request line") {
    CHECK(*cli::target_of("http://a:1") == "/");
    CHECK(*cli::target_of("https://a/b/../c?d=%41") == "/b/../c?d=%41");
    CHECK(*cli::target_of("http://a?d") == "/?d");
    for (const char* bad : {"", "a/b", "ftp://a/", "http://", "http:///b", "http://a/b#c", "http://a/b c", "http://a/\r\nX: y"})
        CHECK(cli::target_of(bad).status().reason == "URL_INVALID");
}

TEST_CASE("how a channel stands is asked once in a while") {
    OneChannel one;
    cli::KeptSource kept(one, one.clock, 1'000, 2);
    const AccountKey key{PrivateKey::derived("channel").address(), {}};
    CHECK(kept.look(key)->confirmed->balance == Amount{7});
    one.clock.advance(1'000);
    CHECK(kept.look(key).ok());
    CHECK(one.asked == 1);
    one.clock.advance(1);
    CHECK(kept.look(key).ok());
    CHECK(one.asked == 2);
    // One that doesn't stand isn't remembered, nor is more than there is room for.
    one.stands = false;
    const AccountKey other{PrivateKey::derived("other").address(), {}};
    CHECK_FALSE(kept.look(other)->confirmed.has_value());
    CHECK_FALSE(kept.look(other)->confirmed.has_value());
    CHECK(one.asked == 4);
}
