#include "node/loop.hpp"

#include <algorithm>

#include "node/log.hpp"
#include "node/priority.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"

namespace gavel::node {
namespace {

constexpr std::chrono::milliseconds kNap{20}, kFirstPause{200}, kLongestPause{30'000};

}  // namespace

void Loops::start(const std::string& trouble, std::function<void()> round, std::function<void()> at_end, int niceness) {
    threads_.emplace_back([this, trouble, niceness, round = std::move(round), at_end = std::move(at_end)] {
        give_way(niceness);
        run(trouble, round);
        at_end();
    });
}

void Loops::run(const std::string& trouble, const std::function<void()>& round) {
    auto pause = kFirstPause;
    while (is_running_) {
        try {
            round();
            troubles_.settled(trouble);
            pause = kFirstPause;
        } catch (const StoreError& error) {
            log_error("store failed, stopping", {{"detail", error.what()}});
            has_failed_ = true;
            is_running_ = false;
            request_stop();
        } catch (const std::exception& error) {
            troubles_.raise(trouble, error.what());
            rest(pause);
            pause = std::min(2 * pause, kLongestPause);
        }
    }
}

void Loops::rest(std::chrono::milliseconds time) const {
    for (std::chrono::milliseconds slept{0}; is_running_ && slept < time; slept += kNap)
        std::this_thread::sleep_for(std::min(kNap, time));
}

void Loops::stop() {
    is_running_ = false;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace gavel::node
