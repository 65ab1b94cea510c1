#include "cli/l1_payments.hpp"

#include <algorithm>

#include "cli/units.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/erc20_call.hpp"

namespace gavel::cli {

node::Status ensure_allowance(l1::L1Client& client, l1::L1Wallet& wallet, const Address& token, const Address& spender,
                              Amount amount) {
    auto allowed = l1::Erc20Client(client, token).allowance(wallet.address(), spender);
    if (!allowed) return allowed.status();
    if (*allowed >= amount) return {};
    const node::Status approved = wallet.run(token, 0, l1::erc20_call::approve(spender, amount)).status();
    if (approved.code != node::Code::kAborted || allowed->is_zero()) return approved;
    const node::Status cleared = wallet.run(token, 0, l1::erc20_call::approve(spender, Amount{})).status();
    if (!cleared.ok()) return cleared;
    return wallet.run(token, 0, l1::erc20_call::approve(spender, amount)).status();
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

}  // namespace gavel::cli
