// One HTTP request to another server and its whole answer, bounded in time and size: what the paid proxy asks its upstream by,
// and a paying client its service.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "node/status.hpp"

namespace gavel::cli {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The values of a header, whose name counts in either case.
std::vector<std::string> header_values(const HttpHeaders& headers, std::string_view name);
// Those that are for the next hop alone, or say how the body was framed there (RFC 9110, section 7.6.1), and what "Connection"
// names, taken out. So are those in `besides`.
HttpHeaders end_to_end(const HttpHeaders& headers, const std::vector<std::string_view>& besides);

// Whether each is one header of one line, its name a token (RFC 9110, section 5.6.2). Another server might see in "Content-Length
// :" what this one doesn't, and take a part of one request for the next.
bool are_plain(const HttpHeaders& headers);

struct HttpAnswer {
    int status = 0;
    HttpHeaders headers{};
    std::string body{};
};

struct HttpBounds {
    std::chrono::milliseconds timeout{60'000};
    size_t max_body = 16 << 20;
    size_t max_headers = 64 << 10;
};

// Thread-safe. Keeps connections open; follows no redirection, decodes nothing, tries nothing twice.
class HttpExchange {
public:
    explicit HttpExchange(HttpBounds bounds) : bounds_(bounds) {}
    ~HttpExchange();
    HttpExchange(const HttpExchange&) = delete;

    // `url`: http or https. Reasons: UPSTREAM_FAILED (kUnavailable): no answer, or not all of it, in time;
    // ANSWER_TOO_LARGE (kUnavailable).
    node::Result<HttpAnswer> run(const std::string& method, const std::string& url, const HttpHeaders& headers,
                                 const std::string& body);
    // Ends what runs within a second or so, and what is asked later at once.
    void close() { closed_ = true; }

private:
    struct Running;
    void* take();
    void give_back(void* handle);

    const HttpBounds bounds_;
    std::atomic<bool> closed_{false};
    std::mutex mutex_;
    std::vector<void*> idle_;  // libcurl's handles, each with its connections
};

}  // namespace gavel::cli
