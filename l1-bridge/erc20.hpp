// Calldata of an ERC-20's functions (EIP-20), and of the simulated chain's token's open mint.
#pragma once

#include "l1-bridge/abi.hpp"

namespace gavel::l1::erc20 {

inline Bytes approve(const Address& spender, Amount amount) {
    return AbiWriter("approve(address,uint256)").word(spender).word(amount.value()).take();
}
inline Bytes transfer(const Address& to, Amount amount) {
    return AbiWriter("transfer(address,uint256)").word(to).word(amount.value()).take();
}
inline Bytes balance_of(const Address& owner) { return AbiWriter("balanceOf(address)").word(owner).take(); }
inline Bytes decimals() { return AbiWriter("decimals()").take(); }
inline Bytes symbol() { return AbiWriter("symbol()").take(); }
// Of TestToken: anybody may.
inline Bytes mint(const Address& to, Amount amount) {
    return AbiWriter("mint(address,uint256)").word(to).word(amount.value()).take();
}

}  // namespace gavel::l1::erc20
