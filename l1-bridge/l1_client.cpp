#include "l1-bridge/l1_client.hpp"

namespace gavel::l1 {

node::Status L1Client::revert_status(const ErrorNames& names, ByteView data) {
    std::string name = names.describe(data);
    std::string reason = name.empty() || name.starts_with("0x") ? "EXECUTION_REVERTED" : name;
    std::string message = "execution reverted" + (name.empty() ? "" : ": " + name) + ", data " + to_hex(data);
    return {node::Code::kAborted, std::move(reason), "revert", std::move(message)};
}

}  // namespace gavel::l1
