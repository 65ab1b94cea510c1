// gavel send, withdraw: operations signed and handed to the sequencer.
#include <nlohmann/json.hpp>

#include "cli/payments.hpp"
#include "cli/session.hpp"
#include "cli/signing.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct PaymentOptions {
    std::string to;
    std::string amount;
    std::string token;
    std::string fee;
    std::string memo;
};

json sent_json(const SignedOperation& sent, const Outcome& outcome) {
    return {{"hash", to_hex(sent.hash)},
            {"position", outcome.position},
            {"confirmed_at_ms", outcome.confirmed_at_ms},
            {"kind", name_of(sent.operation.kind)},
            {"token", to_checksum(sent.operation.token)},
            {"payments", sent.operation.payments.size()},
            {"fee", to_string(sent.operation.fee)},
            {"nonce", sent.operation.nonce}};
}

Status check_cover(Session& session, const Signing& signing, const Operation& operation) {
    auto total = operation.total();
    if (total && *total <= signing.account.balance) return {};
    return {Code::kFailedPrecondition, "INSUFFICIENT_BALANCE", "amount",
            "there are " + session.amount_text(signing.account.balance, operation.token) + ", and it takes " +
                (total ? session.amount_text(*total, operation.token) : "more than there can be") + " with the fee"};
}

Status send_one(Session& session, const PaymentOptions& options, OperationKind kind) {
    auto signing = prepare_signing(session, options.token);
    if (!signing) return signing.status();
    Operation operation;
    operation.kind = kind;
    operation.token = signing->token.address;
    operation.nonce = signing->account.nonce;
    auto amount = parse_units(options.amount, signing->token.decimals);
    if (!amount) return amount.status();
    const bool on_l1 = traits_of(kind).payees == Payees::kL1;
    const bool own = on_l1 && options.to.empty();
    auto to =
        own ? Result<Address>(signing->key.address()) : parse_payee(options.to, signing->domain.rollup, operation.token, "to");
    if (!to) return to.status();
    operation.payments = {{*to, *amount}};
    auto memo = parse_memo(options.memo);
    if (!memo) return memo.status();
    operation.memo = *memo;
    bool is_new = false;
    if (!on_l1) {
        auto known = has_leaf(*signing, *to);
        if (!known) return known.status();
        is_new = !*known;
        if (is_new) session.warn("Note: " + to_checksum(*to) + " has never had this token here; check the address once more.");
    }
    auto fee = fee_for(*signing, options.fee, operation, is_new ? 1 : 0);
    if (!fee) return fee.status();
    operation.fee = *fee;
    Status covered = check_cover(session, *signing, operation);
    if (!covered.ok()) return covered;
    const SignedOperation sent = sign(*signing, operation);
    const Outcome outcome = hand_over(*signing, sent);
    if (outcome.fate != Fate::kTaken) return status_of(outcome, sent.hash);
    if (session.json()) {
        session.print(sent_json(sent, outcome));
    } else {
        session.print(facts({{on_l1 ? "withdrawn" : "sent",
                              session.amount_text(*amount, operation.token) + " " + session.token_name(operation.token)},
                             {"to", to_checksum(*to) + (on_l1 ? " on the L1" : "")},
                             {"fee", session.amount_text(operation.fee, operation.token)},
                             {"operation", to_hex(sent.hash)},
                             {"position", std::to_string(outcome.position)}}));
    }
    return {};
}

void add_common(node::Options& options, PaymentOptions& args) {
    options.text("--token", args.token, "the ERC-20's address; without it, ETH");
    options.text("--fee", args.fee, "in the token's units; without it, what the sequencer suggests");
}

}  // namespace

void add_payment_commands(Commands& commands) {
    auto send_args = std::make_shared<PaymentOptions>();
    node::Options& send = commands.add("send", "pay somebody", [send_args](Session& session) {
        return send_one(session, *send_args, OperationKind::kTransfer);
    });
    send.text("to", send_args->to, "the recipient's address").required();
    send.text("amount", send_args->amount, "in ether, or in the token's units: 1.5").required();
    send.text("--memo", send_args->memo, "text of at most 32 bytes, or 0x and 64 hex digits; public");
    add_common(send, *send_args);

    auto withdraw_args = std::make_shared<PaymentOptions>();
    node::Options& out =
        commands.add("withdraw", "move money out to the L1; it can be claimed there once its batch is final",
                     [withdraw_args](Session& session) { return send_one(session, *withdraw_args, OperationKind::kWithdraw); });
    out.text("amount", withdraw_args->amount, "in ether, or in the token's units: 1.5").required();
    out.text("--to", withdraw_args->to, "who receives on the L1; without it, the signer");
    add_common(out, *withdraw_args);
}

}  // namespace gavel::cli
