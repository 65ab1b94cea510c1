#include "cli/paid_proxy.hpp"

#include <algorithm>

#include "node/log.hpp"
#include "protocol/encoding.hpp"

namespace gavel::cli {

using channel::Admission;
using channel::Offer;
using channel::Payment;
using channel::Receipt;
using node::HttpWholeRequest;
using node::HttpWholeResponse;
using node::Status;

namespace {

// Not the service's: payments are between the client and this proxy.
const std::vector<std::string_view> kOwnHeaders = {channel::kRequiredHeader, channel::kPaymentHeader, channel::kReceiptHeader,
                                                   channel::kQuestionHeader};

std::vector<std::string_view> not_for_upstream() {
    std::vector<std::string_view> out = kOwnHeaders;
    out.push_back("host");  // the service's own, by its URL
    return out;
}

// The target as PAYMENT-REQUIRED takes it.
std::string url_of(const std::string& target) {
    constexpr const char* kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : target) {
        if (c > ' ' && c <= '~' && c != '"' && c != '\\') {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return out.size() <= channel::kMaxUrl ? out : "/";
}

HttpWholeResponse text_answer(int status, const std::string& reason) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, reason + "\n"};
}

// What a client could make of the URL that the service is asked by: nothing but a path and a query below its own.
bool is_right_target(const std::string& target) {
    return target.starts_with('/') &&
           std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

// Units that were paid for a request go back to the payer however the serving of it ends, unless it was served.
class PaidTurn {
public:
    PaidTurn(channel::PayeeBook& book, const Admission& admission) : book_(book), admission_(admission) {}
    PaidTurn(const PaidTurn&) = delete;
    ~PaidTurn() {
        if (is_over_) return;
        if (const Status credited = book_.failed(admission_.channel, admission_.count); !credited.ok())
            node::log_status(node::LogLevel::kError, "units of a request that failed couldn't be credited", credited);
    }
    void served(ByteView answer) {
        is_over_ = true;
        // The answer goes out all the same: it is paid for, and the payment is on the disk.
        if (const Status noted = book_.served(admission_.channel, admission_.count, answer); !noted.ok())
            node::log_status(node::LogLevel::kError, "a request that was served couldn't be noted", noted);
    }

private:
    channel::PayeeBook& book_;
    const Admission& admission_;
    bool is_over_ = false;
};

}  // namespace

Bytes encode_answer(const HttpWholeResponse& answer) {
    const auto types = header_values(answer.headers, "Content-Type");
    const std::string type = types.empty() || types.front().size() > 255 ? "" : types.front();
    ByteWriter out;
    out.u32(static_cast<uint32_t>(answer.status))
        .u8(static_cast<uint8_t>(type.size()))
        .raw(view_of(type))
        .raw(view_of(answer.body));
    return out.bytes();
}

std::optional<HttpWholeResponse> decode_answer(ByteView kept) {
    if (kept.size() < 5) return std::nullopt;
    ByteReader in(kept);
    HttpWholeResponse out;
    out.status = static_cast<int>(in.u32());
    const size_t type_size = in.u8();
    if (kept.size() < 5 + type_size || out.status < 200 || out.status > 599) return std::nullopt;
    const std::string type = string_of(in.take(type_size));
    if (!type.empty()) out.headers.emplace_back("Content-Type", type);
    out.body = string_of(kept.subspan(5 + type_size));
    return out;
}

HttpWholeResponse PaidProxy::ask_to_pay(const HttpWholeRequest& request, const std::string& reason, int status) const {
    HttpWholeResponse out = text_answer(status, reason);
    const channel::PayeePolicy& policy = book_.policy();
    channel::PaymentRequired required;
    required.domain = options_.domain;
    required.reason = reason;
    required.url = url_of(request.target);
    required.price = options_.price;
    required.token = policy.token;
    required.payee = policy.payee;
    required.unit = policy.unit;
    required.margin_s = policy.margin_s;
    required.timeout_s = options_.timeout_s;
    out.headers.emplace_back(channel::kRequiredHeader, to_header(required));
    return out;
}

Receipt PaidProxy::receipt_of(const Offer& offer, const std::string& reason) const {
    Receipt out;
    const AccountKey key = channel::leaf_of(offer.terms, offer.token, separator_);
    out.chain_id = options_.domain.chain_id;
    out.reason = reason;
    out.payer = offer.terms.payer;
    out.channel = key.owner;
    out.token = key.token;
    out.request = offer.request;
    if (const auto known = book_.find(key)) {
        out.count = known->voucher.voucher.count;
        out.credit = known->credit;
    }
    return out;
}

HttpWholeResponse PaidProxy::refuse(const HttpWholeRequest& request, const Offer& offer, const Status& why) const {
    const int status = channel::http_status_of(why);
    HttpWholeResponse out = status == 402 ? ask_to_pay(request, why.reason, status) : text_answer(status, why.reason);
    // What the payee has of a channel is told to its payer alone.
    const AccountKey key = channel::leaf_of(offer.terms, offer.token, separator_);
    const channel::SignedVoucher voucher{{key.owner, key.token, offer.count}, offer.signature};
    if (channel::check_voucher(voucher, offer.terms.payer, separator_).ok())
        out.headers.emplace_back(channel::kReceiptHeader, to_header(receipt_of(offer, why.reason)));
    return out;
}

HttpWholeResponse PaidProxy::tell_last(const std::string& value) const {
    const auto question = channel::question_from_header(value);
    if (!question) return text_answer(400, "QUESTION_INVALID");
    const auto last = book_.last(question->channel, question->signature);
    if (!last) return text_answer(last.status().code == node::Code::kNotFound ? 404 : 403, last.status().reason);
    HttpWholeResponse out = text_answer(200, "the last voucher is in the header");
    out.headers.emplace_back(channel::kQuestionHeader, to_header(*last));
    return out;
}

HttpWholeResponse PaidProxy::serve(const HttpWholeRequest& request) {
    if (!is_right_target(request.target)) return text_answer(400, "TARGET_INVALID");
    if (!are_plain(request.headers)) return text_answer(400, "HEADER_INVALID");
    const auto questions = header_values(request.headers, channel::kQuestionHeader);
    if (questions.size() == 1) return tell_last(questions.front());
    const auto values = header_values(request.headers, channel::kPaymentHeader);
    if (values.empty() && questions.empty()) return ask_to_pay(request, "PAYMENT_MISSING", 402);
    if (values.size() != 1 || !questions.empty()) return text_answer(400, "PAYMENT_INVALID");
    const auto payment = channel::payment_from_header(values.front());
    if (!payment) return text_answer(400, "PAYMENT_INVALID");
    if (payment->domain != options_.domain) return ask_to_pay(request, "TERMS_REFUSED", 402);
    const Offer offer =
        channel::offer_of(*payment, channel::hash_of_request(request.method, request.target, request.body, payment->id));
    const auto admission = book_.accept(offer, options_.price_units);
    if (!admission) return refuse(request, offer, admission.status());
    HttpWholeResponse out;
    if (admission->repeated) {
        // Too long to be kept: the receipt alone.
        out = decode_answer(admission->answer).value_or(HttpWholeResponse{204, {}, {}});
    } else {
        out = serve_paid(request, *admission);
    }
    out.headers.emplace_back(channel::kReceiptHeader, to_header(receipt_of(offer, "")));
    return out;
}

HttpWholeResponse PaidProxy::serve_paid(const HttpWholeRequest& request, const Admission& admission) {
    PaidTurn turn(book_, admission);
    // The whole answer is here before a byte of it goes out: so it is known whether the request was served.
    auto answer = upstream_.run(request.method, options_.upstream + request.target,
                                end_to_end(request.headers, not_for_upstream()), request.body);
    if (!answer) {
        node::log_status(node::LogLevel::kWarn, "the service behind the proxy doesn't answer", answer.status());
        return text_answer(502, answer.status().reason);
    }
    HttpWholeResponse out{answer->status, end_to_end(answer->headers, kOwnHeaders), std::move(answer->body)};
    // A service that fails isn't paid: the units are the payer's for his next request.
    if (out.status < 500) turn.served(encode_answer(out));
    return out;
}

}  // namespace gavel::cli
