// gavel dev: what only development chains allow.
#include <nlohmann/json.hpp>

#include "cli/l1_payments.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Status;

struct DeployOptions {
    l1::RollupParameters parameters;
    std::string stake = "32";
    std::string home_operator;
};

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

Status create(Session& session, Bytes data, const char* what) {
    auto key = session.signer();
    if (!key) return key.status();
    l1::L1Wallet wallet(session.l1(), *key);
    auto receipt = wallet.run(std::nullopt, 0, std::move(data));
    if (!receipt) return receipt.status();
    if (!receipt->contract_address) return {Code::kInternal, "DEPLOYMENT_FAILED", "", "the L1 tells no contract's address"};
    if (session.json()) {
        session.print(json{{"address", to_checksum(*receipt->contract_address)},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"block", receipt->block_number},
                           {"gas_used", receipt->gas_used}});
    } else {
        session.print(facts({{what, to_checksum(*receipt->contract_address)}, {"block", std::to_string(receipt->block_number)}}));
    }
    return {};
}

Status deploy(Session& session, DeployOptions options) {
    auto stake = parse_units(options.stake, kEtherDecimals);
    if (!stake) return {stake.status().code, stake.status().reason, "stake", stake.status().message};
    options.parameters.stake = stake->value();
    if (!options.home_operator.empty()) {
        auto address = parse_address(options.home_operator, "home-operator");
        if (!address) return address.status();
        options.parameters.home_operator = *address;
    }
    if (options.parameters.freeze_age == 0) {
        options.parameters.freeze_age =
            options.parameters.challenge_window + options.parameters.inclusion_window + l1::kFreezeMargin;
    }
    if (!options.parameters.are_valid()) {
        return {Code::kInvalidArgument, "PARAMETERS_INVALID", "freeze-age",
                "windows are above zero, and the freeze age is at least both and 7 days"};
    }
    return create(session, rollup_creation(options.parameters), "rollup");
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
    l1::L1Wallet wallet(session.l1(), *key);
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
    commands.add_group("dev", "contracts and tokens on a development chain (gavel-l1)");

    auto deploy_args = std::make_shared<DeployOptions>();
    deploy_args->parameters.freeze_age = 0;
    node::Options& rollup = commands.add("dev", "deploy", "a new rollup contract",
                                         [deploy_args](Session& session) { return deploy(session, *deploy_args); });
    rollup.seconds("--challenge-window", deploy_args->parameters.challenge_window, "a batch is final after it", 1);
    rollup.seconds("--inclusion-window", deploy_args->parameters.inclusion_window, "an L1 operation is overdue after it", 1);
    rollup.seconds("--freeze-age", deploy_args->parameters.freeze_age, "of the waiting operation; 0: both windows and 7 days");
    rollup.text("--stake", deploy_args->stake, "of a sequencer, in ether");
    rollup.text("--home-operator", deploy_args->home_operator, "who may take the seat from others; without it, nobody");

    auto token_args = std::make_shared<TokenOptions>();
    node::Options& token = commands.add("dev", "token", "a new ERC-20 that anybody may mint", [token_args](Session& session) {
        return create(session,
                      test_token_creation(token_args->name, token_args->symbol, static_cast<uint8_t>(token_args->decimals)),
                      "token");
    });
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
