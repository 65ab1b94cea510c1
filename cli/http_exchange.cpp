#include "cli/http_exchange.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <string_view>

#include "protocol/check.hpp"

namespace gavel::cli {

using node::Code;
using node::Result;
using node::Status;

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

constexpr std::string_view kHopByHop[] = {"connection",
                                          "keep-alive",
                                          "proxy-authenticate",
                                          "proxy-authorization",
                                          "proxy-connection",
                                          "te",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "content-length",
                                          "expect"};

struct HeaderList {
    curl_slist* list = nullptr;
    ~HeaderList() { curl_slist_free_all(list); }
    void add(const std::string& line) {
        curl_slist* longer = curl_slist_append(list, line.c_str());
        GAVEL_CHECK(longer != nullptr);
        list = longer;
    }
};

}  // namespace

std::vector<std::string> header_values(const HttpHeaders& headers, std::string_view name) {
    std::vector<std::string> out;
    const std::string wanted = lower(name);
    for (const auto& [key, value] : headers)
        if (lower(key) == wanted) out.push_back(value);
    return out;
}

HttpHeaders end_to_end(const HttpHeaders& headers, const std::vector<std::string_view>& besides) {
    std::vector<std::string> dropped(std::begin(kHopByHop), std::end(kHopByHop));
    for (std::string_view name : besides) dropped.push_back(lower(name));
    for (const std::string& named : header_values(headers, "connection")) {
        for (size_t at = 0; at <= named.size();) {
            const size_t comma = std::min(named.find(',', at), named.size());
            dropped.push_back(lower(trimmed(std::string_view(named).substr(at, comma - at))));
            at = comma + 1;
        }
    }
    HttpHeaders out;
    for (const auto& header : headers)
        if (std::find(dropped.begin(), dropped.end(), lower(header.first)) == dropped.end()) out.push_back(header);
    return out;
}

bool are_plain(const HttpHeaders& headers) {
    static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const auto is_name = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != kMarks.npos;
    };
    const auto is_value = [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 127); };
    return std::all_of(headers.begin(), headers.end(), [&](const auto& header) {
        return !header.first.empty() && std::all_of(header.first.begin(), header.first.end(), is_name) &&
               std::all_of(header.second.begin(), header.second.end(), is_value);
    });
}

// What libcurl's callbacks write into.
struct HttpExchange::Running {
    HttpExchange& exchange;
    HttpAnswer answer{};
    size_t header_bytes = 0;
    bool too_large = false;

    static size_t on_header(char* data, size_t size, size_t count, void* self) {
        auto& running = *static_cast<Running*>(self);
        const std::string_view line(data, size * count);
        running.header_bytes += line.size();
        if (running.header_bytes > running.exchange.bounds_.max_headers) {
            running.too_large = true;
            return 0;
        }
        const size_t colon = line.find(':');
        if (line.starts_with("HTTP/")) running.answer.headers.clear();  // of another answer: what came was a 1xx
        else if (colon != std::string_view::npos && colon != 0)
            running.answer.headers.emplace_back(std::string(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
        return line.size();
    }
    static size_t on_body(char* data, size_t size, size_t count, void* self) {
        auto& running = *static_cast<Running*>(self);
        const size_t bytes = size * count;
        if (bytes > running.exchange.bounds_.max_body - running.answer.body.size()) {
            running.too_large = true;
            return 0;
        }
        running.answer.body.append(data, bytes);
        return bytes;
    }
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<Running*>(self)->exchange.closed_ ? 1 : 0;
    }
};

HttpExchange::~HttpExchange() {
    for (void* handle : idle_) curl_easy_cleanup(handle);
}

void* HttpExchange::take() {
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            void* out = idle_.back();
            idle_.pop_back();
            return out;
        }
    }
    void* out = curl_easy_init();
    GAVEL_CHECK(out != nullptr);
    return out;
}

void HttpExchange::give_back(void* handle) {
    curl_easy_reset(handle);  // its connections stay
    std::lock_guard lock(mutex_);
    idle_.push_back(handle);
}

Result<HttpAnswer> HttpExchange::run(const std::string& method, const std::string& url, const HttpHeaders& headers,
                                     const std::string& body) {
    void* const handle = take();
    Running running{*this};
    HeaderList list;
    for (const auto& [name, value] : headers) list.add(value.empty() ? name + ";" : name + ": " + value);
    // What libcurl would add by itself, where it wasn't asked for.
    for (const char* name : {"Accept", "Content-Type", "Expect"})
        if (header_values(headers, name).empty()) list.add(std::string(name) + ":");
    const bool has_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (has_body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    }
    if (method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    else curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(bounds_.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list.list);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Running::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &running);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Running::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &running);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Running::on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &running);
    const CURLcode done = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    give_back(handle);
    if (running.too_large) return Status{Code::kUnavailable, "ANSWER_TOO_LARGE", "", "the answer is longer than is taken"};
    if (done != CURLE_OK) return Status{Code::kUnavailable, "UPSTREAM_FAILED", "", curl_easy_strerror(done)};
    running.answer.status = static_cast<int>(status);
    return std::move(running.answer);
}

}  // namespace gavel::cli
