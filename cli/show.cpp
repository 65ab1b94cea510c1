#include "cli/show.hpp"

#include <algorithm>

#include "cli/table.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;

std::string sum_text(Session& session, const Operation& operation, bool with_fee) {
    auto total = operation.total();
    if (!total) return "?";
    const Amount shown = with_fee ? *total : total->minus(operation.fee).value_or(Amount{});
    return session.amount_text(shown, operation.token);
}

// What a channel has paid to its two parties.
void add_redeem_lines(Session& session, const api::OperationInfo& info, const Address& owner, std::vector<HistoryLine>& lines) {
    const Operation& operation = info.operation;
    const Address& channel = operation.channel.channel;
    const std::string token = session.token_name(operation.token);
    const std::string status = name_of(info.status);
    if (channel == owner && !operation.payments.empty())
        lines.push_back({"redeem to " + to_checksum(info.sender), "-" + sum_text(session, operation, true), token, status});
    for (const Payment& payment : operation.payments) {
        if (payment.to != owner || (payment.amount.is_zero() && owner != info.sender)) continue;
        lines.push_back(
            {"redeem from " + to_checksum(channel), "+" + session.amount_text(payment.amount, operation.token), token, status});
    }
}

void add_operation_lines(Session& session, const api::OperationInfo& info, const Address& owner,
                         std::vector<HistoryLine>& lines) {
    const Operation& operation = info.operation;
    const std::string token = session.token_name(operation.token);
    const std::string status = name_of(info.status);
    if (operation.kind == OperationKind::kRedeem) return add_redeem_lines(session, info, owner, lines);
    if (info.sender == owner) {
        const Payment& first = operation.payments[0];
        std::string what = std::string(name_of(operation.kind)) + " to " + to_checksum(first.to);
        if (operation.payments.size() > 1) what += " and " + std::to_string(operation.payments.size() - 1) + " more";
        lines.push_back({what, "-" + sum_text(session, operation, true), token, status});
    }
    if (traits_of(operation.kind).payees == Payees::kL1) return;
    for (const Payment& payment : operation.payments) {
        if (payment.to != owner) continue;
        lines.push_back(
            {"from " + to_checksum(info.sender), "+" + session.amount_text(payment.amount, operation.token), token, status});
    }
}

void add_l1_lines(Session& session, const api::L1OperationInfo& info, const std::string& status, const Address& owner,
                  std::vector<HistoryLine>& lines) {
    const L1Operation& l1 = info.operation;
    const L1OperationTraits& traits = traits_of(l1.kind);
    const std::string name = session.token_name(l1.token);
    const std::string amount = session.amount_text(info.moved, l1.token);
    const bool credits = traits.payees == Payees::kLeaves && !info.withdrawal;
    const std::string what = std::string(name_of(l1.kind)) + (info.took_effect ? "" : " without effect");
    if (traits.debits_caller && l1.caller == owner)
        lines.push_back({what + " to " + to_checksum(l1.to), "-" + amount, name, status});
    if (l1.to == owner && credits) lines.push_back({what + " from " + to_checksum(l1.caller), "+" + amount, name, status});
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

json channel_json(Session& session, const Operation& operation) {
    const ChannelWords& words = operation.channel;
    json out = {{"payer", to_checksum(words.terms.payer)},
                {"payee", to_checksum(words.terms.payee)},
                {"unit", to_string(words.terms.unit)},
                {"unit_units", session.amount_text(words.terms.unit, operation.token)},
                {"expiry", words.terms.expiry},
                {"salt", words.terms.salt}};
    if (operation.kind != OperationKind::kRedeem) return out;
    out["address"] = to_checksum(words.channel);
    out["count"] = words.count;
    out["take"] = words.take;
    out["close"] = words.close;
    return out;
}

json l1_operation_json(const api::L1OperationInfo& info) {
    const L1Operation& l1 = info.operation;
    return {{"index", info.index},
            {"kind", name_of(l1.kind)},
            {"caller", to_checksum(l1.caller)},
            {"to", to_checksum(l1.to)},
            {"token", to_checksum(l1.token)},
            {"amount", to_string(l1.amount)},
            {"moved", to_string(info.moved)},
            {"count", l1.count},
            {"took_effect", info.took_effect},
            {"time", l1.time}};
}

}  // namespace

std::string hash_text(const std::optional<Hash>& hash) { return hash ? to_hex(*hash) : "-"; }

std::string verdict_text(const api::Verdict& verdict) {
    switch (verdict.kind) {
        case api::VerdictKind::kTrue: return "true";
        case api::VerdictKind::kFalse: return "FALSE at chunk " + std::to_string(verdict.chunk) + ": " + name_of(verdict.refusal);
        case api::VerdictKind::kOnFalse: return "on a false one";
    }
    return "?";
}

std::string memo_text(const Hash& memo) {
    const std::string bytes = string_of(memo);
    const size_t end = bytes.find_last_not_of('\0');
    if (end == std::string::npos) return {};
    const std::string text = bytes.substr(0, end + 1);
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return printable ? text : to_hex(memo);
}

std::string nonce_text(const api::AccountInfo& account) {
    if (!account.is_channel()) return std::to_string(account.nonce);
    return account.nonce == kClosedChannel ? "closed" : std::to_string(account.nonce - kChannelMark) + " claimed";
}

json operation_json(Session& session, const api::OperationInfo& info) {
    const Operation& operation = info.operation;
    json out = {{"hash", to_hex(info.hash)},
                {"sender", to_checksum(info.sender)},
                {"signature", to_hex(info.signature)},
                {"status", name_of(info.status)},
                {"position", info.position},
                {"confirmed_at_ms", info.confirmed_at_ms},
                {"batch", info.batch},
                {"chunk", info.chunk},
                {"l1_transaction", info.l1_transaction ? json(to_hex(*info.l1_transaction)) : json()},
                {"posted_at", info.posted_at},
                {"final_at", info.final_at}};
    if (!info.why.empty()) out["why"] = info.why;
    out["kind"] = name_of(operation.kind);
    out["token"] = to_checksum(operation.token);
    out["payments"] = payments_json(session, operation);
    out["fee"] = to_string(operation.fee);
    out["nonce"] = operation.nonce;
    out["memo"] = to_hex(operation.memo);
    if (is_of_channel(operation.kind)) out["channel"] = channel_json(session, operation);
    if (info.voucher) out["voucher"] = to_hex(*info.voucher);
    return out;
}

json entry_json(Session& session, const api::EntryInfo& entry) {
    json out = {{"entry", entry.number}, {"status", name_of(entry.status)}, {"batch", entry.batch}};
    if (const auto* operation = std::get_if<api::OperationInfo>(&entry.what))
        out["operation"] = operation_json(session, *operation);
    if (const auto* l1 = std::get_if<api::L1OperationInfo>(&entry.what)) out["l1_operation"] = l1_operation_json(*l1);
    if (const auto* fees = std::get_if<api::FeeIncome>(&entry.what)) {
        out["fee_income"] = {
            {"token", to_checksum(fees->token)}, {"total", to_string(fees->total)}, {"owner", to_checksum(fees->owner)}};
    }
    return out;
}

json payment_json(Session& session, const api::IncomingPayment& payment) {
    json out = {{"kind", name_of(payment.kind)},
                {"from", to_checksum(payment.from)},
                {"to", to_checksum(payment.to)},
                {"token", to_checksum(payment.token)},
                {"amount", to_string(payment.amount)},
                {"amount_units", session.amount_text(payment.amount, payment.token)},
                {"confirmed_at_ms", payment.confirmed_at_ms}};
    if (payment.hash) {
        out["hash"] = to_hex(*payment.hash);
        out["memo"] = memo_text(payment.memo);
        out["line"] = payment.line;
    } else {
        out["l1_operation"] = payment.l1_operation.value_or(0);
    }
    return out;
}

std::string operation_facts(Session& session, const api::OperationInfo& info) {
    const Operation& operation = info.operation;
    std::vector<std::pair<std::string, std::string>> lines = {
        {"operation", to_hex(info.hash)}, {"status", name_of(info.status)}, {"sender", to_checksum(info.sender)}};
    if (!info.why.empty()) lines.emplace_back("why", info.why);
    lines.emplace_back("kind", name_of(operation.kind));
    lines.emplace_back("token", session.token_name(operation.token));
    for (const Payment& payment : operation.payments) {
        lines.emplace_back("pays", session.amount_text(payment.amount, operation.token) + " to " + to_checksum(payment.to));
    }
    lines.emplace_back("fee", session.amount_text(operation.fee, operation.token));
    const bool is_redeem = operation.kind == OperationKind::kRedeem;
    lines.emplace_back(is_redeem ? "claimed before" : "nonce", std::to_string(operation.nonce));
    if (is_redeem) lines.emplace_back("channel", to_checksum(operation.channel.channel));
    if (operation.channel.take) lines.emplace_back("voucher", std::to_string(operation.channel.count) + " units");
    if (operation.channel.close) lines.emplace_back("closes", "yes");
    const std::string memo = memo_text(operation.memo);
    if (!memo.empty()) lines.emplace_back("memo", memo);
    lines.emplace_back("position", std::to_string(info.position));
    lines.emplace_back("confirmed", format_time(info.confirmed_at_ms / 1000));
    if (info.batch != 0) {
        lines.emplace_back("batch", std::to_string(info.batch) + ", chunk " + std::to_string(info.chunk));
        lines.emplace_back("L1 transaction", hash_text(info.l1_transaction));
        lines.emplace_back("posted", format_time(info.posted_at));
        lines.emplace_back("final", format_time(info.final_at));
    }
    return facts(lines);
}

std::vector<HistoryLine> history_lines(Session& session, const api::EntryInfo& entry, const Address& owner) {
    std::vector<HistoryLine> lines;
    const std::string status = name_of(entry.status);
    if (const auto* operation = std::get_if<api::OperationInfo>(&entry.what)) {
        add_operation_lines(session, *operation, owner, lines);
    }
    if (const auto* l1 = std::get_if<api::L1OperationInfo>(&entry.what)) add_l1_lines(session, *l1, status, owner, lines);
    if (const auto* fees = std::get_if<api::FeeIncome>(&entry.what)) {
        lines.push_back(
            {"fees of a chunk", "+" + session.amount_text(fees->total, fees->token), session.token_name(fees->token), status});
    }
    return lines;
}

}  // namespace gavel::cli
