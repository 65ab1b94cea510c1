// hostile_run: the random run, as a program that takes a seed.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/hostile/hostile_run.hpp"

namespace {

gavel::hostile::RunOptions options;

}  // namespace

const gavel::hostile::RunOptions& gavel::hostile::run_options() { return options; }

int main(int argc, char** argv) {
    options.seed = 1;  // the same each time among the tests; scripts/hostile.sh draws others
    Catch::Session session;
    using Catch::clara::Opt;
    session.cli(session.cli() | Opt(options.seed, "number")["--seed"]("which faults come when (default 1)") |
                Opt(options.seconds, "number")["--seconds"]("how long the L1 misbehaves"));
    if (int status = session.applyCommandLine(argc, argv)) return status;
    return session.run();
}
