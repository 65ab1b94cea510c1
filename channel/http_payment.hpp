// What a paid HTTP service and its client say to each other, in x402's three headers (docs/channels.md, "Over HTTP"). Each value
// is base64 of JSON in one form only; one that is longer than its bound is refused before it is looked at.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "channel/payee_book.hpp"

namespace gavel::channel {

inline constexpr std::string_view kRequiredHeader = "PAYMENT-REQUIRED";    // with 402, to the client
inline constexpr std::string_view kPaymentHeader = "PAYMENT-SIGNATURE";    // with a request
inline constexpr std::string_view kReceiptHeader = "PAYMENT-RESPONSE";     // with the answer to one that had a payment
inline constexpr std::string_view kQuestionHeader = "GAVEL-LAST-VOUCHER";  // asks for the last voucher, and the answer to it
inline constexpr std::string_view kScheme = "gavel-channel";
inline constexpr size_t kMaxHeader = 4096;  // characters of any of them
inline constexpr size_t kMaxUrl = 1024, kMaxReason = 64;

// What the service asks for.
struct PaymentRequired {
    Domain domain;
    std::string reason;  // why no payment was taken; UPPER_SNAKE, PAYMENT_MISSING if there was none
    std::string url;     // what is paid for; other than printable characters are to be percent-encoded
    Amount price;        // base units a request
    Address token;
    Address payee;
    Amount unit;              // the terms must have it
    uint64_t margin_s = 0;    // vouchers are taken until so long before the expiry
    uint64_t timeout_s = 60;  // a request is answered within
    friend bool operator==(const PaymentRequired&, const PaymentRequired&) = default;
};

using RequestId = FixedBytes<16, struct RequestIdTag>;

// What comes with a request.
struct Payment {
    Domain domain;
    Address token;
    ChannelTerms terms;
    uint64_t count = 0;
    Signature signature;
    RequestId id;  // the client's, another for each request: a repetition of a request has the same
    friend bool operator==(const Payment&, const Payment&) = default;
};

// What was taken, or why it wasn't.
struct Receipt {
    uint64_t chain_id = 0;
    std::string reason;  // empty: the payment was taken
    Address payer;
    Address channel;
    Address token;
    uint64_t count = 0;   // the largest that the payee has of the channel
    uint64_t credit = 0;  // units paid and not used
    Hash request;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// "Which is my last voucher?", by a payer who lost his book.
struct Question {
    AccountKey channel;
    Signature signature;  // sign_question
    friend bool operator==(const Question&, const Question&) = default;
};

// The header's value. Texts in it must be plain and within their bounds (is_plain): else that is a bug.
std::string to_header(const PaymentRequired& required);
std::string to_header(const Payment& payment);
std::string to_header(const Receipt& receipt);
std::string to_header(const Question& question);
std::string to_header(const SignedVoucher& answer);
// nullopt for whatever to_header doesn't give.
std::optional<PaymentRequired> required_from_header(std::string_view value);
std::optional<Payment> payment_from_header(std::string_view value);
std::optional<Receipt> receipt_from_header(std::string_view value);
std::optional<Question> question_from_header(std::string_view value);
std::optional<SignedVoucher> voucher_from_header(std::string_view value);

// What a voucher is bound to: keccak256 of keccak256(method), keccak256(target as it stands in the request line), keccak256(body)
// and the id, one after the other.
Hash hash_of_request(std::string_view method, std::string_view target, std::string_view body, const RequestId& id);

// The offer that a payment makes for a request.
Offer offer_of(const Payment& payment, const Hash& request);

// How HTTP says a refusal of the book's: 402 if another payment would help, 400, 409, 429, 503 otherwise.
int http_status_of(const node::Status& refusal);

}  // namespace gavel::channel
