#include "cli/l1_payments.hpp"

namespace gavel::cli {

node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount) {
    auto allowed = l1::Erc20Client(client, token).allowance(wallet.address(), spender);
    if (!allowed) return allowed.status();
    if (*allowed >= amount) return {};
    return wallet.run(token, 0, approve_call(spender, amount)).status();
}

Bytes approve_call(const Address& spender, Amount amount) {
    return l1::AbiWriter("approve(address,uint256)").word(spender).word(amount.value()).take();
}

Bytes mint_call(const Address& to, Amount amount) {
    return l1::AbiWriter("mint(address,uint256)").word(to).word(amount.value()).take();
}

}  // namespace gavel::cli
