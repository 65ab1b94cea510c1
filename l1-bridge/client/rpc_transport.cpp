#include "l1-bridge/client/rpc_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

constexpr size_t kShortestSecret = 4;  // shorter parts of a path ("v3") say nothing, and stand in other words

node::Status unreachable(std::string message) { return {node::Code::kUnavailable, "L1_UNREACHABLE", "", std::move(message)}; }

// Parts of an URL, by the parser that also connects to it.
class UrlParts {
public:
    explicit UrlParts(const std::string& url) : handle_(curl_url()) {
        GAVEL_CHECK(handle_ != nullptr);
        is_read_ = curl_url_set(handle_, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
    }
    ~UrlParts() { curl_url_cleanup(handle_); }
    UrlParts(const UrlParts&) = delete;
    UrlParts& operator=(const UrlParts&) = delete;

    std::string get(CURLUPart part) const {
        char* text = nullptr;
        if (!is_read_ || curl_url_get(handle_, part, &text, 0) != CURLUE_OK) return {};
        std::string out = text;
        curl_free(text);
        return out;
    }
    // The URL with another path and query; empty if it can't be read.
    std::string with(const std::string& path, const std::string& query) {
        const char* query_or_none = query.empty() ? nullptr : query.c_str();
        is_read_ = is_read_ && curl_url_set(handle_, CURLUPART_PATH, path.c_str(), 0) == CURLUE_OK &&
                   curl_url_set(handle_, CURLUPART_QUERY, query_or_none, 0) == CURLUE_OK;
        return get(CURLUPART_URL);
    }

private:
    CURLU* handle_;
    bool is_read_ = false;
};

std::vector<std::string> secrets_of(const std::string& url) {
    const UrlParts parts(url);
    std::vector<std::string> out;
    auto add = [&](const std::string& text) {
        if (text.size() >= kShortestSecret) out.push_back(text);
    };
    for (CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) add(parts.get(part));
    const std::string path = parts.get(CURLUPART_PATH), query = parts.get(CURLUPART_QUERY);
    for (const std::string& text : {path, query}) {
        for (size_t at = 0; at < text.size();) {
            size_t end = std::min(text.find_first_of("/&=", at), text.size());
            add(text.substr(at, end - at));
            at = end + 1;
        }
    }
    // Longer ones first: one may be a part of another.
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return out;
}

std::string url_below(const std::string& url, const std::string& path, const std::string& query) {
    UrlParts parts(url);
    std::string base = parts.get(CURLUPART_PATH);
    if (!base.ends_with('/')) base += '/';
    const std::string own = parts.get(CURLUPART_QUERY);
    return parts.with(base + path, query.empty() || own.empty() ? query + own : query + "&" + own);
}

// A proxy of the environment is for other machines.
bool is_loopback(const std::string& url) {
    const std::string host = UrlParts(url).get(CURLUPART_HOST);
    return host.starts_with("127.") || host == "localhost" || host == "[::1]";
}

struct Download {
    std::string body;
    uint64_t limit;
    bool too_large = false;
};

size_t on_data(char* data, size_t size, size_t count, void* into) {
    auto& download = *static_cast<Download*>(into);
    download.too_large = download.body.size() + size * count > download.limit;
    if (download.too_large) return 0;
    download.body.append(data, size * count);
    return size * count;
}

int on_progress(void* closed, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<const std::atomic<bool>*>(closed) ? 1 : 0;
}

}  // namespace

std::string shown_url(const std::string& url) {
    const UrlParts parts(url);
    const std::string scheme = parts.get(CURLUPART_SCHEME), host = parts.get(CURLUPART_HOST);
    return host.empty() ? "an URL that can't be read" : scheme + "://" + host;
}

struct RpcTransport::Impl {
    std::string url;
    std::chrono::milliseconds timeout, connect_timeout;
    uint64_t max_answer_bytes;
    std::string shown;
    std::vector<std::string> secrets;
    bool is_loopback = false;
    curl_slist *post_headers = nullptr, *get_headers = nullptr;
    std::atomic<bool> is_closed{false};
    std::mutex mutex;
    std::vector<CURL*> idle;  // handles keep their connections

    ~Impl() {
        for (CURL* handle : idle) curl_easy_cleanup(handle);
        curl_slist_free_all(post_headers);
        curl_slist_free_all(get_headers);
    }
    CURL* take_handle() {
        std::lock_guard lock(mutex);
        if (idle.empty()) return curl_easy_init();
        CURL* out = idle.back();
        idle.pop_back();
        return out;
    }
    void give_back(CURL* handle) {
        std::lock_guard lock(mutex);
        idle.push_back(handle);
    }
    // By a handle that knows method and body.
    node::Result<Answer> perform(CURL* handle, const std::string& to);
};

RpcTransport::RpcTransport(std::string url, std::chrono::milliseconds timeout, std::chrono::milliseconds connect_timeout,
                           uint64_t max_answer_bytes)
    : impl_(new Impl{std::move(url), timeout, connect_timeout, max_answer_bytes, {}, {}, false, nullptr, nullptr, {}, {}, {}}) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    GAVEL_CHECK(started == CURLE_OK);
    impl_->shown = shown_url(impl_->url);
    impl_->secrets = secrets_of(impl_->url);
    impl_->is_loopback = l1::is_loopback(impl_->url);
    impl_->post_headers = curl_slist_append(impl_->post_headers, "Content-Type: application/json");
    impl_->post_headers = curl_slist_append(impl_->post_headers, "Expect:");
    impl_->get_headers = curl_slist_append(impl_->get_headers, "Accept: application/json");
}
RpcTransport::~RpcTransport() = default;

node::Result<RpcTransport::Answer> RpcTransport::Impl::perform(CURL* handle, const std::string& to) {
    Download download{{}, max_answer_bytes};
    curl_easy_setopt(handle, CURLOPT_URL, to.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    if (is_loopback) curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &download);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &is_closed);
    const CURLcode result = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    give_back(handle);
    if (download.too_large) {
        return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "too-large",
                            "the L1's answer has over " + std::to_string(max_answer_bytes) + " bytes"};
    }
    if (result != CURLE_OK) return unreachable(shown + ": " + curl_easy_strerror(result));
    return Answer{std::move(download.body), status};
}

node::Result<RpcTransport::Answer> RpcTransport::post(const std::string& body) {
    CURL* handle = impl_->take_handle();
    if (handle == nullptr) return unreachable("no memory for a connection");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, impl_->post_headers);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    return impl_->perform(handle, impl_->url);
}

node::Result<RpcTransport::Answer> RpcTransport::get(const std::string& path, const std::string& query) {
    CURL* handle = impl_->take_handle();
    if (handle == nullptr) return unreachable("no memory for a connection");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, impl_->get_headers);
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    return impl_->perform(handle, url_below(impl_->url, path, query));
}

void RpcTransport::close() { impl_->is_closed = true; }

const std::string& RpcTransport::shown() const { return impl_->shown; }

std::string RpcTransport::without_secrets(std::string text) const {
    for (const std::string& secret : impl_->secrets)
        for (size_t at = text.find(secret); at != text.npos; at = text.find(secret, at + 3))
            text.replace(at, secret.size(), "...");
    return text;
}

}  // namespace gavel::l1
