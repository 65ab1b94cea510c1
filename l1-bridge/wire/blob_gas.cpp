#include "l1-bridge/wire/blob_gas.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

constexpr u128 kMost = ~u128{0};
constexpr uint64_t kBlobBaseCost = uint64_t{1} << 13;  // EIP-7918, BLOB_BASE_COST

uint64_t capped_64(u128 value) { return static_cast<uint64_t>(std::min<u128>(value, UINT64_MAX)); }

// EIP-4844, fake_exponential: numerator / denominator as a power of e, by its series.
u128 fake_exponential(u128 numerator, u128 denominator) {
    u128 sum = 0, term = denominator;
    for (u128 i = 1; term > 0; ++i) {
        sum = capped_sum(sum, term);
        const u128 next = capped_product(term, numerator);
        if (next == kMost || sum == kMost) return kMost;
        term = next / (denominator * i);
    }
    return sum / denominator;
}

}  // namespace

u128 capped_sum(u128 left, u128 right) { return left + std::min(right, kMost - left); }

u128 capped_product(u128 left, u128 right) { return right != 0 && left > kMost / right ? kMost : left * right; }

u128 blob_base_fee(const BlobSchedule& schedule, uint64_t excess) {
    GAVEL_CHECK(schedule.is_valid());
    return fake_exponential(excess, schedule.update_fraction);
}

uint64_t next_excess_blob_gas(const BlobSchedule& schedule, const BlobGas& parent, u128 parent_base_fee) {
    GAVEL_CHECK(schedule.is_valid());
    const u128 target = schedule.target * kGasPerBlob, sum = u128{parent.excess} + parent.used;
    if (sum < target) return 0;
    const u128 reserve = capped_product(kBlobBaseCost, parent_base_fee);
    if (reserve > capped_product(kGasPerBlob, blob_base_fee(schedule, parent.excess))) {
        return capped_64(parent.excess + u128{parent.used} * (schedule.max - schedule.target) / schedule.max);
    }
    return capped_64(sum - target);
}

u128 cost_of(const Transaction& transaction, u128 gas_price, u128 blob_gas_price) {
    const u128 gas = capped_product(gas_price, transaction.gas_limit);
    const u128 blob_gas = capped_product(blob_gas_price, blob_gas_of(transaction));
    return capped_sum(capped_sum(gas, blob_gas), transaction.value);
}

u128 most_cost(const Transaction& transaction) { return cost_of(transaction, transaction.max_fee, transaction.max_blob_fee); }

}  // namespace gavel::l1
