// Blobs over HTTP, as a node of the consensus layer gives them: GET /eth/v1/beacon/blobs/{block id}?versioned_hashes=
// (https://ethereum.github.io/beacon-APIs). The chain has no slots: a block's number stands for its slot.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "node/http_server.hpp"

namespace gavel::l1 {

// The answer for a block: "head", "finalized", "genesis", a number, or its hash. `hashes`: the values of versioned_hashes, each
// one or several with commas between them; none: all of the block's blobs. 200 {"data": [blob, ...]} in the block's order, 400
// for what has no form, 404 for a block that isn't there, or whose blobs have expired. A hash that no blob has is passed over.
node::HttpResponse beacon_blobs(const SimulatedChain& chain, const std::string& block_id, const std::vector<std::string>& hashes);

// Before the server starts; for whom refuse_browsers lets through. `failed` is told of a store that fails. References must
// outlive the server.
void serve_beacon(node::HttpServer& server, const SimulatedChain& chain, const std::vector<std::string>& allowed_hosts,
                  std::function<void(const char*)> failed);

}  // namespace gavel::l1
