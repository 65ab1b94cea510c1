#include "l1-bridge/chain/rpc_params.hpp"

#include "l1-bridge/chain/rpc_service.hpp"

namespace gavel::l1::rpc {
namespace {

constexpr size_t kMaxAlternatives = 1'000;

uint64_t behind(uint64_t head, uint64_t depth) { return head < depth ? 0 : head - depth; }

}  // namespace

RpcError invalid_params(const std::string& message) { return {-32602, message, nullptr}; }

RpcError error_of(const node::Status& status) {
    int code = -32000;
    if (status.reason.starts_with("LOG_RANGE")) code = -32602;
    if (status.reason == "TOO_MANY_LOGS") code = -32005;
    Json data{{"reason", status.reason}};
    if (!status.field.empty()) data["field"] = status.field;
    return {code, status.message, data};
}

RpcError Params::wrong(size_t index, const std::string& what) const {
    return invalid_params("invalid argument " + std::to_string(index) + ": " + what);
}

void Params::expect(size_t least, size_t most) const {
    if (list_.size() < least) throw invalid_params("missing value for required argument " + std::to_string(list_.size()));
    if (list_.size() > most) throw invalid_params("too many arguments, want at most " + std::to_string(most));
}

const Json& Params::at(size_t index) const {
    if (!has(index)) throw invalid_params("missing value for required argument " + std::to_string(index));
    return list_[index];
}

Bytes Params::data(size_t index) const {
    auto out = parse_data(at(index));
    if (!out) throw wrong(index, "must be 0x and an even number of hex digits");
    return *out;
}

u128 Params::quantity(size_t index) const {
    auto out = parse_quantity(at(index));
    if (!out) throw wrong(index, "must be 0x and hex digits without leading zeros, at most 128 bits");
    return *out;
}

uint64_t Params::number(size_t index) const {
    if (at(index).is_number_unsigned()) return at(index).get<uint64_t>();
    u128 out = quantity(index);
    if (out > UINT64_MAX) throw wrong(index, "over 64 bits");
    return static_cast<uint64_t>(out);
}

bool Params::boolean(size_t index) const {
    if (!at(index).is_boolean()) throw wrong(index, "must be true or false");
    return at(index).get<bool>();
}

Hash Params::slot(size_t index) const {
    if (auto whole = parse_fixed<Hash>(at(index))) return *whole;
    return word_of(quantity(index));
}

CallRequest Params::call_request(size_t index) const {
    std::string bad;
    auto out = call_request_from_json(at(index), bad);
    if (!out) throw wrong(index, "member '" + bad + "' is not of the form that it must have");
    return *out;
}

uint64_t Params::tag_or_number(const Json& value, size_t index) const {
    const uint64_t head = chain_.head().number;
    if (value == "latest") return head;
    if (value == "earliest") return 0;
    if (value == "safe") return behind(head, JsonRpcService::kSafeDepth);
    if (value == "finalized") return behind(head, JsonRpcService::kFinalizedDepth);
    auto number = parse_quantity(value);
    if (!number || *number > UINT64_MAX) throw wrong(index, "must be a block number or a tag");
    return static_cast<uint64_t>(*number);
}

std::optional<uint64_t> Params::block_number(size_t index, bool or_none) const {
    if (is_pending(index)) return std::nullopt;
    uint64_t number = tag_or_number(at(index), index);
    if (number <= chain_.head().number) return number;
    if (or_none) return std::nullopt;
    throw RpcError{-32000, "header not found", nullptr};
}

StateAt Params::state_at(size_t index, const StateAt& otherwise) const {
    if (!has(index)) return otherwise;
    if (is_pending(index)) return {std::nullopt, true};
    const Json& value = at(index);
    if (value == "latest") return {};
    if (!value.is_object()) return {tag_or_number(value, index), false};
    Members members(value);
    if (auto hash = members.optional_fixed<Hash>("blockHash")) {
        if (!members.ok()) throw wrong(index, "blockHash is not of 32 bytes");
        auto number = chain_.number_of(*hash);
        if (!number) throw RpcError{-32000, "header for hash not found", nullptr};
        return {*number, false};
    }
    uint64_t number = members.quantity64("blockNumber");
    if (!members.ok()) throw wrong(index, "must have blockHash or blockNumber");
    return {number, false};
}

std::vector<Hash> Params::topic_alternatives(const Json& value, size_t index) const {
    std::vector<Hash> out;
    if (value.is_null()) return out;
    const Json list = value.is_array() ? value : Json::array({value});
    if (list.size() > kMaxAlternatives) throw wrong(index, "too many topics");
    for (const Json& item : list) {
        auto topic = parse_fixed<Hash>(item);
        if (!topic) throw wrong(index, "a topic is not of 32 bytes");
        out.push_back(*topic);
    }
    return out;
}

LogFilter Params::log_filter(size_t index, std::optional<Hash>& block_hash) const {
    Members members(at(index));
    LogFilter out;
    block_hash = members.optional_fixed<Hash>("blockHash");
    const Json &from = members.member("fromBlock"), &to = members.member("toBlock");
    if (block_hash && (!from.is_null() || !to.is_null())) throw wrong(index, "blockHash stands alone, without a range");
    // "pending" holds no logs yet: the head is as far as they go.
    const uint64_t head = chain_.head().number;
    out.from_block = from.is_null() || from == "pending" ? head : tag_or_number(from, index);
    out.to_block = to.is_null() || to == "pending" ? head : tag_or_number(to, index);
    const Json& address = members.member("address");
    if (!address.is_null()) {
        const Json list = address.is_array() ? address : Json::array({address});
        if (list.size() > kMaxAlternatives) throw wrong(index, "too many addresses");
        for (const Json& item : list) {
            auto one = parse_fixed<Address>(item);
            if (!one) throw wrong(index, "an address is not of 20 bytes");
            out.addresses.push_back(*one);
        }
    }
    const Json& topics = members.member("topics");
    bool form = topics.is_null() || (topics.is_array() && topics.size() <= 4);
    if (!form) throw wrong(index, "topics must be an array of at most four");
    for (const Json& position : topics) out.topics.push_back(topic_alternatives(position, index));
    if (!members.ok()) throw wrong(index, "member '" + members.bad() + "' is not of the form that it must have");
    return out;
}

}  // namespace gavel::l1::rpc
