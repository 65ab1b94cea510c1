// How the simulated chain is kept in a Store: blocks, receipts, indexes, the state at the head, and for the last blocks what
// undoes them. Each change of the head is one atomic, synced write.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "l1-bridge/chain/blob_records.hpp"
#include "l1-bridge/chain/block.hpp"
#include "l1-bridge/chain/world_state.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/store.hpp"

namespace gavel::l1 {

// A change of the state that no transaction makes: funding an account in a development chain.
struct StateEdit {
    Address address;
    std::optional<u128> balance;
    std::optional<Bytes> code;
};

struct Block {
    BlockHeader header;
    Hash hash;
    std::vector<StateEdit> edits;  // applied before the transactions
    std::vector<SignedTransaction> transactions;
    std::vector<ReceiptRecord> receipts;  // one for each transaction
};

struct TransactionLocation {
    uint64_t block_number = 0;
    uint64_t index = 0;
};

// What the chain knows beside its blocks.
struct ChainMeta {
    uint64_t chain_id = 0;
    uint64_t head = 0;
    uint64_t reorganisations = 0;
    uint64_t time_offset = 0;               // seconds that the chain's clock runs ahead
    std::vector<std::string> native_names;  // contracts that were ever deployed
};

// Not thread-safe. A record that can't be read is a damaged store: node::StoreError.
class ChainStore final : public WorldView {
public:
    // So many blocks can be undone.
    static constexpr uint64_t kUndoDepth = 256;

    explicit ChainStore(node::Store& store) : store_(store) {}

    // State at the head.
    std::optional<std::string> get(const std::string& key) const override { return store_.get(key); }

    std::optional<ChainMeta> meta() const;
    std::optional<BlockHeader> header(uint64_t number) const;
    std::optional<uint64_t> number_of(const Hash& block_hash) const;
    std::optional<Block> block(uint64_t number) const;
    std::optional<std::vector<ReceiptRecord>> receipts(uint64_t number) const;
    // Hashes of the block's transactions, without decoding them.
    std::vector<Hash> transaction_hashes(uint64_t number) const;
    std::optional<TransactionLocation> locate(const Hash& transaction_hash) const;
    // nullptr: the transaction has none, or it has expired.
    std::shared_ptr<const BlobSidecar> sidecar(uint64_t number, uint64_t index) const {
        return find_sidecar(store_, number, index);
    }
    // What the block changed; nullopt if that is forgotten.
    std::optional<std::vector<StateChange>> undo(uint64_t number) const;

    // `sidecars`: of the block's transactions. Those of blocks whose time is before `blobs_expired` are forgotten.
    void append(const Block& block, const std::vector<StateChange>& changes, const ChainMeta& meta, const BlockSidecars& sidecars,
                uint64_t blobs_expired);
    // Removes the head block and its effects; `meta` names the new head.
    void remove(const std::vector<Block>& blocks_from_head_down, const ChainMeta& meta);
    void write_meta(const ChainMeta& meta);

private:
    node::Store& store_;
};

// State as of an older block: the head's with the undo records of the blocks in between laid over it.
class HistoricView final : public WorldView {
public:
    explicit HistoricView(const WorldView& head) : head_(head) {}
    // To be called for each block from the head down to the one above the block wanted.
    void undo(const std::vector<StateChange>& changes) {
        for (const StateChange& change : changes) before_[change.key] = change.before;
    }
    std::optional<std::string> get(const std::string& key) const override {
        auto found = before_.find(key);
        return found != before_.end() ? found->second : head_.get(key);
    }

private:
    const WorldView& head_;
    std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace gavel::l1
