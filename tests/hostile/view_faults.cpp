#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "protocol/bytes.hpp"
#include "protocol/keccak.hpp"
#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

// Methods that ask for a state, and which parameter says of which block.
const std::map<std::string, size_t> kStateAt{{"eth_call", 1},      {"eth_estimateGas", 1},         {"eth_getBalance", 1},
                                             {"eth_getCode", 1},   {"eth_getTransactionCount", 1}, {"eth_getStorageAt", 2},
                                             {"eth_feeHistory", 1}};

bool is_newest(const Json& tag) { return tag.is_null() || tag == "latest" || tag == "pending"; }

// The chain as a node tells it that knows the true one up to a block only. Above it there is nothing, or, if it has forked off
// there, a block without transactions for each of the true ones, with hashes of its own.
class ChainView {
public:
    enum class Above : uint8_t { kNothing, kFork };
    explicit ChainView(Above above) : above_(above) {}

    bool spoil(Exchange& exchange, uint64_t last) {
        const std::string& method = exchange.method();
        if (auto place = kStateAt.find(method); place != kStateAt.end()) return limit_state(exchange, place->second, last);
        if (method == "eth_blockNumber") return limit_number(exchange, last);
        if (method == "eth_getBlockByNumber") return block_by_number(exchange, last);
        if (method == "eth_getBlockByHash") return block_by_hash(exchange, last);
        if (method == "eth_getLogs") return logs(exchange, last);
        if (method == "eth_getBlockReceipts") return block_receipts(exchange, last);
        if (method == "eth_getTransactionReceipt") return receipt(exchange, last);
        if (method == "eth_getTransactionByHash") return transaction(exchange, last);
        return false;
    }

private:
    bool is_fork() const { return above_ == Above::kFork; }

    bool limit_state(Exchange& exchange, size_t place, uint64_t last) {
        Json& params = exchange.params();
        const Json asked = exchange.param(place);
        const auto number = number_of(asked);
        if (number && *number > last && !is_fork()) {
            exchange.refuse(-32000, "header not found");
            return true;
        }
        if (!is_newest(asked) && (!number || *number <= last)) return false;
        while (params.size() <= place) params.push_back(nullptr);
        params[place] = hex(last);
        return true;
    }

    bool limit_number(Exchange& exchange, uint64_t last) {
        if (is_fork()) return false;
        exchange.set_result(hex(last));
        return true;
    }

    bool block_by_number(Exchange& exchange, uint64_t last) {
        if (is_fork()) return replace_block(exchange, last);
        Json& params = exchange.params();
        const auto number = number_of(exchange.param(0));
        if (number && *number > last) {
            exchange.set_result(nullptr);
            return true;
        }
        if (!is_newest(exchange.param(0))) return false;
        params[0] = hex(last);
        return true;
    }

    bool block_by_hash(Exchange& exchange, uint64_t last) {
        if (auto number = number_of_fake(exchange.param(0))) {
            exchange.set_result(exchange.ask("eth_getBlockByNumber", {hex(*number), false}));
            return replace_block(exchange, last);
        }
        const Json* block = exchange.result();
        if (block == nullptr || number_in(*block, "number").value_or(0) <= last) return false;
        exchange.set_result(nullptr);
        return true;
    }

    bool logs(Exchange& exchange, uint64_t last) {
        const Json filter = exchange.param(0);
        const Json block_hash = filter.is_object() ? filter.value("blockHash", Json()) : Json();
        if (number_of_fake(block_hash)) {
            exchange.set_result(Json::array());
            return true;
        }
        Json* found = exchange.result();
        if (found == nullptr || !found->is_array()) return false;
        Json left = Json::array();
        for (const Json& log : *found)
            if (number_in(log, "blockNumber").value_or(0) <= last) left.push_back(log);
        if (left.size() == found->size()) return false;
        if (block_hash.is_null()) *found = std::move(left);
        else exchange.refuse(-32000, "unknown block");
        return true;
    }

    bool block_receipts(Exchange& exchange, uint64_t last) {
        auto number = number_of_fake(exchange.param(0));
        if (!number) number = number_of(exchange.param(0));
        if (!number) number = number_in(exchange.ask("eth_getBlockByHash", {exchange.param(0), false}), "number");
        if (!number || *number <= last) return false;
        exchange.set_result(is_fork() ? Json(Json::array()) : Json(nullptr));
        return true;
    }

    bool receipt(Exchange& exchange, uint64_t last) {
        const Json* found = exchange.result();
        if (found == nullptr || number_in(*found, "blockNumber").value_or(0) <= last) return false;
        exchange.set_result(nullptr);
        return true;
    }

    bool transaction(Exchange& exchange, uint64_t last) {
        Json* found = exchange.result();
        if (found == nullptr || number_in(*found, "blockNumber").value_or(0) <= last) return false;
        for (const char* member : {"blockHash", "blockNumber", "transactionIndex"}) (*found)[member] = nullptr;
        return true;
    }

    // ---- The fork's own blocks ----

    bool replace_block(Exchange& exchange, uint64_t last) {
        Json* block = exchange.result();
        const auto number = block == nullptr ? std::nullopt : number_in(*block, "number");
        if (!number || *number <= last) return false;
        (*block)["hash"] = fake(block->value("hash", Json()), *number);
        if (*number > last + 1) (*block)["parentHash"] = fake(block->value("parentHash", Json()), *number - 1);
        (*block)["transactions"] = Json::array();
        (*block)["logsBloom"] = "0x" + std::string(512, '0');
        (*block)["gasUsed"] = "0x0";
        return true;
    }

    std::string fake(const Json& hash, uint64_t number) {
        const std::string text = "another " + hash.dump();
        std::string out = to_hex(keccak256(view_of(text)));
        std::lock_guard lock(mutex_);
        fakes_[out] = number;
        return out;
    }

    std::optional<uint64_t> number_of_fake(const Json& hash) const {
        if (!hash.is_string()) return std::nullopt;
        std::lock_guard lock(mutex_);
        auto found = fakes_.find(hash.get_ref<const std::string&>());
        return found == fakes_.end() ? std::nullopt : std::optional(found->second);
    }

    const Above above_;
    mutable std::mutex mutex_;
    std::map<std::string, uint64_t> fakes_;  // hash of a block of the fork's to its number
};

// A block that is so deep when the first question comes.
class Fixed {
public:
    explicit Fixed(uint64_t depth) : depth_(depth) {}
    uint64_t number(const Exchange& exchange) {
        std::lock_guard lock(mutex_);
        if (!number_) number_ = exchange.head() - std::min(exchange.head(), depth_);
        return *number_;
    }

private:
    const uint64_t depth_;
    std::mutex mutex_;
    std::optional<uint64_t> number_;
};

Fault viewing(const char* name, ChainView::Above above, std::function<uint64_t(const Exchange&)> last) {
    auto view = std::make_shared<ChainView>(above);
    return {name, [view, last = std::move(last)](Exchange& exchange) { return view->spoil(exchange, last(exchange)); }};
}

}  // namespace

Fault lags(uint64_t blocks) {
    return viewing("lags", ChainView::Above::kNothing, [blocks](const Exchange& exchange) {
        const uint64_t head = exchange.head();
        return head - std::min(head, blocks);
    });
}

Fault freezes() {
    return viewing("freezes", ChainView::Above::kNothing,
                   [fixed = std::make_shared<Fixed>(0)](const Exchange& exchange) { return fixed->number(exchange); });
}

Fault forks(uint64_t depth) {
    return viewing("forks", ChainView::Above::kFork,
                   [fixed = std::make_shared<Fixed>(depth)](const Exchange& exchange) { return fixed->number(exchange); });
}

Fault is_syncing() {
    Fault out = viewing("is-syncing", ChainView::Above::kNothing, [](const Exchange&) { return uint64_t{0}; });
    out.spoil = [view = out.spoil](Exchange& exchange) {
        if (exchange.method() != "eth_syncing") return view(exchange);
        exchange.set_result({{"startingBlock", "0x0"}, {"currentBlock", "0x0"}, {"highestBlock", hex(exchange.head())}});
        return true;
    };
    return out;
}

}  // namespace gavel::hostile
