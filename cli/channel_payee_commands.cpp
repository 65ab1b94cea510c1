// gavel channel receive, redeem, close: what a channel's payee does.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/channel_books.hpp"
#include "cli/channel_redeemer.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::cli {
namespace {

using channel::PayeeChannel;
using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct ReceiveOptions {
    ChannelOptions channel;
    std::string voucher, file, unposted_limit;
};

// What a voucher that is handed over pays for: itself. So the same one a second time is known as that.
Hash request_of_receipt() { return channel::hash_of_request("RECEIVE", "", "", {}); }

struct Taken {
    AccountKey channel;
    uint64_t units = 0;
    bool repeated = false;
};

Result<Taken> take(channel::PayeeBook& book, ServersSource& source, const channel::Payment& payment, const Hash& separator) {
    const AccountKey key = channel::leaf_of(payment.terms, payment.token, separator);
    auto seen = source.look(key);
    if (!seen) return seen.status();
    uint64_t had = seen->confirmed && !seen->confirmed->closed ? seen->confirmed->claimed : 0;
    if (const auto before = book.find(key)) had = std::max(had, before->voucher.voucher.count);
    const uint64_t units = payment.count > had ? payment.count - had : 0;
    auto admission = book.accept(channel::offer_of(payment, request_of_receipt()), std::max<uint64_t>(1, units));
    if (!admission) return admission.status();
    if (admission->repeated) return Taken{key, 0, true};
    if (Status done = book.served(key, payment.count, {}); !done.ok()) return done;
    return Taken{key, units, false};
}

Status receive(Session& session, const ReceiveOptions& options) {
    if (options.voucher.empty() == options.file.empty())
        return Status{Code::kInvalidArgument, "OPTION_INVALID", "voucher", "give the voucher, as text or by --file"};
    auto desk = open_desk(session, true, false);
    if (!desk) return desk.status();
    auto payment = read_voucher(options.voucher, options.file, desk->domain);
    if (!payment) return payment.status();
    auto token = session.token(payment->token);
    if (!token) return token.status();
    channel::PayeePolicy policy = reading_policy(*desk);
    if (payment->terms.unit.is_zero())
        return Status{Code::kFailedPrecondition, "TERMS_REFUSED", "voucher", "its terms are no channel's"};
    // Between people the payer chooses unit and token; how much it is is shown.
    policy.unit = payment->terms.unit;
    policy.token = payment->token;
    policy.margin_s = options.channel.margin_s;
    if (!options.unposted_limit.empty()) {
        auto limit = parse_units(options.unposted_limit, token->decimals, "unposted-limit");
        if (!limit) return limit.status();
        policy.unposted_limit = *limit;
    }
    auto opened = open_payee_book(*desk, options.channel, policy, *desk->source);
    if (!opened) return opened.status();
    // The limit is for all channels together, so each is looked at.
    for (const PayeeChannel& other : opened->book->channels())
        if (auto seen = desk->source->look(other.channel)) opened->book->observe(other.channel, *seen);
    auto taken = take(*opened->book, *desk->source, *payment, desk->separator());
    if (!taken) return taken.status();
    const Amount amount = channel::amount_of(taken->units, payment->terms.unit).value_or(Amount::max());
    if (session.json()) {
        session.print(json{{"channel", to_checksum(taken->channel.owner)},
                           {"token", to_checksum(taken->channel.token)},
                           {"payer", to_checksum(payment->terms.payer)},
                           {"count", std::to_string(payment->count)},
                           {"units", std::to_string(taken->units)},
                           {"amount", to_string(amount)},
                           {"repeated", taken->repeated},
                           {"expiry", payment->terms.expiry}});
        return {};
    }
    session.print(facts(
        {{"received", taken->repeated ? "nothing: it is in the book already"
                                      : session.amount_text(amount, token->address) + " " + session.token_name(token->address)},
         {"from", to_checksum(payment->terms.payer)},
         {"channel", to_checksum(taken->channel.owner)},
         {"redeem before", format_time(payment->terms.expiry)}}));
    return {};
}

struct RedeemOptions {
    ChannelOptions channel;
    std::string fee;
    bool by_l1 = false;
    bool close = false;
};

Status redeem_by_l1(Session& session, const ChannelDesk& desk, const PayeeChannel& channel) {
    const l1::RollupClient contract(session.l1(), desk.domain.rollup);
    l1::L1Wallet wallet(session.l1(), desk.key, session.wallet_options());
    const Voucher& voucher = channel.voucher.voucher;
    auto receipt =
        wallet.run(contract.address(), 0,
                   l1::rollup_call::force_redeem(channel.terms, voucher.token, voucher.count, channel.voucher.signature));
    if (!receipt) return receipt.status();
    const auto queued = event_of<l1::L1OperationQueued>(*receipt, contract.address());
    if (!queued) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract queued nothing: is it Gavel's?"};
    auto now = read_facts(contract);
    if (!now) return now.status();
    const auto overdue = now->overdue_at(queued->operation.time);
    if (session.json()) {
        session.print(json{{"channel", to_checksum(voucher.channel)},
                           {"count", std::to_string(voucher.count)},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"l1_operation", queued->index},
                           {"overdue_at", overdue ? json(*overdue) : json()},
                           {"gas_used", receipt->gas_used}});
        return {};
    }
    session.print(facts({{"queued", "on the L1 as number " + std::to_string(queued->index)},
                         {"L1 transaction", to_hex(receipt->tx_hash)},
                         {"overdue", overdue ? format_when(*overdue, now->now) : "an inclusion window after somebody sits"}}));
    return {};
}

Status redeem(Session& session, const RedeemOptions& options) {
    if (options.by_l1 && options.close)
        return Status{Code::kInvalidArgument, "OPTION_INVALID", "close", "the L1 only pays out; it closes nothing"};
    auto desk = open_desk(session, false, options.by_l1);
    if (!desk) return desk.status();
    auto opened = open_payee_book(*desk, options.channel, reading_policy(*desk), *desk->source);
    if (!opened) return opened.status();
    auto channel = named_channel(session, *opened->book, options.channel);
    if (!channel) return channel.status();
    if (options.by_l1) return redeem_by_l1(session, *desk, *channel);
    auto signing = signing_at(session, *desk, channel->channel.token);
    if (!signing) return signing.status();
    auto plan = plan_redeem(*signing, {channel->terms, channel->voucher}, options.close, options.fee);
    if (!plan) return plan.status();
    const SignedOperation sent = sign(*signing, *plan);
    const Outcome outcome = hand_over(*signing, sent);
    if (outcome.fate != Fate::kTaken) return status_of(outcome, sent.hash);
    const Address& token = channel->channel.token;
    const Amount paid = plan->amount.minus(plan->operation.fee).value_or(Amount{});
    if (session.json()) {
        session.print(json{{"channel", to_checksum(channel->channel.owner)},
                           {"units", std::to_string(plan->units)},
                           {"amount", to_string(plan->amount)},
                           {"fee", to_string(plan->operation.fee)},
                           {"paid", to_string(paid)},
                           {"closed", options.close},
                           {"hash", to_hex(sent.hash)},
                           {"position", outcome.position}});
        return {};
    }
    session.print(facts({{"redeemed", session.amount_text(paid, token) + " " + session.token_name(token)},
                         {"fee", session.amount_text(plan->operation.fee, token)},
                         {"channel", options.close ? "closed" : "open"},
                         {"operation", to_hex(sent.hash)}}));
    return {};
}

void add_redeem_options(node::Options& options, RedeemOptions& redeem) {
    add_channel_options(options, redeem.channel);
    options.text("--fee", redeem.fee, "in the token's units, out of what is taken; without it, what the sequencer suggests");
}

}  // namespace

void add_channel_payee_commands(Commands& commands) {
    auto receive_args = std::make_shared<ReceiveOptions>();
    node::Options& receive_options =
        commands.add("channel", "receive", "check a voucher and keep it: what it pays is safe once this says so",
                     [receive_args](Session& session) { return receive(session, *receive_args); });
    receive_options.text("voucher", receive_args->voucher, "its text");
    receive_options.text("--file", receive_args->file, "file that holds it");
    receive_options.text("--unposted-limit", receive_args->unposted_limit,
                         "take so much, of all channels together, that your verifier hasn't seen on the L1; without it, nothing");
    receive_options.seconds("--margin", receive_args->channel.margin_s, "nothing is taken from so long before the expiry on");
    add_books_option(receive_options, receive_args->channel);

    auto redeem_args = std::make_shared<RedeemOptions>();
    node::Options& out = commands.add("channel", "redeem", "take the money of the last voucher",
                                      [redeem_args](Session& session) { return redeem(session, *redeem_args); });
    add_redeem_options(out, *redeem_args);
    // The L1's URL has --l1.
    out.toggle("--by-l1", redeem_args->by_l1, "by the L1's queue, without asking the sequencer");
    out.toggle("--close", redeem_args->close, "give the payer what is left, and end the channel");

    auto close_args = std::make_shared<RedeemOptions>();
    close_args->close = true;
    node::Options& end = commands.add("channel", "close", "redeem --close: the payee's to do; a payer waits for the expiry",
                                      [close_args](Session& session) { return redeem(session, *close_args); });
    add_redeem_options(end, *close_args);
}

}  // namespace gavel::cli
