#include "l1-bridge/client/batch_channel.hpp"

#include <algorithm>

#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/log.hpp"

namespace gavel::l1 {
namespace {

constexpr size_t kMostBatchBytes = 130'000;  // a node's pool takes transactions of 131,072 bytes (go-ethereum's txMaxSize)
constexpr size_t kProbeBytes = 1'000;
constexpr uint64_t kAskAgainMs = 600'000;
constexpr uint64_t kMostGasPerByte = 1'024;   // whatever a node says
constexpr size_t kAppendsRemembered = 16;     // the dearest of them counts
constexpr uint64_t kFirstOverhead = 100'000;  // until an append was seen
constexpr uint64_t kGasOfBlobs = 2'000;       // by which the next appendBlobs may be dearer: each blob's hash

}  // namespace

BatchChannel::Limits ContractChannel::limits() const { return {kMostBatchBytes}; }

BatchChannel::Price ContractChannel::price() const {
    std::lock_guard lock(mutex_);
    return {per_byte_, overheads_.empty() ? kFirstOverhead : *std::max_element(overheads_.begin(), overheads_.end()),
            blobs_gas_.value_or(kFirstOverhead)};
}

// Of a transaction to oneself that carries nothing else, and no zero byte.
node::Result<uint64_t> ContractChannel::gas_of_bytes(const Address& payer, size_t count) {
    CallRequest request;
    request.from = request.to = payer;
    request.data = Bytes(count, 0xff);
    return client_.estimate_gas(request);
}

void ContractChannel::refresh_price(const Address& payer) {
    const uint64_t now_ms = clock_ ? clock_->steady_ms() : 0;
    {
        std::lock_guard lock(mutex_);
        if (asked_ms_ && now_ms < *asked_ms_ + kAskAgainMs) return;
    }
    auto without = gas_of_bytes(payer, 0), with = gas_of_bytes(payer, kProbeBytes);
    if (!without || !with || *with <= *without) return;  // asked again the next time
    std::lock_guard lock(mutex_);
    asked_ms_ = now_ms;
    per_byte_ = std::clamp<uint64_t>((*with - *without + kProbeBytes - 1) / kProbeBytes, 1, kMostGasPerByte);
}

void ContractChannel::note_append(const Estimate& estimate) {
    std::lock_guard lock(mutex_);
    estimate_ = estimate;
    const uint64_t for_bytes = per_byte_ * estimate.bytes;
    overheads_.push_back(estimate.gas > for_bytes ? estimate.gas - for_bytes : 0);
    if (overheads_.size() > kAppendsRemembered) overheads_.pop_front();
}

// The node estimates the batch whose parent stands. The next ones take no more in proportion to bytes or chunks, whichever are
// more, since what an append takes grows with both and has a fixed part. nullopt: no such batch was estimated yet.
node::Result<std::optional<uint64_t>> ContractChannel::gas_limit_of(L1Wallet& wallet, const Bytes& calldata, size_t chunks,
                                                                    bool stands_parent) {
    if (stands_parent) {
        auto gas = wallet.estimate(rollup_, 0, calldata);
        if (!gas) return gas.status();
        note_append({calldata.size(), chunks, *gas});
        return std::optional(wallet.limit_for(*gas));
    }
    std::lock_guard lock(mutex_);
    if (!estimate_) return std::optional<uint64_t>{};
    const double more = std::max({1.0, static_cast<double>(calldata.size()) / static_cast<double>(estimate_->bytes),
                                  static_cast<double>(chunks) / static_cast<double>(estimate_->chunks)});
    const auto gas = static_cast<uint64_t>(more * static_cast<double>(estimate_->gas));
    return std::optional(std::min(wallet.limit_for(gas), wallet.options().max_gas));
}

// What an appendBlobs takes hangs on how many blobs it has, by a little, and on its place among the records.
node::Result<std::optional<uint64_t>> ContractChannel::blobs_gas_limit(L1Wallet& wallet, const Bytes& calldata,
                                                                       const std::vector<Hash>& hashes, bool stands_parent) {
    if (stands_parent) {
        auto gas = wallet.estimate(rollup_, 0, calldata, hashes);
        if (!gas) return gas.status();
        std::lock_guard lock(mutex_);
        blobs_gas_ = *gas;
        return std::optional(wallet.limit_for(*gas));
    }
    std::lock_guard lock(mutex_);
    if (!blobs_gas_) return std::optional<uint64_t>{};
    return std::optional(std::min(wallet.limit_for(*blobs_gas_ + kGasOfBlobs), wallet.options().max_gas));
}

node::Result<std::optional<Hash>> ContractChannel::publish(L1Wallet& wallet, const PostedBatch& batch,
                                                           std::shared_ptr<const BlobSidecar> sidecar, bool stands_parent) {
    if (batch.data().source == DataSource::kCalldata) return publish_calldata(wallet, batch, stands_parent);
    return publish_blobs(wallet, batch, std::move(sidecar), stands_parent);
}

node::Result<std::optional<Hash>> ContractChannel::publish_calldata(L1Wallet& wallet, const PostedBatch& batch,
                                                                    bool stands_parent) {
    Bytes calldata = rollup_call::append(batch.data().argument);
    const size_t size = calldata.size();
    auto gas = gas_limit_of(wallet, calldata, batch.header().chunk_count, stands_parent);
    if (!gas) return gas.status();
    if (!*gas) return std::optional<Hash>{};
    auto sent = wallet.send(rollup_, 0, std::move(calldata), **gas);
    if (!sent) return sent.status();
    node::log_info("batch sent", {{"batch", batch.number()}, {"bytes", size}, {"gas_limit", **gas}, {"tx", to_hex(*sent)}});
    return std::optional(*sent);
}

node::Result<std::optional<Hash>> ContractChannel::publish_blobs(L1Wallet& wallet, const PostedBatch& batch,
                                                                 std::shared_ptr<const BlobSidecar> sidecar, bool stands_parent) {
    const PostedData& data = batch.data();
    Bytes calldata = rollup_call::append_blobs(data.argument);
    auto gas = blobs_gas_limit(wallet, calldata, data.blob_hashes, stands_parent);
    if (!gas) return gas.status();
    if (!*gas) return std::optional<Hash>{};
    auto sent = wallet.send_blobs(rollup_, std::move(calldata), std::move(sidecar), **gas);
    if (!sent) return sent.status();
    node::log_info("batch sent",
                   {{"batch", batch.number()}, {"blobs", data.blobs.size()}, {"gas_limit", **gas}, {"tx", to_hex(*sent)}});
    return std::optional(*sent);
}

node::Result<PostedData> ContractChannel::fetch(const BatchPlace& place) {
    return fetch_posted(client_, rollup_, place.transaction, place.time, place.block, blobs_);
}

}  // namespace gavel::l1
