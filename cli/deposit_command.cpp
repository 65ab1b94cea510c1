// gavel deposit.
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/l1_payments.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

struct DepositOptions {
    std::string amount;
    std::string token;
    std::string to;
    bool wait = false;
    uint64_t timeout_s = 120;
};

// Through whatever the sequencer says meanwhile: the deposit is made.
Status wait_for_credit(Session& session, uint64_t index, uint64_t timeout_s) {
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
    for (;;) {
        auto info = (*remote)->chain_info();
        if (info && info->l1_queue_length > index && info->l1_queue_length - info->l1_ops_waiting > index) return {};
        if (std::chrono::steady_clock::now() > end) {
            return {Code::kDeadlineExceeded, "NOT_CREDITED", "",
                    "the deposit is on the L1, number " + std::to_string(index) +
                        " in its queue; the sequencer hasn't credited it yet" +
                        (info ? "" : "; " + node::to_string(info.status()))};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

Status deposit(Session& session, const DepositOptions& options) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto amount = parse_units(options.amount, token->decimals);
    if (!amount) return amount.status();
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    auto key = session.signer();
    if (!key) return key.status();
    Address to = key->address();
    if (!options.to.empty()) {
        auto given = parse_payee(options.to, *rollup, token->address, "to");
        if (!given) return given.status();
        to = *given;
    }
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    if (!token->address.is_zero()) {
        Status allowed = ensure_allowance(session.l1(), wallet, token->address, *rollup, *amount);
        if (!allowed.ok()) return allowed;
    }
    auto receipt = token->address.is_zero() ? wallet.run(*rollup, amount->value(), l1::rollup_call::deposit_eth(to))
                                            : wallet.run(*rollup, 0, l1::rollup_call::deposit_token(token->address, to, *amount));
    if (!receipt) return receipt.status();
    auto queued = event_of<l1::L1OperationQueued>(*receipt, *rollup);
    if (!queued) {
        return {Code::kInternal, "EVENT_MISSING", "rollup",
                to_hex(receipt->tx_hash) + " is in a block, but the contract queued nothing: is it Gavel's?"};
    }
    if (options.wait) {
        Status credited = wait_for_credit(session, queued->index, options.timeout_s);
        if (!credited.ok()) return credited;
    }
    if (session.json()) {
        session.print(nlohmann::json{{"l1_transaction", to_hex(receipt->tx_hash)},
                                     {"l1_operation", queued->index},
                                     {"to", to_checksum(to)},
                                     {"token", to_checksum(token->address)},
                                     {"amount", to_string(*amount)},
                                     {"gas_used", receipt->gas_used},
                                     {"credited", options.wait}});
    } else {
        session.print(facts({{"deposited", session.amount_text(*amount, token->address) + " " + token->symbol},
                             {"to", to_checksum(to)},
                             {"L1 transaction", to_hex(receipt->tx_hash)},
                             {"queue position", std::to_string(queued->index)},
                             {"credited", options.wait ? "yes" : "when the sequencer takes it over"}}));
    }
    return {};
}

}  // namespace

void add_deposit_command(Commands& commands) {
    auto deposit_options = std::make_shared<DepositOptions>();
    node::Options& in = commands.add("deposit", "move ETH or a token from the L1 into the rollup",
                                     [deposit_options](Session& session) { return deposit(session, *deposit_options); });
    in.text("amount", deposit_options->amount, "in ether, or in the token's units: 1.5").required();
    in.text("--token", deposit_options->token, "the ERC-20's address; without it, ETH");
    in.text("--to", deposit_options->to, "whose account is credited; without it, the signer's own");
    in.toggle("--wait", deposit_options->wait, "until the sequencer has credited it");
    in.seconds("--timeout", deposit_options->timeout_s, "how long to wait for that");
}

}  // namespace gavel::cli
