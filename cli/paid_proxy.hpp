// A reverse proxy that is paid by the request: takes a voucher, asks the service behind it, answers with a receipt
// (docs/channels.md, "Over HTTP").
#pragma once

#include "channel/http_payment.hpp"
#include "cli/http_exchange.hpp"
#include "node/http_server.hpp"

namespace gavel::cli {

struct PaidProxyOptions {
    Domain domain;
    Amount price;          // base units a request
    uint64_t price_units;  // the same in units, rounded up
    std::string upstream;  // "http://host:port", a path behind it allowed, without a slash at the end
    uint64_t timeout_s = 60;
};

// Thread-safe.
class PaidProxy {
public:
    // Both outlive it.
    PaidProxy(channel::PayeeBook& book, HttpExchange& upstream, const PaidProxyOptions& options)
        : book_(book), upstream_(upstream), options_(options), separator_(options.domain.separator()) {}

    node::HttpWholeResponse serve(const node::HttpWholeRequest& request);

private:
    node::HttpWholeResponse ask_to_pay(const node::HttpWholeRequest& request, const std::string& reason, int status) const;
    node::HttpWholeResponse refuse(const node::HttpWholeRequest& request, const channel::Offer& offer,
                                   const node::Status& why) const;
    node::HttpWholeResponse tell_last(const std::string& question) const;
    // Of a request that is paid: the answer of the service, and what became of the payment.
    node::HttpWholeResponse serve_paid(const node::HttpWholeRequest& request, const channel::Admission& admission);
    channel::Receipt receipt_of(const channel::Offer& offer, const std::string& reason) const;

    channel::PayeeBook& book_;
    HttpExchange& upstream_;
    const PaidProxyOptions options_;
    const Hash separator_;
};

// An answer in the form in which the book keeps it to be repeated: status, content type, body. nullopt: never written so.
Bytes encode_answer(const node::HttpWholeResponse& answer);
std::optional<node::HttpWholeResponse> decode_answer(ByteView kept);

}  // namespace gavel::cli
