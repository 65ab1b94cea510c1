// What only tests ask of contracts.
#pragma once

#include "l1-bridge/client/l1_client.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::test {

// The number that a view of a contract answers at the head, below 2^128: rollup_view::burned(), held_total(token), ...
inline u128 amount_at(l1::L1Client& client, const Address& contract, Bytes calldata) {
    return l1::rollup_view::read_amount(*client.call(contract, std::move(calldata))).value();
}

inline u128 token_balance(l1::L1Client& client, const Address& token, const Address& owner) {
    return amount_at(client, token, l1::AbiWriter("balanceOf(address)").word(owner).take());
}

}  // namespace gavel::test
