// A program started as a child: it ends with this process, however this one ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "node/status.hpp"

namespace gavel::cli {

class ChildProcess {
public:
    // Starts `program` (a path) with its output appended to the file `log`, without GAVEL_ variables. To be called from the main
    // thread only, whose end the child takes for the process's. Reasons: PROGRAM_MISSING, FILE_UNWRITABLE, START_FAILED.
    static node::Result<std::unique_ptr<ChildProcess>> start(const std::string& program,
                                                             const std::vector<std::string>& arguments, const std::string& log);
    // Stops it.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    bool is_running();
    // SIGTERM; SIGKILL after the patience is over. Does nothing the second time.
    void stop(std::chrono::milliseconds patience = std::chrono::seconds(10));
    pid_t pid() const { return pid_; }

private:
    explicit ChildProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_;
    bool ended_ = false;
};

// The folder of the program that runs.
std::string program_folder();
// A TCP port of this machine that nobody listens on at the moment.
node::Result<uint16_t> free_port();

}  // namespace gavel::cli
