// Runs one message on a state: fees, gas, transfers, creation and calls of native contracts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "l1-bridge/chain/chain_host.hpp"
#include "l1-bridge/chain/world_state.hpp"
#include "l1-bridge/wire/transaction.hpp"

namespace gavel::l1 {

struct BlockEnvironment {
    uint64_t chain_id = 0;
    uint64_t number = 0;
    uint64_t time = 0;
    uint64_t gas_limit = 0;
    u128 base_fee = 0;
    Address coinbase;
};

struct ExecutionResult {
    CallResult outcome;
    uint64_t gas_used = 0;
    uint64_t gas_before_refund = 0;  // the least gas limit that may have sufficed
    std::vector<LogEntry> logs;
    std::optional<Address> contract_address;
};

// nullopt, with the state unchanged, if the sender can't pay value and gas. The caller has checked signature, nonce and gas
// limit's bounds (at least gas::minimum_limit). `gas_price` is wei per gas, zero for a call that is only tried; of it base_fee
// burns, the rest is the coinbase's. After it the state's journal holds this transaction alone: snapshots from before are void.
std::optional<ExecutionResult> execute(WorldState& state, const NativeRegistry& registry, const BlockEnvironment& block,
                                       const Transaction& transaction, const Address& sender, u128 gas_price);

}  // namespace gavel::l1
