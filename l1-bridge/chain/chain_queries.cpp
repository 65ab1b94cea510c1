// What SimulatedChain answers without changing anything.
#include <algorithm>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

node::Status refusal(node::Code code, std::string reason, std::string field, std::string message) {
    return {code, std::move(reason), std::move(field), std::move(message)};
}

BlockRef ref_of(const BlockHeader& header, const Hash& hash) { return {header.number, hash, header.parent_hash, header.time}; }

bool matches(const LogEntry& log, const LogFilter& filter) {
    const auto& addresses = filter.addresses;
    if (!addresses.empty() && std::find(addresses.begin(), addresses.end(), log.address) == addresses.end()) return false;
    if (filter.topics.size() > log.topics.size()) return false;
    for (size_t i = 0; i < filter.topics.size(); ++i) {
        const std::vector<Hash>& allowed = filter.topics[i];
        if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), log.topics[i]) == allowed.end()) return false;
    }
    return true;
}

// Logs of a block that match, with their places. `hashes` are of its transactions.
void collect_logs(const BlockHeader& header, const std::vector<ReceiptRecord>& receipts, const std::vector<Hash>& hashes,
                  const LogFilter& filter, std::vector<Log>& out) {
    const Hash block_hash = keccak256(header.encode());
    uint64_t log_index = 0;
    for (size_t i = 0; i < receipts.size(); ++i) {
        for (const LogEntry& log : receipts[i].logs) {
            if (matches(log, filter)) {
                out.push_back(
                    {log.address, log.topics, log.data, header.number, block_hash, header.time, hashes[i], i, log_index});
            }
            ++log_index;
        }
    }
}

}  // namespace

BlockRef SimulatedChain::head() const {
    std::lock_guard lock(mutex_);
    return ref_of(head_, head_hash_);
}

BlockHeader SimulatedChain::head_header() const {
    std::lock_guard lock(mutex_);
    return head_;
}

std::optional<BlockHeader> SimulatedChain::header(uint64_t number) const {
    std::lock_guard lock(mutex_);
    return store_.header(number);
}

std::optional<Block> SimulatedChain::block(uint64_t number) const {
    std::lock_guard lock(mutex_);
    return store_.block(number);
}

std::optional<uint64_t> SimulatedChain::number_of(const Hash& block_hash) const {
    std::lock_guard lock(mutex_);
    return store_.number_of(block_hash);
}

std::vector<Hash> SimulatedChain::transaction_hashes(uint64_t block_number) const {
    std::lock_guard lock(mutex_);
    return store_.transaction_hashes(block_number);
}

std::optional<BlockRef> SimulatedChain::block_at(uint64_t number) const {
    auto found = header(number);
    if (!found) return std::nullopt;
    return ref_of(*found, keccak256(found->encode()));
}

BlockHeader SimulatedChain::next_header() const {
    std::lock_guard lock(mutex_);
    return next_header_locked();
}

std::optional<FoundTransaction> SimulatedChain::transaction(const Hash& hash) const {
    std::lock_guard lock(mutex_);
    if (const SignedTransaction* waiting = mempool_.find(hash)) {
        return FoundTransaction{*waiting, std::nullopt, {}, 0, waiting->body.max_fee};
    }
    auto at = store_.locate(hash);
    if (!at) return std::nullopt;
    auto block = store_.block(at->block_number);
    if (!block || at->index >= block->transactions.size()) {
        throw node::StoreError("chain store: a transaction's block is missing");
    }
    return FoundTransaction{block->transactions[at->index], block->header, block->hash, at->index,
                            block->receipts[at->index].effective_gas_price};
}

std::vector<Receipt> SimulatedChain::receipts_locked(const Block& block) const {
    std::vector<Receipt> out;
    uint64_t gas_sum = 0, log_index = 0;
    const u128 blob_fee = blob_base_fee(options_.blob_schedule, block.header.blob_gas.excess);
    for (size_t i = 0; i < block.receipts.size(); ++i) {
        const ReceiptRecord& record = block.receipts[i];
        const SignedTransaction& transaction = block.transactions[i];
        gas_sum += record.gas_used;
        Receipt receipt{transaction.hash,
                        i,
                        record.success,
                        record.gas_used,
                        gas_sum,
                        record.effective_gas_price,
                        block.header.number,
                        block.hash,
                        record.sender,
                        transaction.body.to,
                        record.contract_address,
                        {}};
        if (transaction.body.has_blobs()) receipt.blob_gas = {blob_gas_of(transaction.body), blob_fee};
        for (const LogEntry& log : record.logs) {
            receipt.logs.push_back({log.address, log.topics, log.data, block.header.number, block.hash, block.header.time,
                                    transaction.hash, i, log_index++});
        }
        out.push_back(std::move(receipt));
    }
    return out;
}

std::optional<Receipt> SimulatedChain::receipt(const Hash& transaction_hash) const {
    std::lock_guard lock(mutex_);
    auto at = store_.locate(transaction_hash);
    if (!at) return std::nullopt;
    auto block = store_.block(at->block_number);
    if (!block) throw node::StoreError("chain store: a transaction's block is missing");
    return receipts_locked(*block).at(at->index);
}

std::optional<std::vector<Receipt>> SimulatedChain::receipts(uint64_t block_number) const {
    std::lock_guard lock(mutex_);
    auto block = store_.block(block_number);
    if (!block) return std::nullopt;
    return receipts_locked(*block);
}

node::Result<std::vector<Log>> SimulatedChain::logs(const LogFilter& filter) const {
    std::lock_guard lock(mutex_);
    if (filter.from_block > filter.to_block) {
        return refusal(node::Code::kInvalidArgument, "LOG_RANGE_INVALID", "fromBlock", "invalid block range params");
    }
    if (filter.to_block > head_.number) {
        return refusal(node::Code::kInvalidArgument, "LOG_RANGE_INVALID", "toBlock",
                       "block range extends beyond current head block");
    }
    if (filter.to_block - filter.from_block >= kMaxLogRange) {
        return refusal(node::Code::kInvalidArgument, "LOG_RANGE_TOO_WIDE", "toBlock", "query exceeds 10000 blocks");
    }
    std::vector<Log> out;
    for (uint64_t number = filter.from_block; number <= filter.to_block; ++number) {
        auto header = store_.header(number);
        if (!header) throw node::StoreError("chain store: a block below the head is missing");
        if (header->bloom == Bloom{}) continue;
        collect_logs(*header, *store_.receipts(number), store_.transaction_hashes(number), filter, out);
        if (out.size() > kMaxLogs) {
            return refusal(node::Code::kResourceExhausted, "TOO_MANY_LOGS", "toBlock", "query returned more than 10000 results");
        }
    }
    return out;
}

node::Status SimulatedChain::with_state(const StateAt& at, const WithState& use) const {
    std::lock_guard lock(mutex_);
    if (at.pending) return use(store_, next_header_locked());
    uint64_t number = at.number.value_or(head_.number);
    if (number == head_.number) return use(store_, head_);
    auto header = store_.header(number);
    if (!header) return refusal(node::Code::kNotFound, "BLOCK_NOT_FOUND", "block", "header not found");
    HistoricView view(store_);
    for (uint64_t above = head_.number; above > number; --above) {
        auto changes = store_.undo(above);
        if (!changes) {
            return refusal(node::Code::kOutOfRange, "STATE_PRUNED", "block",
                           "state of block " + std::to_string(number) + " is no longer kept (the last 256 blocks are)");
        }
        view.undo(*changes);
    }
    return use(view, *header);
}

node::Result<ChainAccount> SimulatedChain::account(const Address& address, const StateAt& at) const {
    ChainAccount out;
    auto status = with_state(at, [&](const WorldView& view, const BlockHeader&) {
        out = WorldState(view).account(address);
        return node::Status{};
    });
    if (!status.ok()) return status;
    return out;
}

uint64_t SimulatedChain::nonce_at_head(const Address& address) const { return WorldState(store_).account(address).nonce; }

node::Result<uint64_t> SimulatedChain::nonce(const Address& address, const StateAt& at) const {
    if (at.pending) {
        std::lock_guard lock(mutex_);
        return mempool_.next_nonce(address, nonce_at_head(address));
    }
    auto found = account(address, at);
    if (!found) return found.status();
    return found->nonce;
}

node::Result<Hash> SimulatedChain::storage(const Address& address, const Hash& slot, const StateAt& at) const {
    Hash out;
    auto status = with_state(at, [&](const WorldView& view, const BlockHeader&) {
        out = WorldState(view).storage(address, slot);
        return node::Status{};
    });
    if (!status.ok()) return status;
    return out;
}

node::Result<Transaction> SimulatedChain::message_of(const CallRequest& request, uint64_t gas_cap) const {
    Transaction out;
    out.chain_id = options_.chain_id;
    out.to = request.to;
    out.value = request.value;
    out.data = request.data;
    out.blob_hashes = request.blob_hashes;
    if (out.has_blobs()) {
        if (auto status = check_blob_fields(out); !status.ok()) return status;
    }
    out.gas_limit = std::min(request.gas.value_or(gas_cap), gas_cap);
    if (out.gas_limit < gas::minimum_limit(out)) {
        return refusal(node::Code::kInvalidArgument, "TX_INTRINSIC_GAS_TOO_LOW", "gas", "intrinsic gas too low");
    }
    if (!out.to && !registry_.find_creation(out.data)) {
        return refusal(node::Code::kInvalidArgument, "TX_UNKNOWN_CONTRACT", "data",
                       "this chain runs native contracts only: no such creation tag");
    }
    return out;
}

std::optional<ExecutionResult> SimulatedChain::try_message(const WorldView& view, const BlockHeader& header,
                                                           const Transaction& message, const Address& from) const {
    WorldState state(view);
    return execute(state, registry_, environment(header), message, from, {});
}

static node::Status insufficient_funds() {
    return refusal(node::Code::kFailedPrecondition, "TX_INSUFFICIENT_FUNDS", "value",
                   "insufficient funds for gas * price + value");
}

node::Result<CallReply> SimulatedChain::call(const CallRequest& request, const StateAt& at) const {
    auto message = message_of(request, kCallGasCap);
    if (!message) return message.status();
    CallReply out;
    auto status = with_state(at, [&](const WorldView& view, const BlockHeader& header) {
        auto result = try_message(view, header, *message, request.from.value_or(Address{}));
        if (!result) return insufficient_funds();
        out = {result->outcome.success, std::move(result->outcome.data)};
        return node::Status{};
    });
    if (!status.ok()) return status;
    return out;
}

node::Result<GasEstimate> SimulatedChain::estimate(const CallRequest& request, const StateAt& at) const {
    auto message = message_of(request, std::min(gas::kMaxTransactionGas, options_.block_gas_limit));
    if (!message) return message.status();
    GasEstimate out;
    const Address from = request.from.value_or(Address{});
    auto status = with_state(at, [&](const WorldView& view, const BlockHeader& header) {
        auto succeeds_with = [&](uint64_t gas_limit) {
            message->gas_limit = gas_limit;
            return try_message(view, header, *message, from)->outcome.success;
        };
        auto first = try_message(view, header, *message, from);
        if (!first) return insufficient_funds();
        out.outcome = {first->outcome.success, std::move(first->outcome.data)};
        if (!out.outcome.success) return node::Status{};
        uint64_t enough = message->gas_limit, too_little = first->gas_before_refund;
        if (succeeds_with(too_little)) enough = too_little;
        // What an inner call must be left with can make the least limit larger than the gas used.
        while (enough > too_little + 1) {
            uint64_t middle = too_little + (enough - too_little) / 2;
            (succeeds_with(middle) ? enough : too_little) = middle;
        }
        out.gas = enough;
        return node::Status{};
    });
    if (!status.ok()) return status;
    return out;
}

Fees SimulatedChain::fees() const {
    std::lock_guard lock(mutex_);
    const BlockHeader next = next_header_locked();
    return {next.base_fee, kSuggestedTip, blob_base_fee(options_.blob_schedule, next.blob_gas.excess)};
}

}  // namespace gavel::l1
