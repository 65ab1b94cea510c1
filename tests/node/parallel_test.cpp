// Jobs on all cores.
#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

#include "node/parallel.hpp"

using namespace gavel;

TEST_CASE("each job is run once on all cores, whatever their number") {
    for (size_t jobs : {0u, 1u, 2u, 7u, 1000u}) {
        std::vector<std::atomic<int>> runs(jobs);
        node::run_on_all_cores(jobs, [&](size_t job) { ++runs[job]; });
        for (const auto& count : runs) REQUIRE(count == 1);
    }
}

TEST_CASE("what a job throws is thrown by who had it run, when no other job runs any more") {
    std::atomic<int> running{0};
    auto job = [&](size_t number) {
        ++running;
        if (number == 3) {
            --running;
            throw std::runtime_error("three");
        }
        --running;
    };
    REQUIRE_THROWS_WITH(node::run_on_all_cores(1000, job), "three");
    REQUIRE(running == 0);
}
