#include <algorithm>
#include <atomic>
#include <memory>

#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

const char* const kGetLogs = "eth_getLogs";

// The logs in an answer; nullptr if there are none.
Json* logs_of(Exchange& exchange) {
    Json* result = exchange.result();
    return result != nullptr && result->is_array() && !result->empty() ? result : nullptr;
}

using Goes = std::function<bool(const Json& log)>;

// Removes those for which it holds; whether there were any.
bool remove_from(Json& logs, const Goes& goes) {
    if (!logs.is_array()) return false;
    Json left = Json::array();
    for (const Json& log : logs)
        if (!goes(log)) left.push_back(log);
    const bool any = left.size() != logs.size();
    logs = std::move(left);
    return any;
}

// The same for logs wherever they stand: in an answer to eth_getLogs, in one receipt, in a block's.
bool remove_logs(Exchange& exchange, const Goes& goes) {
    Json* result = exchange.result();
    if (result == nullptr || !result->is_structured()) return false;
    if (exchange.method() == kGetLogs) return remove_from(*result, goes);
    bool any = false;
    Json* one = result->is_object() ? result : nullptr;
    for (size_t i = 0; i < (one != nullptr ? 1 : result->size()); ++i) {
        Json& receipt = one != nullptr ? *one : (*result)[i];
        if (receipt.is_object() && receipt.contains("logs")) any = remove_from(receipt["logs"], goes) || any;
    }
    return any;
}

const std::vector<std::string> kWithLogs{kGetLogs, "eth_getBlockReceipts", "eth_getTransactionReceipt"};

std::optional<uint64_t> blocks_asked(const Exchange& exchange) {
    const Json filter = exchange.param(0);
    auto first = number_in(filter, "fromBlock"), last = number_in(filter, "toBlock");
    if (!first || !last) return std::nullopt;
    return *last >= *first ? *last - *first + 1 : 0;
}

struct Refusal {
    int code;
    const char* message;
    Json data;
};
// As nodes and providers say it, or nearly so.
const std::vector<Refusal>& range_refusals() {
    static const std::vector<Refusal> refusals{
        {-32005,
         "query returned more than 10000 results. Try with this block range [0x1, 0x2].",
         {{"from", "0x1"}, {"to", "0x2"}, {"limit", 10000}}},
        {-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range", nullptr},
        {-32600, "You can make eth_getLogs requests with up to a 10 block range.", {{"reason", "PLAN"}}},
        {-32000, "exceed maximum block range: 5000", nullptr},
        {-32000, "block range is too wide", nullptr},
        {-32614, "eth_getLogs is limited to a 10,000 range", nullptr},
        {-32701, "Please specify an address in your request or, to remove restrictions, order a dedicated full node", nullptr},
        {-32012, "Block range limit exceeded", {{"retryable", false}}},
        {35, "ranges over 10000 blocks are not supported on freetier", nullptr},
        {-32002, "request timed out", nullptr},
        {-32603, "Internal error", {{"trace_id", "5c8f"}, {"reason", 7}}},
        {-32000, "backend response too large", Json::array({"x"})},
        {-32016, "compute units exceeded", "try later"},
        {403, "forbidden", 17},
        {-32601, "the method eth_getLogs with this range is not available", nullptr}};
    return refusals;
}

Fault confusing(const std::function<void(Exchange&, Json&)>& confuse) {
    return {"confuses-logs", [confuse](Exchange& exchange) {
                Json* logs = logs_of(exchange);
                if (logs != nullptr) confuse(exchange, *logs);
                return logs != nullptr;
            }};
}

void confuse_logs(Exchange& exchange, Json& logs) {
    Json& one = logs[exchange.random_below(logs.size())];
    switch (exchange.random_below(6)) {
        case 0: logs.push_back(Json(one)); break;
        case 1: std::reverse(logs.begin(), logs.end()); break;
        case 2: one["address"] = "0x" + std::string(40, 'a'); break;
        case 3: one["blockHash"] = "0x" + std::string(64, 'b'); break;
        case 4: one["blockNumber"] = hex(number_in(one, "blockNumber").value_or(0) + 1'000'000); break;
        default: one["removed"] = true;
    }
}

}  // namespace

Fault leaves_logs_out(unsigned percent_of_logs) {
    return Fault{"leaves-logs-out",
                 [percent_of_logs](Exchange& exchange) {
                     return remove_logs(exchange, [&](const Json& log) {
                         return std::hash<std::string>()(log.value("transactionHash", Json()).dump()) % 100 < percent_of_logs;
                     });
                 }}
        .only(kWithLogs);
}

Fault forgets_old_logs(uint64_t depth) {
    return Fault{"forgets-old-logs",
                 [depth](Exchange& exchange) {
                     const uint64_t head = exchange.head();
                     return remove_logs(
                         exchange, [&](const Json& log) { return number_in(log, "blockNumber").value_or(0) + depth < head; });
                 }}
        .only(kWithLogs);
}

Fault limits_log_range(uint64_t blocks) {
    auto next = std::make_shared<std::atomic<size_t>>(0);
    return Fault{"limits-log-range",
                 [blocks, next](Exchange& exchange) {
                     if (blocks_asked(exchange).value_or(0) <= blocks) return false;
                     const Refusal& refusal = range_refusals()[(*next)++ % range_refusals().size()];
                     exchange.refuse(refusal.code, refusal.message, refusal.data);
                     return true;
                 }}
        .only({kGetLogs});
}

Fault limits_log_count(size_t count) {
    return Fault{"limits-log-count",
                 [count](Exchange& exchange) {
                     const Json* logs = logs_of(exchange);
                     if (logs == nullptr || logs->size() <= count) return false;
                     exchange.refuse(-32005, "query returned more than " + std::to_string(count) + " results");
                     return true;
                 }}
        .only({kGetLogs});
}

Fault confuses_logs() { return confusing(confuse_logs).only({kGetLogs}); }

}  // namespace gavel::hostile
