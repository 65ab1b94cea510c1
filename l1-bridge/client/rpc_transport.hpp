// HTTP and HTTPS to one JSON-RPC endpoint: requests out, bodies back, bounded in time and size. What is secret in its URL (user,
// password, path, query) stays here.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "node/status.hpp"

namespace gavel::l1 {

// Scheme and host of an URL: all of it that may be shown in a log, an error or a metric.
std::string shown_url(const std::string& url);

// Thread-safe. Keeps its connections open; follows no redirection; takes http and https only; never tries twice.
class RpcTransport {
public:
    RpcTransport(std::string url, std::chrono::milliseconds timeout, std::chrono::milliseconds connect_timeout,
                 uint64_t max_answer_bytes);
    ~RpcTransport();

    struct Answer {
        std::string body;
        long http_status = 0;
    };
    // Reasons: L1_UNREACHABLE (kUnavailable); L1_ANSWER_INVALID (kInternal, field "too-large") for more than max_answer_bytes.
    node::Result<Answer> post(const std::string& body);

    // Ends what post() is waiting for, within a second or so, and whatever is posted later at once: L1_UNREACHABLE.
    void close();

    // shown_url of its own.
    const std::string& shown() const;
    // A text that came from there, without what is secret in the URL: nodes repeat it in their errors.
    std::string without_secrets(std::string text) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::l1
