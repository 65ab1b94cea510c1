// The commands over daemons in the test's own process: no server, no port, and time that the test makes.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/session.hpp"
#include "tests/api/both_world.hpp"

namespace gavel::test {
namespace {

using nlohmann::json;

// What is written to standard output from now on.
class Output {
public:
    Output() : file_(std::tmpfile()), before_(dup(STDOUT_FILENO)) {
        flush();
        REQUIRE(dup2(fileno(file_), STDOUT_FILENO) >= 0);
    }
    ~Output() {
        restore();
        std::fclose(file_);
        close(before_);
    }
    std::string text() {
        restore();
        std::rewind(file_);
        std::string out;
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) out += static_cast<char>(c);
        return out;
    }

private:
    static void flush() { std::fflush(stdout); }
    void restore() {
        flush();
        dup2(before_, STDOUT_FILENO);
    }
    std::FILE* file_;
    int before_;
};

struct Done {
    node::Status status;
    std::string output;
};

class Desk : public BothWorld {
public:
    // The command as alice.
    Done gavel(std::vector<std::string> arguments, query::Idle idle = {}) {
        node::Options program("gavel", "");
        cli::SessionOptions options;
        options.private_key = to_hex(l1.alice.scalar());
        cli::add_session_options(program, options);
        cli::Commands commands(program);
        cli::add_account_commands(commands);
        cli::add_payment_commands(commands);
        cli::add_chain_commands(commands);
        const node::Options::Outcome parsed = program.parse(arguments);
        INFO(parsed.text);
        REQUIRE(parsed.run);
        cli::Session session(options, direct_sequencer(std::move(idle)), direct_verifier(),
                             std::make_unique<l1::InProcessClient>(*l1.chain, l1::ErrorNames(l1::rollup_error_signatures())));
        Output output;
        const node::Status status = commands.chosen()(session);
        return {status, output.text()};
    }
    json gavel_json(std::vector<std::string> arguments, query::Idle idle = {}) {
        arguments.insert(arguments.begin(), "--json");
        const Done done = gavel(std::move(arguments), std::move(idle));
        INFO(node::to_string(done.status));
        REQUIRE(done.status.ok());
        return json::parse(done.output);
    }
    std::string bob() const { return to_checksum(l1.bob.address()); }
};

}  // namespace

TEST_CASE("a payment by the command, from its signature to the L1, in one process") {
    Desk desk;
    const json sent = desk.gavel_json({"send", desk.bob(), "0.25", "--memo", "rent"});
    CHECK(sent["position"] == 4);
    CHECK(sent["nonce"] == 4);
    const std::string hash = sent["hash"];
    CHECK(desk.gavel_json({"tx", hash})["status"] == "confirmed");
    const json posted = desk.gavel_json({"tx", hash, "--wait", "posted"}, [&] { desk.run(1); });
    CHECK(posted["status"] == "posted");
    CHECK(posted["payments"][0]["amount_units"] == "0.25");
    const json final = desk.gavel_json({"tx", hash, "--wait", "final"}, [&] { desk.run(1, kChallenge); });
    CHECK(final["status"] == "final");
    CHECK(final["batch"] == posted["batch"]);

    const Done again = desk.gavel({"send", desk.bob(), "5"});
    CHECK(again.status.reason == "INSUFFICIENT_BALANCE");
    CHECK(again.output == "");
    CHECK(desk.gavel({"tx", "0x" + std::string(64, '0')}).status.reason == "UNKNOWN_OPERATION");
}

TEST_CASE("the books by the command, in words and as JSON, of either daemon") {
    Desk desk;
    // 1 milli, 2 milli and what is only confirmed: 3 milli.
    CHECK(desk.gavel_json({"balance", desk.bob()})["balances"][0]["balance"] == "6000000000000000");
    CHECK(desk.gavel_json({"balance", desk.bob(), "--at-verifier"})["balances"][0]["balance"] == "3000000000000000");
    CHECK(desk.gavel({"balance", desk.bob()}).output.find("0.006") != std::string::npos);

    const json history = desk.gavel_json({"history"})["entries"];
    REQUIRE(history.size() >= 5);
    CHECK(history[0]["operation"]["status"] == "confirmed");
    CHECK(history[1]["operation"]["kind"] == "withdraw");
    CHECK(history[2]["operation"]["payments"].size() == 2);
    CHECK(history[3]["operation"]["fee"] == "10");
    CHECK(desk.gavel_json({"history", "--limit", "2"})["entries"].size() == 2);

    const json withdrawals = desk.gavel_json({"withdrawals"})["withdrawals"];
    REQUIRE(withdrawals.size() == 1);
    CHECK(withdrawals[0]["status"] == "claimable");
    CHECK(withdrawals[0]["amount_units"] == "1");

    CHECK(desk.gavel_json({"watch", desk.bob(), "--all", "--count", "1"})["amount"] == "1000000000000000");
    CHECK(desk.gavel_json({"watch", "--verdicts", "--count", "1"})["verdict"] == "true");
}

TEST_CASE("gavel status tells the contract's word and both daemons'") {
    Desk desk;
    const json status = desk.gavel_json({"status"});
    CHECK(status["rollup"] == to_checksum(desk.l1.rollup));
    CHECK(status["sequencer"]["operations"] == 4);
    CHECK(status["sequencer"]["final_operations"] == 3);
    CHECK(status["verifier"]["operations"] == 3);
    CHECK(status["verifier"]["synced"] == true);
    REQUIRE(status["verifier"]["warnings"].size() == 1);  // time has passed without a batch
    CHECK(status["verifier"]["warnings"][0]["reason"] == "SEQUENCER_STALLED");
    CHECK_FALSE(status["contract"].contains("error"));
    const std::string text = desk.gavel({"status"}).output;
    CHECK(text.find("sequencer") != std::string::npos);
    CHECK(text.find("verified") != std::string::npos);
}

}  // namespace gavel::test
