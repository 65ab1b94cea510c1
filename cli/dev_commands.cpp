// gavel dev: what is of use on development chains only.
#include <nlohmann/json.hpp>

#include "cli/l1_payments.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "l1-bridge/client/deployment.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Status;

struct TokenOptions {
    std::string name = "Test Token";
    std::string symbol = "TEST";
    uint64_t decimals = 18;
};

struct MintOptions {
    std::string token;
    std::string amount;
    std::string to;
};

Status create_token(Session& session, const TokenOptions& options) {
    auto key = session.signer();
    if (!key) return key.status();
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    auto receipt = wallet.run(std::nullopt, 0,
                              l1::test_token_creation(options.name, options.symbol, static_cast<uint8_t>(options.decimals)));
    if (!receipt) return receipt.status();
    const Status failed{Code::kInternal, "DEPLOYMENT_FAILED", "", "the L1 has taken the transaction, but no token answers"};
    if (!receipt->contract_address) return failed;
    auto decimals = l1::Erc20Client(session.l1(), *receipt->contract_address).decimals();
    if (!decimals) return decimals.status();
    if (*decimals != options.decimals) return failed;
    if (session.json()) {
        session.print(json{{"address", to_checksum(*receipt->contract_address)},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"block", receipt->block_number},
                           {"gas_used", receipt->gas_used}});
    } else {
        session.print(
            facts({{"token", to_checksum(*receipt->contract_address)}, {"block", std::to_string(receipt->block_number)}}));
    }
    return {};
}

Status mint(Session& session, const MintOptions& options) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    if (token->address.is_zero()) return {Code::kInvalidArgument, "TOKEN_INVALID", "token", "ether can't be minted"};
    auto amount = parse_units(options.amount, token->decimals);
    if (!amount) return amount.status();
    auto key = session.signer();
    if (!key) return key.status();
    auto to = options.to.empty() ? node::Result<Address>(key->address()) : parse_address(options.to, "to");
    if (!to) return to.status();
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    auto receipt = wallet.run(token->address, 0, mint_call(*to, *amount));
    if (!receipt) return receipt.status();
    if (session.json()) {
        session.print(
            json{{"l1_transaction", to_hex(receipt->tx_hash)}, {"to", to_checksum(*to)}, {"amount", to_string(*amount)}});
    } else {
        session.print("minted " + session.amount_text(*amount, token->address) + " " + token->symbol + " for " +
                      to_checksum(*to) + "\n");
    }
    return {};
}

}  // namespace

void add_dev_commands(Commands& commands) {
    commands.add_group("dev", "tokens for development: anybody may mint them");

    auto token_args = std::make_shared<TokenOptions>();
    node::Options& token = commands.add("dev", "token", "a new ERC-20 that anybody may mint",
                                        [token_args](Session& session) { return create_token(session, *token_args); });
    token.text("--name", token_args->name, "at most 31 bytes");
    token.text("--symbol", token_args->symbol, "at most 31 bytes");
    token.number("--decimals", token_args->decimals, "of an amount", 0, 36);

    auto mint_args = std::make_shared<MintOptions>();
    node::Options& more =
        commands.add("dev", "mint", "units of such a token", [mint_args](Session& session) { return mint(session, *mint_args); });
    more.text("token", mint_args->token, "its address").required();
    more.text("amount", mint_args->amount, "in the token's units").required();
    more.text("--to", mint_args->to, "who gets them; without it, the signer");
}

}  // namespace gavel::cli
