#include "cli/show.hpp"

#include <algorithm>

#include "cli/table.hpp"
#include "proto/convert_grpc.hpp"
#include "proto/kinds_grpc.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;

// The operation in the protocol's terms; nullopt if the daemon's answer has no form.
std::optional<Operation> operation_of(const v1::OperationInfo& info) {
    auto operation = proto::from_pb(info.operation(), "operation");
    if (!operation) return std::nullopt;
    return *operation;
}

std::string sum_text(Session& session, const Operation& operation, bool with_fee) {
    auto total = operation.total();
    if (!total) return "?";
    const Amount shown = with_fee ? *total : total->minus(operation.fee).value_or(Amount{});
    return session.amount_text(shown, operation.token);
}

const char* l1_kind_text(v1::L1OperationKind kind) {
    auto known = proto::kind_from_pb(kind);
    return known ? name_of(*known) : "?";
}

const char* payment_kind_text(v1::IncomingPayment::Kind kind) {
    switch (kind) {
        case v1::IncomingPayment::KIND_TRANSFER: return "transfer";
        case v1::IncomingPayment::KIND_PAYOUT: return "payout";
        case v1::IncomingPayment::KIND_DEPOSIT: return "deposit";
        case v1::IncomingPayment::KIND_FORCED_TRANSFER: return "forced transfer";
        default: return "?";
    }
}

void add_operation_lines(Session& session, const v1::OperationInfo& info, const Address& owner, std::vector<HistoryLine>& lines) {
    auto operation = operation_of(info);
    if (!operation) return;
    const std::string token = session.token_name(operation->token);
    const std::string status = status_text(info.status());
    if (info.sender() == proto::to_pb_bytes(owner)) {
        const Payment& first = operation->payments[0];
        std::string what = std::string(name_of(operation->kind)) + " to " + to_checksum(first.to);
        if (operation->payments.size() > 1) what += " and " + std::to_string(operation->payments.size() - 1) + " more";
        lines.push_back({what, "-" + sum_text(session, *operation, true), token, status});
    }
    if (traits_of(operation->kind).payees == Payees::kL1) return;
    for (const Payment& payment : operation->payments) {
        if (payment.to != owner) continue;
        lines.push_back(
            {"from " + address_text(info.sender()), "+" + session.amount_text(payment.amount, operation->token), token, status});
    }
}

void add_l1_lines(Session& session, const v1::L1Operation& l1, const std::string& status, const Address& owner,
                  std::vector<HistoryLine>& lines) {
    const std::string mine = proto::to_pb_bytes(owner);
    auto token = proto::token_from_pb(l1.token(), "token");
    const std::string name = token ? session.token_name(*token) : "?";
    const std::string amount = amount_text(session, l1.moved(), l1.token());
    const auto kind = proto::kind_from_pb(l1.kind());
    const bool debits_caller = !kind || traits_of(*kind).debits_caller;
    const bool credits = kind && traits_of(*kind).payees == Payees::kLeaves && !l1.has_withdrawal();
    const std::string what = std::string(l1_kind_text(l1.kind())) + (l1.took_effect() ? "" : " without effect");
    if (debits_caller && l1.caller() == mine)
        lines.push_back({what + " to " + address_text(l1.to()), "-" + amount, name, status});
    if (l1.to() == mine && credits) lines.push_back({what + " from " + address_text(l1.caller()), "+" + amount, name, status});
}

json payments_json(Session& session, const Operation& operation) {
    json out = json::array();
    for (const Payment& payment : operation.payments) {
        out.push_back({{"to", to_checksum(payment.to)},
                       {"amount", to_string(payment.amount)},
                       {"amount_units", session.amount_text(payment.amount, operation.token)}});
    }
    return out;
}

}  // namespace

std::string address_text(const std::string& bytes) {
    auto address = proto::token_from_pb(bytes, "");
    return address ? to_checksum(*address) : "?";
}

std::string hash_text(const std::string& bytes) { return bytes.empty() ? "-" : to_hex(view_of(bytes)); }

std::string amount_text(Session& session, const std::string& digits, const std::string& token) {
    auto amount = proto::amount_from_pb(digits, "");
    auto address = proto::token_from_pb(token, "");
    return amount && address ? session.amount_text(*amount, *address) : "?";
}

std::string status_text(v1::OperationStatus status) {
    switch (status) {
        case v1::OPERATION_STATUS_CONFIRMED: return "confirmed";
        case v1::OPERATION_STATUS_POSTED: return "posted";
        case v1::OPERATION_STATUS_FINAL: return "final";
        case v1::OPERATION_STATUS_ROLLED_BACK: return "rolled back";
        default: return "?";
    }
}

std::string status_text(v1::WithdrawalStatus status) {
    switch (status) {
        case v1::WITHDRAWAL_STATUS_NOT_POSTED: return "not posted";
        case v1::WITHDRAWAL_STATUS_WAITING: return "waiting";
        case v1::WITHDRAWAL_STATUS_CLAIMABLE: return "claimable";
        case v1::WITHDRAWAL_STATUS_CLAIMED: return "claimed";
        default: return "?";
    }
}

std::string verdict_text(const v1::Verdict& verdict) {
    switch (verdict.kind()) {
        case v1::VERDICT_KIND_TRUE: return "true";
        case v1::VERDICT_KIND_FALSE: return "FALSE at chunk " + std::to_string(verdict.chunk()) + ": " + verdict.refusal();
        case v1::VERDICT_KIND_ON_FALSE: return "on a false one";
        default: return "?";
    }
}

std::string stage_text(v1::FraudProofStage stage) {
    switch (stage) {
        case v1::FRAUD_PROOF_STAGE_BUILT: return "built";
        case v1::FRAUD_PROOF_STAGE_COMMITTED: return "committed";
        case v1::FRAUD_PROOF_STAGE_PROVEN: return "proven";
        case v1::FRAUD_PROOF_STAGE_STRUCK: return "struck";
        default: return "?";
    }
}

std::string memo_text(const std::string& bytes) {
    const size_t end = bytes.find_last_not_of('\0');
    if (end == std::string::npos) return {};
    const std::string text = bytes.substr(0, end + 1);
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return printable ? text : to_hex(view_of(bytes));
}

json operation_json(Session& session, const v1::OperationInfo& info) {
    json out = {{"hash", hash_text(info.hash())},
                {"sender", address_text(info.sender())},
                {"signature", hash_text(info.signature())},
                {"status", status_text(info.status())},
                {"position", info.position()},
                {"confirmed_at_ms", info.confirmed_at_ms()},
                {"batch", info.batch()},
                {"chunk", info.chunk()},
                {"l1_transaction", info.l1_transaction().empty() ? json() : json(hash_text(info.l1_transaction()))},
                {"posted_at", info.posted_at_s()},
                {"final_at", info.final_at_s()}};
    if (!info.why().empty()) out["why"] = info.why();
    if (auto operation = operation_of(info)) {
        out["kind"] = name_of(operation->kind);
        out["token"] = to_checksum(operation->token);
        out["payments"] = payments_json(session, *operation);
        out["fee"] = to_string(operation->fee);
        out["nonce"] = operation->nonce;
        out["memo"] = to_hex(operation->memo);
    }
    return out;
}

json entry_json(Session& session, const v1::Entry& entry) {
    json out = {{"entry", entry.number()}, {"status", status_text(entry.status())}, {"batch", entry.batch()}};
    if (entry.has_operation()) out["operation"] = operation_json(session, entry.operation());
    if (entry.has_l1_operation()) {
        const v1::L1Operation& l1 = entry.l1_operation();
        out["l1_operation"] = {
            {"index", l1.index()},         {"kind", l1_kind_text(l1.kind())},   {"caller", address_text(l1.caller())},
            {"to", address_text(l1.to())}, {"token", address_text(l1.token())}, {"amount", l1.amount()},
            {"moved", l1.moved()},         {"took_effect", l1.took_effect()},   {"time", l1.time_s()}};
    }
    if (entry.has_fee_income()) {
        const v1::FeeIncome& fees = entry.fee_income();
        out["fee_income"] = {
            {"token", address_text(fees.token())}, {"total", fees.total()}, {"owner", address_text(fees.owner())}};
    }
    return out;
}

json payment_json(Session& session, const v1::IncomingPayment& payment) {
    json out = {{"kind", payment_kind_text(payment.kind())},
                {"from", address_text(payment.from())},
                {"to", address_text(payment.to())},
                {"token", address_text(payment.token())},
                {"amount", payment.amount()},
                {"amount_units", amount_text(session, payment.amount(), payment.token())},
                {"confirmed_at_ms", payment.confirmed_at_ms()}};
    if (!payment.operation_hash().empty()) {
        out["hash"] = hash_text(payment.operation_hash());
        out["memo"] = memo_text(payment.memo());
        out["line"] = payment.line();
    } else {
        out["l1_operation"] = payment.l1_operation();
    }
    return out;
}

std::string operation_facts(Session& session, const v1::OperationInfo& info) {
    std::vector<std::pair<std::string, std::string>> lines = {
        {"operation", hash_text(info.hash())}, {"status", status_text(info.status())}, {"sender", address_text(info.sender())}};
    if (!info.why().empty()) lines.emplace_back("why", info.why());
    if (auto operation = operation_of(info)) {
        lines.emplace_back("kind", name_of(operation->kind));
        lines.emplace_back("token", session.token_name(operation->token));
        for (const Payment& payment : operation->payments) {
            lines.emplace_back("pays", session.amount_text(payment.amount, operation->token) + " to " + to_checksum(payment.to));
        }
        lines.emplace_back("fee", session.amount_text(operation->fee, operation->token));
        lines.emplace_back("nonce", std::to_string(operation->nonce));
        const std::string memo = memo_text(proto::memo_to_pb(operation->memo));
        if (!memo.empty()) lines.emplace_back("memo", memo);
    }
    lines.emplace_back("position", std::to_string(info.position()));
    lines.emplace_back("confirmed", format_time(info.confirmed_at_ms() / 1000));
    if (info.batch() != 0) {
        lines.emplace_back("batch", std::to_string(info.batch()) + ", chunk " + std::to_string(info.chunk()));
        lines.emplace_back("L1 transaction", hash_text(info.l1_transaction()));
        lines.emplace_back("posted", format_time(info.posted_at_s()));
        lines.emplace_back("final", format_time(info.final_at_s()));
    }
    return facts(lines);
}

std::vector<HistoryLine> history_lines(Session& session, const v1::Entry& entry, const Address& owner) {
    std::vector<HistoryLine> lines;
    if (entry.has_operation()) add_operation_lines(session, entry.operation(), owner, lines);
    if (entry.has_l1_operation()) add_l1_lines(session, entry.l1_operation(), status_text(entry.status()), owner, lines);
    if (entry.has_fee_income()) {
        const v1::FeeIncome& fees = entry.fee_income();
        auto token = proto::token_from_pb(fees.token(), "token");
        lines.push_back({"fees of a chunk", "+" + amount_text(session, fees.total(), fees.token()),
                         token ? session.token_name(*token) : "?", status_text(entry.status())});
    }
    return lines;
}

}  // namespace gavel::cli
