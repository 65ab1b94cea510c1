// The command's parts about the seat and its home operator that need no daemon.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/contract_payments.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/session.hpp"

using namespace gavel;
using namespace gavel::cli;

namespace {

const Address kHome = *address_from_string("0x00000000000000000000000000000000000000a1");

node::Options::Outcome parse_deploy(const std::vector<std::string>& flags) {
    node::Options program("gavel", "test");
    Commands commands(program);
    add_deploy_command(commands);
    std::vector<std::string> arguments{"deploy"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return program.parse(arguments);
}

std::string line(const RollupFacts& facts, const std::string& name) {
    for (const auto& [what, text] : facts_lines(facts))
        if (what == name) return text;
    return "";
}

}  // namespace

TEST_CASE("deploy wants to be told of the home operator") {
    const auto unsaid = parse_deploy({"--stake", "1"});
    CHECK_FALSE(unsaid.run);
    CHECK(unsaid.exit_status == 2);
    CHECK(unsaid.text.find("--home-operator is required") != std::string::npos);
    CHECK(parse_deploy({"--home-operator", "none"}).run);
    CHECK(parse_deploy({"--home-operator", to_checksum(kHome)}).run);
    CHECK_FALSE(parse_deploy({"--home-operator", "none", "--inclusion-window", "3"}).run);
}

TEST_CASE("a notice is shown while its time isn't over, and refusals say what is missing") {
    RollupFacts facts;
    facts.parameters.home_operator = kHome;
    facts.parameters.inclusion_window = 400;
    facts.now = 1'700'000'000;
    facts.term = 1;
    auto told = [&](const char* reason) { return explained({node::Code::kAborted, reason, "revert", "raw"}, facts).message; };
    CHECK(line(facts, "TAKE-OVER").empty());
    CHECK(facts_json(facts)["takeover_from"].is_null());
    CHECK(told("NoticeRequired").find("announce the take-over first: gavel sequencer announce") != std::string::npos);
    CHECK(told("NotHomeOperator") == "only the home operator announces: " + to_checksum(kHome));
    CHECK(told("NoticeTooEarly") == "between two notices lie at least 7 d");
    facts.notice = {facts.now + 100, facts.now + 400};
    CHECK(line(facts, "TAKE-OVER") ==
          "announced: the home operator may take the seat from 2023-11-14 22:15:00 UTC (in 1 min) until 2023-11-14 22:20:00 UTC "
          "(in 6 min)");
    CHECK(facts_json(facts)["takeover_from"] == facts.now + 100);
    CHECK(facts_json(facts)["takeover_until"] == facts.now + 400);
    CHECK(told("NoticeRequired").find("the seat can be taken at 2023-11-14 22:15:00 UTC") != std::string::npos);
    facts.now += 400;
    CHECK(line(facts, "TAKE-OVER").empty());
    CHECK(facts_json(facts)["takeover_from"].is_null());
    CHECK(told("NoticeRequired").find("the notice is over") != std::string::npos);
    facts.parameters.home_operator = {};
    CHECK(told("NotHomeOperator") == "this rollup has no home operator");
}

TEST_CASE("gas that goes with payments: all for oneself, bounded for everybody, or as told") {
    const Address token = kHome;
    ContractPaymentOptions options;
    CHECK(*pay_gas_of(options, {}) == 0);
    CHECK(*pay_gas_of(options, token) == 0);
    options.everybody = true;
    CHECK(*pay_gas_of(options, {}) == 50'000);
    CHECK(*pay_gas_of(options, token) == 250'000);
    options.pay_gas = "123";
    CHECK(*pay_gas_of(options, {}) == 123);
    options.pay_gas = "0";
    CHECK(*pay_gas_of(options, token) == 0);
    options.pay_gas = "a lot";
    CHECK(pay_gas_of(options, {}).status().reason == "OPTION_INVALID");
}
