// The rollup contract's two implementations, native and Solidity, under the same sequences of calls: same results, events,
// refusals and state (docs/contract.md).
//
// GAVEL_TWINS_SEQUENCES sets how many sequences are run, GAVEL_SEED where their seeds start, GAVEL_TWINS_LEAST how often each
// required outcome has to come up on both chains. scripts/twins.sh runs thousands.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <set>

#include <catch2/catch.hpp>

#include "tests/twins/runner.hpp"

using namespace gavel::twins;

namespace {

constexpr unsigned kSequences = 12;
constexpr unsigned kLeast = 1;

uint64_t setting(const char* variable, uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string listed(const std::vector<Outcome>& outcomes) {
    std::string out;
    for (const Outcome& one : outcomes) out += "\n  " + one.call + " " + one.outcome;
    return out;
}

}  // namespace

TEST_CASE("each outcome of each call is aimed at") {
    std::set<Outcome> aimed;
    for (auto make : {seat_goals, batch_goals, court_goals, bank_goals, claim_goals, channel_goals, freeze_goals, exit_goals,
                      channel_exit_goals, malformed_goals}) {
        for (const Goal& goal : make()) CHECK(aimed.insert(goal.aim).second);
    }
    CHECK(aimed == std::set<Outcome>(required_outcomes().begin(), required_outcomes().end()));
}

TEST_CASE("random sequences of calls do the same on both chains") {
    const uint64_t seed = setting("GAVEL_SEED", 1), sequences = setting("GAVEL_TWINS_SEQUENCES", kSequences);
    const auto least = static_cast<unsigned>(setting("GAVEL_TWINS_LEAST", kLeast));
    auto simulated = simulated_chain(), anvil = anvil_chain();
    Runner runner(*simulated, *anvil);
    const auto start = std::chrono::steady_clock::now();
    std::string difference;
    uint64_t run = 0;
    for (; run < sequences && difference.empty(); ++run) {
        try {
            runner.run_sequence(seed + run);
        } catch (const Difference& found) {
            difference = found.what();
        }
        if ((run + 1) % 100 == 0) std::cerr << run + 1 << " sequences" << std::endl;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    std::cout << Coverage::table(runner.simulated_coverage(), runner.anvil_coverage()) << run << " sequences from seed " << seed
              << ", " << runner.blocks() << " blocks, " << runner.transactions() << " transactions, " << seconds.count()
              << " s\n";
    INFO(difference);
    REQUIRE(difference.empty());
    INFO("fewer than " << least << " times on the simulated chain:" << listed(runner.simulated_coverage().missing(least))
                       << "\non Anvil:" << listed(runner.anvil_coverage().missing(least)));
    CHECK(runner.simulated_coverage().missing(least).empty());
    CHECK(runner.anvil_coverage().missing(least).empty());
}
