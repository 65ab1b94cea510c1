// The contracts as they are deployed, on any L1 by the same transaction: creation code as the Solidity compiler made it
// (l1-bridge/artifacts/, written by scripts/contracts.sh), followed by ABI-encoded constructor arguments. The simulated chain
// runs its native twin in place of the code.
#pragma once

#include <string_view>

#include "l1-bridge/client/l1_client.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::l1 {

ByteView rollup_creation_code();
ByteView test_token_creation_code();

// Data of the transactions that create them.
Bytes rollup_creation(const RollupParameters& parameters);
// An ERC-20 that anybody may mint; name and symbol of at most 31 bytes.
Bytes test_token_creation(std::string_view name, std::string_view symbol, uint8_t decimals);

// The parameters of the rollup contract at an address. Reasons, beside the client's: NO_CONTRACT, NOT_A_ROLLUP
// (kFailedPrecondition, field "rollup"): nothing, or something else, stands there; the message names address and chain.
node::Result<RollupParameters> find_rollup(L1Client& client, const Address& rollup);

}  // namespace gavel::l1
