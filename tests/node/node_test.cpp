// What every daemon is built on: store, configuration, logs, metrics, HTTP, files, signals.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "node/clock.hpp"
#include "node/config.hpp"
#include "node/file.hpp"
#include "node/grpc_options.hpp"
#include "node/http_server.hpp"
#include "node/log.hpp"
#include "node/metrics.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"
#include "node/troubles.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using gavel::testing::TempDir;
using namespace std::chrono_literals;

namespace {

using Entry = std::pair<std::string, std::string>;

struct MemoryFixture {
    MemoryStore store;
};

struct LevelDbFixture {
    TempDir dir;
    LevelDbStore store{dir.file("deep/er/db")};
};

std::vector<Entry> entries(const Store& store, std::string_view first, std::string_view last, size_t limit = 1000) {
    std::vector<Entry> out;
    store.scan(first, last, [&](std::string_view key, std::string_view value) {
        out.emplace_back(key, value);
        return out.size() < limit;
    });
    return out;
}

std::vector<Entry> entries_reversed(const Store& store, std::string_view first, std::string_view last, size_t limit = 1000) {
    std::vector<Entry> out;
    store.scan_reverse(first, last, [&](std::string_view key, std::string_view value) {
        out.emplace_back(key, value);
        return out.size() < limit;
    });
    return out;
}

WriteBatch puts(std::initializer_list<Entry> list) {
    WriteBatch batch;
    for (const auto& [key, value] : list) batch.put(key, value);
    return batch;
}

}  // namespace

TEMPLATE_TEST_CASE("a store keeps what is written, in order", "[store]", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    const std::string with_zero("a\0b", 3);

    store.write(puts({{"b", "2"}, {"a", "1"}, {"\xff", "last"}, {with_zero, "zero"}, {"c", ""}}), Durability::kBuffered);
    CHECK(store.get("a") == "1");
    CHECK(store.get(with_zero) == "zero");
    CHECK(store.get("c") == "");
    CHECK(store.get("d") == std::nullopt);

    CHECK(entries(store, "a", "c") == std::vector<Entry>{{"a", "1"}, {with_zero, "zero"}, {"b", "2"}});
    CHECK(entries(store, "", "\xff\xff").back() == Entry{"\xff", "last"});  // bytes are unsigned
    CHECK(entries(store, "a", "c", 1) == std::vector<Entry>{{"a", "1"}});
    CHECK(entries(store, "c", "a").empty());
    CHECK(entries_reversed(store, "a", "c") == std::vector<Entry>{{"b", "2"}, {with_zero, "zero"}, {"a", "1"}});
    CHECK(entries_reversed(store, "", "\xff\xff", 1) == std::vector<Entry>{{"\xff", "last"}});
    CHECK(entries_reversed(store, "aa", "bb") == std::vector<Entry>{{"b", "2"}});
    CHECK(entries_reversed(store, "c", "a").empty());

    WriteBatch batch;
    batch.erase("a");
    batch.put("a", "again");
    batch.put("b", "gone");
    batch.erase("b");
    batch.erase("never there");
    store.write(batch, Durability::kSynced);
    CHECK(store.get("a") == "again");
    CHECK(store.get("b") == std::nullopt);
    store.write({}, Durability::kSynced);
}

TEMPLATE_TEST_CASE("a scan sees one moment, and its visitor may write", "[store]", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    store.write(puts({{"a", "1"}, {"b", "2"}, {"c", "3"}}), Durability::kBuffered);
    std::vector<Entry> seen;
    store.scan("a", "z", [&](std::string_view key, std::string_view value) {
        seen.emplace_back(key, value);
        WriteBatch batch = puts({{"c", "changed"}, {"d", "new"}});
        batch.erase("b");
        store.write(batch, Durability::kBuffered);
        return true;
    });
    CHECK(seen == std::vector<Entry>{{"a", "1"}, {"b", "2"}, {"c", "3"}});
    CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "1"}, {"c", "changed"}, {"d", "new"}});
}

TEMPLATE_TEST_CASE("a store agrees with a map over random writes", "[store]", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    std::map<std::string, std::string> model;
    std::mt19937 random(GENERATE(1u, 2u, 3u));
    auto key = [&] { return std::string(1 + random() % 2, static_cast<char>(random() % 5 * 63)); };
    for (int round = 0; round < 100; ++round) {
        WriteBatch batch;
        for (size_t i = random() % 4; i > 0; --i) {
            std::string at = key();
            if (random() % 3 == 0) {
                batch.erase(at);
                model.erase(at);
            } else {
                batch.put(at, std::to_string(round));
                model[at] = std::to_string(round);
            }
        }
        fixture.store.write(batch, Durability::kBuffered);
        std::string first = key(), last = key();
        std::vector<Entry> expected;
        for (const auto& entry : model) {
            if (entry.first >= first && entry.first < last) expected.push_back(entry);
        }
        REQUIRE(entries(fixture.store, first, last) == expected);
        std::reverse(expected.begin(), expected.end());
        REQUIRE(entries_reversed(fixture.store, first, last) == expected);
    }
}

TEMPLATE_TEST_CASE("a batch is written whole, whoever reads meanwhile", "[store]", MemoryFixture, LevelDbFixture) {
    TestType fixture;
    Store& store = fixture.store;
    store.write(puts({{"x", "0"}, {"y", "0"}}), Durability::kBuffered);
    std::thread writer([&] {
        for (int i = 1; i <= 300; ++i) {
            store.write(puts({{"x", std::to_string(i)}, {"y", std::to_string(i)}}), Durability::kBuffered);
        }
    });
    bool torn = false;
    for (int i = 0; i < 300; ++i) {
        auto seen = entries(store, "x", "z");
        torn = torn || seen.size() != 2 || seen[0].second != seen[1].second;
    }
    writer.join();
    CHECK_FALSE(torn);
    CHECK(store.get("y") == "300");
}

TEST_CASE("a loss of power takes what was not synced, from the end", "[store]") {
    MemoryStore store;
    store.write(puts({{"a", "1"}, {"b", "1"}}), Durability::kSynced);
    WriteBatch second = puts({{"a", "2"}, {"c", "2"}, {"c", "3"}});
    second.erase("b");
    store.write(second, Durability::kBuffered);
    store.write(puts({{"a", "4"}}), Durability::kBuffered);
    CHECK(store.unsynced_batches() == 2);

    SECTION("all of it") {
        store.lose_unsynced();
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "1"}, {"b", "1"}});
    }
    SECTION("the last batch only") {
        store.lose_unsynced(1);
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "2"}, {"c", "3"}});
        store.lose_unsynced();
        CHECK(store.get("a") == "2");
    }
    SECTION("nothing, after a sync") {
        store.write({}, Durability::kSynced);
        store.lose_unsynced();
        CHECK(entries(store, "a", "z") == std::vector<Entry>{{"a", "4"}, {"c", "3"}});
    }
    SECTION("a clone goes its own way") {
        auto copy = store.clone();
        store.lose_unsynced();
        copy->lose_unsynced();
        CHECK(store.get("a") == "1");
        CHECK(copy->get("a") == "4");
    }
}

TEST_CASE("LevelDB is opened again with what it had, and by one process only", "[store]") {
    TempDir dir;
    {
        LevelDbStore store(dir.file("db"));
        store.write(puts({{"a", "1"}}), Durability::kBuffered);
        CHECK_THROWS_WITH(LevelDbStore(dir.file("db")), Catch::Contains("another process has it open"));
    }
    CHECK(LevelDbStore(dir.file("db")).get("a") == "1");
}

TEST_CASE("a damaged LevelDB is refused by name", "[store]") {
    TempDir dir;
    {
        LevelDbStore store(dir.file("db"));
        store.write(puts({{"a", std::string(1000, 'x')}, {"b", "2"}}), Durability::kSynced);
        store.write(puts({{"c", "3"}}), Durability::kSynced);
    }
    for (const auto& file : std::filesystem::directory_iterator(dir.file("db"))) {
        if (file.path().extension() != ".log") continue;
        std::fstream log(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        log.seekp(500);
        log.put('y');
    }
    CHECK_THROWS_WITH(LevelDbStore(dir.file("db")), Catch::Contains("damaged"));
    CHECK_THROWS_AS(LevelDbStore("/proc/nowhere"), StoreError);
}

TEST_CASE("prefix_end is above every key with the prefix", "[store]") {
    CHECK(prefix_end("a") == "b");
    CHECK(prefix_end("a\xff\xff") == "b");
    CHECK(prefix_end(std::string_view("\0", 1)) == "\x01");
    CHECK_THROWS_AS(prefix_end("\xff"), std::invalid_argument);
    CHECK_THROWS_AS(prefix_end(""), std::invalid_argument);
}

TEST_CASE("durations, sizes and numbers are read strictly", "[config]") {
    CHECK(*parse_seconds("90") == 90);
    CHECK(*parse_seconds("15m") == 900);
    CHECK(*parse_seconds("7d") == 604800);
    CHECK(*parse_duration("250ms") == 250ms);
    CHECK(*parse_duration("2") == 2s);
    CHECK(*parse_byte_size("8MiB") == 8 << 20);
    CHECK(*parse_byte_size("3K") == 3072);
    CHECK(*parse_number("18446744073709551615") == UINT64_MAX);
    for (const char* bad :
         {"", "s", "-1", "+1", "1.5s", " 1s", "1s ", "1 s", "1w", "1S", "0x10", "99999999999999999999", "36601d"}) {
        INFO(bad);
        CHECK(parse_seconds(bad).status().reason == "BAD_DURATION");
        CHECK(parse_duration(bad).status().reason == "BAD_DURATION");
    }
    CHECK_FALSE(parse_seconds("1ms").ok());
    CHECK_FALSE(parse_byte_size("1MB").ok());
    CHECK_FALSE(parse_byte_size("18446744073709551615G").ok());
    CHECK_FALSE(parse_number("18446744073709551616").ok());
    CHECK_FALSE(parse_number("12 ").ok());
}

namespace {

// Sets variables for one test.
class Environment {
public:
    void set(const std::string& name, const std::string& value) {
        setenv(name.c_str(), value.c_str(), 1);
        names_.push_back(name);
    }
    ~Environment() {
        for (const auto& name : names_) unsetenv(name.c_str());
    }

private:
    std::vector<std::string> names_;
};

struct Program {
    std::string listen = "127.0.0.1:1";
    uint64_t window_s = 604800;
    uint64_t count = 5;
    uint64_t size = 8 << 20;
    std::chrono::milliseconds poll{250};
    bool claim = false;
    std::string format = "text";
    std::vector<std::string> peers;
    Options options{"gavel-test", "A program."};

    Program() {
        options.text("-l,--listen", listen, "where");
        options.seconds("--challenge-window", window_s, "how long");
        options.number("--count", count, "how many", 1, 10);
        options.byte_size("--size", size, "how large");
        options.duration("--poll", poll, "how often");
        options.toggle("--claim", claim, "whether");
        options.choice("--format", format, {"text", "json"}, "which");
        options.list("--peers", peers, "who");
    }
    Options::Outcome parse(std::vector<std::string> arguments) { return options.parse(arguments); }
};

}  // namespace

TEST_CASE("flag over environment over file over default", "[config]") {
    TempDir dir;
    Environment environment;
    REQUIRE(write_file(dir.file("c.toml"), "listen = \"file:1\"\ncount = 3\nchallenge-window = \"3h\"\n"
                                           "claim = true\npeers = [\"a\", \"b\"]\n")
                .ok());
    Program program;
    SECTION("the default") {
        REQUIRE(program.parse({}).run);
        CHECK(program.listen == "127.0.0.1:1");
        CHECK_FALSE(program.claim);
    }
    SECTION("the file") {
        REQUIRE(program.parse({"--config", dir.file("c.toml")}).run);
        CHECK(program.listen == "file:1");
        CHECK(program.count == 3);
        CHECK(program.window_s == 3 * 3600);
        CHECK(program.claim);
        CHECK(program.peers == std::vector<std::string>{"a", "b"});
        CHECK(program.format == "text");
    }
    SECTION("the file named by the environment, and the environment over it") {
        environment.set("GAVEL_CONFIG", dir.file("c.toml"));
        environment.set("GAVEL_LISTEN", "environment:1");
        environment.set("GAVEL_CLAIM", "false");
        environment.set("GAVEL_PEERS", "x,y");
        environment.set("GAVEL_CHALLENGE_WINDOW", "");
        REQUIRE(program.parse({}).run);
        CHECK(program.listen == "environment:1");
        CHECK(program.count == 3);
        CHECK(program.window_s == 3 * 3600);
        CHECK_FALSE(program.claim);
        CHECK(program.peers == std::vector<std::string>{"x", "y"});
    }
    SECTION("the flag over all") {
        environment.set("GAVEL_LISTEN", "environment:1");
        environment.set("GAVEL_CLAIM", "true");
        REQUIRE(
            program.parse({"--config", dir.file("c.toml"), "-l", "flag:1", "--claim=false", "--count=7", "--peers", "q"}).run);
        CHECK(program.listen == "flag:1");
        CHECK(program.count == 7);
        CHECK_FALSE(program.claim);
        CHECK(program.peers == std::vector<std::string>{"q"});
    }
}

TEST_CASE("a wrong configuration is refused, with what is wrong", "[config]") {
    TempDir dir;
    Environment environment;
    Program program;
    std::vector<std::string> arguments;
    std::string expected;
    SECTION("unknown flag") { arguments = {"--lisen", "x"}, expected = "--lisen"; }
    SECTION("bad duration") { arguments = {"--challenge-window", "7 days"}, expected = "'7 days' is not a time"; }
    SECTION("too large") { arguments = {"--count", "11"}, expected = "at most 10"; }
    SECTION("too small") { arguments = {"--count", "0"}, expected = "at least 1"; }
    SECTION("negative") { arguments = {"--count=-1"}, expected = "'-1' is not a whole number"; }
    SECTION("no choice") { arguments = {"--format", "xml"}, expected = "text|json"; }
    SECTION("twice") { arguments = {"--count", "1", "--count", "2"}, expected = "--count"; }
    SECTION("bad switch") { arguments = {"--claim=perhaps"}, expected = "--claim"; }
    SECTION("no value") { arguments = {"--listen"}, expected = "--listen"; }
    SECTION("left over") { arguments = {"word"}, expected = "word"; }
    SECTION("bad environment") {
        environment.set("GAVEL_POLL", "soon");
        expected = "--poll: 'soon' is not a time";
    }
    SECTION("no such file") { arguments = {"--config", dir.file("none")}, expected = "none"; }
    SECTION("no such file, by the environment") {
        environment.set("GAVEL_CONFIG", dir.file("none"));
        expected = "none";
    }
    SECTION("unknown key in the file") {
        REQUIRE(write_file(dir.file("c.toml"), "lisen = \"x\"\n").ok());
        arguments = {"--config", dir.file("c.toml")}, expected = "lisen";
    }
    SECTION("bad value in the file") {
        REQUIRE(write_file(dir.file("c.toml"), "count = many\n").ok());
        arguments = {"--config", dir.file("c.toml")}, expected = "'many' is not a whole number";
    }
    auto outcome = program.parse(arguments);
    CHECK_FALSE(outcome.run);
    CHECK(outcome.exit_status == 2);
    CHECK_THAT(outcome.text, Catch::Contains(expected));
}

TEST_CASE("--help tells defaults and variables, --version the version", "[config]") {
    Program program;
    program.parse({});
    auto help = program.parse({"--help"});
    CHECK_FALSE(help.run);
    CHECK(help.exit_status == 0);
    for (const char* part : {"TIME=7d (Env:GAVEL_CHALLENGE_WINDOW)", "SIZE=8MiB", "TIME=250ms", "NUMBER=5", "text|json=text",
                             "Env:GAVEL_CLAIM", "--config", "Env:GAVEL_CONFIG"}) {
        CHECK_THAT(help.text, Catch::Contains(part));
    }
    auto asked = program.parse({"--version"});
    CHECK(asked.exit_status == 0);
    CHECK(asked.text == std::string(version()) + "\n");
}

TEST_CASE("commands have options of their own", "[config]") {
    Environment environment;
    std::string endpoint = "here", to, memo = "none";
    std::vector<std::string> files;
    Options options("gavel", "A tool.");
    options.text("--endpoint", endpoint, "where");
    Options& send = options.command("send", "sends");
    send.text("to", to, "whom").required();
    send.text("--memo", memo, "what for");
    Options& pay = options.command("pay", "pays");
    pay.list("files", files, "which");

    SECTION("one is run") {
        environment.set("GAVEL_MEMO", "rent");
        REQUIRE(options.parse({"send", "0xab", "--endpoint", "there"}).run);
        CHECK(options.chosen() == "send");
        CHECK(to == "0xab");
        CHECK(memo == "rent");
        CHECK(endpoint == "there");
    }
    SECTION("a list takes the rest") {
        REQUIRE(options.parse({"pay", "a", "b"}).run);
        CHECK(options.chosen() == "pay");
        CHECK(files == std::vector<std::string>{"a", "b"});
    }
    SECTION("one must be given") { CHECK(options.parse({}).exit_status == 2); }
    SECTION("what is required is") { CHECK_THAT(options.parse({"send"}).text, Catch::Contains("to is required")); }
    SECTION("help of a command") { CHECK_THAT(options.parse({"send", "--help"}).text, Catch::Contains("--memo")); }
}

TEST_CASE("log lines are one line each, whatever the values", "[log]") {
    const std::string wild = "a\nb \"c\" \x01 \xff \xc3\xa4=";
    auto text = format_log_line(LogFormat::kText, 1767323045678, LogLevel::kWarn, "", "odd\ninput",
                                {{"value", wild}, {"n", 5u}, {"neg", -1}, {"on", true}, {"plain", "0xab"}, {"empty", ""}});
    CHECK(text == "2026-01-02T03:04:05.678Z warn  odd input value=\"a\\nb \\\"c\\\" \\u0001 \xef\xbf\xbd \xc3\xa4=\" "
                  "n=5 neg=-1 on=true plain=0xab empty=\"\"");

    auto line = format_log_line(LogFormat::kJson, 1767323045678, LogLevel::kInfo, "gavel-l1", "odd\ninput",
                                {{"value", wild}, {"n", UINT64_MAX}, {"ratio", 0.5}, {"nan", std::nan("")}});
    CHECK(line.find('\n') == std::string::npos);
    auto json = nlohmann::json::parse(line);
    CHECK(json["time"] == "2026-01-02T03:04:05.678Z");
    CHECK(json["level"] == "info");
    CHECK(json["program"] == "gavel-l1");
    CHECK(json["message"] == "odd\ninput");
    CHECK(json["value"] == "a\nb \"c\" \x01 \xef\xbf\xbd \xc3\xa4=");
    CHECK(json["n"] == UINT64_MAX);
    CHECK(json["ratio"] == 0.5);
    CHECK(json["nan"] == "nan");
}

TEST_CASE("logs obey level and format", "[log]") {
    std::vector<std::string> lines;
    set_log_output([&](std::string_view line) { lines.emplace_back(line); });
    init_log({"warn", "json"}, "p");
    log_info("not written");
    log_warn("written", {{"n", 1}});
    log_status(LogLevel::kError, "refused", {Code::kNotFound, "NO_SUCH_ACCOUNT", "owner", "none"});
    CHECK_FALSE(log_enabled(LogLevel::kInfo));
    init_log({}, "");
    log_info("now it is");
    set_log_output({});
    REQUIRE(lines.size() == 3);
    CHECK(nlohmann::json::parse(lines[0])["n"] == 1);
    CHECK(nlohmann::json::parse(lines[1])["reason"] == "NO_SUCH_ACCOUNT");
    CHECK_THAT(lines[2], Catch::EndsWith("info  now it is"));
}

TEST_CASE("metrics in Prometheus' text form", "[metrics]") {
    Metrics metrics;
    Counter refused = metrics.counter("gavel_refused_total", "Refused.", {{"reason", "BAD_NONCE"}});
    refused.add();
    metrics.counter("gavel_refused_total", "Refused.", {{"reason", "BAD_NONCE"}}).add(2);
    metrics.counter("gavel_refused_total", "Refused.", {{"reason", "odd \"\n\\"}}).add();
    Gauge age = metrics.gauge("gavel_head_age_seconds", "Age.");
    metrics.before_text([&] { age.set(12.5); });
    Histogram latency = metrics.histogram("gavel_latency_seconds", "Latency.", {0.1, 1});
    latency.observe(0.5);
    latency.observe(5);

    CHECK(refused.value() == 3);
    std::string text = metrics.text();
    for (const char* line : {"# HELP gavel_refused_total Refused.\n", "# TYPE gavel_refused_total counter\n",
                             "gavel_refused_total{reason=\"BAD_NONCE\"} 3\n",
                             "gavel_refused_total{reason=\"odd \\\"\\n\\\\\"} 1\n", "# TYPE gavel_head_age_seconds gauge\n",
                             "gavel_head_age_seconds 12.5\n", "gavel_latency_seconds_bucket{le=\"0.1\"} 0\n",
                             "gavel_latency_seconds_bucket{le=\"1\"} 1\n", "gavel_latency_seconds_bucket{le=\"+Inf\"} 2\n",
                             "gavel_latency_seconds_sum 5.5\n", "gavel_latency_seconds_count 2\n"}) {
        CHECK_THAT(text, Catch::Contains(line));
    }
    CHECK_THROWS_AS(metrics.gauge("gavel_refused_total", "x"), std::invalid_argument);
    CHECK_THROWS_AS(metrics.gauge("bad name", "x"), std::invalid_argument);
}

TEST_CASE("host:port is read strictly", "[http]") {
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

TEST_CASE("HTTP: requests on one connection", "[http]") {
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

TEST_CASE("HTTP: bad requests", "[http]") {
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

TEST_CASE("HTTP: a port in use is refused, and free after stop", "[http]") {
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

TEST_CASE("files are read and written whole", "[file]") {
    TempDir dir;
    const std::string path = dir.file("f");
    REQUIRE(write_file(path, std::string("a\0b", 3), 0600).ok());
    REQUIRE(write_file(path, "second", 0600).ok());
    CHECK(*read_file(path) == "second");
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);

    CHECK(read_file(path, 6).ok());
    CHECK(read_file(path, 5).status().reason == "FILE_TOO_LARGE");
    CHECK(read_file(dir.file("none")).status().reason == "FILE_NOT_FOUND");
    CHECK(read_file(dir.path()).status().reason == "FILE_UNREADABLE");
    CHECK(write_file(dir.file("no/f"), "x").reason == "FILE_UNWRITABLE");
}

TEST_CASE("the manual clock stands still until told", "[clock]") {
    ManualClock clock(5);
    clock.advance(10);
    CHECK(clock.now_ms() == 15);
    clock.advance_to(20);
    CHECK(clock.steady_ms() == 20);
    clock.set_wall(3);
    CHECK(clock.now_ms() == 3);
    CHECK(clock.steady_ms() == 20);
    CHECK(SystemClock().now_ms() > 1'700'000'000'000);
    const uint64_t before = SystemClock().steady_ms();
    CHECK(SystemClock().steady_ms() >= before);
}

TEST_CASE("a trouble stands once it has lasted, is told at growing intervals, and is over when it is settled", "[troubles]") {
    ManualClock clock(1'000'000);
    Metrics metrics;
    Troubles troubles(clock, &metrics);
    std::vector<std::string> lines;
    set_log_output([&](std::string_view line) { lines.emplace_back(line); });
    auto pass = [&](uint64_t seconds) {
        for (uint64_t i = 0; i < seconds; ++i) {
            clock.advance(1000);
            troubles.tick();
        }
    };
    troubles.raise("SLOW", "it is slow", 5'000);
    troubles.tick();
    CHECK(troubles.health().ok());
    CHECK(lines.empty());
    pass(4);
    troubles.raise("SLOW", "it is slower", 5'000);  // still the same one
    pass(1);
    CHECK(troubles.health() == Status{Code::kUnavailable, "SLOW", "", "it is slower"});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("it is slower") != std::string::npos);
    CHECK(metrics.text().find("gavel_trouble_seconds{reason=\"SLOW\"} 5") != std::string::npos);
    pass(59);
    CHECK(lines.size() == 1);
    pass(1);
    CHECK(lines.size() == 2);  // after a minute, then after two more
    pass(119);
    CHECK(lines.size() == 2);
    pass(1);
    CHECK(lines.size() == 3);
    troubles.settled("SLOW");
    CHECK(lines.size() == 4);
    CHECK(troubles.health().ok());
    CHECK(metrics.text().find("gavel_trouble_seconds{reason=\"SLOW\"} 0") != std::string::npos);

    // One that is settled within its grace was never there.
    troubles.settle("SLOW", {Code::kInternal, "X", "", "y"}, 5'000);
    pass(4);
    troubles.settle("SLOW", {});
    CHECK(lines.size() == 4);
    // What isn't said in time stands by itself; what isn't grave leaves the daemon healthy.
    troubles.expect("SILENT", 2'000, "nothing comes", false);
    pass(1);
    CHECK(troubles.standing().empty());
    clock.set_wall(0);
    pass(1);
    REQUIRE(troubles.standing().size() == 1);
    CHECK(troubles.standing()[0].reason == "SILENT");
    CHECK(troubles.health().ok());
    troubles.raise("WORSE", "at once");
    CHECK(troubles.health().reason == "WORSE");
    troubles.expect("SILENT", 2'000, "nothing comes", false);
    CHECK(troubles.standing().size() == 1);
    set_log_output({});
}

TEST_CASE("a stop is waited for, and can be asked for by a thread", "[signals]") {
    StopSignals signals;
    CHECK(signals.wait_for(1ms) == 0);
    std::thread([] { request_stop(); }).join();
    CHECK(signals.wait() == SIGTERM);
    raise(SIGINT);
    CHECK(signals.wait_for(1s) == SIGINT);
    restore_signals();
}

TEST_CASE("a Status as text", "[status]") {
    CHECK(to_string(Status{}) == "OK");
    CHECK(to_string(Status{Code::kInvalidArgument, "BAD_NONCE", "nonce", "expected 5"}) == "BAD_NONCE: expected 5 (nonce)");
    CHECK(to_string(Status{Code::kUnavailable, "", "", ""}) == "UNAVAILABLE");
    Result<std::string> good("x"), bad(Status{Code::kNotFound, "NONE", "", ""});
    CHECK(good.status().ok());
    CHECK(good->size() == 1);
    CHECK(bad.status().reason == "NONE");
}
