#include "l1-bridge/wire/rollup_times.hpp"

#include <algorithm>

namespace gavel::l1 {

u128 payees_end(uint64_t expiry, uint64_t frozen_at, uint64_t challenge_window) {
    const u128 least = u128{frozen_at} + challenge_window + kChannelLeast;
    return std::max(std::min(u128{expiry}, u128{frozen_at} + kChannelMost), least);
}

}  // namespace gavel::l1
