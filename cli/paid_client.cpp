#include "cli/paid_client.hpp"

#include <algorithm>
#include <thread>

#include "cli/channel_books.hpp"

namespace gavel::cli {

using channel::PayerChannel;
using channel::PaymentRequired;
using channel::SignedVoucher;
using node::Code;
using node::Result;
using node::Status;

namespace {

constexpr int kMostTries = 3;  // of one payment
constexpr std::chrono::seconds kPause{1};

Status refused(const char* reason, const std::string& field, const std::string& message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

std::optional<channel::Receipt> receipt_in(const HttpAnswer& answer) {
    const auto values = header_values(answer.headers, channel::kReceiptHeader);
    return values.size() == 1 ? channel::receipt_from_header(values.front()) : std::nullopt;
}

// The payee would take the voucher once his servers have caught up.
bool is_too_early(const HttpAnswer& answer) {
    const auto receipt = receipt_in(answer);
    return receipt && (receipt->reason == "UNPOSTED_FUNDING" || receipt->reason == "CHANNEL_STALE");
}

}  // namespace

Result<std::string> target_of(const std::string& url) {
    const Status bad{Code::kInvalidArgument, "URL_INVALID", "url", "not an URL of http or https as it is sent: " + url};
    const size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
    const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
    if (scheme == 0 || !is_plain) return bad;
    const size_t host_end = std::min(url.find_first_of("/?", scheme), url.size());
    if (host_end == scheme) return bad;
    if (host_end == url.size()) return std::string("/");
    return (url[host_end] == '/' ? "" : "/") + url.substr(host_end);
}

Result<std::vector<PayerChannel>> PaidClient::channels_for(const PaymentRequired& required) const {
    if (required.domain != domain_)
        return refused("WRONG_ROLLUP", "url", "the service wants to be paid on another chain or rollup");
    if (required.unit.is_zero()) return refused("PAYMENT_UNKNOWN", "url", "the service asks for units of nothing");
    if (required.price > most_.value_or(required.unit))
        return refused("PRICE_TOO_HIGH", "max-price",
                       "the service asks for " + to_string(required.price) + " base units of " + to_checksum(required.token));
    std::vector<PayerChannel> out;
    for (const PayerChannel& one : book_.channels()) {
        const bool fits =
            one.terms.payee == required.payee && one.terms.unit == required.unit && one.channel.token == required.token;
        const auto used = channel::amount_of(one.count, one.terms.unit);
        const auto then = used ? used->plus(required.price) : std::nullopt;
        if (fits && then && *then <= one.cap) out.push_back(one);
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.terms.expiry < b.terms.expiry; });
    if (!out.empty()) return out;
    return refused("NO_CHANNEL", "url",
                   "there is no channel with enough left; open one: gavel channel open " + to_checksum(required.payee) +
                       " AMOUNT --unit (" + to_string(required.unit) + " base units) --token " + to_checksum(required.token));
}

std::optional<PaymentRequired> PaidClient::known_for(const std::string& url) const {
    std::lock_guard lock(mutex_);
    return url == known_url_ ? known_ : std::nullopt;
}

void PaidClient::note(const std::string& url, const std::optional<PaymentRequired>& required) {
    std::lock_guard lock(mutex_);
    known_url_ = url;
    known_ = required;
}

Result<PaidAnswer> PaidClient::get(const PaidRequest& request) {
    const auto target = target_of(request.url);
    if (!target) return target.status();
    auto required = known_for(request.url);
    if (!required) {
        auto first = http_.run(request.method, request.url, request.headers, request.body);
        if (!first) return first.status();
        if (first->status != 402) return PaidAnswer{*std::move(first), {}, {}};
        const auto values = header_values(first->headers, channel::kRequiredHeader);
        if (values.size() == 1) required = channel::required_from_header(values.front());
        if (!required) return refused("PAYMENT_UNKNOWN", "url", "the service asks to be paid in a way that isn't understood");
    }
    auto paid = pay_by_one(request, *target, *required);
    if (paid) paid->price = required->price;
    note(request.url, paid && paid->http.status != 402 ? required : std::nullopt);
    return paid;
}

Result<PaidAnswer> PaidClient::pay_by_one(const PaidRequest& request, const std::string& target,
                                          const PaymentRequired& required) {
    const auto channels = channels_for(required);
    if (!channels) return channels.status();
    const auto units = channel::units_for(required.price, required.unit);
    if (!units) return refused("PRICE_TOO_HIGH", "max-price", "the price is more than a voucher can count");
    Status why;
    for (const PayerChannel& channel : *channels) {
        auto paid = pay(request, target, channel, *units);
        // He has a larger one than the book knows: it was lost, or copied from elsewhere. His count goes where he can prove it.
        if (paid && paid->receipt && paid->receipt->reason == "VOUCHER_OLD") {
            auto last = ask_last(request.url, channel.channel);
            if (!last) return last.status();
            if (Status known = book_.recover(*last); !known.ok()) return known;
            paid = pay(request, target, channel, *units);
        }
        if (paid) return paid;
        why = paid.status();
        const bool cannot_sign = why.reason == "CHANNEL_CLOSED" || why.reason == "CHANNEL_UNKNOWN" ||
                                 why.reason == "EXPIRY_NEAR" || why.reason == "NOT_COVERED" || why.reason == "CAP_REACHED";
        if (!cannot_sign) break;
    }
    return why;
}

Result<PaidAnswer> PaidClient::pay(const PaidRequest& request, const std::string& target, const PayerChannel& channel,
                                   uint64_t units) {
    // From here on it is in the book.
    auto voucher = book_.sign(channel.channel, units);
    if (!voucher) return voucher.status();
    const channel::Payment payment{domain_,    channel.channel.token, channel.terms, voucher->voucher.count, voucher->signature,
                                   random_id()};
    auto answer = send_paid(request, to_header(payment));
    if (!answer) return answer.status();
    PaidAnswer out{*std::move(answer), {}, {}};
    out.receipt = receipt_in(out.http);
    const Hash bound = channel::hash_of_request(request.method, target, request.body, payment.id);
    if (out.receipt && (out.receipt->request != bound || out.receipt->channel != channel.channel.owner)) out.receipt.reset();
    return out;
}

// The same voucher with the same request: if it was served the first time, that answer comes again; if it failed, its units are
// still there.
Result<HttpAnswer> PaidClient::send_paid(const PaidRequest& request, const std::string& header) {
    HttpHeaders headers = request.headers;
    headers.emplace_back(channel::kPaymentHeader, header);
    Result<HttpAnswer> out = http_.run(request.method, request.url, headers, request.body);
    for (int tries = 1; tries < kMostTries && (!out || out->status >= 500); ++tries)
        out = http_.run(request.method, request.url, headers, request.body);
    const auto until = std::chrono::steady_clock::now() + patience_;
    while (out && is_too_early(*out) && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kPause);
        out = http_.run(request.method, request.url, headers, request.body);
    }
    return out;
}

Result<SignedVoucher> PaidClient::ask_last(const std::string& url, const AccountKey& channel) {
    const channel::Question question{channel, channel::sign_question(payer_, domain_.separator(), channel)};
    auto answer = http_.run("GET", url, {{std::string(channel::kQuestionHeader), to_header(question)}}, "");
    if (!answer) return answer.status();
    if (answer->status == 404) return refused("VOUCHER_UNKNOWN", "channel", "the payee has no voucher of that channel");
    const auto values = header_values(answer->headers, channel::kQuestionHeader);
    const auto voucher = values.size() == 1 ? channel::voucher_from_header(values.front()) : std::nullopt;
    if (!voucher || AccountKey{voucher->voucher.channel, voucher->voucher.token} != channel)
        return Status{Code::kInternal, "ANSWER_INVALID", "url", "the service doesn't tell the last voucher"};
    return *voucher;
}

}  // namespace gavel::cli
