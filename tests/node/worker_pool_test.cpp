// A pool of threads: every piece of work is done once, whoever begins and finishes it.
#include "node/worker_pool.hpp"

#include <atomic>
#include <catch2/catch.hpp>

using gavel::node::WorkerPool;

TEST_CASE("run calls each index once, with any number of threads") {
    WorkerPool pool(GENERATE(0u, 1u, 2u, 5u));
    for (size_t count : {size_t{0}, size_t{1}, size_t{8}, size_t{9}, size_t{1'000}}) {
        std::vector<std::atomic<int>> called(count);
        pool.run(count, [&](size_t i) { ++called[i]; });
        for (auto& times : called) CHECK(times == 1);
    }
}

TEST_CASE("jobs that are started go on by themselves, and are finished in any order") {
    const unsigned threads = GENERATE(0u, 1u, 2u);
    WorkerPool pool(threads);
    constexpr size_t kJobs = 20, kCount = 50;
    std::vector<std::atomic<int>> called(kJobs * kCount);
    std::vector<std::shared_ptr<WorkerPool::Job>> jobs;
    for (size_t job = 0; job < kJobs; ++job)
        jobs.push_back(pool.start(kCount, [&called, job](size_t i) { ++called[job * kCount + i]; }));
    if (threads == 0) CHECK_FALSE(WorkerPool::is_done(*jobs.front()));
    const bool backwards = GENERATE(false, true);
    for (size_t i = 0; i < kJobs; ++i) {
        WorkerPool::Job& job = *jobs[backwards ? kJobs - 1 - i : i];
        pool.finish(job);
        CHECK(WorkerPool::is_done(job));
    }
    for (auto& times : called) CHECK(times == 1);
    auto nothing = pool.start(0, [](size_t) { FAIL("there is nothing to do"); });
    CHECK(WorkerPool::is_done(*nothing));
    pool.finish(*nothing);
}

TEST_CASE("a job that nobody finishes outlives who began it") {
    std::atomic<size_t> sum{0};
    {
        WorkerPool pool(GENERATE(0u, 2u));
        for (int round = 0; round < 10; ++round) {
            auto owned = std::make_shared<std::vector<size_t>>(100, size_t{1});
            pool.start(owned->size(), [owned, &sum](size_t i) { sum += (*owned)[i]; });
        }
        pool.run(100, [&](size_t) { ++sum; });
    }
    CHECK(sum >= 100);
    CHECK(sum <= 1'100);
}

TEST_CASE("several threads use one pool at once") {
    WorkerPool pool(2);
    std::atomic<size_t> sum{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                auto job = pool.start(30, [&sum](size_t) { ++sum; });
                pool.run(20, [&](size_t) { ++sum; });
                pool.finish(*job);
            }
        });
    }
    for (std::thread& thread : callers) thread.join();
    CHECK(sum == 4 * 50 * 50);
}
