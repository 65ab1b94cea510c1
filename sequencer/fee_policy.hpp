// What the sequencer asks for an operation: by token, and by the bytes that the operation takes on the L1.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "api/sequencer.hpp"
#include "l1-bridge/client/batch_channel.hpp"
#include "node/status.hpp"
#include "protocol/apply.hpp"
#include "protocol/operation.hpp"

namespace gavel::sequencer {

using api::FeeQuote;
using api::OperationShape;

// Bytes of calldata that an operation of this shape takes on the average, signature and its part of chunk and batch included
// (docs/protocol.md, "Codec figures").
unsigned posted_bytes(const OperationShape& shape);

struct FeeConfig {
    // Base units that a plain transfer of the token costs. Tokens that aren't named are refused.
    std::map<Address, Amount> per_transfer;
    // Of ETH, if it isn't named above: part of what the L1 asks for the operation's bytes, in percent. Zero: ETH is free.
    unsigned eth_percent = 110;
};

// Thread-safe.
class FeePolicy {
public:
    explicit FeePolicy(FeeConfig config) : config_(std::move(config)) {}

    // The L1's price of now, wei per gas (base fee and tip).
    void set_gas_price(u128 wei_per_gas);
    // What a batch costs on its way to the L1, in gas.
    void set_batch_price(const l1::BatchChannel::Price& price);
    // Refuses a token that isn't taken: INVALID_ARGUMENT, TOKEN_NOT_ACCEPTED.
    node::Result<FeeQuote> quote(const Address& token, const OperationShape& shape) const;
    // Whether fees taken pay for a batch of so many bytes at the L1's price of now. Those of a token count by what a plain
    // transfer of it costs here, set against the cost of its bytes. False while the price isn't known.
    bool cover_a_batch(const std::vector<FeeTally::Entry>& fees, size_t bytes) const;

private:
    u128 wei_worth(const FeeTally::Entry& fee) const;

    FeeConfig config_;
    mutable std::mutex mutex_;
    u128 wei_per_gas_ = 0;
    l1::BatchChannel::Price price_{64, 100'000};  // until one is set
};

// The smallest of 1, 2, 5 x 10^k that is at least `amount`; the amount itself if there is none below 2^128.
Amount round_up_to_a_digit(Amount amount);

}  // namespace gavel::sequencer
