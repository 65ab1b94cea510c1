// A simulated Ethereum chain: signed EIP-1559 and EIP-4844 transactions, mempool, blocks, gas, blobs, logs, reorganisations;
// native contracts in place of EVM code. It keeps itself in a Store: each block and its effects are one atomic, synced write. The
// mempool is not kept.
//
// Every public function may be called from any thread at any time. A store that fails throws node::StoreError, which is not meant
// to be survived (node/store.hpp).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "l1-bridge/chain/chain_host.hpp"
#include "l1-bridge/chain/chain_store.hpp"
#include "l1-bridge/chain/execution.hpp"
#include "l1-bridge/chain/mempool.hpp"
#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/wire/l1_types.hpp"
#include "node/clock.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

struct ChainOptions {
    uint64_t chain_id = 31'337;
    uint64_t block_gas_limit = 60'000'000;
    u128 initial_base_fee = kGwei;  // of the genesis block
    u128 minimum_base_fee = 0;      // holds the base fee up when blocks are empty
    BlobSchedule blob_schedule;
    uint64_t initial_blob_excess = 0;             // of the genesis block, in blob gas, from which the blob base fee follows
    uint64_t blob_retention_s = kBlobRetentionS;  // for how long blobs can be had, by block times
    u128 least_blob_tip = 1;  // wei per gas; a transaction with blobs that offers less isn't taken (geth's --txpool.pricelimit)
    // Accounts that have wei from the start. Of no effect on a chain that exists already.
    std::vector<std::pair<Address, u128>> genesis_balances;
};

// As of which block a state is asked for. Not older than ChainStore::kUndoDepth blocks.
struct StateAt {
    std::optional<uint64_t> number;  // nullopt: the head
    bool pending = false;            // the head's state, with the number and time that the next block would have
};

struct GasEstimate {
    uint64_t gas = 0;
    CallReply outcome;  // gas counts only if it succeeded
};

struct FoundTransaction {
    SignedTransaction transaction;
    std::optional<BlockHeader> header;  // of its block; nullopt while it waits
    Hash block_hash;
    uint64_t index = 0;
    u128 effective_gas_price = 0;
};

class SimulatedChain {
public:
    static constexpr uint64_t kMaxLogs = 10'000;
    static constexpr uint64_t kMaxLogRange = 10'000;  // blocks of one query
    static constexpr uint64_t kCallGasCap = 50'000'000;
    static constexpr uint64_t kSuggestedTip = 1'000'000'000;

    // Opens the chain in `store`, or starts one there with a genesis block at the clock's time. All references must outlive it.
    // Reasons: CHAIN_ID_MISMATCH (the store holds another chain), CONTRACT_NOT_REGISTERED (it uses a contract that isn't known).
    static node::Result<std::unique_ptr<SimulatedChain>> open(node::Store& store, const node::Clock& clock,
                                                              const NativeRegistry& registry, const ChainOptions& options);

    // Production.
    // One block from the mempool; empty if nothing can be mined.
    BlockHeader mine();
    // From now on every transaction taken is mined at once.
    void set_auto_mine(bool on);
    // Drops the last `depth` blocks, and puts their transactions back into the mempool if told. Blocks mined after it have other
    // hashes.
    // Reason: REORG_TOO_DEEP (beyond genesis or ChainStore::kUndoDepth).
    node::Status reorganise(uint64_t depth, bool keep_transactions = true);
    // The clock of all later blocks runs so much further ahead; the sum so far.
    uint64_t increase_time(uint64_t seconds);
    // Of the next block alone. Reason: TIME_NOT_INCREASING.
    node::Status set_next_block_time(uint64_t seconds);
    // These two mine a block at once, so that the state is always that of some block.
    void set_balance(const Address& address, u128 balance);
    void set_delegation(const Address& account, const Address& to);

    // Mempool. Reasons of send_raw: TX_TOO_LARGE, TX_WRONG_CHAIN, TX_GAS_LIMIT_OVER_CAP, TX_GAS_LIMIT_OVER_BLOCK,
    // TX_INTRINSIC_GAS_TOO_LOW, TX_FLOOR_GAS_TOO_LOW, TX_TIP_ABOVE_FEE_CAP, TX_INIT_CODE_TOO_LARGE, TX_UNKNOWN_CONTRACT,
    // TX_NONCE_TOO_LOW, TX_NONCE_TOO_HIGH (with blobs: it leaves a gap), TX_INSUFFICIENT_FUNDS (with blobs: for it and the
    // account's others here), TX_TIP_TOO_LOW and TX_BLOB_FEE_TOO_LOW (zero, with blobs), and those of decode_sent_transaction,
    // verify_sidecar and Mempool::add.
    node::Result<Hash> send_raw(ByteView raw);
    bool drop_transaction(const Hash& hash);
    size_t mempool_size() const;

    // Blocks. Numbers from 0, genesis.
    uint64_t chain_id() const { return options_.chain_id; }
    BlockRef head() const;
    BlockHeader head_header() const;
    std::optional<BlockHeader> header(uint64_t number) const;
    std::optional<Block> block(uint64_t number) const;
    std::optional<uint64_t> number_of(const Hash& block_hash) const;
    std::vector<Hash> transaction_hashes(uint64_t block_number) const;
    std::optional<BlockRef> block_at(uint64_t number) const;
    // Header that a block mined now would have, as far as is known before.
    BlockHeader next_header() const;

    // Transactions.
    std::optional<FoundTransaction> transaction(const Hash& hash) const;
    std::optional<Receipt> receipt(const Hash& transaction_hash) const;
    std::optional<std::vector<Receipt>> receipts(uint64_t block_number) const;
    // Blobs of a block's transactions, in order; of these versioned hashes, if any are given. Reasons: BLOCK_NOT_FOUND,
    // BLOBS_EXPIRED.
    node::Result<std::vector<Blob>> blobs(uint64_t block_number, const std::vector<Hash>& hashes = {}) const;
    const BlobSchedule& blob_schedule() const { return options_.blob_schedule; }
    // Reasons: LOG_RANGE_INVALID (beyond the head, or reversed), LOG_RANGE_TOO_WIDE, TOO_MANY_LOGS.
    node::Result<std::vector<Log>> logs(const LogFilter& filter) const;

    // State. Reasons: BLOCK_NOT_FOUND, STATE_PRUNED.
    node::Result<ChainAccount> account(const Address& address, const StateAt& at = {}) const;
    // Pending: with the sender's waiting transactions counted.
    node::Result<uint64_t> nonce(const Address& address, const StateAt& at = {}) const;
    node::Result<Hash> storage(const Address& address, const Hash& slot, const StateAt& at = {}) const;
    // Reasons: as above, TX_INSUFFICIENT_FUNDS, TX_INTRINSIC_GAS_TOO_LOW, TX_UNKNOWN_CONTRACT. request.block is not looked at.
    node::Result<CallReply> call(const CallRequest& request, const StateAt& at = {}) const;
    // The least gas limit with which the message succeeds, never below EIP-7623's floor.
    node::Result<GasEstimate> estimate(const CallRequest& request, const StateAt& at = {}) const;
    Fees fees() const;

private:
    SimulatedChain(node::Store& store, const node::Clock& clock, const NativeRegistry& registry, const ChainOptions& options)
        : store_(store),
          clock_(clock),
          registry_(registry),
          options_(options),
          opened_wall_ms_(clock.now_ms()),
          opened_steady_ms_(clock.steady_ms()) {}

    node::Status load_or_start();
    node::Status check_valid(const SignedTransaction& transaction) const;
    node::Status check_blobs(const SignedTransaction& transaction, const ChainAccount& sender) const;
    bool has_room(const BlockHeader& header, const Transaction& body) const;
    BlockSidecars sidecars_of(const Block& block) const;
    std::vector<WaitingTransaction> waiting_again(const Block& block) const;
    BlockHeader mine_locked();
    void execute_block(Block& block, WorldState& state);
    void seal(Block& block, const WorldState& state);
    bool can_mine_something() const;
    void mine_what_waits();
    // The wall's time when the chain was opened, and what has passed since: block times don't jump when somebody sets the clock.
    uint64_t now_s() const { return (opened_wall_ms_ + clock_.steady_ms() - opened_steady_ms_) / 1000; }
    BlockHeader next_header_locked() const;
    BlockEnvironment environment(const BlockHeader& header) const;
    uint64_t nonce_at_head(const Address& address) const;
    std::vector<Receipt> receipts_locked(const Block& block) const;

    using WithState = std::function<node::Status(const WorldView& view, const BlockHeader& header)>;
    node::Status with_state(const StateAt& at, const WithState& use) const;
    node::Result<Transaction> message_of(const CallRequest& request, uint64_t gas_cap) const;
    std::optional<ExecutionResult> try_message(const WorldView& view, const BlockHeader& header, const Transaction& message,
                                               const Address& from) const;

    mutable std::mutex mutex_;
    ChainStore store_;
    const node::Clock& clock_;
    const NativeRegistry& registry_;
    ChainOptions options_;
    const uint64_t opened_wall_ms_, opened_steady_ms_;
    ChainMeta meta_;
    BlockHeader head_;
    Hash head_hash_;
    Mempool mempool_;
    std::vector<StateEdit> edits_;  // for the next block
    std::optional<uint64_t> next_time_;
    bool auto_mine_ = false;
};

}  // namespace gavel::l1
