// L1Client on a simulated chain in the same process: for tests.
#pragma once

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/client/l1_client.hpp"

namespace gavel::l1 {

// `chain` must outlive it.
class InProcessClient final : public L1Client {
public:
    explicit InProcessClient(SimulatedChain& chain, ErrorNames error_names = {})
        : chain_(chain), error_names_(std::move(error_names)) {}

    node::Result<uint64_t> chain_id() override { return chain_.chain_id(); }
    node::Result<BlockRef> head() override { return chain_.head(); }
    node::Result<std::optional<BlockRef>> block_at(uint64_t number) override { return chain_.block_at(number); }
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override;
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override;
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override;
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx_hash) override;
    node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx_hash, uint64_t block) override;
    node::Result<bool> is_syncing() override { return false; }
    node::Result<std::optional<Receipt>> receipt(const Hash& tx_hash) override { return chain_.receipt(tx_hash); }
    node::Result<u128> balance(const Address& address) override;
    node::Result<uint64_t> nonce(const Address& address, bool pending) override;
    node::Result<Bytes> code(const Address& address) override;
    node::Result<CallReply> try_call(const CallRequest& request) override;
    node::Result<uint64_t> estimate_gas(const CallRequest& request) override;
    node::Result<Fees> fees() override { return chain_.fees(); }
    node::Result<Hash> send_raw(ByteView raw) override { return chain_.send_raw(raw); }
    const ErrorNames& error_names() const override { return error_names_; }

private:
    SimulatedChain& chain_;
    ErrorNames error_names_;
};

// The blobs of its blocks, as long as it keeps them. `chain` must outlive it.
class InProcessBlobs final : public BlobSource {
public:
    explicit InProcessBlobs(const SimulatedChain& chain) : chain_(chain) {}
    node::Result<Blob> fetch(const Hash& versioned_hash, const BlobPlace& place) override;

private:
    const SimulatedChain& chain_;
};

}  // namespace gavel::l1
