// The rollup contract (docs/contract.md) as a native contract of the simulated chain: the seat, batches, the court, the bank,
// and what follows a freeze.
#pragma once

#include "l1-bridge/chain/chain_host.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::l1 {

// Its name in a NativeRegistry.
inline constexpr const char* kRollupName = "rollup";

class RollupContract : public NativeContract {
public:
    RollupContract() = default;
    // Begins with another state than genesis's, which is final from the start: for tests that attack crafted states.
    explicit RollupContract(const StateFields& initial) : initial_(initial) {}

    // Arguments: RollupParameters::encode().
    CallResult construct(Host& host, const CallContext& context, ByteView args) const override;
    CallResult call(Host& host, const CallContext& context, ByteView calldata) const override;

private:
    StateFields initial_ = genesis_fields();
};

}  // namespace gavel::l1
