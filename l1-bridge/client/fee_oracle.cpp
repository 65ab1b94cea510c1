#include "l1-bridge/client/fee_oracle.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "l1-bridge/wire/rpc_values.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

constexpr u128 kLeastTip = 1'000'000;  // wei per gas: geth's own least for a block
constexpr size_t kMostBlocks = 64;     // of a history that are looked at

node::Status unreadable(const std::string& method) {
    return {node::Code::kInternal, "L1_ANSWER_INVALID", method, "the L1's answer to " + method + " is not valid: no fee in it"};
}

const Json& member(const Json& object, const char* name) {
    static const Json none;
    if (!object.is_object()) return none;
    auto found = object.find(name);
    return found == object.end() ? none : *found;
}

std::optional<u128> fee_of(const Json& json) {
    auto fee = rpc::parse_quantity(json);
    if (!fee || *fee > UINT64_MAX) return std::nullopt;
    return fee;
}

node::Result<u128> quantity_of(const AskNode& ask, const std::string& method) {
    auto answer = ask(method, Json::array());
    if (!answer) return answer.status();
    auto fee = fee_of(*answer);
    return fee ? node::Result<u128>(*fee) : unreadable(method);
}

// Base fees of the next block: of gas, and of blob gas if the node tells it.
node::Result<Fees> base_fees_of(const AskNode& ask) {
    auto history = ask("eth_feeHistory", {"0x1", "latest", Json::array()});
    if (history) {
        const Json& fees = member(*history, "baseFeePerGas");
        auto next = fees.is_array() && !fees.empty() ? fee_of(fees.back()) : std::nullopt;
        const Json& blob_fees = member(*history, "baseFeePerBlobGas");
        auto next_blob = blob_fees.is_array() && !blob_fees.empty() ? fee_of(blob_fees.back()) : std::nullopt;
        if (next) return Fees{*next, 0, next_blob};
    } else if (history.status().code == node::Code::kUnavailable) {
        return history.status();
    }
    auto block = ask("eth_getBlockByNumber", {"latest", false});
    if (!block) return block.status();
    auto fee = fee_of(member(*block, "baseFeePerGas"));
    if (!fee) return unreadable("eth_getBlockByNumber");
    return Fees{*fee + *fee / 8, 0, std::nullopt};  // EIP-1559: it rises by no more
}

// The middle of what the middle transactions of the last blocks paid; nullopt if the node doesn't tell, or they were empty.
std::optional<u128> tip_of_history(const AskNode& ask) {
    auto history = ask("eth_feeHistory", {"0x14", "latest", {50}});
    if (!history) return std::nullopt;
    std::vector<u128> tips;
    const Json& blocks = member(*history, "reward");
    for (size_t i = 0; blocks.is_array() && i < std::min(blocks.size(), kMostBlocks); ++i) {
        auto tip = blocks[i].is_array() && !blocks[i].empty() ? fee_of(blocks[i][0]) : std::nullopt;
        if (tip && *tip > 0) tips.push_back(*tip);
    }
    if (tips.empty()) return std::nullopt;
    std::nth_element(tips.begin(), tips.begin() + static_cast<std::ptrdiff_t>(tips.size() / 2), tips.end());
    return tips[tips.size() / 2];
}

node::Result<u128> tip_of(const AskNode& ask, u128 base_fee) {
    auto told = quantity_of(ask, "eth_maxPriorityFeePerGas");
    if (told || told.status().code == node::Code::kUnavailable) return told;
    if (auto tip = tip_of_history(ask)) return *tip;
    auto price = quantity_of(ask, "eth_gasPrice");
    if (price || price.status().code != node::Code::kUnavailable) return price && *price > base_fee ? *price - base_fee : u128{0};
    return price;
}

}  // namespace

node::Result<Fees> find_fees(const AskNode& ask) {
    auto fees = base_fees_of(ask);
    if (!fees) return fees.status();
    auto tip = tip_of(ask, fees->base_fee);
    if (!tip) return tip.status();
    fees->priority_fee = std::max(*tip, kLeastTip);
    return fees;
}

}  // namespace gavel::l1
