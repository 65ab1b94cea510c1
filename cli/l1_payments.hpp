// ERC-20 calls on the L1.
#pragma once

#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::cli {

// Lets `spender` take `amount` of the wallet's tokens, if it may not yet; waits until that is in a block. A token that changes an
// allowance only from or to zero is brought to zero first.
node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount);

// How many digits of its amounts are behind the point; nullopt from a token that doesn't tell: its amounts are in base units.
// Reasons: the client's, TOKEN_INVALID (nothing stands there, or it tells nonsense).
node::Result<std::optional<unsigned>> token_decimals(l1::L1Client& client, const Address& token);

// Calldata.
Bytes approve_call(const Address& spender, Amount amount);
Bytes mint_call(const Address& to, Amount amount);

}  // namespace gavel::cli
