#include "node/scrub.hpp"

#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr size_t kBytesAtOnce = 256 << 10;

}  // namespace

Scrub::Scrub(const LevelDbStore& store, std::function<void()> failed, std::chrono::milliseconds pause)
    : store_(store), failed_(std::move(failed)), pause_(pause), thread_([this] { run(); }) {}

Scrub::~Scrub() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Scrub::run() {
    std::string next;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, pause_, [this] { return stopping_; })) {
        lock.unlock();
        try {
            next = store_.read_through(next, kBytesAtOnce).value_or("");
        } catch (const StoreError& error) {
            log_error("store failed, stopping", {{"detail", error.what()}});
            failed_();
            return;
        }
        lock.lock();
    }
}

}  // namespace gavel::node
