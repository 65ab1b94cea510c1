// An ERC-20 that anybody may mint: for development chains and tests, never for money.
#pragma once

#include "l1-bridge/chain/chain_host.hpp"

namespace gavel::l1 {

// Constructor arguments: (string name, string symbol, uint8 decimals), each text at most 31 bytes. Functions: name, symbol,
// decimals, totalSupply, balanceOf, transfer, approve, allowance, transferFrom, mint(address,uint256). Errors are ERC-6093's, and
// BadCalldata(). At most 2^128-2 units are ever minted; an allowance above 2^128-1 is one without limit.
class TestToken final : public NativeContract {
public:
    static constexpr const char* kName = "token";

    CallResult construct(Host& host, const CallContext& context, ByteView args) const override;
    CallResult call(Host& host, const CallContext& context, ByteView calldata) const override;

    static Bytes constructor_args(std::string_view name, std::string_view symbol, uint8_t decimals);
    static const std::vector<std::string>& error_signatures();
};

}  // namespace gavel::l1
