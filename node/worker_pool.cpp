#include "node/worker_pool.hpp"

#include <algorithm>
#include <atomic>

namespace gavel::node {

struct WorkerPool::Job {
    static constexpr size_t kPiece = 8;  // indexes taken at once
    size_t count;
    std::function<void(size_t)> work;
    std::atomic<size_t> next{0};
    std::atomic<size_t> done{0};
    std::mutex mutex;
    std::condition_variable finished;

    Job(size_t n, std::function<void(size_t)> f) : count(n), work(std::move(f)) {}
    bool has_work() const { return next.load() < count; }
    void wait() {
        std::unique_lock lock(mutex);
        finished.wait(lock, [&] { return is_done(*this); });
    }
};

WorkerPool::WorkerPool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::is_done(const Job& job) { return job.done.load() == job.count; }

// False: all pieces are taken.
bool WorkerPool::take_piece(Job& job) {
    size_t first = job.next.fetch_add(Job::kPiece);
    if (first >= job.count) return false;
    size_t last = std::min(first + Job::kPiece, job.count);
    for (size_t i = first; i < last; ++i) job.work(i);
    if (job.done.fetch_add(last - first) + (last - first) == job.count) {
        std::lock_guard lock(job.mutex);
        job.finished.notify_all();
    }
    return true;
}

std::shared_ptr<WorkerPool::Job> WorkerPool::job_with_work_locked() {
    while (!jobs_.empty() && !jobs_.front()->has_work()) jobs_.pop_front();
    return jobs_.empty() ? nullptr : jobs_.front();
}

std::shared_ptr<WorkerPool::Job> WorkerPool::job_with_work() {
    std::lock_guard lock(mutex_);
    return job_with_work_locked();
}

void WorkerPool::serve() {
    for (;;) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return stopping_ || (job = job_with_work_locked()); });
            if (stopping_) return;
        }
        take_piece(*job);
    }
}

void WorkerPool::run(size_t count, const std::function<void(size_t)>& work) {
    if (count <= Job::kPiece || threads_.empty()) {
        for (size_t i = 0; i < count; ++i) work(i);
        return;
    }
    auto job = start(count, work);
    while (take_piece(*job)) {
    }
    job->wait();
}

std::shared_ptr<WorkerPool::Job> WorkerPool::start(size_t count, std::function<void(size_t)> work) {
    auto job = std::make_shared<Job>(count, std::move(work));
    if (count == 0 || threads_.empty()) return job;
    {
        std::lock_guard lock(mutex_);
        jobs_.push_back(job);
    }
    wake_.notify_all();
    return job;
}

void WorkerPool::finish(Job& job) {
    while (!is_done(job)) {
        if (take_piece(job)) continue;
        // The last pieces are others': meanwhile the next job goes on.
        auto next = job_with_work();
        if (!next) return job.wait();
        take_piece(*next);
    }
}

}  // namespace gavel::node
