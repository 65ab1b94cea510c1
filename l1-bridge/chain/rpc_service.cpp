#include "l1-bridge/chain/rpc_service.hpp"

#include <algorithm>
#include <map>

#include "l1-bridge/chain/rpc_objects.hpp"
#include "l1-bridge/chain/rpc_params.hpp"
#include "node/config.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

using rpc::block_json;
using rpc::config_json;
using rpc::error_of;
using rpc::invalid_params;
using rpc::Json;
using rpc::Params;
using rpc::pending_json;
using rpc::quantity;
using rpc::receipt_json;
using rpc::rewards;
using rpc::RpcError;
using rpc::transaction_json;
using rpc::value_of;

constexpr uint64_t kMaxFeeHistory = 1'024;
constexpr uint64_t kMaxMinedAtOnce = 10'000;

}  // namespace

struct JsonRpcService::Impl {
    SimulatedChain& chain;
    BlockTimer& timer;
    ErrorNames error_names;
    Observer observer;
    using Method = std::function<Json(const Params&)>;
    std::map<std::string, Method> methods;

    Impl(SimulatedChain& the_chain, BlockTimer& the_timer, ErrorNames names, Observer the_observer, bool development)
        : chain(the_chain), timer(the_timer), error_names(std::move(names)), observer(std::move(the_observer)) {
        add_node_methods();
        add_state_methods();
        add_block_methods();
        if (development) add_development_methods();
    }

    // `least` to `most` parameters.
    void add(const std::string& name, size_t least, size_t most, Method method) {
        methods[name] = [=](const Params& params) {
            params.expect(least, most);
            return method(params);
        };
    }

    void add_node_methods() {
        add("web3_clientVersion", 0, 0, [](const Params&) { return "gavel-l1/v" + std::string(node::version()); });
        add("net_version", 0, 0, [this](const Params&) { return std::to_string(chain.chain_id()); });
        add("eth_chainId", 0, 0, [this](const Params&) { return quantity(chain.chain_id()); });
        add("eth_syncing", 0, 0, [](const Params&) { return false; });
        add("eth_accounts", 0, 0, [](const Params&) { return Json::array(); });
        add("eth_blockNumber", 0, 0, [this](const Params&) { return quantity(chain.head().number); });
        add("eth_gasPrice", 0, 0, [this](const Params&) { return quantity(chain.fees().base_fee + chain.fees().priority_fee); });
        add("eth_maxPriorityFeePerGas", 0, 0, [this](const Params&) { return quantity(chain.fees().priority_fee); });
        add("eth_blobBaseFee", 0, 0, [this](const Params&) { return quantity(*chain.fees().blob_base_fee); });
        add("eth_config", 0, 0, [this](const Params&) { return config_json(chain); });
        add("eth_feeHistory", 2, 3, [this](const Params& params) { return fee_history(params); });
        add("eth_sendRawTransaction", 1, 1,
            [this](const Params& params) { return to_hex(value_of(chain.send_raw(params.data(0)))); });
    }

    void add_state_methods() {
        add("eth_getBalance", 1, 2, [this](const Params& params) {
            return quantity(value_of(chain.account(params.fixed<Address>(0), params.state_at(1))).balance);
        });
        add("eth_getTransactionCount", 1, 2, [this](const Params& params) {
            return quantity(value_of(chain.nonce(params.fixed<Address>(0), params.state_at(1))));
        });
        add("eth_getCode", 1, 2, [this](const Params& params) {
            return to_hex(value_of(chain.account(params.fixed<Address>(0), params.state_at(1))).code);
        });
        add("eth_getStorageAt", 2, 3, [this](const Params& params) {
            return to_hex(value_of(chain.storage(params.fixed<Address>(0), params.slot(1), params.state_at(2))));
        });
        add("eth_call", 1, 3, [this](const Params& params) {
            if (params.has(2)) throw invalid_params("state overrides are not supported");
            CallReply reply = value_of(chain.call(params.call_request(0), params.state_at(1)));
            if (!reply.success) throw reverted(reply.data);
            return to_hex(reply.data);
        });
        // A block may be long past on a chain that mines on demand; what is estimated is sent in the next one.
        add("eth_estimateGas", 1, 3, [this](const Params& params) {
            if (params.has(2)) throw invalid_params("state overrides are not supported");
            GasEstimate estimate = value_of(chain.estimate(params.call_request(0), params.state_at(1, {std::nullopt, true})));
            if (!estimate.outcome.success) throw reverted(estimate.outcome.data);
            return quantity(estimate.gas);
        });
    }

    void add_block_methods() {
        add("eth_getBlockByNumber", 2, 2, [this](const Params& params) {
            bool full = params.boolean(1);
            if (params.is_pending(0)) return pending_json(chain.next_header());
            return found_block(params.block_number(0), full);
        });
        add("eth_getBlockByHash", 2, 2, [this](const Params& params) {
            bool full = params.boolean(1);
            return found_block(chain.number_of(params.fixed<Hash>(0)), full);
        });
        add("eth_getBlockTransactionCountByNumber", 1, 1,
            [this](const Params& params) { return transaction_count(params.block_number(0)); });
        add("eth_getBlockTransactionCountByHash", 1, 1,
            [this](const Params& params) { return transaction_count(chain.number_of(params.fixed<Hash>(0))); });
        add("eth_getBlockReceipts", 1, 1, [this](const Params& params) {
            auto number = params.at(0).is_string() && params.at(0).get_ref<const std::string&>().size() == 66
                              ? chain.number_of(params.fixed<Hash>(0))
                              : params.block_number(0);
            auto receipts = number ? chain.receipts(*number) : std::nullopt;
            if (!receipts) return Json(nullptr);
            Json out = Json::array();
            for (const Receipt& receipt : *receipts) out.push_back(receipt_json(receipt));
            return out;
        });
        add("eth_getTransactionByHash", 1, 1, [this](const Params& params) {
            auto found = chain.transaction(params.fixed<Hash>(0));
            return found ? transaction_json(*found) : Json(nullptr);
        });
        add("eth_getTransactionReceipt", 1, 1, [this](const Params& params) {
            auto receipt = chain.receipt(params.fixed<Hash>(0));
            return receipt ? receipt_json(*receipt) : Json(nullptr);
        });
        add("eth_getLogs", 1, 1, [this](const Params& params) { return logs(params); });
    }

    void add_development_methods() {
        add_everywhere({"evm_mine"}, 0, 1, [this](const Params& params) { return mine_one(params); });
        add_everywhere({"anvil_mine", "hardhat_mine"}, 0, 2, [this](const Params& params) {
            uint64_t count = params.has(0) ? params.number(0) : 1, interval = params.has(1) ? params.number(1) : 1;
            mine(params, count, interval);
            return Json(nullptr);
        });
        add_everywhere({"evm_increaseTime", "anvil_increaseTime"}, 1, 1,
                       [this](const Params& params) { return Json(chain.increase_time(params.number(0))); });
        add_everywhere({"evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"}, 1, 1, [this](const Params& params) {
            auto status = chain.set_next_block_time(params.number(0));
            if (!status.ok()) throw error_of(status);
            return Json(nullptr);
        });
        add_everywhere({"evm_setIntervalMining", "anvil_setIntervalMining"}, 1, 1, [this](const Params& params) {
            uint64_t seconds = params.number(0);
            if (seconds > 86'400) throw invalid_params("at most 86400 seconds");
            timer.set_interval(seconds);
            return Json(nullptr);
        });
        add_everywhere({"evm_setAutomine", "anvil_setAutoMine"}, 1, 1, [this](const Params& params) {
            timer.set_auto_mine(params.boolean(0));
            return Json(nullptr);
        });
        add_everywhere({"anvil_setBalance", "hardhat_setBalance"}, 2, 2, [this](const Params& params) {
            chain.set_balance(params.fixed<Address>(0), params.quantity(1));
            return Json(nullptr);
        });
        add_everywhere({"anvil_dropTransaction", "hardhat_dropTransaction"}, 1, 1, [this](const Params& params) {
            Hash hash = params.fixed<Hash>(0);
            return chain.drop_transaction(hash) ? Json(to_hex(hash)) : Json(nullptr);
        });
        add("anvil_reorg", 1, 2, [this](const Params& params) {
            if (params.has(1) && params.at(1) != Json::array()) throw params.wrong(1, "transactions can't be put in");
            reorganise(params, params.number(0), true, params.number(0));
            return Json(nullptr);
        });
        add("gavel_reorg", 3, 3, [this](const Params& params) {
            reorganise(params, params.number(0), params.boolean(1), params.number(2));
            return Json(nullptr);
        });
    }

    void add_everywhere(std::initializer_list<const char*> names, size_t least, size_t most, const Method& method) {
        for (const char* name : names) add(name, least, most, method);
    }

    RpcError reverted(const Bytes& data) const {
        std::string name = error_names.describe(data);
        bool known = !name.empty() && !name.starts_with("0x");
        return {3, "execution reverted" + (known ? ": " + name : ""), to_hex(data)};
    }

    Json found_block(const std::optional<uint64_t>& number, bool full) const {
        auto block = number ? chain.block(*number) : std::nullopt;
        return block ? block_json(*block, full) : Json(nullptr);
    }

    Json transaction_count(const std::optional<uint64_t>& number) const {
        if (!number || !chain.header(*number)) return nullptr;
        return quantity(chain.transaction_hashes(*number).size());
    }

    Json logs(const Params& params) const {
        std::optional<Hash> block_hash;
        LogFilter filter = params.log_filter(0, block_hash);
        if (block_hash) {
            auto number = chain.number_of(*block_hash);
            if (!number) throw RpcError{-32000, "unknown block", nullptr};
            filter.from_block = filter.to_block = *number;
        }
        Json out = Json::array();
        for (const Log& log : value_of(chain.logs(filter))) {
            if (block_hash && log.block_hash != *block_hash) throw RpcError{-32000, "unknown block", nullptr};
            out.push_back(rpc::to_json(log));
        }
        return out;
    }

    Json fee_history(const Params& params) const {
        uint64_t count = params.number(0);
        uint64_t newest = params.block_number(1, false).value_or(chain.head().number);
        std::vector<double> percentiles;
        if (params.has(2)) {
            const Json& list = params.at(2);
            if (!list.is_array() || list.size() > 100) throw params.wrong(2, "must be an array of at most 100 percentiles");
            for (const Json& item : list) {
                double percentile = item.is_number() ? item.get<double>() : -1;
                double before = percentiles.empty() ? 0 : percentiles.back();
                if (percentile < before || percentile > 100) throw params.wrong(2, "percentiles rise from 0 to 100");
                percentiles.push_back(percentile);
            }
        }
        count = std::min({count, newest + 1, kMaxFeeHistory});
        if (count == 0) throw params.wrong(0, "must be at least 1");
        Json base_fees = Json::array(), ratios = Json::array(), reward = Json::array();
        Json blob_fees = Json::array(), blob_ratios = Json::array();
        const BlobSchedule& schedule = chain.blob_schedule();
        auto push_fees = [&](const BlockHeader& header) {
            base_fees.push_back(quantity(header.base_fee));
            blob_fees.push_back(quantity(blob_base_fee(schedule, header.blob_gas.excess)));
        };
        for (uint64_t number = newest + 1 - count; number <= newest; ++number) {
            auto block = chain.block(number);
            if (!block) throw RpcError{-32000, "header not found", nullptr};
            push_fees(block->header);
            blob_ratios.push_back(static_cast<double>(block->header.blob_gas.used) / static_cast<double>(schedule.max_gas()));
            ratios.push_back(static_cast<double>(block->header.gas_used) / static_cast<double>(block->header.gas_limit));
            if (!percentiles.empty()) reward.push_back(rewards(*block, percentiles));
        }
        auto next = chain.header(newest + 1);
        push_fees(next ? *next : chain.next_header());
        Json out{{"oldestBlock", quantity(newest + 1 - count)},
                 {"baseFeePerGas", base_fees},
                 {"gasUsedRatio", ratios},
                 {"baseFeePerBlobGas", blob_fees},
                 {"blobGasUsedRatio", blob_ratios}};
        if (!percentiles.empty()) out["reward"] = reward;
        return out;
    }

    // evm_mine []; [time]; or [{"timestamp": time, "blocks": count}].
    Json mine_one(const Params& params) const {
        uint64_t count = 1;
        std::optional<uint64_t> time;
        if (params.has(0) && params.at(0).is_object()) {
            const Json list = Json::array({params.at(0).value("timestamp", Json()), params.at(0).value("blocks", Json(1))});
            Params inner(list, chain);
            if (inner.has(0)) time = inner.number(0);
            if (inner.has(1)) count = inner.number(1);
        } else if (params.has(0)) {
            time = params.number(0);
        }
        if (time) {
            auto status = chain.set_next_block_time(*time);
            if (!status.ok()) throw error_of(status);
        }
        mine(params, count, 1);
        return "0x0";
    }

    // `interval`: seconds between the blocks.
    void mine(const Params& params, uint64_t count, uint64_t interval) const {
        if (count > kMaxMinedAtOnce) throw invalid_params("at most 10000 blocks at once");
        for (uint64_t i = 0; i < count; ++i) {
            if (!params.still_wanted()) throw RpcError{-32000, "nobody waits for it any more", nullptr};
            if (i != 0 && interval > 1) chain.increase_time(interval);
            chain.mine();
        }
    }

    void reorganise(const Params& params, uint64_t depth, bool keep_transactions, uint64_t new_blocks) const {
        if (new_blocks > kMaxMinedAtOnce) throw invalid_params("at most 10000 blocks at once");
        auto status = chain.reorganise(depth, keep_transactions);
        if (!status.ok()) throw error_of(status);
        mine(params, new_blocks, 1);
    }

    static Json error_json(const Json& id, const RpcError& error) {
        Json body{{"code", error.code}, {"message", error.message}};
        if (!error.data.is_null()) body["data"] = error.data;
        return {{"jsonrpc", "2.0"}, {"id", id}, {"error", body}};
    }

    // Null if there is none that may be one.
    static Json id_of(const Json& request) {
        Json id = request.is_object() ? request.value("id", Json()) : Json();
        return id.is_string() || id.is_number() ? id : Json();
    }

    // Null for a notification.
    Json answer(const Json& request, const std::function<bool()>& wanted) const {
        const Json id = id_of(request);
        bool form = request.is_object() && request.value("jsonrpc", Json()) == "2.0" &&
                    request.value("method", Json()).is_string() && id == request.value("id", Json());
        if (!form) return error_json(id, {-32600, "invalid request", nullptr});
        const std::string& name = request["method"].get_ref<const std::string&>();
        auto method = methods.find(name);
        Json out;
        try {
            if (method == methods.end()) {
                throw RpcError{-32601, "the method " + name + " does not exist/is not available", nullptr};
            }
            const Json params = request.value("params", Json::array());
            if (!params.is_array()) throw invalid_params("params must be an array");
            out = {{"jsonrpc", "2.0"}, {"id", id}, {"result", method->second(Params(params, chain, wanted))}};
        } catch (const RpcError& error) {
            out = error_json(id, error);
        }
        if (observer) observer(method == methods.end() ? "unknown" : name, out.contains("result"));
        return request.contains("id") ? out : Json();
    }

    std::string answer_batch(const Json& batch, const std::function<bool()>& wanted) const {
        if (batch.empty() || batch.size() > kMaxBatch) {
            return error_json(nullptr, {-32600, batch.empty() ? "empty batch" : "batch too large", nullptr}).dump();
        }
        std::string out;
        const auto end = std::chrono::steady_clock::now() + kMaxBatchTime;
        for (const Json& request : batch) {
            if (wanted && !wanted()) return "";
            const char* excess = out.size() >= kMaxAnswerBytes             ? "response too large"
                                 : std::chrono::steady_clock::now() >= end ? "batch took too long"
                                                                           : nullptr;
            Json one = excess ? error_json(id_of(request), {-32005, excess, nullptr}) : answer(request, wanted);
            if (!one.is_null()) out += (out.empty() ? "[" : ",") + one.dump();
        }
        return out.empty() ? out : out + "]";
    }
};

JsonRpcService::JsonRpcService(SimulatedChain& chain, BlockTimer& timer, ErrorNames error_names, Observer observer,
                               bool development)
    : impl_(std::make_unique<Impl>(chain, timer, std::move(error_names), std::move(observer), development)) {}
JsonRpcService::~JsonRpcService() = default;

std::string JsonRpcService::handle(const std::string& body, const std::function<bool()>& wanted) {
    const auto request = rpc::parse(body);
    if (!request) return Impl::error_json(nullptr, {-32700, "parse error", nullptr}).dump();
    if (request->is_array()) return impl_->answer_batch(*request, wanted);
    Json out = impl_->answer(*request, wanted);
    return out.is_null() ? "" : out.dump();
}

}  // namespace gavel::l1
