#include "sequencer/writer.hpp"

namespace gavel::sequencer {
namespace {

constexpr size_t kOperationsAtOnce = 4096;  // executed before one flush

}  // namespace

Writer::Writer(ledger::Ledger& ledger, size_t max_queued, std::function<void()> after)
    : ledger_(ledger), max_queued_(max_queued), after_(std::move(after)) {}

// ---- Any thread ----

bool Writer::offer(size_t operations, std::function<void()> execute, Answer answer) {
    std::lock_guard lock(mutex_);
    if (is_closed_ || queued_ + operations > max_queued_) return false;
    queued_ += operations;
    queue_.push_back({operations, std::move(execute), std::move(answer)});
    work_.notify_one();
    return true;
}

void Writer::perform(node::Durability durability, const std::function<void()>& execute) {
    Command command{execute, durability, false, nullptr};
    {
        std::unique_lock lock(mutex_);
        if (thread_ && *thread_ != std::this_thread::get_id()) {
            commands_.push_back(&command);
            work_.notify_one();
            done_.wait(lock, [&] { return command.is_done || !thread_; });
            if (!command.is_done) std::erase(commands_, &command);
        }
    }
    if (!command.is_done) {
        std::lock_guard turn(turn_mutex_);
        execute_here(command);
    }
    if (command.failure) std::rethrow_exception(command.failure);
}

void Writer::close() {
    std::deque<Operations> left;
    {
        std::lock_guard lock(mutex_);
        is_closed_ = true;
        left.swap(queue_);
        queued_ = 0;
    }
    for (Operations& operations : left) operations.answer(std::make_exception_ptr(Closed{}));
}

// ---- The writing thread ----

void Writer::execute_here(Command& command) {
    ledger::writing.assume();
    try {
        command.execute();
        if (command.durability == node::Durability::kSynced) ledger_.flush(node::Durability::kSynced);
        after_();
    } catch (...) {
        command.failure = std::current_exception();
    }
}

std::vector<Writer::Operations> Writer::take_group() {
    std::vector<Operations> out;
    size_t count = 0;
    std::lock_guard lock(mutex_);
    thread_ = std::this_thread::get_id();
    while (!queue_.empty() && count < kOperationsAtOnce) {
        count += queue_.front().count;
        out.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queued_ -= count;
    return out;
}

void Writer::execute_group(std::vector<Operations> group) {
    ledger::writing.assume();
    try {
        std::lock_guard turn(turn_mutex_);
        for (Operations& operations : group) operations.execute();
        ledger_.flush(node::Durability::kSynced);
        after_();
    } catch (...) {
        // Nothing of this may be acknowledged, whether or not it has reached the disk.
        for (Operations& operations : group) operations.answer(std::current_exception());
        throw;
    }
    for (Operations& operations : group) operations.answer(nullptr);
}

Writer::Command* Writer::next_command() {
    std::lock_guard lock(mutex_);
    if (commands_.empty()) return nullptr;
    Command* out = commands_.front();
    commands_.pop_front();
    return out;
}

bool Writer::turn() {
    std::vector<Operations> group = take_group();
    const bool any = !group.empty();
    if (any) execute_group(std::move(group));
    Command* command = next_command();
    if (command == nullptr) return any;
    {
        std::lock_guard turn(turn_mutex_);
        execute_here(*command);
    }
    std::lock_guard lock(mutex_);
    command->is_done = true;
    done_.notify_all();
    return true;
}

void Writer::wait_for_work(uint64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    work_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return !queue_.empty() || !commands_.empty(); });
}

void Writer::leave() {
    std::lock_guard lock(mutex_);
    thread_.reset();
    done_.notify_all();
}

}  // namespace gavel::sequencer
