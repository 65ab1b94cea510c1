// A client of services that are paid by vouchers (docs/channels.md, "Over HTTP").
#pragma once

#include <chrono>

#include "channel/http_payment.hpp"
#include "channel/payer_book.hpp"
#include "cli/http_exchange.hpp"

namespace gavel::cli {

struct PaidRequest {
    std::string method = "GET";
    std::string url;
    HttpHeaders headers{};
    std::string body{};
};

struct PaidAnswer {
    HttpAnswer http;
    Amount price;                             // base units; zero: nothing was asked
    std::optional<channel::Receipt> receipt;  // of a payment that was sent
};

// The target of an URL as it goes into the request line: path and query, "/" for none. Reason: URL_INVALID (http and https, no
// fragment, nothing that would have to be encoded).
node::Result<std::string> target_of(const std::string& url);

// Thread-safe.
class PaidClient {
public:
    // All of them outlive it. `most`: that is paid for one request; nullopt: a unit of the channel. `patience`: how long a payee
    // is asked again whose verifier hasn't seen the channel's funding on the L1 yet.
    PaidClient(channel::PayerBook& book, const PrivateKey& payer, const Domain& domain, HttpExchange& http,
               std::optional<Amount> most, std::chrono::milliseconds patience = {})
        : book_(book), payer_(payer), domain_(domain), http_(http), most_(most), patience_(patience) {}

    // Asks, and pays if that is what the service wants. A payment that wasn't answered goes again, with the same request, which
    // is paid once. Reasons: beside those of the book and of HttpExchange, PAYMENT_UNKNOWN (402 without terms that are
    // understood), WRONG_ROLLUP, PRICE_TOO_HIGH, NO_CHANNEL (to such a payee, of such a unit).
    node::Result<PaidAnswer> get(const PaidRequest& request);
    // The payee's last voucher of a channel, asked from his service. Reasons: ANSWER_INVALID, and VOUCHER_UNKNOWN: he has none.
    node::Result<channel::SignedVoucher> ask_last(const std::string& url, const AccountKey& channel);

private:
    // What the service behind an URL wanted the last time; nothing if it wanted nothing, or isn't known.
    std::optional<channel::PaymentRequired> known_for(const std::string& url) const;
    void note(const std::string& url, const std::optional<channel::PaymentRequired>& required);
    // Those that fit and have room, by expiry: the first to end is used up first. At least one.
    node::Result<std::vector<channel::PayerChannel>> channels_for(const channel::PaymentRequired& required) const;
    // The first of them that can sign. None of them pays twice: what can't sign has signed nothing.
    node::Result<PaidAnswer> pay_by_one(const PaidRequest& request, const std::string& target,
                                        const channel::PaymentRequired& required);
    // The answer to the request with one more voucher.
    node::Result<PaidAnswer> pay(const PaidRequest& request, const std::string& target, const channel::PayerChannel& channel,
                                 uint64_t units);
    node::Result<HttpAnswer> send_paid(const PaidRequest& request, const std::string& header);

    channel::PayerBook& book_;
    const PrivateKey& payer_;
    const Domain domain_;
    HttpExchange& http_;
    const std::optional<Amount> most_;
    const std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;
    std::string known_url_;
    std::optional<channel::PaymentRequired> known_;
};

}  // namespace gavel::cli
