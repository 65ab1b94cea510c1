// What the sequencer asks for an operation: by token, and by the bytes that the operation takes on the L1.
#pragma once

#include <map>
#include <mutex>
#include <optional>
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

// Where batches' data go.
enum class DataMode : uint8_t {
    kAuto,  // what costs less, batch by batch
    kBlobs,
    kCalldata,
};

// How batches are posted.
struct PostingConfig {
    DataMode data = DataMode::kAuto;
    uint16_t max_blobs = 3;  // of a batch, 1 to kMaxBlobs; builders of blocks pass over those with many
};

struct FeeConfig {
    // Base units that a plain transfer of the token costs. Tokens that aren't named are refused.
    std::map<Address, Amount> per_transfer;
    // Of ETH, if it isn't named above: part of what the L1 asks for the operation's bytes, in percent. Zero: ETH is free.
    unsigned eth_percent = 110;
    PostingConfig posting{};
};

// Thread-safe.
class FeePolicy {
public:
    explicit FeePolicy(FeeConfig config) : config_(std::move(config)) {}
    const PostingConfig& posting() const { return config_.posting; }

    // The L1's prices of now, wei: of gas (base fee and tip), and of blob gas, if blobs can be had.
    void set_gas_price(u128 wei_per_gas, std::optional<u128> wei_per_blob_gas = {});
    // What a batch costs on its way to the L1, in gas.
    void set_batch_price(const l1::BatchChannel::Price& price);
    // Refuses a token that isn't taken: INVALID_ARGUMENT, TOKEN_NOT_ACCEPTED.
    node::Result<FeeQuote> quote(const Address& token, const OperationShape& shape) const;
    // What a batch of so many bytes costs in calldata, of so many chunks in blobs, at the L1's prices of now, in wei. nullopt
    // while the price isn't known, or where there are no blobs.
    std::optional<Amount> calldata_cost(size_t bytes) const;
    std::optional<Amount> blobs_cost(size_t chunks) const;
    // Whether fees taken pay for what costs so much. Those of a token count by what a plain transfer of it costs here, set
    // against the cost of its bytes.
    bool cover(const std::vector<FeeTally::Entry>& fees, Amount cost) const;

private:
    u128 wei_worth(const FeeTally::Entry& fee) const;
    Amount wei_of_bytes(unsigned bytes, unsigned percent) const;
    Amount blobs_cost_of(size_t chunks) const;

    const FeeConfig config_;
    mutable std::mutex mutex_;
    u128 wei_per_gas_ = 0;
    std::optional<u128> wei_per_blob_gas_;
    l1::BatchChannel::Price price_{64, 100'000, 100'000};  // until one is set
};

// The smallest of 1, 2, 5 x 10^k that is at least `amount`; the amount itself if there is none below 2^128.
Amount round_up_to_a_digit(Amount amount);

}  // namespace gavel::sequencer
