// Work on all cores at once, for gavel-bench-speed.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace gavel::bench {

inline unsigned cores() { return std::max(1u, std::thread::hardware_concurrency()); }

// `work(core)` in a thread for each core; returns when all have ended.
template <class Work>
void on_each_core(const Work& work) {
    std::vector<std::thread> threads;
    for (unsigned core = 0; core < cores(); ++core) threads.emplace_back([&work, core] { work(core); });
    for (std::thread& thread : threads) thread.join();
}

// `work(i)` for each i below `count`, in any order, by all cores.
template <class Work>
void for_each_on_all_cores(size_t count, const Work& work) {
    constexpr size_t kStep = 64;
    std::atomic<size_t> next{0};
    on_each_core([&](unsigned) {
        for (size_t begin = 0; (begin = next.fetch_add(kStep)) < count;)
            for (size_t i = begin; i < std::min(count, begin + kStep); ++i) work(i);
    });
}

}  // namespace gavel::bench
