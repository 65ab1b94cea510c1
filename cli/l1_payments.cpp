#include "cli/l1_payments.hpp"

#include "protocol/keccak.hpp"

namespace gavel::cli {
namespace {

// How gavel-l1 knows which of its native contracts is meant.
Bytes creation(const char* contract, const Bytes& arguments) {
    Bytes data = to_bytes(keccak256(view_of(std::string("gavel.native:") + contract)));
    append(data, arguments);
    return data;
}

}  // namespace

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

Bytes test_token_creation(const std::string& name, const std::string& symbol, uint8_t decimals) {
    return creation("token", l1::AbiWriter().text(name).text(symbol).word(u128{decimals}).take());
}

Bytes rollup_creation(const l1::RollupParameters& parameters) { return creation("rollup", parameters.encode()); }

}  // namespace gavel::cli
