// A clean end on SIGINT and SIGTERM: both are blocked in all threads and taken by main, so no code runs inside a signal handler.
//
//     StopSignals signals;      // first thing in main, before any thread starts
//     ... start everything ...
//     signals.wait();
//     ... stop everything ...
#pragma once

#include <chrono>

namespace gavel::node {

class StopSignals {
public:
    // Blocks the two signals in this thread and so in all that it starts. Ignores SIGPIPE and SIGXFSZ.
    StopSignals();
    // Until one comes; its number.
    int wait();
    // The same, at most so long; 0 if none came.
    int wait_for(std::chrono::milliseconds timeout);
};

// From any thread: makes wait() return, as if SIGTERM had come. For a failure after which the daemon must stop.
void request_stop();
// To be called in a child process between fork and exec, which otherwise would start with the signals blocked.
void restore_signals();

}  // namespace gavel::node
