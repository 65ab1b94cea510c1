// How batches get onto an L1, in calldata or in blobs, and back.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/client/l1_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "node/clock.hpp"
#include "protocol/batch.hpp"

namespace gavel::l1 {

// Where the L1 says that a batch stands.
struct BatchPlace {
    Hash transaction;
    uint64_t time = 0;              // when it was posted
    std::optional<uint64_t> block;  // for a node that has forgotten the transaction
};

// Thread-safe.
class BatchChannel {
public:
    struct Limits {
        size_t bytes = 0;  // of a batch in calldata, as encoded
    };
    // What a batch costs, in gas.
    struct Price {
        uint64_t per_byte = 0;        // of calldata
        uint64_t overhead = 0;        // of an append, beside its bytes
        uint64_t blobs_overhead = 0;  // of an appendBlobs, beside its blobs
    };
    virtual ~BatchChannel() = default;

    virtual Limits limits() const = 0;
    // As known last; refresh_price() asks the L1 when it is time to, as `payer` would.
    virtual Price price() const = 0;
    virtual void refresh_price(const Address& payer) = 0;
    // Sends the batch's transaction. `stands_parent`: the parent is the head on the L1, so that a node can tell the gas. nullopt:
    // it can't be told yet; when the parent stands it can. `sidecar`: of its blobs, null in calldata. Reasons: L1Wallet::send's,
    // send_blobs's and estimate's.
    virtual node::Result<std::optional<Hash>> publish(L1Wallet& wallet, const PostedBatch& batch,
                                                      std::shared_ptr<const BlobSidecar> sidecar, bool stands_parent) = 0;
    // What was posted at a place, whatever batch it is. Reasons: fetch_posted's.
    virtual node::Result<PostedData> fetch(const BatchPlace& place) = 0;
};

// By the contract's append and appendBlobs (docs/contract.md, "Batches").
class ContractChannel final : public BatchChannel {
public:
    // None is owned. `blobs`: who has those of batches that are fetched; null: they can't be. `clock`: when to ask for prices
    // again; it may be null for one that only fetches.
    ContractChannel(L1Client& client, const Address& rollup, BlobSource* blobs = nullptr, const node::Clock* clock = nullptr)
        : client_(client), rollup_(rollup), blobs_(blobs), clock_(clock) {}

    Limits limits() const override;
    Price price() const override;
    void refresh_price(const Address& payer) override;
    node::Result<std::optional<Hash>> publish(L1Wallet& wallet, const PostedBatch& batch,
                                              std::shared_ptr<const BlobSidecar> sidecar, bool stands_parent) override;
    node::Result<PostedData> fetch(const BatchPlace& place) override;

private:
    struct Estimate {
        size_t bytes = 0, chunks = 0;
        uint64_t gas = 0;
    };
    node::Result<std::optional<uint64_t>> gas_limit_of(L1Wallet& wallet, const Bytes& calldata, size_t chunks,
                                                       bool stands_parent);
    node::Result<std::optional<uint64_t>> blobs_gas_limit(L1Wallet& wallet, const Bytes& calldata,
                                                          const std::vector<Hash>& hashes, bool stands_parent);
    node::Result<std::optional<Hash>> publish_calldata(L1Wallet& wallet, const PostedBatch& batch, bool stands_parent);
    node::Result<std::optional<Hash>> publish_blobs(L1Wallet& wallet, const PostedBatch& batch,
                                                    std::shared_ptr<const BlobSidecar> sidecar, bool stands_parent);
    void note_append(const Estimate& estimate);
    node::Result<uint64_t> gas_of_bytes(const Address& payer, size_t count);

    L1Client& client_;
    const Address rollup_;
    BlobSource* blobs_;
    const node::Clock* clock_;
    mutable std::mutex mutex_;
    std::optional<Estimate> estimate_;   // the node's last, of a batch whose parent stood
    std::deque<uint64_t> overheads_;     // gas of the last appends beyond that for their bytes
    std::optional<uint64_t> blobs_gas_;  // that the node has estimated for an appendBlobs last
    uint64_t per_byte_ = 64;             // until it is told (EIP-7976)
    std::optional<uint64_t> asked_ms_;
};

}  // namespace gavel::l1
