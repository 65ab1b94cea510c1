#include "l1-bridge/chain/gas_schedule.hpp"

#include <algorithm>

namespace gavel::l1::gas {

static uint64_t tokens(ByteView data) {
    uint64_t zeros = static_cast<uint64_t>(std::count(data.begin(), data.end(), uint8_t{0}));
    return zeros + 4 * (data.size() - zeros);
}

uint64_t intrinsic(const Transaction& transaction) {
    uint64_t out = kTransaction + kToken * tokens(transaction.data);
    if (!transaction.to) out += kCreate + kInitCodeWord * ((transaction.data.size() + 31) / 32);
    for (const AccessEntry& entry : transaction.access_list) out += kAccessListAddress + kAccessListSlot * entry.slots.size();
    return out;
}

uint64_t floor(const Transaction& transaction) { return kTransaction + kFloorToken * tokens(transaction.data); }

uint64_t minimum_limit(const Transaction& transaction) { return std::max(intrinsic(transaction), floor(transaction)); }

u128 next_base_fee(u128 base_fee, uint64_t gas_used, uint64_t gas_limit) {
    uint64_t target = std::max<uint64_t>(gas_limit / 2, 1);
    if (gas_used == target) return base_fee;
    uint64_t distance = gas_used > target ? gas_used - target : target - gas_used;
    u128 change = base_fee * distance / target / 8;
    if (gas_used < target) return base_fee - change;
    return base_fee + std::max<u128>(change, 1);
}

}  // namespace gavel::l1::gas
