#include "cli/l1_payments.hpp"

#include <algorithm>

#include "cli/units.hpp"

namespace gavel::cli {

node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount) {
    auto allowed = l1::Erc20Client(client, token).allowance(wallet.address(), spender);
    if (!allowed) return allowed.status();
    if (*allowed >= amount) return {};
    const node::Status approved = wallet.run(token, 0, approve_call(spender, amount)).status();
    if (approved.code != node::Code::kAborted || allowed->is_zero()) return approved;
    const node::Status cleared = wallet.run(token, 0, approve_call(spender, Amount{})).status();
    if (!cleared.ok()) return cleared;
    return wallet.run(token, 0, approve_call(spender, amount)).status();
}

node::Result<std::optional<unsigned>> token_decimals(l1::L1Client& client, const Address& token) {
    const auto invalid = [&](const std::string& what) {
        return node::Status{node::Code::kInvalidArgument, "TOKEN_INVALID", "token", to_checksum(token) + " " + what};
    };
    l1::CallRequest request;
    request.to = token;
    request.data = l1::AbiWriter("decimals()").take();
    auto reply = client.try_call(request);
    if (!reply) return reply.status();
    if (!reply->success || reply->data.size() < Hash::kSize) {
        auto code = client.code(token);
        if (!code) return code.status();
        if (code->empty()) return invalid("is no token: nothing stands there");
        return std::optional<unsigned>();
    }
    const Hash word = Hash::from(reply->data);
    const bool is_small = std::all_of(word.bytes.begin(), word.bytes.end() - 1, [](uint8_t byte) { return byte == 0; });
    if (!is_small || word.bytes.back() > kMaxDecimals) return invalid("tells nonsense about its decimals");
    return std::optional<unsigned>(word.bytes.back());
}

Bytes approve_call(const Address& spender, Amount amount) {
    return l1::AbiWriter("approve(address,uint256)").word(spender).word(amount.value()).take();
}

Bytes mint_call(const Address& to, Amount amount) {
    return l1::AbiWriter("mint(address,uint256)").word(to).word(amount.value()).take();
}

}  // namespace gavel::cli
