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
    curl_slist* headers = nullptr;
    std::atomic<bool> is_closed{false};
    std::mutex mutex;
    std::vector<CURL*> idle;  // handles keep their connections

    ~Impl() {
        for (CURL* handle : idle) curl_easy_cleanup(handle);
        curl_slist_free_all(headers);
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
};

RpcTransport::RpcTransport(std::string url, std::chrono::milliseconds timeout, std::chrono::milliseconds connect_timeout,
                           uint64_t max_answer_bytes)
    : impl_(new Impl{std::move(url), timeout, connect_timeout, max_answer_bytes, {}, {}, false, nullptr, false, {}, {}}) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    GAVEL_CHECK(started == CURLE_OK);
    impl_->shown = shown_url(impl_->url);
    impl_->secrets = secrets_of(impl_->url);
    impl_->is_loopback = l1::is_loopback(impl_->url);
    impl_->headers = curl_slist_append(impl_->headers, "Content-Type: application/json");
    impl_->headers = curl_slist_append(impl_->headers, "Expect:");
}
RpcTransport::~RpcTransport() = default;

node::Result<RpcTransport::Answer> RpcTransport::post(const std::string& body) {
    CURL* handle = impl_->take_handle();
    if (handle == nullptr) return unreachable("no memory for a connection");
    Download download{{}, impl_->max_answer_bytes};
    curl_easy_setopt(handle, CURLOPT_URL, impl_->url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    if (impl_->is_loopback) curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, impl_->headers);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(impl_->timeout.count()));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(impl_->connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &download);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &impl_->is_closed);
    const CURLcode result = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    impl_->give_back(handle);
    if (download.too_large) {
        return node::Status{node::Code::kInternal, "L1_ANSWER_INVALID", "too-large",
                            "the L1's answer has over " + std::to_string(impl_->max_answer_bytes) + " bytes"};
    }
    if (result != CURLE_OK) return unreachable(impl_->shown + ": " + curl_easy_strerror(result));
    return Answer{std::move(download.body), status};
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
