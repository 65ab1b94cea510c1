#include "l1-bridge/json_rpc_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <mutex>
#include <vector>

#include "l1-bridge/fee_oracle.hpp"
#include "l1-bridge/rpc_json.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

node::Status unreachable(std::string message) {
    return {node::Code::kUnavailable, "L1_UNREACHABLE", "", std::move(message)};
}
node::Status invalid(const std::string& method, const std::string& what) {
    return {node::Code::kInternal, "L1_ANSWER_INVALID", method, "the L1's answer to " + method + " is not valid: " + what};
}

constexpr const char* kBusy = "L1_UNREACHABLE";
constexpr const char* kLogsTooMany = "LOGS_TOO_MANY";

node::Status too_large(uint64_t limit) {
    return {node::Code::kInternal, "L1_ANSWER_INVALID", "too-large",
            "the L1's answer has over " + std::to_string(limit) + " bytes"};
}

// Nodes tell these by words only; the first that a message holds counts.
const std::vector<std::pair<std::string, std::string>> kKnownRefusals{
    // eth_getLogs: what geth, erigon, nethermind, reth and the hosted nodes say of too many logs or blocks.
    {"query returns more than", kLogsTooMany},
    {"query returned more than", kLogsTooMany},
    {"response size", kLogsTooMany},
    {"range too large", kLogsTooMany},
    {"range is too", kLogsTooMany},
    {"range too wide", kLogsTooMany},
    {"exceeds max", kLogsTooMany},
    {"exceed max", kLogsTooMany},
    {"limited to", kLogsTooMany},
    {"too many logs", kLogsTooMany},
    {"query timeout", kLogsTooMany},
    {"rate limit", kBusy},
    {"too many requests", kBusy},
    {"timed out", kBusy},
    {"timeout", kBusy},
};

bool is_too_many_logs(const node::Status& status) {
    return status.reason == kLogsTooMany || status.reason == "TOO_MANY_LOGS" || status.reason == "LOG_RANGE_TOO_WIDE" ||
           status.field == "too-large";
}

// The error object of an answer as a Status. What becomes of a transaction that is refused isn't told by words: see L1Wallet.
node::Status refusal(const Json& error) {
    std::string message = error.value("message", Json()).is_string() ? error["message"].get<std::string>() : "unknown error";
    const Json data = error.value("data", Json());
    std::string reason = "L1_ERROR", field;
    if (data.is_object()) {
        if (data.value("reason", Json()).is_string()) reason = data["reason"].get<std::string>();
        if (data.value("field", Json()).is_string()) field = data["field"].get<std::string>();
    } else {
        std::string lower = message;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        auto known = std::find_if(kKnownRefusals.begin(), kKnownRefusals.end(),
                                  [&](const auto& refused) { return lower.find(refused.first) != lower.npos; });
        if (known != kKnownRefusals.end()) reason = known->second;
    }
    return {reason == kBusy ? node::Code::kUnavailable : node::Code::kFailedPrecondition, reason, field, message};
}

// Data of a revert, if the error is one. Geth and gavel-l1 say code 3; other nodes say it in words.
std::optional<Bytes> revert_data(const Json& error) {
    const Json code = error.value("code", Json()), message = error.value("message", Json());
    bool reverted = (code.is_number_integer() && code.get<int64_t>() == 3) ||
                    (message.is_string() && message.get_ref<const std::string&>().find("revert") != std::string::npos);
    if (!reverted) return std::nullopt;
    return rpc::parse_data(error.value("data", Json())).value_or(Bytes{});
}

// A proxy of the environment is for other machines.
bool is_loopback(const std::string& url) {
    size_t host = url.find("://");
    host = host == url.npos ? 0 : host + 3;
    for (const char* name : {"127.", "localhost", "[::1]"}) {
        if (url.compare(host, std::string_view(name).size(), name) == 0) return true;
    }
    return false;
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

}  // namespace

struct JsonRpcClient::Impl {
    JsonRpcOptions options;
    curl_slist* headers = nullptr;
    std::atomic<uint64_t> next_id{1};
    std::atomic<uint64_t> log_range;
    std::mutex mutex;
    std::vector<CURL*> idle;  // handles keep their connections

    explicit Impl(JsonRpcOptions given) : options(std::move(given)), log_range(options.log_range) {
        static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
        GAVEL_CHECK(started == CURLE_OK);
        headers = curl_slist_append(headers, "Content-Type: application/json");
        headers = curl_slist_append(headers, "Expect:");
    }
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

    // Body and HTTP status of a POST.
    node::Result<std::pair<std::string, long>> post(const std::string& body) {
        CURL* handle = take_handle();
        if (handle == nullptr) return unreachable("no memory for a connection");
        Download download{{}, options.max_answer_bytes};
        curl_easy_setopt(handle, CURLOPT_URL, options.url.c_str());
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        if (is_loopback(options.url)) curl_easy_setopt(handle, CURLOPT_PROXY, "");
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
        curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &download);
        CURLcode result = curl_easy_perform(handle);
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        give_back(handle);
        if (download.too_large) return too_large(options.max_answer_bytes);
        if (result != CURLE_OK) return unreachable(options.url + ": " + curl_easy_strerror(result));
        return std::pair{std::move(download.body), status};
    }

    // The answer's object: it has "result" or "error".
    node::Result<Json> exchange(const std::string& method, const Json& params) {
        uint64_t id = next_id++;
        auto answer = post(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
        if (!answer) return answer.status();
        const long http = answer->second;
        if (http == 429 || http >= 502) return unreachable(options.url + ": HTTP status " + std::to_string(http));
        Json json = Json::parse(answer->first, nullptr, false);
        bool form = json.is_object() && (json.contains("result") || json.value("error", Json()).is_object());
        if (form && json.value("id", Json()) == Json(id)) return json;
        if (http == 413) return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "HTTP status 413: too large"};
        if (http == 200) return invalid(method, form ? "it has another id" : "no JSON-RPC");
        return unreachable(options.url + ": HTTP status " + std::to_string(http));
    }

    node::Result<Json> result_of(const std::string& method, const Json& params) {
        auto answer = exchange(method, params);
        if (!answer) return answer;
        if (answer->contains("error")) return refusal((*answer)["error"]);
        return std::move((*answer)["result"]);
    }

    template <class T, class Read>
    node::Result<T> read(const std::string& method, const Json& params, Read read_value) {
        auto result = result_of(method, params);
        if (!result) return result.status();
        std::optional<T> value = read_value(*result);
        if (!value) return invalid(method, "result is of another form");
        return std::move(*value);
    }

    // The same, where null means that there is none.
    template <class T, class Read>
    node::Result<std::optional<T>> find(const std::string& method, const Json& params, Read read_value) {
        auto result = result_of(method, params);
        if (!result) return result.status();
        if (result->is_null()) return std::optional<T>{};
        std::optional<T> value = read_value(*result);
        if (!value) return invalid(method, "result is of another form");
        return value;
    }

    static std::optional<uint64_t> quantity64(const Json& json) {
        auto value = rpc::parse_quantity(json);
        if (!value || *value > UINT64_MAX) return std::nullopt;
        return static_cast<uint64_t>(*value);
    }
};

JsonRpcClient::JsonRpcClient(JsonRpcOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
JsonRpcClient::~JsonRpcClient() = default;

node::Result<uint64_t> JsonRpcClient::chain_id() {
    return impl_->read<uint64_t>("eth_chainId", Json::array(), Impl::quantity64);
}

node::Result<BlockRef> JsonRpcClient::head() {
    return impl_->read<BlockRef>("eth_getBlockByNumber", {"latest", false}, rpc::block_ref_from_json);
}

node::Result<std::optional<BlockRef>> JsonRpcClient::block_at(uint64_t number) {
    return impl_->find<BlockRef>("eth_getBlockByNumber", {rpc::quantity(number), false}, rpc::block_ref_from_json);
}

node::Result<std::vector<Log>> JsonRpcClient::logs(const Address& address, uint64_t from_block, uint64_t to_block) {
    auto read_logs = [](const Json& json) -> std::optional<std::vector<Log>> {
        if (!json.is_array()) return std::nullopt;
        std::vector<Log> out;
        for (const Json& item : json) {
            auto log = rpc::log_from_json(item);
            if (!log) return std::nullopt;
            out.push_back(std::move(*log));
        }
        return out;
    };
    std::vector<Log> all;
    uint64_t range = impl_->log_range;
    for (uint64_t first = from_block; first <= to_block;) {
        const uint64_t last = std::min(to_block, first + std::min(range - 1, UINT64_MAX - first));
        const LogFilter filter{first, last, {address}, {}};
        auto some = impl_->read<std::vector<Log>>("eth_getLogs", Json::array({rpc::to_json(filter)}), read_logs);
        if (!some && is_too_many_logs(some.status()) && last > first) {
            impl_->log_range = range = (last - first + 1) / 2;
            continue;
        }
        if (!some) return some;
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
        if (last == to_block) break;
        first = last + 1;
        impl_->log_range = range = std::min(2 * range, impl_->options.log_range);
    }
    return all;
}

node::Result<std::optional<TransactionInput>> JsonRpcClient::transaction_input(const Hash& tx_hash) {
    return impl_->find<TransactionInput>("eth_getTransactionByHash", Json::array({to_hex(tx_hash)}),
                                         rpc::transaction_input_from_json);
}

node::Result<std::optional<Receipt>> JsonRpcClient::receipt(const Hash& tx_hash) {
    return impl_->find<Receipt>("eth_getTransactionReceipt", Json::array({to_hex(tx_hash)}), rpc::receipt_from_json);
}

node::Result<u128> JsonRpcClient::balance(const Address& address) {
    return impl_->read<u128>("eth_getBalance", {to_hex(address), "latest"}, rpc::parse_quantity);
}

node::Result<uint64_t> JsonRpcClient::nonce(const Address& address, bool pending) {
    return impl_->read<uint64_t>("eth_getTransactionCount", {to_hex(address), pending ? "pending" : "latest"}, Impl::quantity64);
}

node::Result<Bytes> JsonRpcClient::code(const Address& address) {
    return impl_->read<Bytes>("eth_getCode", {to_hex(address), "latest"}, rpc::parse_data);
}

node::Result<CallReply> JsonRpcClient::try_call(const CallRequest& request) {
    Json block = request.block ? Json(rpc::quantity(*request.block)) : Json("latest");
    auto answer = impl_->exchange("eth_call", {rpc::to_json(request), block});
    if (!answer) return answer.status();
    if (answer->contains("error")) {
        auto data = revert_data((*answer)["error"]);
        if (data) return CallReply{false, std::move(*data)};
        return refusal((*answer)["error"]);
    }
    auto data = rpc::parse_data((*answer)["result"]);
    if (!data) return invalid("eth_call", "result is no data");
    return CallReply{true, std::move(*data)};
}

node::Result<uint64_t> JsonRpcClient::estimate_gas(const CallRequest& request) {
    auto answer = impl_->exchange("eth_estimateGas", Json::array({rpc::to_json(request)}));
    if (!answer) return answer.status();
    if (answer->contains("error")) {
        auto data = revert_data((*answer)["error"]);
        return data ? revert_status(error_names(), *data) : refusal((*answer)["error"]);
    }
    auto gas = Impl::quantity64((*answer)["result"]);
    if (!gas) return invalid("eth_estimateGas", "result is no quantity");
    return *gas;
}

node::Result<Fees> JsonRpcClient::fees() {
    return find_fees([this](const std::string& method, const Json& params) { return impl_->result_of(method, params); });
}

node::Result<Hash> JsonRpcClient::send_raw(ByteView raw) {
    return impl_->read<Hash>("eth_sendRawTransaction", Json::array({to_hex(raw)}), rpc::parse_fixed<Hash>);
}

const ErrorNames& JsonRpcClient::error_names() const { return impl_->options.error_names; }

node::Result<std::string> JsonRpcClient::request(const std::string& method, const std::string& params) {
    Json list = Json::parse(params, nullptr, false);
    if (!list.is_array()) return node::Status{node::Code::kInvalidArgument, "PARAMS_INVALID", "params", "not a JSON array"};
    auto result = impl_->result_of(method, list);
    if (!result) return result.status();
    return result->dump();
}

}  // namespace gavel::l1
