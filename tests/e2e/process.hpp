// A program run by a test: its output goes to a file, and it doesn't outlive the object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/within.hpp"

namespace gavel::e2e {

using test::within;

class Process {
public:
    // Output and errors are added to the file at `log_path`. Throws if it can't be started.
    Process(const std::vector<std::string>& command, std::string log_path);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    bool is_alive();
    // For signals, while it is alive.
    pid_t pid() const { return pid_; }
    // SIGKILL, and waits until it is gone.
    void kill_now();
    // SIGTERM; the exit status, or nullopt if it had to be killed after half a minute, or was ended by a signal.
    std::optional<int> stop();
    std::string log() const;
    // Whether that stands in what was written since this process began.
    bool has_logged(const std::string& text) const;
    // The text behind `mark` up to the next blank or one of `,}"`, from what was written since this process began; empty if there
    // is none within the time or the process ends.
    std::string wait_for(const std::string& mark, std::chrono::seconds time);

private:
    std::string log_path_;
    size_t log_begin_ = 0;
    pid_t pid_ = -1;
};

struct Finished {
    int exit_status = -1;
    std::string output;  // standard output
    std::string errors;
};
// Runs to its end; killed, with exit status -1, if it takes longer.
Finished run(const std::vector<std::string>& command, const std::string& folder,
             std::chrono::seconds time = std::chrono::seconds(120));

// A port of 127.0.0.1 that is free now; another program may take it before it is used. Throws if there is none.
int free_port();

}  // namespace gavel::e2e
