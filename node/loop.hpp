// The loops of a daemon: one piece of work, again and again, in a thread of its own, until the daemon stops.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "node/troubles.hpp"

namespace gavel::node {

// Not thread-safe itself. A store that fails ends all of them and asks the daemon to stop. Any other exception ends the round
// alone: it is told as a grave trouble, until a round goes well again, and after a pause that grows up to half a minute the next
// begins.
class Loops {
public:
    // Lives shorter than `troubles`.
    explicit Loops(Troubles& troubles) : troubles_(troubles) {}
    ~Loops() { stop(); }

    // `trouble`: the reason under which exceptions are told. `at_end` is called once, by the same thread, after its last round.
    // What both need must outlive this. `niceness`: of its thread (priority.hpp).
    void start(
        const std::string& trouble, std::function<void()> round, std::function<void()> at_end = [] {}, int niceness = 0);
    // Ends after the rounds that run.
    void stop();
    // Sleeps, for a round that has nothing to do, at most until stop().
    void rest(std::chrono::milliseconds time) const;
    bool is_running() const { return is_running_; }
    // Whether a store has failed; the log tells how.
    bool has_failed() const { return has_failed_; }

private:
    void run(const std::string& trouble, const std::function<void()>& round);

    Troubles& troubles_;
    std::atomic<bool> is_running_{true}, has_failed_{false};
    std::vector<std::thread> threads_;
};

}  // namespace gavel::node
