#include "sequencer/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace gavel::sequencer {

struct WorkerPool::Job {
    static constexpr size_t kPiece = 8;  // indexes taken at once
    size_t count;
    const std::function<void(size_t)>& work;
    std::atomic<size_t> next{0};
    std::atomic<size_t> done{0};
    std::mutex mutex;
    std::condition_variable finished;

    Job(size_t n, const std::function<void(size_t)>& f) : count(n), work(f) {}
    bool exhausted() const { return next.load() >= count; }
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

void WorkerPool::take_part(Job& job) {
    for (;;) {
        size_t first = job.next.fetch_add(Job::kPiece);
        if (first >= job.count) return;
        size_t last = std::min(first + Job::kPiece, job.count);
        for (size_t i = first; i < last; ++i) job.work(i);
        if (job.done.fetch_add(last - first) + (last - first) == job.count) {
            std::lock_guard lock(job.mutex);
            job.finished.notify_all();
        }
    }
}

void WorkerPool::serve() {
    for (;;) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            job = jobs_.front();
            if (job->exhausted()) {
                jobs_.pop_front();
                continue;
            }
        }
        take_part(*job);
    }
}

void WorkerPool::run(size_t count, const std::function<void(size_t)>& work) {
    if (count <= Job::kPiece || threads_.empty()) {
        for (size_t i = 0; i < count; ++i) work(i);
        return;
    }
    auto job = std::make_shared<Job>(count, work);
    {
        std::lock_guard lock(mutex_);
        jobs_.push_back(job);
    }
    wake_.notify_all();
    take_part(*job);
    std::unique_lock lock(job->mutex);
    job->finished.wait(lock, [&] { return job->done.load() == count; });
}

}  // namespace gavel::sequencer
