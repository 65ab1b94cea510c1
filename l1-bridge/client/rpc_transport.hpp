// HTTP and HTTPS to one endpoint, of JSON-RPC or of a beacon node: requests out, bodies back, bounded in time and size. What is
// secret in its URL (user, password, path, query) stays here.
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
    // GET of a path below the URL's own ("eth/v1/...", without a slash before it), with that query before the URL's own; either
    // is of URL characters. The same reasons.
    node::Result<Answer> get(const std::string& path, const std::string& query = {});

    // Ends what post() and get() are waiting for, within a second or so, and whatever is asked later at once: L1_UNREACHABLE.
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
