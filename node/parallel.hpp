// A job on all cores.
#pragma once

#include <cstddef>
#include <functional>

namespace gavel::node {

// Runs `job` for each number below `jobs`, in as many threads as there are cores at most, and returns when all are done. If jobs
// throw, those not yet begun aren't begun, and the exception of one of them is thrown on.
void run_on_all_cores(size_t jobs, const std::function<void(size_t)>& job);

}  // namespace gavel::node
