// Parameters of a JSON-RPC request, read strictly. What is wrong is thrown as RpcError and becomes the request's answer in
// JsonRpcService; it leaves no other place.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::l1::rpc {

struct RpcError {
    int code;
    std::string message;
    Json data;  // null: none
};

RpcError invalid_params(const std::string& message);
// A refusal of the chain's as the answer has it.
RpcError error_of(const node::Status& status);
// Value, or its refusal thrown.
template <class T>
T value_of(node::Result<T> result) {
    if (!result) throw error_of(result.status());
    return std::move(*result);
}

class Params {
public:
    // `wanted`: whether somebody still waits for the answer; empty: always. References must outlive it.
    Params(const Json& list, const SimulatedChain& chain, const std::function<bool()>& wanted = kAlways)
        : list_(list), chain_(chain), wanted_(wanted) {}
    bool still_wanted() const { return !wanted_ || wanted_(); }

    // Throws unless there are so many.
    void expect(size_t least, size_t most) const;
    bool has(size_t index) const { return index < list_.size() && !list_[index].is_null(); }
    const Json& at(size_t index) const;

    template <class Fixed>
    Fixed fixed(size_t index) const {
        auto out = parse_fixed<Fixed>(at(index));
        if (!out) throw wrong(index, "must be 0x and " + std::to_string(2 * Fixed::kSize) + " hex digits");
        return *out;
    }
    Bytes data(size_t index) const;
    u128 quantity(size_t index) const;
    // A quantity, or a plain number as the development calls of other nodes take it.
    uint64_t number(size_t index) const;
    bool boolean(size_t index) const;
    // Slot of storage: 32 bytes, or a quantity.
    Hash slot(size_t index) const;
    CallRequest call_request(size_t index) const;
    LogFilter log_filter(size_t index, std::optional<Hash>& block_hash) const;

    // Number that a tag or quantity names. "pending" gives nullopt, and so does a number above the head if `or_none`.
    std::optional<uint64_t> block_number(size_t index, bool or_none = true) const;
    // Block of a state: tag, quantity, or EIP-1898's object; `otherwise` if absent.
    StateAt state_at(size_t index, const StateAt& otherwise = {}) const;
    bool is_pending(size_t index) const { return has(index) && at(index) == "pending"; }

    RpcError wrong(size_t index, const std::string& what) const;

private:
    uint64_t tag_or_number(const Json& value, size_t index) const;
    std::vector<Hash> topic_alternatives(const Json& value, size_t index) const;

    const Json& list_;
    const SimulatedChain& chain_;
    const std::function<bool()>& wanted_;
    static inline const std::function<bool()> kAlways{};
};

}  // namespace gavel::l1::rpc
