#include "node/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gavel::node {

void run_on_all_cores(size_t jobs, const std::function<void(size_t)>& job) {
    std::atomic<size_t> next{0};
    std::mutex mutex;
    std::exception_ptr thrown;
    auto work = [&] {
        try {
            for (size_t mine = next++; mine < jobs; mine = next++) job(mine);
        } catch (...) {
            next = jobs;
            const std::lock_guard lock(mutex);
            thrown = std::current_exception();
        }
    };
    const size_t threads = std::min<size_t>(jobs, std::max(1U, std::thread::hardware_concurrency()));
    std::vector<std::thread> others;
    for (size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace gavel::node
