// gavel channel list, show: what the books know, and how the channels stand.
#include <map>
#include <nlohmann/json.hpp>

#include "cli/channel_books.hpp"
#include "cli/table.hpp"

namespace gavel::cli {
namespace {

using channel::PayeeChannel;
using channel::PayerChannel;
using nlohmann::json;
using node::Result;
using node::Status;

struct ListOptions {
    ChannelOptions channel;
    bool with_closed = false;
};

// One channel, as far as anybody knows it.
struct Row {
    ChannelTerms terms;
    std::optional<PayerChannel> signed_;   // from the payer's book
    std::optional<PayeeChannel> taken;     // from the payee's
    std::optional<api::ChannelInfo> info;  // from the sequencer
    bool is_closed() const { return info && info->is_closed(); }
    const char* state() const { return !info ? "not funded" : is_closed() ? "closed" : "open"; }
};
using Rows = std::map<AccountKey, Row>;

// A book that another process has is left out, with a word: what the sequencer knows is still shown.
bool is_left_out(Session& session, const Status& status) {
    if (status.reason != "BOOK_IN_USE") return false;
    session.warn("Note: " + status.message + "; it isn't shown.");
    return true;
}

Status read_books(Session& session, const ChannelDesk& desk, const ChannelOptions& options, Rows& rows) {
    const Address own = desk.key.address();
    if (has_book(options, desk.domain, Side::kPayer, own)) {
        auto opened = open_payer_book(desk, options);
        if (!opened && !is_left_out(session, opened.status())) return opened.status();
        if (opened)
            for (const PayerChannel& one : opened->book->channels()) rows[one.channel] = {one.terms, one, {}, {}};
    }
    if (!has_book(options, desk.domain, Side::kPayee, own)) return {};
    auto opened = open_payee_book(desk, options, reading_policy(desk), *desk.source);
    if (!opened && !is_left_out(session, opened.status())) return opened.status();
    if (opened)
        for (const PayeeChannel& one : opened->book->channels()) rows[one.channel] = {one.terms, {}, one, {}};
    return {};
}

Status read_servers(const ChannelDesk& desk, Rows& rows) {
    std::optional<AccountKey> after;
    do {
        auto page = desk.servers.sequencer->channels(desk.key.address(), after, 0);
        if (!page) return page.status();
        for (const api::ChannelInfo& info : page->channels) {
            if (!info.terms) continue;
            Row& row = rows[info.account.key];
            row.terms = *info.terms;
            row.info = info;
        }
        if (page->next && after && *page->next <= *after) break;  // a server that goes in circles
        after = page->next;
    } while (after);
    return {};
}

Result<Rows> read_all(Session& session, const ChannelDesk& desk, const ChannelOptions& options) {
    Rows rows;
    if (Status read = read_books(session, desk, options, rows); !read.ok()) return read;
    if (Status read = read_servers(desk, rows); !read.ok()) return read;
    return rows;
}

json row_json(const ChannelDesk& desk, const AccountKey& key, const Row& row) {
    json out = {{"channel", to_checksum(key.owner)},
                {"token", to_checksum(key.token)},
                {"payer", to_checksum(row.terms.payer)},
                {"payee", to_checksum(row.terms.payee)},
                {"unit", to_string(row.terms.unit)},
                {"expiry", row.terms.expiry},
                {"salt", std::to_string(row.terms.salt)},
                {"terms", to_hex(row.terms.encode())},
                {"state", row.state()},
                {"balance", row.info ? json(to_string(row.info->account.balance)) : json()},
                {"unposted", row.info ? json(to_string(row.info->unposted)) : json()},
                {"claimed", row.info && !row.is_closed() ? json(std::to_string(row.info->claimed())) : json()}};
    if (row.signed_) {
        out["signed"] = std::to_string(row.signed_->count);
        out["cap"] = to_string(row.signed_->cap);
    }
    if (row.taken) {
        out["received"] = std::to_string(row.taken->voucher.voucher.count);
        out["credit"] = std::to_string(row.taken->credit);
        out["voucher"] = voucher_text(desk.domain, row.terms, row.taken->voucher);
    }
    return out;
}

Status list(Session& session, const ListOptions& options) {
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto rows = read_all(session, *desk, options.channel);
    if (!rows) return rows.status();
    Table table({{"CHANNEL"},
                 {"SIDE"},
                 {"WITH"},
                 {"TOKEN"},
                 {"BALANCE", true},
                 {"CLAIMED", true},
                 {"VOUCHER", true},
                 {"EXPIRY"},
                 {"STATE"}});
    json documents = json::array();
    for (const auto& [key, row] : *rows) {
        if (row.is_closed() && !options.with_closed) continue;
        documents.push_back(row_json(*desk, key, row));
        const bool pays = row.terms.payer == desk->key.address();
        const std::string voucher = row.signed_ ? std::to_string(row.signed_->count)
                                    : row.taken ? std::to_string(row.taken->voucher.voucher.count)
                                                : "-";
        table.add({to_checksum(key.owner), pays ? "payer" : "payee", to_checksum(pays ? row.terms.payee : row.terms.payer),
                   session.token_name(key.token), row.info ? session.amount_text(row.info->account.balance, key.token) : "-",
                   row.info && !row.is_closed() ? std::to_string(row.info->claimed()) : "-", voucher,
                   format_time(row.terms.expiry), row.state()});
    }
    if (session.json()) session.print(documents);
    else session.print(table.empty() ? "no channels\n" : table.text());
    return {};
}

Status show(Session& session, const ChannelOptions& options) {
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto rows = read_all(session, *desk, options);
    if (!rows) return rows.status();
    auto address = parse_address(options.channel, "channel");
    if (!address) return address.status();
    bool found = false;
    json documents = json::array();
    for (const auto& [key, row] : *rows) {
        if (key.owner != *address) continue;
        found = true;
        documents.push_back(row_json(*desk, key, row));
        if (session.json()) continue;
        Lines lines = {{"channel", to_checksum(key.owner)},       {"state", row.state()},
                       {"payer", to_checksum(row.terms.payer)},   {"payee", to_checksum(row.terms.payee)},
                       {"token", session.token_name(key.token)},  {"unit", session.amount_text(row.terms.unit, key.token)},
                       {"expiry", format_time(row.terms.expiry)}, {"terms", to_hex(row.terms.encode())}};
        if (row.info) lines.emplace_back("balance", session.amount_text(row.info->account.balance, key.token));
        if (row.info && !row.is_closed()) lines.emplace_back("claimed", std::to_string(row.info->claimed()) + " units");
        if (row.signed_) lines.emplace_back("signed", std::to_string(row.signed_->count) + " units");
        if (row.signed_) lines.emplace_back("cap", session.amount_text(row.signed_->cap, key.token));
        if (row.taken) lines.emplace_back("received", std::to_string(row.taken->voucher.voucher.count) + " units");
        if (row.taken) lines.emplace_back("voucher", voucher_text(desk->domain, row.terms, row.taken->voucher));
        session.print(facts(lines));
    }
    if (!found)
        return {node::Code::kNotFound, "CHANNEL_UNKNOWN", "channel",
                "neither the books nor the sequencer know such a channel of yours"};
    if (session.json()) session.print(documents);
    return {};
}

}  // namespace

void add_channel_commands(Commands& commands) {
    commands.add_group("channel", "pay any number of times by signature alone, and settle once");
    add_channel_payer_commands(commands);
    add_channel_payee_commands(commands);
    add_channel_http_commands(commands);
    add_channel_exit_command(commands);

    auto list_args = std::make_shared<ListOptions>();
    node::Options& all = commands.add("channel", "list", "your channels, from both books and from the sequencer",
                                      [list_args](Session& session) { return list(session, *list_args); });
    all.toggle("--closed", list_args->with_closed, "closed ones, too");
    add_books_option(all, list_args->channel);

    auto show_args = std::make_shared<ChannelOptions>();
    node::Options& one = commands.add("channel", "show", "all about one channel; the payee's last voucher, too",
                                      [show_args](Session& session) { return show(session, *show_args); });
    add_channel_options(one, *show_args);
}

}  // namespace gavel::cli
