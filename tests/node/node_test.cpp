// What every daemon is built on: logs, metrics, files, clocks, troubles, signals, statuses.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "node/clock.hpp"
#include "node/config.hpp"
#include "node/file.hpp"
#include "node/log.hpp"
#include "node/metrics.hpp"
#include "node/signals.hpp"
#include "node/troubles.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using gavel::test::TempDir;
using namespace std::chrono_literals;

TEST_CASE("log lines are one line each, whatever the values") {
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

TEST_CASE("logs obey level and format") {
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

TEST_CASE("metrics are told in Prometheus' text form") {
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

TEST_CASE("files are read and written whole") {
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

TEST_CASE("the manual clock stands still until told") {
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

TEST_CASE("a trouble stands once it has lasted, is told at growing intervals, and is over when it is settled") {
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

TEST_CASE("a stop is waited for, and can be asked for by a thread") {
    StopSignals signals;
    CHECK(signals.wait_for(1ms) == 0);
    std::thread([] { request_stop(); }).join();
    CHECK(signals.wait() == SIGTERM);
    raise(SIGINT);
    CHECK(signals.wait_for(1s) == SIGINT);
    restore_signals();
}

TEST_CASE("a Status as text tells reason, message and field") {
    CHECK(to_string(Status{}) == "OK");
    CHECK(to_string(Status{Code::kInvalidArgument, "BAD_NONCE", "nonce", "expected 5"}) == "BAD_NONCE: expected 5 (nonce)");
    CHECK(to_string(Status{Code::kUnavailable, "", "", ""}) == "UNAVAILABLE");
    Result<std::string> good("x"), bad(Status{Code::kNotFound, "NONE", "", ""});
    CHECK(good.status().ok());
    CHECK(good->size() == 1);
    CHECK(bad.status().reason == "NONE");
}
