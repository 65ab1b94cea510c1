// How the wallet's files tell what a node said.
#pragma once

#include "node/status.hpp"
#include "protocol/encoding.hpp"

namespace gavel::l1 {

// Whether a node may have done what it was asked, all the same.
inline bool is_unclear(const node::Status& status) {
    return status.code == node::Code::kUnavailable || status.reason == "L1_ANSWER_INVALID";
}

inline node::Status not_taken(const Hash& hash, const node::Status& why) {
    return {node::Code::kFailedPrecondition, "TX_REFUSED", "",
            "the L1's node doesn't take " + to_hex(hash) + ": " + why.reason + ": " + why.message};
}

}  // namespace gavel::l1
