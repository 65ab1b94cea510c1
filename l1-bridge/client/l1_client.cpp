#include "l1-bridge/client/l1_client.hpp"

#include <algorithm>

namespace gavel::l1 {

bool LogFilter::matches(const Log& log) const {
    auto holds = [](const auto& list, const auto& item) { return std::find(list.begin(), list.end(), item) != list.end(); };
    if (!addresses.empty() && !holds(addresses, log.address)) return false;
    if (topics.size() > log.topics.size()) return false;
    for (size_t i = 0; i < topics.size(); ++i)
        if (!topics[i].empty() && !holds(topics[i], log.topics[i])) return false;
    if (block_hash) return log.block_hash == *block_hash;
    return log.block_number >= from_block && log.block_number <= to_block;
}

node::Status L1Client::revert_status(const ErrorNames& names, ByteView data) {
    std::string name = names.describe(data);
    std::string reason = name.empty() || name.starts_with("0x") ? "EXECUTION_REVERTED" : name;
    std::string message = "execution reverted" + (name.empty() ? "" : ": " + name) + ", data " + to_hex(data);
    return {node::Code::kAborted, std::move(reason), "revert", std::move(message)};
}

}  // namespace gavel::l1
