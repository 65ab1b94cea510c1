#include "l1-bridge/chain/http_access.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace gavel::l1 {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
    return first == text.npos ? "" : std::string(text.substr(first, last - first + 1));
}

bool is_address(const std::string& host) {
    in_addr v4{};
    in6_addr v6{};
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) == 1;
    return inet_pton(AF_INET, host.c_str(), &v4) == 1;
}

bool host_allowed(const std::string& header, const std::vector<std::string>& allowed) {
    std::string host = lower(header);
    const size_t colon = host.rfind(':');
    if (colon != host.npos && host.find(']', colon) == host.npos) host.resize(colon);
    if (host == "localhost" || is_address(host)) return true;
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) { return lower(one) == host; });
}

}  // namespace

std::optional<node::HttpResponse> refuse_browsers(const node::HttpRequest& request, const std::vector<std::string>& allowed_hosts,
                                                  bool reads_only) {
    auto refusal = [](int status, const char* why) { return node::HttpResponse{status, "text/plain; charset=utf-8", why}; };
    if (!request.origin.empty()) return refusal(403, "not for pages in a browser\n");
    if (!host_allowed(request.host, allowed_hosts)) return refusal(403, "unknown Host; --allow-host allows a name\n");
    if (reads_only) return std::nullopt;
    if (lower(trimmed(request.content_type.substr(0, request.content_type.find(';')))) != "application/json")
        return refusal(415, "Content-Type must be application/json\n");
    return std::nullopt;
}

}  // namespace gavel::l1
