// What the L1 takes for a byte of calldata, asked from a node, whose rules may change with the L1's next fork.
#pragma once

#include <optional>

#include "l1-bridge/client/l1_client.hpp"
#include "node/clock.hpp"

namespace gavel::sequencer {

class CalldataGas {
public:
    // None is owned.
    CalldataGas(l1::L1Client& client, const node::Clock& clock, const Address& from)
        : client_(client), clock_(clock), from_(from) {}

    // Gas for a byte that isn't zero, when it is time to ask again (every ten minutes; at once after a node that couldn't tell).
    std::optional<uint64_t> ask();

private:
    node::Result<uint64_t> estimate(size_t bytes);

    l1::L1Client& client_;
    const node::Clock& clock_;
    Address from_;
    std::optional<uint64_t> told_ms_;
};

}  // namespace gavel::sequencer
