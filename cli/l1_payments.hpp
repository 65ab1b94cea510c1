// ERC-20 calls on the L1.
#pragma once

#include "l1-bridge/rollup_client.hpp"

namespace gavel::cli {

// Lets `spender` take `amount` of the wallet's tokens, if it may not yet; waits until that is in a block.
node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount);

// Calldata.
Bytes approve_call(const Address& spender, Amount amount);
Bytes mint_call(const Address& to, Amount amount);

}  // namespace gavel::cli
