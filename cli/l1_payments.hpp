// ERC-20 calls on the L1, and what development chains let anybody create.
#pragma once

#include "l1-bridge/rollup_client.hpp"

namespace gavel::cli {

// Lets `spender` take `amount` of the wallet's tokens, if it may not yet; waits until that is in a block.
node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount);

// Calldata.
Bytes approve_call(const Address& spender, Amount amount);
Bytes mint_call(const Address& to, Amount amount);
// Data of transactions that create contracts on gavel-l1 (Ethereum's nodes don't know them): a mintable ERC-20, a rollup.
Bytes test_token_creation(const std::string& name, const std::string& symbol, uint8_t decimals);
Bytes rollup_creation(const l1::RollupParameters& parameters);

}  // namespace gavel::cli
