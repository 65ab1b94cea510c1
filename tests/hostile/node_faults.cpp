#include <algorithm>

#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

// Those in a block that were asked for by their hash are gone.
Fault forgetting(const char* name, const char* method) {
    return Fault{name,
                 [](Exchange& exchange) {
                     const Json* found = exchange.result();
                     if (found == nullptr || !number_in(*found, "blockNumber")) return false;
                     exchange.set_result(nullptr);
                     return true;
                 }}
        .only({method});
}

}  // namespace

Fault has_no_code() {
    return Fault{"has-no-code",
                 [](Exchange& exchange) {
                     exchange.set_result("0x");
                     return true;
                 }}
        .only({"eth_getCode", "eth_call"});
}

Fault forgets_transactions() { return forgetting("forgets-transactions", "eth_getTransactionByHash"); }
Fault forgets_receipts() { return forgetting("forgets-receipts", "eth_getTransactionReceipt"); }

Fault is_indexing() {
    return Fault{"is-indexing",
                 [](Exchange& exchange) {
                     exchange.refuse(-32000, "transaction indexing is in progress");
                     return true;
                 }}
        .only({"eth_getTransactionByHash", "eth_getTransactionReceipt"});
}

Fault lacks(const std::string& method) {
    return Fault{"lacks-" + method,
                 [method](Exchange& exchange) {
                     exchange.refuse(-32601, "the method " + method + " does not exist/is not available");
                     return true;
                 }}
        .only({method});
}

Fault is_other_chain() {
    return Fault{"is-other-chain",
                 [](Exchange& exchange) {
                     exchange.set_result("0x539c0de");
                     return true;
                 }}
        .only({"eth_chainId"});
}

Fault antedates(uint64_t seconds) {
    return Fault{"antedates",
                 [seconds](Exchange& exchange) {
                     Json* block = exchange.result();
                     const auto time = block == nullptr ? std::nullopt : number_in(*block, "timestamp");
                     if (time) (*block)["timestamp"] = hex(*time - std::min(*time, seconds));
                     return time.has_value();
                 }}
        .only({"eth_getBlockByNumber", "eth_getBlockByHash"});
}

Fault refuses_at_random() {
    return {"refuses-at-random", [](Exchange& exchange) {
                static const char* const kWords[] = {"Internal error",
                                                     "service temporarily unavailable",
                                                     "header not found",
                                                     "missing trie node 00ff (path )",
                                                     "daily request count exceeded",
                                                     "capacity exceeded",
                                                     "execution aborted (timeout = 5s)",
                                                     "",
                                                     "project ID does not have access",
                                                     "no healthy upstream"};
                static const int kCodes[] = {-32000, -32603, -32005, -32007, -32097, 429, 0, 1, -39001, 19};
                const std::vector<Json> data{nullptr, Json::object(), Json{{"reason", "SOMETHING"}, {"field", "there"}}, "0x", 5};
                exchange.refuse(kCodes[exchange.random_below(std::size(kCodes))],
                                kWords[exchange.random_below(std::size(kWords))], data[exchange.random_below(data.size())]);
                return true;
            }};
}

}  // namespace gavel::hostile
