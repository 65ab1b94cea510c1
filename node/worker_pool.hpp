// A few threads that share out independent pieces of work: signature checks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gavel::node {

class WorkerPool {
public:
    // With zero threads, run() and finish() do everything in the caller's.
    explicit WorkerPool(unsigned threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Calls work(i) for each i < count, the caller's thread taking its part, and returns when all are done. Any thread may call.
    // `work` must not throw.
    void run(size_t count, const std::function<void(size_t)>& work);

    struct Job;
    // Begins the same in the pool's threads alone, and returns at once. A job that nobody finishes may run on until the pool is
    // destroyed: `work` owns what it uses.
    std::shared_ptr<Job> start(size_t count, std::function<void(size_t)> work);
    // Whether all calls of a job have returned.
    static bool is_done(const Job& job);
    // Returns when it is done. Until then the caller's thread works, on this job or those behind it.
    void finish(Job& job);

private:
    void serve();
    static bool take_piece(Job& job);
    std::shared_ptr<Job> job_with_work();
    std::shared_ptr<Job> job_with_work_locked();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace gavel::node
