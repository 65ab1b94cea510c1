// Options of a program: flags, environment, file, defaults, and how their values are read.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "node/config.hpp"
#include "node/file.hpp"
#include "node/http_server.hpp"
#include "node/log.hpp"
#include "node/metrics.hpp"
#include "node/store.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using gavel::test::TempDir;
using namespace std::chrono_literals;

TEST_CASE("durations, sizes and numbers are read strictly") {
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

TEST_CASE("flag over environment over file over default") {
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

TEST_CASE("a wrong configuration is refused, with what is wrong") {
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

TEST_CASE("--help tells defaults and variables, --version the version") {
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

TEST_CASE("commands have options of their own") {
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
