// What hostile_run was told on its command line.
#pragma once

#include <cstdint>

namespace gavel::hostile {

struct RunOptions {
    uint64_t seed = 0;
    unsigned seconds = 40;  // for which the L1 misbehaves
};
const RunOptions& run_options();

}  // namespace gavel::hostile
