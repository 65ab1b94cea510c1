#include "node/daemon.hpp"

#include <cstdio>

#include "node/secret.hpp"
#include "node/store.hpp"

namespace gavel::node {

int run_daemon(const Daemon& daemon, int argc, char** argv) {
    forbid_dumps();
    StopSignals signals;
    Options options(daemon.name, daemon.about);
    daemon.add_options(options);
    if (auto status = options.parse(argc, argv)) return *status;
    init_log(*daemon.log, daemon.name);
    std::string failure;
    try {
        const Status status = daemon.run(signals);
        if (status.ok()) return 0;
        failure = to_string(status);
    } catch (const StoreError& error) {
        failure = error.what();
    }
    std::fprintf(stderr, "%s: %s\n", daemon.name.c_str(), failure.c_str());
    return 1;
}

}  // namespace gavel::node
