// What the simulated chain has, as the objects of Ethereum's JSON-RPC.
#pragma once

#include <vector>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::l1::rpc {

Json transaction_json(const FoundTransaction& found);
// `full`: with the transactions themselves, not their hashes.
Json block_json(const Block& block, bool full);
// The block that would be mined now, without its transactions.
Json pending_json(const BlockHeader& header);
Json receipt_json(const Receipt& receipt);
// What the chain runs by (EIP-7910): one fork from the first block to the last. It has no EVM, so no precompiles either.
Json config_json(const SimulatedChain& chain);
// Tips at the percentiles of the block's gas (eth_feeHistory).
Json rewards(const Block& block, const std::vector<double>& percentiles);

}  // namespace gavel::l1::rpc
