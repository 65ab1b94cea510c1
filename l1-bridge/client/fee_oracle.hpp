// What the L1 asks for gas, by whatever a node can tell.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "l1-bridge/wire/l1_types.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

// Result of a method of a node's JSON-RPC.
using AskNode = std::function<node::Result<nlohmann::json>(const std::string& method, const nlohmann::json& params)>;

// The next block's base fee: from eth_feeHistory, or else the newest block's and an eighth more. The tip:
// eth_maxPriorityFeePerGas; of a node without it what half of the transactions of the last blocks paid (eth_feeHistory), or else
// the gas price less the base fee; never below a million wei. The next block's blob base fee: from eth_feeHistory alone. All in
// wei per gas, below 2^64. Not OK: the node can't be reached,
// or tells no base fee.
node::Result<Fees> find_fees(const AskNode& ask);

}  // namespace gavel::l1
