// gavel balance, balances, history, withdrawals, tx, watch: what the daemons know of accounts and operations.
#include <nlohmann/json.hpp>

#include "cli/session.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "workload/corpus.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct OwnerOptions {
    std::string owner;
    std::string token;
    std::string file;  // of owners
    uint64_t limit = 20;
    bool at_verifier = false;
};

struct TxOptions {
    std::string hash;
    std::string wait;
    uint64_t timeout_s = 600;
};

struct WatchOptions {
    std::string owner;
    std::string token;
    bool all = false;
    bool verdicts = false;
    uint64_t count = 0;
    uint64_t timeout_s = 0;
};

Result<Address> owner_of(Session& session, const std::string& text) {
    return text.empty() ? session.own_address() : parse_address(text, "owner");
}

Result<api::Query*> server_of(Session& session, bool at_verifier) {
    if (at_verifier) {
        auto verifier = session.verifier();
        return verifier ? Result<api::Query*>(*verifier) : verifier.status();
    }
    auto sequencer = session.sequencer();
    return sequencer ? Result<api::Query*>(*sequencer) : sequencer.status();
}

// The address of the token that is named; none: of any.
Result<std::optional<Address>> chosen_token(Session& session, const std::string& text) {
    if (text.empty()) return std::optional<Address>();
    auto token = session.token(text);
    if (!token) return token.status();
    return std::optional<Address>(token->address);
}

// A document on one line: streams are read line by line.
// Ends a stream when its time is over; zero: never.
api::Step until(uint64_t seconds) {
    if (seconds == 0) return {};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    return [end] { return std::chrono::steady_clock::now() < end; };
}

// All accounts of an owner, page by page.
template <class Take>
Status each_balance(api::Query& server, const Address& owner, Take take) {
    std::optional<Address> after;
    do {
        auto page = server.balances(owner, after, 0);
        if (!page) return page.status();
        for (const api::AccountInfo& account : page->accounts) take(account);
        after = page->next;
    } while (after);
    return {};
}

Status balance(Session& session, const OwnerOptions& options) {
    auto owner = owner_of(session, options.owner);
    if (!owner) return owner.status();
    auto remote = server_of(session, options.at_verifier);
    if (!remote) return remote.status();
    Table table({{"TOKEN"}, {"BALANCE", true}, {"NEXT NONCE", true}, {"LEAF", true}});
    json list = json::array();
    Status listed = each_balance(**remote, *owner, [&](const api::AccountInfo& account) {
        const Address& token = account.key.token;
        const std::string amount = session.amount_text(account.balance, token);
        table.add({session.token_name(token), amount, nonce_text(account), std::to_string(account.index)});
        list.push_back({{"token", to_checksum(token)},
                        {"balance", to_string(account.balance)},
                        {"balance_units", amount},
                        {"nonce", account.nonce},
                        {"index", account.index}});
    });
    if (!listed.ok()) return listed;
    if (session.json()) {
        session.print(json{{"owner", to_checksum(*owner)}, {"balances", list}});
    } else if (table.empty()) {
        session.print(to_checksum(*owner) + " has no account yet.\n");
    } else {
        session.print(to_checksum(*owner) + "\n" + table.text());
    }
    return {};
}

// For programs that compare whole books: base units only, and nothing is asked of the L1.
Status balances(Session& session, const OwnerOptions& options) {
    auto reader = workload::LineReader::open(options.file);
    if (!reader) return reader.status();
    auto remote = server_of(session, options.at_verifier);
    if (!remote) return remote.status();
    Table table({{"OWNER"}, {"TOKEN"}, {"BASE UNITS", true}, {"NEXT NONCE", true}});
    json list = json::array();
    std::string line;
    for (uint64_t number = 1; (*reader)->next(line); ++number) {
        if (line.empty()) continue;
        auto owner = parse_address(line, "line " + std::to_string(number));
        if (!owner) return owner.status();
        const std::string name = to_checksum(*owner);
        Status listed = each_balance(**remote, *owner, [&](const api::AccountInfo& account) {
            const std::string token = to_checksum(account.key.token), units = to_string(account.balance);
            table.add({name, token, units, nonce_text(account)});
            list.push_back({{"owner", name}, {"token", token}, {"balance", units}, {"nonce", account.nonce}});
        });
        if (!listed.ok()) return listed;
    }
    if (!(*reader)->status().ok()) return (*reader)->status();
    if (session.json()) {
        session.print(list);
    } else {
        session.print(table.text());
    }
    return {};
}

Status history(Session& session, const OwnerOptions& options) {
    auto owner = owner_of(session, options.owner);
    if (!owner) return owner.status();
    auto remote = server_of(session, options.at_verifier);
    if (!remote) return remote.status();
    auto token = chosen_token(session, options.token);
    if (!token) return token.status();
    Table table({{"ENTRY", true}, {"WHAT"}, {"AMOUNT", true}, {"TOKEN"}, {"STATUS"}});
    json list = json::array();
    uint64_t left = options.limit, cursor = 0;
    do {
        auto page = (*remote)->history(*owner, *token, cursor, static_cast<uint32_t>(std::min<uint64_t>(left, 1000)));
        if (!page) return page.status();
        for (const api::EntryInfo& entry : page->items) {
            list.push_back(entry_json(session, entry));
            for (const HistoryLine& line : history_lines(session, entry, *owner)) {
                table.add({std::to_string(entry.number), line.what, line.amount, line.token, line.status});
            }
        }
        left -= std::min<uint64_t>(left, page->items.size());
        cursor = page->next_cursor;
    } while (left > 0 && cursor != 0);
    if (session.json()) {
        session.print(json{{"owner", to_checksum(*owner)}, {"entries", list}});
    } else {
        session.print(table.empty() ? "Nothing yet.\n" : table.text());
    }
    return {};
}

Status withdrawals(Session& session, const OwnerOptions& options) {
    auto owner = owner_of(session, options.owner);
    if (!owner) return owner.status();
    auto remote = server_of(session, options.at_verifier);
    if (!remote) return remote.status();
    Table table({{"POSITION", true}, {"AMOUNT", true}, {"TOKEN"}, {"STATUS"}, {"BATCH", true}, {"FINAL"}});
    json list = json::array();
    uint64_t cursor = 0;
    do {
        auto page = (*remote)->withdrawals(*owner, cursor, 0);
        if (!page) return page.status();
        for (const api::WithdrawalInfo& one : page->items) {
            const Address& token = one.withdrawal.token;
            const std::string amount = session.amount_text(one.withdrawal.amount, token);
            table.add({std::to_string(one.position), amount, session.token_name(token), name_of(one.status),
                       one.batch == 0 ? "-" : std::to_string(one.batch), format_time(one.final_at)});
            list.push_back({{"position", one.position},
                            {"token", to_checksum(token)},
                            {"amount", to_string(one.withdrawal.amount)},
                            {"amount_units", amount},
                            {"status", name_of(one.status)},
                            {"batch", one.batch},
                            {"final_at", one.final_at},
                            {"seconds_left", one.seconds_left},
                            {"operation", hash_text(one.hash)}});
        }
        cursor = page->next_cursor;
    } while (cursor != 0);
    if (session.json()) {
        session.print(json{{"recipient", to_checksum(*owner)}, {"withdrawals", list}});
    } else {
        session.print(table.empty() ? "No withdrawals to " + to_checksum(*owner) + ".\n" : table.text());
    }
    return {};
}

// How far along: a status reaches all before it.
bool reached(api::OperationStatus status, const std::string& wanted) {
    if (status == api::OperationStatus::kRolledBack) return true;
    if (wanted == "posted") return status == api::OperationStatus::kPosted || status == api::OperationStatus::kFinal;
    if (wanted == "final") return status == api::OperationStatus::kFinal;
    return true;
}

Status tx(Session& session, const TxOptions& options) {
    auto hash = parse_hash(options.hash, "hash");
    if (!hash) return hash.status();
    auto remote = server_of(session, false);
    if (!remote) return remote.status();
    auto info = (*remote)->operation(*hash);
    if (!info && api::is_no_answer(info.status())) {
        remote = server_of(session, true);
        if (!remote) return remote.status();
        auto from_verifier = (*remote)->operation(*hash);
        if (from_verifier.ok() || !api::is_no_answer(from_verifier.status())) info = std::move(from_verifier);
    }
    if (!info) return info.status();
    if (!options.wait.empty() && !reached(info->status, options.wait)) {
        auto take = [&](const api::OperationInfo& now) {
            *info = now;
            return !reached(now.status, options.wait);
        };
        Status ended = (*remote)->watch_operation(*hash, take, until(options.timeout_s));
        if (!ended.ok()) return ended;
    }
    if (session.json()) {
        session.print(operation_json(session, *info));
    } else {
        session.print(operation_facts(session, *info));
    }
    if (!options.wait.empty() && info->status == api::OperationStatus::kRolledBack) {
        return {Code::kAborted, "ROLLED_BACK", "", "the operation was rolled back; send it again"};
    }
    if (!reached(info->status, options.wait)) {
        return {Code::kDeadlineExceeded, "NOT_YET", "wait", "the operation isn't " + options.wait + " yet"};
    }
    return {};
}

Status watch_verdicts(Session& session, const WatchOptions& options) {
    auto remote = session.verifier();
    if (!remote) return remote.status();
    uint64_t seen = 0;
    auto take = [&](const api::Verdict& verdict) {
        const bool is_false = verdict.kind == api::VerdictKind::kFalse;
        if (session.json()) {
            session.print_line({{"batch", verdict.number},
                                {"hash", to_hex(verdict.hash)},
                                {"verdict", verdict_text(verdict)},
                                {"false", is_false},
                                {"chunk", verdict.chunk},
                                {"refusal", is_false ? name_of(verdict.refusal) : ""},
                                {"operations", verdict.op_count}});
        } else {
            session.print("batch " + std::to_string(verdict.number) + "  " + grouped(verdict.op_count) + " operations  " +
                          verdict_text(verdict) + "\n");
        }
        return options.count == 0 || ++seen < options.count;
    };
    return (*remote)->verdicts(1, take, until(options.timeout_s));
}

Status watch(Session& session, const WatchOptions& options) {
    if (options.verdicts) return watch_verdicts(session, options);
    auto owner = owner_of(session, options.owner);
    if (!owner) return owner.status();
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    auto token = chosen_token(session, options.token);
    if (!token) return token.status();
    uint64_t seen = 0;
    auto take = [&](const api::Page<api::IncomingPayment>& page) {
        for (const api::IncomingPayment& payment : page.items) {
            if (session.json()) {
                session.print_line(payment_json(session, payment));
            } else {
                const std::string memo = memo_text(payment.memo);
                session.print("+" + session.amount_text(payment.amount, payment.token) + " " + session.token_name(payment.token) +
                              " from " + to_checksum(payment.from) + (memo.empty() ? "" : "  \"" + memo + "\"") + "\n");
            }
            if (options.count != 0 && ++seen >= options.count) return false;
        }
        return true;
    };
    const auto cursor = options.all ? std::optional<uint64_t>(0) : std::nullopt;
    return (*remote)->watch_payments(*owner, *token, cursor, take, until(options.timeout_s));
}

void add_at_verifier(node::Options& options, OwnerOptions& args) {
    options.toggle("--at-verifier", args.at_verifier,
                   "ask the verifier, which has read it from the L1, rather than the sequencer");
}

void add_owner_options(node::Options& options, OwnerOptions& args) {
    options.text("owner", args.owner, "whose; without it, the signer's own");
    add_at_verifier(options, args);
}

}  // namespace

void add_account_commands(Commands& commands) {
    auto balance_args = std::make_shared<OwnerOptions>();
    add_owner_options(commands.add("balance", "what an owner has, by token",
                                   [balance_args](Session& session) { return balance(session, *balance_args); }),
                      *balance_args);

    auto many_args = std::make_shared<OwnerOptions>();
    node::Options& many = commands.add("balances", "what many owners have",
                                       [many_args](Session& session) { return balances(session, *many_args); });
    many.text("file", many_args->file, "the owners' addresses, one a line").required();
    add_at_verifier(many, *many_args);

    auto history_args = std::make_shared<OwnerOptions>();
    node::Options& past = commands.add("history", "what touched an owner's accounts, the newest first",
                                       [history_args](Session& session) { return history(session, *history_args); });
    add_owner_options(past, *history_args);
    past.text("--token", history_args->token, "only this token: eth, or an ERC-20's address");
    past.number("--limit", history_args->limit, "how many entries", 1, 1'000'000);

    auto withdrawal_args = std::make_shared<OwnerOptions>();
    add_owner_options(commands.add("withdrawals", "withdrawals to an owner on the L1, and what they wait for",
                                   [withdrawal_args](Session& session) { return withdrawals(session, *withdrawal_args); }),
                      *withdrawal_args);

    auto tx_args = std::make_shared<TxOptions>();
    node::Options& one =
        commands.add("tx", "an operation and how far it has come", [tx_args](Session& session) { return tx(session, *tx_args); });
    one.text("hash", tx_args->hash, "the operation's hash").required();
    one.choice("--wait", tx_args->wait, {"posted", "final"}, "until it is so, or rolled back");
    one.seconds("--timeout", tx_args->timeout_s, "how long to wait for that");

    auto watch_args = std::make_shared<WatchOptions>();
    node::Options& live = commands.add("watch", "payments to an owner as they come",
                                       [watch_args](Session& session) { return watch(session, *watch_args); });
    live.text("owner", watch_args->owner, "whose; without it, the signer's own");
    live.text("--token", watch_args->token, "only this token: eth, or an ERC-20's address");
    live.toggle("--all", watch_args->all, "those that came before, first");
    live.toggle("--verdicts", watch_args->verdicts, "the verifier's verdicts on batches instead");
    live.number("--count", watch_args->count, "end after so many; 0: never");
    live.seconds("--timeout", watch_args->timeout_s, "end after so long; 0: never");
}

}  // namespace gavel::cli
