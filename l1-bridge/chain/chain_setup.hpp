// Native contracts that stand on a development chain from its start, at addresses that are the same each time.
#pragma once

#include <string_view>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

// Who deploys at start: PrivateKey::derived of this and a purpose, "gavel-l1 deployer of tokens". Each purpose has an account of
// its own, so that the addresses of one don't depend on how many of the other there are. To be funded in the genesis block.
PrivateKey setup_deployer(std::string_view purpose);

// Makes sure that `deployer`'s creation number `index` (its nonce) is there: deploys it if that is the deployer's next nonce, and
// does nothing if it is deployed already. `creation`: data of the transaction. The address either way. Reasons: SETUP_ORDER (an
// earlier one is missing), SETUP_REVERTED (message has the revert), and those of SimulatedChain::send_raw.
node::Result<Address> ensure_deployed(SimulatedChain& chain, const PrivateKey& deployer, uint64_t index, std::string_view name,
                                      Bytes creation, const ErrorNames& error_names);

}  // namespace gavel::l1
