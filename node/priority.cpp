#include "node/priority.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace gavel::node {

// A nice value is a thread's on Linux, whatever POSIX says (setpriority(2), "C library/kernel differences").
void give_way(int niceness) {
    if (niceness > 0) (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
}

}  // namespace gavel::node
