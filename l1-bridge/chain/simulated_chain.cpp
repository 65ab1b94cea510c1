#include "l1-bridge/chain/simulated_chain.hpp"

#include <algorithm>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/wire/rlp.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

node::Status refusal(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

Hash next_state_root(const Hash& before, const std::vector<StateChange>& changes) {
    RlpWriter all;
    for (const StateChange& change : changes) {
        RlpWriter after;
        if (change.after) after.string(view_of(*change.after));
        all.list(RlpWriter().string(view_of(change.key)).list(after));
    }
    return keccak256_pair(before, keccak256(all.as_list()));
}

u128 effective_price(const Transaction& body, u128 base_fee) {
    return base_fee + std::min(body.max_priority_fee, body.max_fee - base_fee);
}

}  // namespace

node::Result<std::unique_ptr<SimulatedChain>> SimulatedChain::open(node::Store& store, const node::Clock& clock,
                                                                   const NativeRegistry& registry, const ChainOptions& options) {
    std::unique_ptr<SimulatedChain> chain(new SimulatedChain(store, clock, registry, options));
    if (auto status = chain->load_or_start(); !status.ok()) return status;
    return chain;
}

node::Status SimulatedChain::load_or_start() {
    if (auto meta = store_.meta()) {
        meta_ = *meta;
        if (meta_.chain_id != options_.chain_id) {
            return refusal("CHAIN_ID_MISMATCH", "chain-id", "the data directory holds chain " + std::to_string(meta_.chain_id));
        }
        for (const std::string& name : meta_.native_names) {
            if (registry_.find(name) == nullptr) {
                return refusal("CONTRACT_NOT_REGISTERED", "contract", "the data directory has a contract '" + name + "'");
            }
        }
        auto header = store_.header(meta_.head);
        if (!header) throw node::StoreError("chain store: the head block is missing");
        head_ = *header;
        head_hash_ = keccak256(head_.encode());
        return {};
    }
    meta_.chain_id = options_.chain_id;
    Block genesis;
    genesis.header.gas_limit = options_.block_gas_limit;
    genesis.header.base_fee = options_.initial_base_fee;
    genesis.header.blob_gas.excess = options_.initial_blob_excess;
    genesis.header.time = now_s();
    for (const auto& [address, balance] : options_.genesis_balances) genesis.edits.push_back({address, balance, std::nullopt});
    WorldState state(store_);
    execute_block(genesis, state);
    seal(genesis, state);
    return {};
}

BlockHeader SimulatedChain::next_header_locked() const {
    BlockHeader out;
    out.parent_hash = head_hash_;
    out.number = head_.number + 1;
    out.gas_limit = options_.block_gas_limit;
    out.base_fee = std::max(options_.minimum_base_fee, gas::next_base_fee(head_.base_fee, head_.gas_used, head_.gas_limit));
    out.blob_gas.excess = next_excess_blob_gas(options_.blob_schedule, head_.blob_gas, head_.base_fee);
    out.time = std::max(head_.time + 1, next_time_.value_or(now_s() + meta_.time_offset));
    if (meta_.reorganisations != 0) out.extra_data = ByteWriter().u64(meta_.reorganisations).take();
    return out;
}

BlockEnvironment SimulatedChain::environment(const BlockHeader& header) const {
    return {options_.chain_id, header.number, header.time, header.gas_limit, header.base_fee, header.coinbase};
}

BlockHeader SimulatedChain::mine() {
    std::lock_guard lock(mutex_);
    return mine_locked();
}

BlockHeader SimulatedChain::mine_locked() {
    Block block;
    block.header = next_header_locked();
    block.edits = edits_;
    WorldState state(store_);
    execute_block(block, state);
    seal(block, state);
    edits_.clear();
    next_time_.reset();
    for (const SignedTransaction& transaction : block.transactions) {
        mempool_.forget_below(transaction.sender, transaction.body.nonce + 1);
    }
    return head_;
}

// Applies the edits, then what the mempool has for this block.
void SimulatedChain::execute_block(Block& block, WorldState& state) {
    for (const StateEdit& edit : block.edits) {
        ChainAccount account = state.account(edit.address);
        if (edit.balance) account.balance = *edit.balance;
        if (edit.code) account.code = *edit.code;
        state.set_account(edit.address, account);
    }
    const BlockEnvironment environment_now = environment(block.header);
    const u128 blob_fee = blob_base_fee(options_.blob_schedule, block.header.blob_gas.excess);
    Mempool::Selection selection(mempool_, block.header.base_fee, blob_fee,
                                 [&](const Address& sender) { return state.account(sender).nonce; });
    while (const SignedTransaction* next = selection.best()) {
        const Transaction& body = next->body;
        u128 price = effective_price(body, block.header.base_fee);
        std::optional<ExecutionResult> result;
        if (has_room(block.header, body)) {
            result = execute(state, registry_, environment_now, body, next->sender, {price, blob_fee});
        }
        if (!result) {
            selection.skip_sender();
            continue;
        }
        block.header.gas_used += result->gas_used;
        block.header.blob_gas.used += blob_gas_of(body);
        merge(block.header.bloom, bloom_of(result->logs));
        block.receipts.push_back(
            {result->outcome.success, result->gas_used, price, next->sender, result->contract_address, std::move(result->logs)});
        block.transactions.push_back(*next);
        selection.take();
    }
}

// Completes the header, writes the block with its effects and makes it the head.
void SimulatedChain::seal(Block& block, const WorldState& state) {
    std::vector<StateChange> changes = state.changes();
    RlpWriter hashes;
    for (const SignedTransaction& transaction : block.transactions) hashes.string(transaction.hash);
    block.header.transactions_root = keccak256(hashes.as_list());
    block.header.receipts_root = keccak256(encode_receipts(block.receipts));
    block.header.state_root = next_state_root(head_.state_root, changes);
    block.hash = keccak256(block.header.encode());

    ChainMeta meta = meta_;
    meta.head = block.header.number;
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        if (!block.receipts[i].contract_address) continue;
        std::string name(registry_.find_creation(block.transactions[i].body.data)->name);
        if (std::find(meta.native_names.begin(), meta.native_names.end(), name) == meta.native_names.end()) {
            meta.native_names.push_back(name);
        }
    }
    const uint64_t time = block.header.time, kept = options_.blob_retention_s;
    store_.append(block, changes, meta, sidecars_of(block), time > kept ? time - kept : 0);
    meta_ = std::move(meta);
    head_ = block.header;
    head_hash_ = block.hash;
}

void SimulatedChain::set_auto_mine(bool on) {
    std::lock_guard lock(mutex_);
    auto_mine_ = on;
    if (on) mine_what_waits();
}

// Blocks until nothing more can be mined. One that stays empty shows that what is left waits for something else.
void SimulatedChain::mine_what_waits() {
    while (can_mine_something() && mine_locked().gas_used != 0) {
    }
}

bool SimulatedChain::can_mine_something() const {
    const BlockHeader next = next_header_locked();
    Mempool::Selection selection(mempool_, next.base_fee, blob_base_fee(options_.blob_schedule, next.blob_gas.excess),
                                 [&](const Address& sender) { return nonce_at_head(sender); });
    return selection.best() != nullptr;
}

node::Status SimulatedChain::reorganise(uint64_t depth, bool keep_transactions) {
    std::lock_guard lock(mutex_);
    if (depth > head_.number || depth > ChainStore::kUndoDepth) {
        return refusal("REORG_TOO_DEEP", "depth",
                       "only the last " + std::to_string(ChainStore::kUndoDepth) + " blocks above genesis can be dropped");
    }
    if (depth == 0) return {};
    std::vector<Block> dropped;
    std::vector<WaitingTransaction> transactions;
    for (uint64_t i = 0; i < depth; ++i) {
        auto block = store_.block(head_.number - i);
        GAVEL_CHECK(block.has_value());
        std::vector<WaitingTransaction> again = waiting_again(*block);
        transactions.insert(transactions.begin(), again.begin(), again.end());
        dropped.push_back(std::move(*block));
    }
    ChainMeta meta = meta_;
    meta.head = head_.number - depth;
    meta.reorganisations += 1;
    store_.remove(dropped, meta);
    meta_ = std::move(meta);
    head_ = *store_.header(meta_.head);
    head_hash_ = keccak256(head_.encode());
    next_time_.reset();
    if (!keep_transactions) return {};
    std::vector<StateEdit> edits;
    for (auto block = dropped.rbegin(); block != dropped.rend(); ++block) {
        edits.insert(edits.end(), block->edits.begin(), block->edits.end());
    }
    mempool_.put_back(std::move(transactions));
    edits_.insert(edits_.begin(), edits.begin(), edits.end());
    return {};
}

uint64_t SimulatedChain::increase_time(uint64_t seconds) {
    std::lock_guard lock(mutex_);
    constexpr uint64_t kMost = uint64_t{1} << 40;  // keeps times far from an overflow
    meta_.time_offset = std::min(meta_.time_offset + std::min(seconds, kMost), kMost);
    store_.write_meta(meta_);
    return meta_.time_offset;
}

node::Status SimulatedChain::set_next_block_time(uint64_t seconds) {
    std::lock_guard lock(mutex_);
    if (seconds <= head_.time || seconds > uint64_t{1} << 40) {
        return refusal("TIME_NOT_INCREASING", "timestamp", "must be after the head's, " + std::to_string(head_.time));
    }
    next_time_ = seconds;
    return {};
}

void SimulatedChain::set_balance(const Address& address, u128 balance) {
    std::lock_guard lock(mutex_);
    edits_.push_back({address, balance, std::nullopt});
    mine_locked();
}

void SimulatedChain::set_delegation(const Address& account, const Address& to) {
    std::lock_guard lock(mutex_);
    edits_.push_back({account, std::nullopt, ChainAccount::delegation_to(to)});
    mine_locked();
}

// The order in which nodes look, and their words, which clients compare.
node::Status SimulatedChain::check_valid(const SignedTransaction& transaction) const {
    const Transaction& body = transaction.body;
    if (body.chain_id != options_.chain_id) return refusal("TX_WRONG_CHAIN", "chainId", "invalid chain id for signer");
    if (body.gas_limit > gas::kMaxTransactionGas) {
        return refusal("TX_GAS_LIMIT_OVER_CAP", "gas", "transaction gas limit too high (cap: 16777216)");
    }
    if (body.gas_limit > options_.block_gas_limit) return refusal("TX_GAS_LIMIT_OVER_BLOCK", "gas", "exceeds block gas limit");
    if (body.max_priority_fee > body.max_fee) {
        return refusal("TX_TIP_ABOVE_FEE_CAP", "maxPriorityFeePerGas", "max priority fee per gas higher than max fee per gas");
    }
    if (!body.to && body.data.size() > gas::kMaxInitCode) {
        return refusal("TX_INIT_CODE_TOO_LARGE", "data", "max initcode size exceeded");
    }
    if (body.gas_limit < gas::intrinsic(body)) return refusal("TX_INTRINSIC_GAS_TOO_LOW", "gas", "intrinsic gas too low");
    if (body.gas_limit < gas::floor(body)) {
        return refusal("TX_FLOOR_GAS_TOO_LOW", "gas", "insufficient gas for floor data gas cost");
    }
    if (!body.to && !registry_.find_creation(body.data)) {
        return refusal("TX_UNKNOWN_CONTRACT", "data",
                       "this chain runs native contracts only: it has none with that creation code");
    }
    WorldState state(store_);
    const ChainAccount& sender = state.account(transaction.sender);
    if (body.nonce < sender.nonce) {
        return refusal("TX_NONCE_TOO_LOW", "nonce",
                       "nonce too low: next nonce " + std::to_string(sender.nonce) + ", tx nonce " + std::to_string(body.nonce));
    }
    if (body.nonce == UINT64_MAX) return refusal("TX_NONCE_TOO_HIGH", "nonce", "nonce has max value");
    if (most_cost(body) > sender.balance) {
        return refusal("TX_INSUFFICIENT_FUNDS", "value", "insufficient funds for gas * price + value");
    }
    return body.has_blobs() ? check_blobs(transaction, sender) : node::Status{};
}

node::Result<Hash> SimulatedChain::send_raw(ByteView raw) {
    const size_t most =
        !raw.empty() && raw[0] == kBlobTransactionType ? gas::kMaxBlobTransactionBytes : gas::kMaxTransactionBytes;
    if (raw.size() > most) {
        return refusal("TX_TOO_LARGE", "transaction", "oversized data: over " + std::to_string(most) + " bytes");
    }
    auto sent = decode_sent_transaction(raw);  // the costly part, outside of the lock; and the sidecar's verification
    if (!sent) return sent.status();
    WaitingTransaction waiting{std::move(sent->transaction)};
    if (sent->sidecar) {
        auto status = verify_sidecar(*sent->sidecar, waiting.transaction.body.blob_hashes);
        if (!status.ok()) return status;
        waiting.sidecar = std::make_shared<const BlobSidecar>(std::move(*sent->sidecar));
    }
    Hash hash = waiting.transaction.hash;
    std::lock_guard lock(mutex_);
    if (auto status = check_valid(waiting.transaction); !status.ok()) return status;
    if (auto status = mempool_.add(std::move(waiting)); !status.ok()) return status;
    if (auto_mine_) mine_what_waits();
    return hash;
}

bool SimulatedChain::drop_transaction(const Hash& hash) {
    std::lock_guard lock(mutex_);
    return mempool_.remove(hash);
}

size_t SimulatedChain::mempool_size() const {
    std::lock_guard lock(mutex_);
    return mempool_.size();
}

}  // namespace gavel::l1
