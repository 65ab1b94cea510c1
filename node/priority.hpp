// Whose work comes first on a busy machine.
#pragma once

namespace gavel::node {

// The calling thread alone gives way to others from now on: Linux's nice value, 0 (as all begin) to 19. It can't be taken back.
// Where the system doesn't allow it, nothing changes.
void give_way(int niceness);

}  // namespace gavel::node
