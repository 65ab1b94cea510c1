#include "channel/http_payment.hpp"

#include <fmt/format.h>

#include "channel/base64.hpp"
#include "channel/http_text.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::channel {

namespace {

std::optional<std::string> json_in(std::string_view header) {
    if (header.size() > kMaxHeader) return std::nullopt;
    return from_base64(header);
}

std::string sealed(const std::string& json) {
    std::string out = to_base64(json);
    GAVEL_CHECK(out.size() <= kMaxHeader);
    return out;
}

}  // namespace

std::string to_header(const PaymentRequired& required) {
    GAVEL_CHECK(is_plain(required.reason, kMaxReason) && is_plain(required.url, kMaxUrl));
    return sealed(fmt::format(
        R"({{"x402Version":2,"error":"{}","resource":{{"url":"{}"}},"accepts":[{{"scheme":"{}","network":"eip155:{}",)"
        R"("amount":"{}","asset":"{}","payTo":"{}","maxTimeoutSeconds":{},"extra":{{"rollup":"{}","unit":"{}","margin":"{}"}}}}]}})",
        required.reason, required.url, kScheme, required.domain.chain_id, to_string(required.price), to_hex(required.token),
        to_hex(required.payee), required.timeout_s, to_hex(required.domain.rollup), to_string(required.unit), required.margin_s));
}

std::optional<PaymentRequired> required_from_header(std::string_view value) {
    const auto json = json_in(value);
    if (!json) return std::nullopt;
    PaymentRequired out;
    TextReader in(*json);
    in.literal(R"({"x402Version":2,"error":")").plain(out.reason, kMaxReason);
    in.literal(R"(","resource":{"url":")").plain(out.url, kMaxUrl);
    in.literal(R"("},"accepts":[{"scheme":")").literal(kScheme);
    in.literal(R"(","network":"eip155:)").number(out.domain.chain_id).literal(R"(","amount":")").amount(out.price);
    in.literal(R"(","asset":")").hex(out.token).literal(R"(","payTo":")").hex(out.payee);
    in.literal(R"(","maxTimeoutSeconds":)").number(out.timeout_s);
    in.literal(R"(,"extra":{"rollup":")").hex(out.domain.rollup).literal(R"(","unit":")").amount(out.unit);
    in.literal(R"(","margin":")").number(out.margin_s).literal(R"("}}]})");
    if (!in.finished()) return std::nullopt;
    return out;
}

std::string to_header(const Payment& payment) {
    return sealed(fmt::format(
        R"({{"x402Version":2,"accepted":{{"scheme":"{}","network":"eip155:{}","asset":"{}","extra":{{"rollup":"{}"}}}},)"
        R"("payload":{{"terms":"{}","count":"{}","signature":"{}","id":"{}"}}}})",
        kScheme, payment.domain.chain_id, to_hex(payment.token), to_hex(payment.domain.rollup), to_hex(payment.terms.encode()),
        payment.count, to_hex(payment.signature), to_hex(payment.id)));
}

std::optional<Payment> payment_from_header(std::string_view value) {
    const auto json = json_in(value);
    if (!json) return std::nullopt;
    Payment out;
    Bytes terms;
    TextReader in(*json);
    in.literal(R"({"x402Version":2,"accepted":{"scheme":")").literal(kScheme);
    in.literal(R"(","network":"eip155:)").number(out.domain.chain_id).literal(R"(","asset":")").hex(out.token);
    in.literal(R"(","extra":{"rollup":")").hex(out.domain.rollup);
    in.literal(R"("}},"payload":{"terms":")").hex(terms, ChannelTerms::kSize);
    in.literal(R"(","count":")").number(out.count).literal(R"(","signature":")").hex(out.signature);
    in.literal(R"(","id":")").hex(out.id).literal(R"("}})");
    const auto decoded = ChannelTerms::decode(terms);
    if (!in.finished() || !decoded) return std::nullopt;
    out.terms = *decoded;
    return out;
}

std::string to_header(const Receipt& receipt) {
    GAVEL_CHECK(is_plain(receipt.reason, kMaxReason));
    const std::string outcome =
        receipt.reason.empty() ? R"("success":true)" : fmt::format(R"("success":false,"errorReason":"{}")", receipt.reason);
    return sealed(fmt::format(
        R"({{{},"transaction":"","network":"eip155:{}","payer":"{}","extra":{{"channel":"{}","asset":"{}","count":"{}",)"
        R"("credit":"{}","request":"{}"}}}})",
        outcome, receipt.chain_id, to_hex(receipt.payer), to_hex(receipt.channel), to_hex(receipt.token), receipt.count,
        receipt.credit, to_hex(receipt.request)));
}

std::optional<Receipt> receipt_from_header(std::string_view value) {
    const auto json = json_in(value);
    if (!json) return std::nullopt;
    Receipt out;
    TextReader in(*json);
    if (!in.takes(R"({"success":true)")) {
        in.literal(R"({"success":false,"errorReason":")").plain(out.reason, kMaxReason).literal(R"(")");
        if (out.reason.empty()) return std::nullopt;
    }
    in.literal(R"(,"transaction":"","network":"eip155:)").number(out.chain_id).literal(R"(","payer":")").hex(out.payer);
    in.literal(R"(","extra":{"channel":")").hex(out.channel).literal(R"(","asset":")").hex(out.token);
    in.literal(R"(","count":")").number(out.count).literal(R"(","credit":")").number(out.credit);
    in.literal(R"(","request":")").hex(out.request).literal(R"("}})");
    if (!in.finished()) return std::nullopt;
    return out;
}

std::string to_header(const Question& question) {
    return sealed(fmt::format(R"({{"channel":"{}","asset":"{}","signature":"{}"}})", to_hex(question.channel.owner),
                              to_hex(question.channel.token), to_hex(question.signature)));
}

std::optional<Question> question_from_header(std::string_view value) {
    const auto json = json_in(value);
    if (!json) return std::nullopt;
    Question out;
    TextReader in(*json);
    in.literal(R"({"channel":")").hex(out.channel.owner).literal(R"(","asset":")").hex(out.channel.token);
    in.literal(R"(","signature":")").hex(out.signature).literal(R"("})");
    if (!in.finished()) return std::nullopt;
    return out;
}

std::string to_header(const SignedVoucher& answer) {
    return sealed(fmt::format(R"({{"channel":"{}","asset":"{}","count":"{}","signature":"{}"}})", to_hex(answer.voucher.channel),
                              to_hex(answer.voucher.token), answer.voucher.count, to_hex(answer.signature)));
}

std::optional<SignedVoucher> voucher_from_header(std::string_view value) {
    const auto json = json_in(value);
    if (!json) return std::nullopt;
    SignedVoucher out;
    TextReader in(*json);
    in.literal(R"({"channel":")").hex(out.voucher.channel).literal(R"(","asset":")").hex(out.voucher.token);
    in.literal(R"(","count":")").number(out.voucher.count).literal(R"(","signature":")").hex(out.signature).literal(R"("})");
    if (!in.finished()) return std::nullopt;
    return out;
}

Hash hash_of_request(std::string_view method, std::string_view target, std::string_view body, const RequestId& id) {
    ByteWriter out;
    for (std::string_view part : {method, target, body}) out.raw(keccak256(view_of(part)));
    out.raw(id);
    return keccak256(out.bytes());
}

Offer offer_of(const Payment& payment, const Hash& request) {
    return {payment.terms, payment.token, payment.count, payment.signature, request};
}

int http_status_of(const node::Status& refusal) {
    switch (refusal.code) {
        case node::Code::kInvalidArgument: return 400;
        case node::Code::kAlreadyExists:
        case node::Code::kAborted: return 409;
        case node::Code::kResourceExhausted: return 429;
        case node::Code::kUnavailable: return 503;
        case node::Code::kFailedPrecondition:
        case node::Code::kNotFound:
        case node::Code::kUnauthenticated: return 402;
        default: return 500;
    }
}

}  // namespace gavel::channel
