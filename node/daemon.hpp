// The shell of a daemon: what its main does before and after its own work.
#pragma once

#include <functional>
#include <string>

#include "node/config.hpp"
#include "node/log.hpp"
#include "node/signals.hpp"
#include "node/status.hpp"

namespace gavel::node {

struct Daemon {
    std::string name;   // of the program
    std::string about;  // one sentence for --help
    std::function<void(Options&)> add_options;
    const LogOptions* log = nullptr;  // read by then
    // The work. Not OK: the program fails with it.
    std::function<Status(StopSignals&)> run;
};

// Reads options and log settings, runs, tells a failure on standard error. The exit status: 0, or 1 after a failure (a StoreError
// among them); what the options ask for (--help: 0, a bad one: 2).
int run_daemon(const Daemon& daemon, int argc, char** argv);

}  // namespace gavel::node
