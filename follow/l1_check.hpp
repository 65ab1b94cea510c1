// What the contract itself says of its state at a block, against what its events amount to: a node that leaves events out of its
// answers would have to lie about this too.
#pragma once

#include "follow/l1_view.hpp"
#include "l1-bridge/client/l1_client.hpp"

namespace gavel::follow {

enum class Agreement : uint8_t {
    kAgrees,
    kContradicts,
    kUnknown,  // the block isn't of the chain any more
};

// `view` against the contract at its head. Asked of client.second_opinion(), and of `client` itself where that one can't tell.
// `what` says what differs. Not OK: the client's Status; of a block far below the head a node has forgotten the state.
node::Result<Agreement> check_view(l1::L1Client& client, const L1View& view, std::string& what);

}  // namespace gavel::follow
