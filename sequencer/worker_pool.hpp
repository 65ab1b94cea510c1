// A few threads that share out independent pieces of work: signature checks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gavel::sequencer {

class WorkerPool {
public:
    // With zero threads, run() does everything in the caller's.
    explicit WorkerPool(unsigned threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Calls work(i) for each i < count, the caller's thread taking its part, and returns when all are done. Any thread may call.
    // `work` must not throw.
    void run(size_t count, const std::function<void(size_t)>& work);

private:
    struct Job;
    void serve();
    static void take_part(Job& job);

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace gavel::sequencer
