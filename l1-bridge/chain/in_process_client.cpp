#include "l1-bridge/chain/in_process_client.hpp"

#include <algorithm>

namespace gavel::l1 {

node::Result<std::optional<BlockSummary>> InProcessClient::summary_at(uint64_t number) {
    auto block = chain_.block(number);
    if (!block) return std::optional<BlockSummary>{};
    const BlockHeader& header = block->header;
    BlockSummary out{{number, block->hash, header.parent_hash, header.time}, header.bloom, header.gas_used, {}};
    for (const SignedTransaction& transaction : block->transactions) out.transactions.push_back(transaction.hash);
    return std::optional(std::move(out));
}

node::Result<std::vector<Log>> InProcessClient::logs(const LogFilter& filter) {
    if (filter.block_hash) {
        auto number = chain_.number_of(*filter.block_hash);
        auto block = number ? *summary_at(*number) : std::nullopt;
        if (block && block->ref.hash == *filter.block_hash) return logs_by_receipts(*block, filter);
        return node::Status{node::Code::kFailedPrecondition, "L1_ERROR", "", "unknown block"};
    }
    std::vector<Log> all;
    for (uint64_t first = filter.from_block; first <= filter.to_block; first += SimulatedChain::kMaxLogRange) {
        LogFilter piece = filter;
        piece.from_block = first;
        piece.to_block = std::min(filter.to_block, first + SimulatedChain::kMaxLogRange - 1);
        auto some = chain_.logs(piece);
        if (!some) return some;
        all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
    }
    return all;
}

node::Result<std::vector<Log>> InProcessClient::logs_by_receipts(const BlockSummary& block, const LogFilter& filter) {
    std::vector<Log> out;
    auto receipts = chain_.receipts(block.ref.number);
    for (const Receipt& receipt : receipts.value_or(std::vector<Receipt>{}))
        for (const Log& log : receipt.logs)
            if (log.block_hash == block.ref.hash && filter.matches(log)) out.push_back(log);
    return out;
}

node::Result<std::optional<TransactionInput>> InProcessClient::transaction_in_block(const Hash& tx_hash, uint64_t block) {
    auto found = transaction_input(tx_hash);
    if (found && *found && (*found)->block_number != block) return std::optional<TransactionInput>{};
    return found;
}

node::Result<std::optional<TransactionInput>> InProcessClient::transaction_input(const Hash& tx_hash) {
    auto found = chain_.transaction(tx_hash);
    if (!found) return std::optional<TransactionInput>{};
    const Transaction& body = found->transaction.body;
    TransactionInput out{body.data, body.to, found->transaction.sender, body.value, std::nullopt};
    out.blob_hashes = body.blob_hashes;
    if (found->header) out.block_number = found->header->number;
    return std::optional(std::move(out));
}

node::Result<u128> InProcessClient::balance(const Address& address) {
    auto account = chain_.account(address);
    if (!account) return account.status();
    return account->balance;
}

node::Result<uint64_t> InProcessClient::nonce(const Address& address, bool pending) {
    return chain_.nonce(address, {std::nullopt, pending});
}

node::Result<Bytes> InProcessClient::code(const Address& address) {
    auto account = chain_.account(address);
    if (!account) return account.status();
    return account->code;
}

node::Result<CallReply> InProcessClient::try_call(const CallRequest& request) {
    return chain_.call(request, {request.block, false});
}

node::Result<uint64_t> InProcessClient::estimate_gas(const CallRequest& request) {
    auto estimate = chain_.estimate(request, {std::nullopt, true});
    if (!estimate) return estimate.status();
    if (!estimate->outcome.success) return revert_status(error_names_, estimate->outcome.data);
    return estimate->gas;
}

node::Result<Blob> InProcessBlobs::fetch(const Hash& versioned_hash, const BlobPlace& place) {
    auto found = chain_.blobs(place.block, {versioned_hash});
    if (found && !found->empty()) return std::move(found->front());
    return node::Status{node::Code::kNotFound, "BLOB_UNKNOWN", "", "the chain has no blob " + to_hex(versioned_hash)};
}

}  // namespace gavel::l1
