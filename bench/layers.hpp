// What gavel-bench-layers measures (bench/README.md): the same payments on the L1 itself and through the rollup.
#pragma once

#include <string>
#include <vector>

#include "bench/layers_world.hpp"

namespace gavel::bench {

enum class Kind { kEth, kToken, kPayout };
inline constexpr Kind kKinds[] = {Kind::kEth, Kind::kToken, Kind::kPayout};
inline constexpr unsigned kPayoutLines = 60;
const char* name_of(Kind kind);

// On the L1: each payment a transaction of its own.
struct DirectFigures {
    uint64_t payments = 0;
    uint64_t blocks = 0;
    uint64_t gas = 0;    // of them all
    double seconds = 0;  // of this machine, for the simulated node to check and execute them
    double gas_each() const { return double(gas) / double(payments); }
    // By what fits into blocks.
    double per_second() const { return double(payments) / double(blocks * kBlockTime); }
    double computed_per_second() const { return double(payments) / seconds; }
};
DirectFigures measure_direct(LayersWorld& world, Kind kind, unsigned blocks);

// Through the rollup, in calldata or in blobs.
struct RollupFigures {
    BlobCost cost;
    BlobCost full;  // of the batches alone whose every slot has a chunk
    uint64_t batches = 0, blobs = 0, full_blobs = 0;
    uint64_t bytes = 0;          // of the batches' calldata
    uint64_t fullest_block = 0;  // payments whose batches are in one L1 block
    double seconds = 0;          // of this machine, from submitted to durable: signatures, execution, disk
    double bytes_each() const { return double(bytes) / double(cost.payments); }
    // In full batches, or in those there are.
    double payments_per_blob() const {
        if (full_blobs > 0) return double(full.payments) / double(full_blobs);
        return blobs > 0 ? double(cost.payments) / double(blobs) : 0;
    }
    // By what L1 blocks have room for: gas.
    double per_second_by_gas() const { return double(kBlockGas) / cost.execution_each() / kBlockTime; }
    // So many blobs of each block, as full as full batches have them.
    double per_second_by_blobs(uint64_t blobs_of_block) const {
        return payments_per_blob() * double(blobs_of_block) / kBlockTime;
    }
    double computed_per_second() const { return double(cost.payments) / seconds; }
};
// `payments`: at least so many, to the `accounts` that fill_state() made.
RollupFigures measure_rollup(LayersWorld& world, Kind kind, size_t payments, size_t accounts);
// Makes accounts of other people, so that indexes have a length to be compressed to; they are paid by payouts.
void fill_state(LayersWorld& world, const Address& token, size_t accounts);

// One at a time on an idle system.
struct Times {
    double confirmed_ms = 0;        // median, from submitted to durable
    double confirmed_worst_ms = 0;  // of all that were measured
    double posted_s = 0;            // mean, until its batch is in an L1 block
    double direct_included_s = 0;   // mean, of a transaction that comes at any moment of a block
};
Times measure_times(LayersWorld& world);

// A congested L1, block by block.
struct Moment {
    uint64_t block = 0;
    double demand = 0;          // gas asked for in this block, in blocks
    uint64_t blobs_wanted = 0;  // by others, in this block
    double base_fee_gwei = 0;
    double blob_fee_gwei = 0;   // of a blob gas
    double direct_fee = 0;      // ETH, of a transfer on the L1
    double rollup_fee = 0;      // ETH, what the sequencer asks for a transfer
    double confirmed_ms = 0;    // mean of this block's payments on the L2
    double posting_age_s = 0;   // of the oldest payment that isn't in an L1 block
    uint64_t direct_waits = 0;  // transfers with a usual wallet's fee that aren't in a block yet
};
std::vector<Moment> measure_congestion(LayersWorld& world, unsigned calm, unsigned busy, unsigned after);

}  // namespace gavel::bench
