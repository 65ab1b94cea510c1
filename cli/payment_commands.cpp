// gavel send, pay, withdraw: operations signed and handed to the sequencer.
#include <nlohmann/json.hpp>

#include "cli/payments.hpp"
#include "cli/session.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "proto/convert_grpc.hpp"

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
    std::string file;
};

// What all three need before they can sign.
struct Signing {
    PrivateKey key;
    Domain domain;
    TokenInfo token;
    Remote* remote;
    v1::Account account;
    Amount balance;
};

Result<Signing> prepare(Session& session, const PaymentOptions& options) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto domain = session.domain();
    if (!domain) return domain.status();
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    auto key = session.signer();
    if (!key) return key.status();
    auto account = (*remote)->account({key->address(), token->address});
    if (!account) return account.status();
    auto balance = proto::amount_from_pb(account->balance(), "balance");
    if (!balance) return balance.status();
    return Signing{*key, *domain, *token, *remote, *account, *balance};
}

// The fee that was given, or the one that the sequencer suggests for this shape.
Result<Amount> fee_for(const Signing& signing, const PaymentOptions& options, const Operation& operation,
                       unsigned new_recipients) {
    if (!options.fee.empty()) {
        auto fee = parse_units(options.fee, signing.token.decimals);
        if (!fee) return Status{fee.status().code, fee.status().reason, "fee", fee.status().message};
        return fee;
    }
    v1::EstimateFeeRequest request;
    request.set_token(proto::to_pb_bytes(operation.token));
    request.set_kind(operation.kind == OperationKind::kTransfer   ? v1::EstimateFeeRequest::KIND_TRANSFER
                     : operation.kind == OperationKind::kWithdraw ? v1::EstimateFeeRequest::KIND_WITHDRAW
                                                                  : v1::EstimateFeeRequest::KIND_PAYOUT);
    request.set_lines(static_cast<uint32_t>(operation.payments.size()));
    request.set_new_recipients(new_recipients);
    request.set_memo(!operation.memo.is_zero());
    auto estimate = signing.remote->estimate_fee(request);
    if (!estimate) return estimate.status();
    return proto::amount_from_pb(estimate->suggested(), "suggested");
}

struct Sent {
    Operation operation;
    v1::Receipt receipt;
};

Result<Sent> sign_and_submit(const Signing& signing, const Operation& operation) {
    const Hash digest = operation.digest(signing.domain.separator());
    v1::SubmitRequest request;
    proto::to_pb(operation, *request.mutable_operation());
    request.set_sender(proto::to_pb_bytes(signing.key.address()));
    request.set_chain_id(signing.domain.chain_id);
    request.set_signature(proto::to_pb_bytes(signing.key.sign(digest)));
    auto receipt = signing.remote->submit(request);
    if (!receipt) return receipt.status();
    if (receipt->hash() != proto::to_pb_bytes(operation_hash(digest, signing.key.address()))) {
        return Status{Code::kInternal, "RECEIPT_MISMATCH", "hash", "the sequencer's receipt is for something else"};
    }
    return Sent{operation, *receipt};
}

json sent_json(const Sent& sent) {
    return {{"hash", hash_text(sent.receipt.hash())},
            {"position", sent.receipt.position()},
            {"confirmed_at_ms", sent.receipt.confirmed_at_ms()},
            {"kind", name_of(sent.operation.kind)},
            {"token", to_checksum(sent.operation.token)},
            {"payments", sent.operation.payments.size()},
            {"fee", to_string(sent.operation.fee)},
            {"nonce", sent.operation.nonce}};
}

Result<bool> has_leaf(const Signing& signing, const Address& owner) {
    auto account = signing.remote->account({owner, signing.token.address});
    if (!account) return account.status();
    return account->index() != 0;
}

Status check_cover(Session& session, const Signing& signing, const Operation& operation) {
    auto total = operation.total();
    if (total && *total <= signing.balance) return {};
    return {Code::kFailedPrecondition, "INSUFFICIENT_BALANCE", "amount",
            "there are " + session.amount_text(signing.balance, operation.token) + ", and it takes " +
                (total ? session.amount_text(*total, operation.token) : "more than there can be") + " with the fee"};
}

Status send_one(Session& session, const PaymentOptions& options, OperationKind kind) {
    auto signing = prepare(session, options);
    if (!signing) return signing.status();
    Operation operation;
    operation.kind = kind;
    operation.token = signing->token.address;
    operation.nonce = signing->account.nonce();
    auto amount = parse_units(options.amount, signing->token.decimals);
    if (!amount) return amount.status();
    const bool own = kind == OperationKind::kWithdraw && options.to.empty();
    auto to = own ? Result<Address>(signing->key.address()) : parse_address(options.to, "to");
    if (!to) return to.status();
    operation.payments = {{*to, *amount}};
    auto memo = parse_memo(options.memo);
    if (!memo) return memo.status();
    operation.memo = *memo;
    bool is_new = false;
    if (kind == OperationKind::kTransfer) {
        auto known = has_leaf(*signing, *to);
        if (!known) return known.status();
        is_new = !*known;
        if (is_new) session.warn("Note: " + to_checksum(*to) + " has never had this token here; check the address once more.");
    }
    auto fee = fee_for(*signing, options, operation, is_new ? 1 : 0);
    if (!fee) return fee.status();
    operation.fee = *fee;
    Status covered = check_cover(session, *signing, operation);
    if (!covered.ok()) return covered;
    auto sent = sign_and_submit(*signing, operation);
    if (!sent) return sent.status();
    if (session.json()) {
        session.print(sent_json(*sent));
    } else {
        session.print(facts({{kind == OperationKind::kTransfer ? "sent" : "withdrawn",
                              session.amount_text(*amount, operation.token) + " " + session.token_name(operation.token)},
                             {"to", to_checksum(*to) + (kind == OperationKind::kWithdraw ? " on the L1" : "")},
                             {"fee", session.amount_text(operation.fee, operation.token)},
                             {"operation", hash_text(sent->receipt.hash())},
                             {"position", std::to_string(sent->receipt.position())}}));
    }
    return {};
}

// The file's lines, each with whether it makes a leaf.
Result<std::vector<PayLine>> pay_lines(const Signing& signing, const std::string& file) {
    auto payments = read_pay_file(file, signing.token.decimals);
    if (!payments) return payments.status();
    std::map<Address, bool> known;
    std::vector<PayLine> out;
    for (const Payment& payment : *payments) {
        auto found = known.find(payment.to);
        if (found == known.end()) {
            auto leaf = has_leaf(signing, payment.to);
            if (!leaf) return leaf.status();
            found = known.emplace(payment.to, *leaf).first;
        }
        out.push_back({payment, !found->second});
    }
    return out;
}

Status pay(Session& session, const PaymentOptions& options) {
    auto signing = prepare(session, options);
    if (!signing) return signing.status();
    auto lines = pay_lines(*signing, options.file);
    if (!lines) return lines.status();
    auto memo = parse_memo(options.memo);
    if (!memo) return memo.status();
    std::vector<Operation> operations;
    Amount total;
    size_t new_recipients = 0;
    uint64_t nonce = signing->account.nonce();
    for (const auto& payout : split_into_payouts(*lines)) {
        Operation operation{OperationKind::kPayout, signing->token.address, {}, {}, nonce++, *memo};
        unsigned new_here = 0;
        for (const PayLine& line : payout) {
            operation.payments.push_back(line.payment);
            new_here += line.new_recipient;
        }
        new_recipients += new_here;
        auto fee = fee_for(*signing, options, operation, new_here);
        if (!fee) return fee.status();
        operation.fee = *fee;
        auto sum = operation.total() ? total.plus(*operation.total()) : std::nullopt;
        if (!sum || *sum > signing->balance) {
            return {Code::kFailedPrecondition, "INSUFFICIENT_BALANCE", "file",
                    "there are only " + session.amount_text(signing->balance, operation.token) + "; nothing was sent"};
        }
        total = *sum;
        operations.push_back(std::move(operation));
    }
    if (new_recipients > 0)
        session.warn("Note: " + std::to_string(new_recipients) + " recipients have never had this token here.");
    Table table({{"OPERATION"}, {"PAYMENTS", true}, {"SUM WITH FEE", true}, {"FEE", true}});
    json list = json::array();
    for (const Operation& operation : operations) {
        auto sent = sign_and_submit(*signing, operation);
        if (!sent) {
            session.warn(std::to_string(list.size()) + " of " + std::to_string(operations.size()) +
                         " payouts were sent before this:");
            return sent.status();
        }
        list.push_back(sent_json(*sent));
        table.add({hash_text(sent->receipt.hash()), std::to_string(operation.payments.size()),
                   session.amount_text(*operation.total(), operation.token),
                   session.amount_text(operation.fee, operation.token)});
    }
    if (session.json()) {
        session.print(json{{"payments", lines->size()}, {"payouts", list}, {"total", to_string(total)}});
    } else {
        session.print(table.text());
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

    auto pay_args = std::make_shared<PaymentOptions>();
    node::Options& pay_options = commands.add("pay", "pay many: lines 'to,amount' of a CSV file, with one signature for up to 94",
                                              [pay_args](Session& session) { return pay(session, *pay_args); });
    pay_options.text("file", pay_args->file, "the CSV file").required();
    pay_options.text("--memo", pay_args->memo, "text of at most 32 bytes, or 0x and 64 hex digits; public");
    add_common(pay_options, *pay_args);

    auto withdraw_args = std::make_shared<PaymentOptions>();
    node::Options& out =
        commands.add("withdraw", "move money out to the L1; it can be claimed there once its batch is final",
                     [withdraw_args](Session& session) { return send_one(session, *withdraw_args, OperationKind::kWithdraw); });
    out.text("amount", withdraw_args->amount, "in ether, or in the token's units: 1.5").required();
    out.text("--to", withdraw_args->to, "who receives on the L1; without it, the signer");
    add_common(out, *withdraw_args);
}

}  // namespace gavel::cli
