#include "node/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace gavel::node {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

StopSignals::StopSignals() {
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a failed write
}

int StopSignals::wait() {
    sigset_t set = stop_signals();
    int number = 0;
    while (sigwait(&set, &number) != 0) {
    }
    return number;
}

int StopSignals::wait_for(std::chrono::milliseconds timeout) {
    sigset_t set = stop_signals();
    auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
        if (left.count() < 0) left = std::chrono::nanoseconds(0);
        timespec span{static_cast<time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
        int number = sigtimedwait(&set, nullptr, &span);
        if (number > 0) return number;
        if (errno != EINTR) return 0;
    }
}

void request_stop() { kill(getpid(), SIGTERM); }

void restore_signals() {
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
}

}  // namespace gavel::node
