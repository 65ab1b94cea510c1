// gavel channel open, top-up, pay, reclaim, recover: what a channel's payer does.
#include <nlohmann/json.hpp>

#include "cli/channel_books.hpp"
#include "cli/paid_client.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/file.hpp"

namespace gavel::cli {
namespace {

using channel::PayerChannel;
using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

Status refused(const char* reason, const std::string& field, const std::string& message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

struct FundOptions {
    ChannelOptions channel;
    std::string payee, amount, unit, cap, fee;
    uint64_t expiry_s = 30 * 86400;
};

// Hands over the Fund of a channel that is in the book already.
Status fund(Session& session, const Signing& signing, const PayerChannel& channel, Amount amount, const std::string& fee_text) {
    Operation operation;
    operation.kind = OperationKind::kFund;
    operation.token = signing.token.address;
    operation.nonce = signing.account.nonce;
    operation.payments = {{channel.channel.owner, amount}};
    operation.channel.terms = channel.terms;
    auto fee = fee_for(signing, fee_text, operation, 0);
    if (!fee) return fee.status();
    operation.fee = *fee;
    const auto total = operation.total();
    if (!total || *total > signing.account.balance)
        return refused(
            "INSUFFICIENT_BALANCE", "amount",
            "there are " + session.amount_text(signing.account.balance, operation.token) + ", and it takes more with the fee");
    const SignedOperation sent = sign(signing, operation);
    const Outcome outcome = hand_over(signing, sent);
    if (outcome.fate != Fate::kTaken) return status_of(outcome, sent.hash);
    const ChannelTerms& terms = channel.terms;
    if (session.json()) {
        session.print(json{{"channel", to_checksum(channel.channel.owner)},
                           {"token", to_checksum(operation.token)},
                           {"payer", to_checksum(terms.payer)},
                           {"payee", to_checksum(terms.payee)},
                           {"unit", to_string(terms.unit)},
                           {"expiry", terms.expiry},
                           {"salt", std::to_string(terms.salt)},
                           {"terms", to_hex(terms.encode())},
                           {"amount", to_string(amount)},
                           {"cap", to_string(channel.cap)},
                           {"fee", to_string(operation.fee)},
                           {"hash", to_hex(sent.hash)},
                           {"position", outcome.position}});
        return {};
    }
    session.print(
        facts({{"channel", to_checksum(channel.channel.owner)},
               {"funded with", session.amount_text(amount, operation.token) + " " + session.token_name(operation.token)},
               {"payee", to_checksum(terms.payee)},
               {"unit", session.amount_text(terms.unit, operation.token)},
               {"expiry", format_time(terms.expiry)},
               {"fee", session.amount_text(operation.fee, operation.token)},
               {"operation", to_hex(sent.hash)}}));
    return {};
}

Status open_channel(Session& session, const FundOptions& options) {
    auto token = session.token(options.channel.token);
    if (!token) return token.status();
    auto amount = parse_units(options.amount, token->decimals, "amount");
    if (!amount) return amount.status();
    auto unit = parse_units(options.unit, token->decimals, "unit");
    if (!unit) return unit.status();
    auto cap = options.cap.empty() ? *amount : parse_units(options.cap, token->decimals, "cap");
    if (!cap) return cap.status();
    if (unit->is_zero() || *unit > *amount || *cap < *unit)
        return Status{Code::kInvalidArgument, "AMOUNT_INVALID", "unit",
                      "a unit is above zero, and amount and cap hold one at least"};
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto payee = parse_payee(options.payee, desk->domain.rollup, token->address, "payee");
    if (!payee) return payee.status();
    if (*payee == desk->key.address()) return refused("PAYEE_INVALID", "payee", "payer and payee are the same");
    if (options.expiry_s <= options.channel.margin_s)
        return Status{Code::kInvalidArgument, "OPTION_INVALID", "expiry",
                      "it ends before a payee would take a voucher: " + format_span(options.channel.margin_s) + " is his margin"};
    auto signing = signing_at(session, *desk, token->address);
    if (!signing) return signing.status();
    auto info = desk->servers.sequencer->chain_info();
    if (!info) return info.status();
    auto opened = open_payer_book(*desk, options.channel);
    if (!opened) return opened.status();
    const ChannelTerms terms{desk->key.address(), *payee, *unit, info->l1_time + options.expiry_s, random_salt()};
    // First into the book: nobody else has the terms, and without them the money is out of reach.
    auto key = opened->book->add(terms, token->address, *cap);
    if (!key) return key.status();
    return fund(session, *signing, {*key, terms, *cap, 0}, *amount, options.fee);
}

Status top_up(Session& session, const FundOptions& options) {
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto opened = open_payer_book(*desk, options.channel);
    if (!opened) return opened.status();
    auto channel = named_channel(session, *opened->book, options.channel);
    if (!channel) return channel.status();
    auto signing = signing_at(session, *desk, channel->channel.token);
    if (!signing) return signing.status();
    auto amount = parse_units(options.amount, signing->token.decimals, "amount");
    if (!amount) return amount.status();
    auto cap = options.cap.empty() ? Result<Amount>(channel->cap.plus(*amount).value_or(Amount::max()))
                                   : parse_units(options.cap, signing->token.decimals, "cap");
    if (!cap) return cap.status();
    // A fund that nobody confirmed may have been the first: an unfunded one is funded as if it were opened.
    auto standing = desk->source->look(channel->channel);
    if (!standing) return standing.status();
    if (standing->confirmed && standing->confirmed->closed) return refused("CHANNEL_CLOSED", "channel", "the channel is closed");
    if (channel::l1_now_s(*standing, *desk->clock) + options.channel.margin_s >= channel->terms.expiry)
        return refused("EXPIRY_NEAR", "channel", "its payee takes no more vouchers: open another");
    if (auto added = opened->book->add(channel->terms, channel->channel.token, *cap); !added) return added.status();
    channel->cap = *cap;
    return fund(session, *signing, *channel, *amount, options.fee);
}

struct PayOptions {
    ChannelOptions channel;
    std::string amount, out;
    bool again = false;
};

Result<channel::SignedVoucher> voucher_for(const PayOptions& options, channel::PayerBook& book, const PayerChannel& channel,
                                           const TokenInfo& token) {
    if (options.again) return book.last(channel.channel);
    auto amount = parse_units(options.amount, token.decimals, "amount");
    if (!amount) return amount.status();
    const auto units = channel::units_for(*amount, channel.terms.unit);
    if (!units || channel::amount_of(*units, channel.terms.unit) != *amount)
        return Status{Code::kInvalidArgument, "AMOUNT_INVALID", "amount",
                      "it is no multiple of the channel's unit, " + format_units(channel.terms.unit, token.decimals)};
    return book.sign(channel.channel, *units);
}

Status pay(Session& session, const PayOptions& options) {
    if (options.again != options.amount.empty())
        return Status{Code::kInvalidArgument, "AMOUNT_INVALID", "amount", "give an amount, or --again for the last voucher"};
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto opened = open_payer_book(*desk, options.channel);
    if (!opened) return opened.status();
    auto channel = named_channel(session, *opened->book, options.channel);
    if (!channel) return channel.status();
    auto token = session.token(channel->channel.token);
    if (!token) return token.status();
    auto voucher = voucher_for(options, *opened->book, *channel, *token);
    if (!voucher) return voucher.status();
    const std::string text = voucher_text(desk->domain, channel->terms, *voucher);
    // It is in the book by now: what fails from here on is asked for again with --again.
    if (!options.out.empty())
        if (Status written = node::write_file(options.out, text + "\n", 0600); !written.ok()) return written;
    const Amount all = channel::amount_of(voucher->voucher.count, channel->terms.unit).value_or(Amount::max());
    if (session.json()) {
        session.print(json{{"voucher", text},
                           {"channel", to_checksum(channel->channel.owner)},
                           {"token", to_checksum(channel->channel.token)},
                           {"count", std::to_string(voucher->voucher.count)},
                           {"signature", to_hex(voucher->signature)},
                           {"terms", to_hex(channel->terms.encode())},
                           {"total", to_string(all)}});
    } else {
        session.print(options.out.empty()
                          ? text + "\n"
                          : facts({{"voucher", options.out}, {"paid in all", session.amount_text(all, token->address)}}));
    }
    return {};
}

Status reclaim(Session& session, const ChannelOptions& options) {
    auto desk = open_desk(session, false, true);
    if (!desk) return desk.status();
    auto opened = open_payer_book(*desk, options);
    if (!opened) return opened.status();
    auto channel = named_channel(session, *opened->book, options);
    if (!channel) return channel.status();
    auto head = session.l1().head();
    if (!head) return head.status();
    if (head->time < channel->terms.expiry)
        return refused("NotExpired", "channel", "it can be reclaimed at " + format_when(channel->terms.expiry, head->time));
    const l1::RollupClient contract(session.l1(), desk->domain.rollup);
    l1::L1Wallet wallet(session.l1(), desk->key, session.wallet_options());
    auto receipt = wallet.run(contract.address(), 0, l1::rollup_call::reclaim(channel->terms, channel->channel.token));
    if (!receipt) return receipt.status();
    const auto queued = event_of<l1::L1OperationQueued>(*receipt, contract.address());
    if (!queued) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract queued nothing: is it Gavel's?"};
    if (session.json()) {
        session.print(json{{"channel", to_checksum(channel->channel.owner)},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"l1_operation", queued->index},
                           {"gas_used", receipt->gas_used}});
    } else {
        session.print(facts({{"reclaimed", "what is left, once a batch consumes it"},
                             {"L1 transaction", to_hex(receipt->tx_hash)},
                             {"queue number", std::to_string(queued->index)}}));
    }
    return {};
}

struct RecoverOptions {
    ChannelOptions channel;
    std::string voucher, file, url, cap;
};

// A channel that the book may have lost altogether: the terms are as the sequencer has seen them, and the address proves them.
Status restore_terms(Session& session, const ChannelDesk& desk, channel::PayerBook& book, const RecoverOptions& options) {
    auto known = named_channel(session, book, options.channel);
    if (known || known.status().reason != "CHANNEL_UNKNOWN") return known ? Status{} : known.status();
    auto address = parse_address(options.channel.channel, "channel");
    if (!address) return address.status();
    auto token = session.token(options.channel.token);
    if (!token) return token.status();
    auto info = desk.servers.sequencer->channel({*address, token->address});
    if (!info) return info.status();
    if (!info->terms || info->terms->address(desk.separator()) != *address)
        return refused("TERMS_UNKNOWN", "channel", "the sequencer doesn't tell the channel's terms, or tells wrong ones");
    // No more than there is, unless said.
    auto cap = options.cap.empty() ? Result<Amount>(info->account.balance) : parse_units(options.cap, token->decimals, "cap");
    if (!cap) return cap.status();
    auto added = book.add(*info->terms, token->address, *cap);
    return added ? Status{} : added.status();
}

// The payee's last voucher, from whoever has it: the text, a file, or his service.
Result<channel::SignedVoucher> last_voucher(const ChannelDesk& desk, channel::PayerBook& book, const PayerChannel& channel,
                                            const RecoverOptions& options) {
    if (!options.url.empty()) {
        HttpExchange http({});
        return PaidClient(book, desk.key, desk.domain, http, {}).ask_last(options.url, channel.channel);
    }
    auto payment = read_voucher(options.voucher, options.file, desk.domain);
    if (!payment) return payment.status();
    if (payment->terms != channel.terms || payment->token != channel.channel.token)
        return refused("VOUCHER_INVALID", "voucher", "the voucher is of another channel");
    return channel::SignedVoucher{{channel.channel.owner, payment->token, payment->count}, payment->signature};
}

Status recover(Session& session, const RecoverOptions& options) {
    if (int{options.voucher.empty()} + int{options.file.empty()} + int{options.url.empty()} != 2)
        return Status{Code::kInvalidArgument, "OPTION_INVALID", "voucher",
                      "give one: the payee's last voucher, --file, or --url"};
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    auto opened = open_payer_book(*desk, options.channel);
    if (!opened) return opened.status();
    if (Status known = restore_terms(session, *desk, *opened->book, options); !known.ok()) return known;
    auto channel = named_channel(session, *opened->book, options.channel);
    if (!channel) return channel.status();
    auto last = last_voucher(*desk, *opened->book, *channel, options);
    if (!last) return last.status();
    if (Status taken = opened->book->recover(*last); !taken.ok()) return taken;
    channel = named_channel(session, *opened->book, options.channel);
    if (!channel) return channel.status();
    const std::string address = to_checksum(channel->channel.owner), count = std::to_string(channel->count);
    if (session.json()) session.print(json{{"channel", address}, {"count", count}});
    else session.print(facts({{"channel", address}, {"signed", count + " units"}}));
    return {};
}

}  // namespace

void add_channel_payer_commands(Commands& commands) {
    auto fund_args = std::make_shared<FundOptions>();
    node::Options& open = commands.add("channel", "open", "put money into a new channel to one payee",
                                       [fund_args](Session& session) { return open_channel(session, *fund_args); });
    open.text("payee", fund_args->payee, "whom its vouchers pay").required();
    open.text("amount", fund_args->amount, "in ether, or in the token's units: 1.5").required();
    open.text("--unit", fund_args->unit, "what one count of a voucher is worth; amounts are multiples of it").required();
    open.seconds("--expiry", fund_args->expiry_s, "from so long on what is left can be reclaimed, by the L1's time");
    open.text("--cap", fund_args->cap, "what all its vouchers may come to; without it, the amount");
    open.text("--token", fund_args->channel.token, "the ERC-20's address; without it, ETH");
    open.text("--fee", fund_args->fee, "in the token's units; without it, what the sequencer suggests");
    add_books_option(open, fund_args->channel);
    open.examples({"gavel channel open 0xPayee 0.5 --unit 0.0001 --expiry 60d"});

    auto more_args = std::make_shared<FundOptions>();
    node::Options& more = commands.add("channel", "top-up", "put more money into a channel",
                                       [more_args](Session& session) { return top_up(session, *more_args); });
    add_channel_options(more, more_args->channel);
    more.text("amount", more_args->amount, "in ether, or in the token's units").required();
    more.text("--cap", more_args->cap, "what all its vouchers may come to; without it, so much more than before");
    more.text("--fee", more_args->fee, "in the token's units; without it, what the sequencer suggests");

    auto pay_args = std::make_shared<PayOptions>();
    node::Options& voucher = commands.add("channel", "pay", "sign a voucher for so much more: its text is money for the payee",
                                          [pay_args](Session& session) { return pay(session, *pay_args); });
    add_channel_options(voucher, pay_args->channel);
    voucher.text("amount", pay_args->amount, "in ether, or in the token's units; a multiple of the channel's unit");
    voucher.text("--out", pay_args->out, "file to write the voucher to; without it, it is printed");
    voucher.toggle("--again", pay_args->again, "the last voucher once more, nothing new");

    auto reclaim_args = std::make_shared<ChannelOptions>();
    node::Options& back = commands.add("channel", "reclaim", "take back, by the L1, what an expired channel holds",
                                       [reclaim_args](Session& session) { return reclaim(session, *reclaim_args); });
    add_channel_options(back, *reclaim_args);

    auto recover_args = std::make_shared<RecoverOptions>();
    node::Options& lost = commands.add("channel", "recover", "go on after a lost book, from the last voucher that the payee has",
                                       [recover_args](Session& session) { return recover(session, *recover_args); });
    add_channel_options(lost, recover_args->channel);
    lost.text("voucher", recover_args->voucher, "the voucher's text, as the payee's 'gavel channel show' has it");
    lost.text("--file", recover_args->file, "file that holds it");
    lost.text("--url", recover_args->url, "of the payee's service, which is asked for it");
    lost.text("--cap", recover_args->cap, "of a channel that the book had lost: without it, what the channel holds");
}

}  // namespace gavel::cli
