// Deadlines of gRPC by the monotonic clock: whoever sets the machine's clock ends no call, and keeps none for a day.
#pragma once

#include <chrono>
#include <grpc/support/time.h>

namespace gavel::node {

// So much time from now, for set_deadline() and Shutdown().
inline gpr_timespec grpc_deadline(std::chrono::milliseconds from_now) {
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(from_now.count(), GPR_TIMESPAN));
}

}  // namespace gavel::node
