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

// What the sender pays, in wei. Zeros for a call that is only tried.
struct GasPrices {
    u128 gas = 0;
    u128 blob_gas = 0;  // all of it burns
};

struct ExecutionResult {
    CallResult outcome;
    uint64_t gas_used = 0;
    uint64_t gas_before_refund = 0;  // the least gas limit that may have sufficed
    std::vector<LogEntry> logs;
    std::optional<Address> contract_address;
};

// nullopt, with the state unchanged, if the sender can't pay value, gas and blobs. The caller has checked signature, nonce and
// gas limit's bounds (at least gas::minimum_limit). Of the price of gas base_fee burns, the rest is the coinbase's. After it the
// state's journal holds this transaction alone: snapshots from before are void.
std::optional<ExecutionResult> execute(WorldState& state, const NativeRegistry& registry, const BlockEnvironment& block,
                                       const Transaction& transaction, const Address& sender, const GasPrices& prices);

}  // namespace gavel::l1
