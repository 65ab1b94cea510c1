// Calldata of the calls of a token's contract (ERC-20).
#pragma once

#include "l1-bridge/wire/abi.hpp"
#include "protocol/amount.hpp"

namespace gavel::l1::erc20_call {

inline Bytes approve(const Address& spender, Amount amount) {
    return AbiWriter("approve(address,uint256)").word(spender).word(amount.value()).take();
}

inline Bytes transfer(const Address& to, Amount amount) {
    return AbiWriter("transfer(address,uint256)").word(to).word(amount.value()).take();
}

// Of gavel-l1's test tokens alone.
inline Bytes mint(const Address& to, Amount amount) {
    return AbiWriter("mint(address,uint256)").word(to).word(amount.value()).take();
}

}  // namespace gavel::l1::erc20_call
