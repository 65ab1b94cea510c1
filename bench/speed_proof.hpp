// What a proof of an account costs in a tree of so many.
#pragma once

#include <cstdint>

namespace gavel::bench {

// Microseconds, the median of some hundred: of an account that has just changed, its path in the tree and the root above it. The
// tree has `accounts` leaves (at least 2), drawn at random.
double account_proof_us(uint32_t accounts);

}  // namespace gavel::bench
