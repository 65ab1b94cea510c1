#include "cli/channel_serve.hpp"

#include <nlohmann/json.hpp>

#include "channel/collector.hpp"
#include "cli/channel_redeemer.hpp"
#include "cli/paid_client.hpp"
#include "cli/paid_proxy.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "node/loop.hpp"
#include "node/signals.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

// What the flags say, in base units.
struct Prices {
    Amount price, unit;
    uint64_t units = 0;  // that pay the price
    Amount unposted_limit, redeem_amount, redeem_least, l1_least;
};

Status read_amount(const std::string& text, const TokenInfo& token, const char* field, Amount& out) {
    if (text.empty()) return {};
    auto amount = parse_units(text, token.decimals, field);
    if (!amount) return amount.status();
    out = *amount;
    return {};
}

Result<Prices> read_prices(const ServeOptions& options, const TokenInfo& token) {
    Prices out;
    out.redeem_amount = Amount::max();
    const struct {
        const std::string& text;
        const char* field;
        Amount& amount;
    } flags[] = {{options.price, "price", out.price},
                 {options.unit, "unit", out.unit},
                 {options.unposted_limit, "unposted-limit", out.unposted_limit},
                 {options.redeem_amount, "redeem-amount", out.redeem_amount},
                 {options.redeem_least, "redeem-least", out.redeem_least},
                 {options.l1_least, "l1-least", out.l1_least}};
    for (const auto& flag : flags)
        if (Status read = read_amount(flag.text, token, flag.field, flag.amount); !read.ok()) return read;
    if (options.unit.empty()) out.unit = out.price;
    const auto units = out.unit.is_zero() ? std::nullopt : channel::units_for(out.price, out.unit);
    if (out.price.is_zero() || !units)
        return Status{Code::kInvalidArgument, "AMOUNT_INVALID", "price", "price and unit are above zero"};
    out.units = *units;
    return out;
}

channel::PayeePolicy payee_policy(const ServeOptions& options, const Prices& prices, const Address& payee, const Address& token) {
    channel::PayeePolicy out;
    out.payee = payee;
    out.token = token;
    out.unit = prices.unit;
    out.margin_s = options.channel.margin_s;
    out.least_life_s = options.least_life_s;
    out.unposted_limit = prices.unposted_limit;
    return out;
}

channel::RedeemPolicy redeem_policy(const ServeOptions& options, const Prices& prices) {
    channel::RedeemPolicy out;
    out.amount = prices.redeem_amount;
    out.age_s = options.redeem_age_s;
    out.lead_s = options.lead_s;
    out.margin_s = options.channel.margin_s;
    out.least = prices.redeem_least;
    out.least_by_l1 = prices.l1_least;
    return out;
}

// What runs once all that it needs is open.
Status run(Session& session, const ServeOptions& options, const Prices& prices, const Signing& signing, const ChannelDesk& desk,
           node::StopSignals& signals) {
    ServersSource source(desk.servers, *desk.clock, options.finality_s);
    AnyhowSource anyhow(source);
    KeptSource kept(source, *desk.clock, static_cast<uint64_t>(options.kept.count()));
    auto opened =
        open_payee_book(desk, options.channel, payee_policy(options, prices, desk.key.address(), signing.token.address), kept);
    if (!opened) return opened.status();
    l1::L1WalletOptions wallet_options = session.wallet_options();
    wallet_options.on_sent = {};
    l1::L1Wallet wallet(session.l1(), desk.key, wallet_options);
    L1Redeemer l1(wallet, desk.domain.rollup);
    ServersRedeemer redeemer(signing, l1);
    channel::Collector collector(*opened->book, anyhow, redeemer, *desk.clock, redeem_policy(options, prices));

    HttpExchange upstream({.timeout = options.timeout, .max_body = options.max_answer});
    const uint64_t timeout_s = static_cast<uint64_t>(options.timeout.count()) / 1000 + 1;
    PaidProxy proxy(*opened->book, upstream, {desk.domain, prices.price, prices.units, options.upstream, timeout_s});
    node::HttpServerOptions server_options;
    server_options.listen = options.listen;
    server_options.max_body_bytes = options.max_body;
    server_options.max_head_bytes = 32 << 10;
    server_options.max_target_bytes = channel::kMaxUrl;
    server_options.threads = options.per_peer * 2;  // so that one client can't hold all
    server_options.max_connections = options.max_connections;
    server_options.max_per_peer = options.per_peer;
    node::HttpServer server(server_options);
    server.route_rest([&proxy](const node::HttpWholeRequest& request) { return proxy.serve(request); });

    node::Troubles troubles(*desk.clock);
    node::Loops loops(troubles);
    loops.start("COLLECTOR_FAILED", [&] {
        collector.step();
        l1.step();
        troubles.tick();
        loops.rest(options.collect_every);
    });
    if (Status started = server.start(); !started.ok()) return started;
    const std::string payee = to_checksum(desk.key.address());
    if (session.json()) session.print_line({{"listening", server.port()}, {"payee", payee}, {"price", to_string(prices.price)}});
    else session.print("listening on port " + std::to_string(server.port()) + ", paid to " + payee + "\n");
    signals.wait();
    upstream.close();
    server.stop();
    loops.stop();
    if (loops.has_failed()) return {Code::kUnavailable, "BOOK_FAILED", "books", "the book can't be written; the log says why"};
    return {};
}

}  // namespace

void add_serve_options(node::Options& options, ServeOptions& serve) {
    options.text("--upstream", serve.upstream, "URL of the service that does the work").required();
    options.text("--price", serve.price, "of a request, in ether or in the token's units").required();
    options.text("--unit", serve.unit, "that channels must count in; without it, the price");
    options.text("--token", serve.token, "the ERC-20's address; without it, ETH");
    options.text("--listen", serve.listen, "host:port; no TLS, so for this machine or behind a proxy that has it");
    add_books_option(options, serve.channel);
    options.group("What is taken");
    options.seconds("--margin", serve.channel.margin_s, "nothing is taken from so long before a channel's expiry on");
    options.seconds("--least-life", serve.least_life_s, "a channel's first voucher comes so much earlier still");
    options.text("--unposted-limit", serve.unposted_limit,
                 "what may be taken, of all channels together, that your verifier hasn't seen on the L1; without it, nothing");
    options.seconds("--finality", serve.finality_s, "how long a posted state must stand until it counts as settled");
    options.duration("--kept", serve.kept, "for so long what was seen of a channel isn't asked for again");
    options.group("When it is redeemed");
    options.text("--redeem-amount", serve.redeem_amount, "as soon as so much is due");
    options.seconds("--redeem-age", serve.redeem_age_s, "or the oldest unit is so old");
    options.seconds("--redeem-lead", serve.lead_s, "or so long before the margin begins");
    options.text("--redeem-least", serve.redeem_least, "but not less than this by the sequencer");
    options.text("--l1-least", serve.l1_least, "nor less than this by the L1");
    options.duration("--collect-every", serve.collect_every, "how often the channels are looked at");
    options.group("Limits");
    options.duration("--timeout", serve.timeout, "for the service's answer");
    options.byte_size("--max-body", serve.max_body, "of a request");
    options.byte_size("--max-answer", serve.max_answer, "of the service's answer, which is held in memory");
    options.number("--max-connections", serve.max_connections, "open at the same time", 1, 100'000);
    options.number("--max-per-peer", serve.per_peer, "of them from one address", 1, 1024);
}

Status serve_paid_service(Session& session, const ServeOptions& given) {
    node::StopSignals signals;  // before any thread starts
    ServeOptions options = given;
    while (options.upstream.ends_with('/')) options.upstream.pop_back();
    const auto target = target_of(options.upstream);
    if (!target || options.upstream.find('?') != std::string::npos)
        return {Code::kInvalidArgument, "URL_INVALID", "upstream",
                "not an URL of http or https without a query: " + given.upstream};
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto prices = read_prices(options, *token);
    if (!prices) return prices.status();
    auto desk = open_desk(session, true, true);
    if (!desk) return desk.status();
    auto signing = signing_at(session, *desk, token->address);
    if (!signing) return signing.status();
    return run(session, options, *prices, *signing, *desk, signals);
}

}  // namespace gavel::cli
