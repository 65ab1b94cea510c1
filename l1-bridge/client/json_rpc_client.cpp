#include "l1-bridge/client/json_rpc_client.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <vector>

#include "l1-bridge/client/fee_oracle.hpp"
#include "l1-bridge/client/rpc_transport.hpp"
#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

node::Status unreachable(std::string message) { return {node::Code::kUnavailable, "L1_UNREACHABLE", "", std::move(message)}; }
node::Status invalid(const std::string& method, const std::string& what) {
    return {node::Code::kInternal, "L1_ANSWER_INVALID", method, "the L1's answer to " + method + " is not valid: " + what};
}

constexpr const char* kBusy = "L1_UNREACHABLE";
constexpr uint64_t kWidenAfter = 64;  // pieces answered, before a wider range than a node has refused is tried again

// What a simulated chain says of itself in "data", as far as it is about the question alone: a node's word may not pass for a
// reason of the programs' own.
bool is_chains_reason(const std::string& reason) {
    constexpr const char* kPrefixes[] = {"TX_", "LOG_", "TOO_MANY_LOGS", "BLOCK_", "STATE_"};
    return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](const char* p) { return reason.starts_with(p); }) &&
           std::all_of(reason.begin(), reason.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

bool is_word(const std::string& field) {
    return field.size() <= 32 && std::all_of(field.begin(), field.end(), [](unsigned char c) { return std::isalnum(c); });
}

// The error object of an answer as a Status. What becomes of a transaction that is refused isn't told by words: see L1Wallet.
node::Status refusal(const Json& error) {
    std::string message = error.value("message", Json()).is_string() ? error["message"].get<std::string>() : "unknown error";
    const Json data = error.value("data", Json()), code = error.value("code", Json());
    std::string reason = code == -32005 || code == 429 ? kBusy : "L1_ERROR", field;
    if (data.is_object()) {
        const Json told = data.value("reason", Json()), where = data.value("field", Json());
        if (told.is_string() && is_chains_reason(told.get<std::string>())) reason = told.get<std::string>();
        if (where.is_string() && is_word(where.get<std::string>())) field = where.get<std::string>();
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

}  // namespace

struct JsonRpcClient::Impl {
    JsonRpcOptions options;
    RpcTransport transport;
    std::atomic<uint64_t> next_id{1};
    std::atomic<uint64_t> log_range;           // blocks of one eth_getLogs, as the node takes them
    std::atomic<uint64_t> pieces_answered{0};  // since it was narrowed or widened

    explicit Impl(JsonRpcOptions given)
        : options(std::move(given)),
          transport(options.url, options.timeout, options.connect_timeout, options.max_answer_bytes),
          log_range(options.log_range) {}

    // The answer's object: it has "result" or "error".
    node::Result<Json> exchange(const std::string& method, const Json& params) {
        uint64_t id = next_id++;
        auto answer = transport.post(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
        if (!answer) return answer.status();
        const long http = answer->http_status;
        if (http == 429 || http >= 502) return unreachable(transport.shown() + ": HTTP status " + std::to_string(http));
        std::string bad;
        auto json = rpc::parse_answer(answer->body, id, bad);
        if (!json && http == 413)
            return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "HTTP status 413: too large"};
        if (!json && http == 200) return invalid(method, bad);
        if (!json) return unreachable(transport.shown() + ": HTTP status " + std::to_string(http));
        if (json->contains("error") && (*json)["error"].contains("message")) {
            auto& message = (*json)["error"]["message"].get_ref<std::string&>();
            message = transport.without_secrets(std::move(message));
        }
        return *std::move(json);
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

    node::Result<std::vector<Log>> get_logs(const LogFilter& filter, bool& is_refused);
    node::Result<std::vector<Log>> logs_of_refused(JsonRpcClient& client, uint64_t number, LogFilter filter);
    node::Result<std::vector<Receipt>> receipts_of(JsonRpcClient& client, const BlockSummary& block);
    void count_piece();

    static std::optional<uint64_t> quantity64(const Json& json) {
        auto value = rpc::parse_quantity(json);
        if (!value || *value > UINT64_MAX) return std::nullopt;
        return static_cast<uint64_t>(*value);
    }
};

JsonRpcClient::JsonRpcClient(JsonRpcOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
JsonRpcClient::~JsonRpcClient() = default;

node::Result<uint64_t> JsonRpcClient::chain_id() { return impl_->read<uint64_t>("eth_chainId", Json::array(), Impl::quantity64); }

node::Result<BlockRef> JsonRpcClient::head() {
    return impl_->read<BlockRef>("eth_getBlockByNumber", {"latest", false}, rpc::block_ref_from_json);
}

node::Result<std::optional<BlockRef>> JsonRpcClient::block_at(uint64_t number) {
    return impl_->find<BlockRef>("eth_getBlockByNumber", {rpc::quantity(number), false}, rpc::block_ref_from_json);
}

node::Result<std::optional<BlockSummary>> JsonRpcClient::summary_at(uint64_t number) {
    return impl_->find<BlockSummary>("eth_getBlockByNumber", {rpc::quantity(number), false}, rpc::summary_from_json);
}

// ---- Logs ----

// One eth_getLogs. `is_refused`: the node won't, or can't in so many bytes; less may do.
node::Result<std::vector<Log>> JsonRpcClient::Impl::get_logs(const LogFilter& filter, bool& is_refused) {
    auto answer = exchange("eth_getLogs", Json::array({rpc::to_json(filter)}));
    is_refused = answer ? answer->contains("error") : answer.status().field == "too-large";
    if (!answer) return answer.status();
    if (is_refused) return refusal((*answer)["error"]);
    auto logs = rpc::logs_from_json((*answer)["result"]);
    if (!logs) return invalid("eth_getLogs", "result is of another form");
    for (const Log& log : *logs)
        if (!filter.matches(log)) return invalid("eth_getLogs", "a log that wasn't asked for");
    return *std::move(logs);
}

void JsonRpcClient::Impl::count_piece() {
    if (++pieces_answered % kWidenAfter != 0) return;
    log_range = std::min(2 * log_range, options.log_range);
}

// Of one block that the node doesn't give the logs of.
node::Result<std::vector<Log>> JsonRpcClient::Impl::logs_of_refused(JsonRpcClient& client, uint64_t number, LogFilter filter) {
    auto block = client.summary_at(number);
    if (!block) return block.status();
    if (!*block) return invalid("eth_getBlockByNumber", "there is no such block");
    filter.from_block = filter.to_block = number;
    return client.logs_by_receipts(**block, filter);
}

node::Result<std::vector<Log>> JsonRpcClient::logs(const LogFilter& filter) {
    bool is_refused = false;
    if (filter.block_hash) return impl_->get_logs(filter, is_refused);
    std::vector<Log> all;
    const uint64_t range_before = impl_->log_range;
    for (uint64_t first = filter.from_block; first <= filter.to_block;) {
        const uint64_t range = impl_->log_range;
        LogFilter piece = filter;
        piece.from_block = first;
        piece.to_block = std::min(filter.to_block, first + std::min(range - 1, UINT64_MAX - first));
        auto some = impl_->get_logs(piece, is_refused);
        if (!some && is_refused && piece.to_block > first) {
            impl_->log_range = (piece.to_block - first + 1) / 2;
            impl_->pieces_answered = 0;
            continue;
        }
        if (!some && is_refused) {
            auto by_receipts = impl_->logs_of_refused(*this, first, filter);
            if (by_receipts) some = std::move(by_receipts);
            else impl_->log_range = range_before;  // it wasn't the size
        }
        if (!some) return some;
        impl_->count_piece();
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
        if (piece.to_block == filter.to_block) break;
        first = piece.to_block + 1;
    }
    return all;
}

node::Result<std::vector<Receipt>> JsonRpcClient::Impl::receipts_of(JsonRpcClient& client, const BlockSummary& block) {
    auto all = find<std::vector<Receipt>>("eth_getBlockReceipts", Json::array({rpc::quantity(block.ref.number)}),
                                          rpc::receipts_from_json);
    if (all && *all) return **std::move(all);
    if (!all && all.status().reason == kBusy) return all.status();
    std::vector<Receipt> out;  // a node without that method
    for (const Hash& transaction : block.transactions) {
        auto one = client.receipt(transaction);
        if (!one) return one.status();
        if (!*one) return invalid("eth_getTransactionReceipt", "there is none of a transaction in a block");
        out.push_back(**std::move(one));
    }
    return out;
}

node::Result<std::vector<Log>> JsonRpcClient::logs_by_receipts(const BlockSummary& block, const LogFilter& filter) {
    auto receipts = impl_->receipts_of(*this, block);
    if (!receipts) return receipts.status();
    std::vector<Log> out;
    uint64_t log_index = 0, gas_used = 0;
    for (const Receipt& receipt : *receipts) {
        if (receipt.block_hash != block.ref.hash) return invalid("eth_getBlockReceipts", "they are of another block");
        gas_used = receipt.cumulative_gas_used;
        for (const Log& log : receipt.logs) {
            if (log.log_index != log_index++) return invalid("eth_getBlockReceipts", "logs are left out");
            if (filter.matches(log)) out.push_back(log);
        }
    }
    if (gas_used != block.gas_used) return invalid("eth_getBlockReceipts", "receipts are left out");
    return out;
}

// ---- Transactions ----

node::Result<std::optional<TransactionInput>> JsonRpcClient::transaction_input(const Hash& tx_hash) {
    return impl_->find<TransactionInput>("eth_getTransactionByHash", Json::array({to_hex(tx_hash)}),
                                         rpc::transaction_input_from_json);
}

node::Result<std::optional<TransactionInput>> JsonRpcClient::transaction_in_block(const Hash& tx_hash, uint64_t block) {
    auto found = impl_->result_of("eth_getBlockByNumber", {rpc::quantity(block), true});
    if (!found) return found.status();
    if (found->is_null()) return std::optional<TransactionInput>{};
    rpc::Members members(*found);
    const Json& list = members.member("transactions");
    if (!list.is_array()) return invalid("eth_getBlockByNumber", "it has no transactions");
    for (const Json& item : list) {
        if (rpc::parse_fixed<Hash>(rpc::Members(item).member("hash")) != tx_hash) continue;
        auto input = rpc::transaction_input_from_json(item);
        if (!input) return invalid("eth_getBlockByNumber", "a transaction is of another form");
        return input;
    }
    return std::optional<TransactionInput>{};
}

// An object tells how far it has come.
node::Result<bool> JsonRpcClient::is_syncing() {
    return impl_->read<bool>("eth_syncing", Json::array(), [](const Json& told) -> std::optional<bool> {
        if (told.is_boolean()) return told.get<bool>();
        return told.is_object() ? std::optional(true) : std::nullopt;
    });
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

void JsonRpcClient::close() { impl_->transport.close(); }

const ErrorNames& JsonRpcClient::error_names() const { return impl_->options.error_names; }

node::Result<std::string> JsonRpcClient::request(const std::string& method, const std::string& params) {
    const auto list = rpc::parse(params);
    if (!list || !list->is_array())
        return node::Status{node::Code::kInvalidArgument, "PARAMS_INVALID", "params", "not a JSON array"};
    auto result = impl_->result_of(method, *list);
    if (!result) return result.status();
    return result->dump();
}

}  // namespace gavel::l1
