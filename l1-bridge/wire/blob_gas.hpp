// What blobs cost: the schedule of a block's blobs, and the base fee of their gas.
#pragma once

#include <cstdint>

#include "l1-bridge/wire/transaction.hpp"

namespace gavel::l1 {

constexpr uint64_t kGasPerBlob = uint64_t{1} << 17;  // EIP-4844, GAS_PER_BLOB

// As a node tells it by eth_config (EIP-7840, EIP-7892).
struct BlobSchedule {
    // Blobs of a block, and the divisor of the excess gas from which the fee follows. At first those of BPO2.
    uint64_t target = 14, max = 21, update_fraction = 11'684'671;
    // One that isn't valid is given to no function here.
    bool is_valid() const { return target <= max && max > 0 && max <= 1'000'000 && update_fraction > 0; }
    uint64_t max_gas() const { return max * kGasPerBlob; }
};

// What a header says of blobs.
struct BlobGas {
    uint64_t used = 0, excess = 0;
    friend bool operator==(const BlobGas&, const BlobGas&) = default;
};

constexpr uint64_t blob_gas_of(const Transaction& transaction) { return kGasPerBlob * transaction.blob_hashes.size(); }

// Wei per blob gas in a block with this excess (EIP-4844, get_base_fee_per_blob_gas); 2^128-1 if 128 bits are too few to reckon
// it, which with BPO2's fraction is from 8 * 10^23 wei on.
u128 blob_base_fee(const BlobSchedule& schedule, uint64_t excess);
// The excess of the block after one with these figures (EIP-4844, calc_excess_blob_gas), and never so low that blobs cost less
// than a sixteenth of the base fee for long (EIP-7918). 2^64-1 if it would be more.
uint64_t next_excess_blob_gas(const BlobSchedule& schedule, const BlobGas& parent, u128 parent_base_fee);

// Product and sum; 2^128-1 if they are more.
u128 capped_product(u128 left, u128 right);
u128 capped_sum(u128 left, u128 right);
// Value, gas and blobs at these prices; 2^128-1 if it is more, which nobody can pay.
u128 cost_of(const Transaction& transaction, u128 gas_price, u128 blob_gas_price);
// The most that it can cost.
u128 most_cost(const Transaction& transaction);

}  // namespace gavel::l1
