// gavel deploy: a rollup contract on an L1, gavel-l1 or an Ethereum node alike.
#include <nlohmann/json.hpp>

#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/l1_wallet.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct DeployOptions {
    l1::RollupParameters parameters;
    std::string stake = "32";
    std::string home_operator;
};

Result<l1::RollupParameters> parameters_of(const DeployOptions& options) {
    l1::RollupParameters out = options.parameters;
    auto stake = parse_units(options.stake, kEtherDecimals, "stake");
    if (!stake) return stake.status();
    out.stake = stake->value();
    if (options.home_operator != "none") {
        auto address = parse_address(options.home_operator, "home-operator");
        if (!address) return address.status();
        out.home_operator = *address;
    }
    if (out.freeze_age == 0) out.freeze_age = out.least_freeze_age();
    if (out.are_valid()) return out;
    return Status{Code::kInvalidArgument, "PARAMETERS_INVALID", "freeze-age",
                  "a stake above zero; challenge window 1 s to 14 days, inclusion window 4 s to 7 days, freeze age at least both "
                  "and 7 days, at most both and 365 days"};
}

// The contract, once it answers as it was made.
Result<l1::Receipt> create(Session& session, const l1::RollupParameters& parameters) {
    auto key = session.signer();
    if (!key) return key.status();
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    auto receipt = wallet.run(std::nullopt, 0, l1::rollup_creation(parameters));
    if (!receipt) return receipt;
    const std::string sent = "transaction " + to_hex(receipt->tx_hash) + " is in block " + std::to_string(receipt->block_number);
    if (!receipt->contract_address) return Status{Code::kInternal, "DEPLOYMENT_FAILED", "", sent + ", but has made no contract"};
    const std::string at = sent + "; the contract's address is " + to_checksum(*receipt->contract_address);
    auto told = l1::find_rollup(session.l1(), *receipt->contract_address);
    // Of a node that is behind, say: the contract is there all the same.
    if (!told)
        return Status{told.status().code, "DEPLOYMENT_NOT_CHECKED", "",
                      at + ", which can't be checked now: " + node::to_string(told.status())};
    if (!(*told == parameters)) return Status{Code::kInternal, "DEPLOYMENT_FAILED", "", at + ", but it has other parameters"};
    return receipt;
}

Status deploy(Session& session, const DeployOptions& options) {
    auto parameters = parameters_of(options);
    if (!parameters) return parameters.status();
    auto chain_id = session.l1().chain_id();
    if (!chain_id) return chain_id.status();
    auto receipt = create(session, *parameters);
    if (!receipt) return receipt.status();
    const std::string address = to_checksum(*receipt->contract_address), home = to_checksum(parameters->home_operator);
    if (session.json()) {
        session.print(json{{"address", address},
                           {"chain_id", *chain_id},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"block", receipt->block_number},
                           {"gas_used", receipt->gas_used},
                           {"challenge_window", parameters->challenge_window},
                           {"inclusion_window", parameters->inclusion_window},
                           {"freeze_age", parameters->freeze_age},
                           {"stake", to_string(Amount{parameters->stake})},
                           {"home_operator", parameters->home_operator.is_zero() ? json() : json(home)}});
        return {};
    }
    auto seconds = [](uint64_t value) { return std::to_string(value) + " s"; };
    session.print(facts({{"rollup", address},
                         {"chain id", std::to_string(*chain_id)},
                         {"block", std::to_string(receipt->block_number)},
                         {"gas used", std::to_string(receipt->gas_used)},
                         {"challenge window", seconds(parameters->challenge_window)},
                         {"inclusion window", seconds(parameters->inclusion_window)},
                         {"freeze age", seconds(parameters->freeze_age)},
                         {"stake", format_units(Amount{parameters->stake}, kEtherDecimals) + " ETH"},
                         {"home operator", parameters->home_operator.is_zero() ? "none" : home}}));
    return {};
}

}  // namespace

void add_deploy_command(Commands& commands) {
    auto args = std::make_shared<DeployOptions>();
    args->parameters.freeze_age = 0;
    node::Options& options = commands.add("deploy", "put a new rollup contract onto the L1; its parameters never change",
                                          [args](Session& session) { return deploy(session, *args); });
    options.seconds("--challenge-window", args->parameters.challenge_window, "a batch is final after it", 1);
    options.seconds("--inclusion-window", args->parameters.inclusion_window, "an L1 operation is overdue after it",
                    l1::kMinInclusionWindow);
    options.seconds("--freeze-age", args->parameters.freeze_age, "of the waiting operation; 0: both windows and 7 days");
    options.text("--stake", args->stake, "of a sequencer, in ether");
    options
        .text("--home-operator", args->home_operator,
              "who may take the seat from others, with notice: an address, or none. With none, whoever gets a free seat and "
              "serves the queue keeps it for as long as they like")
        .required();
}

}  // namespace gavel::cli
