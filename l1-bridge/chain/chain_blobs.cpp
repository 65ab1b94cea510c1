// What SimulatedChain does with blobs: the rules of its mempool, a block's room, sidecars and their expiry.
#include <algorithm>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"

namespace gavel::l1 {
namespace {

node::Status refusal(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

}  // namespace

// geth's rules of its pool for blobs, in its words. That a block has place for so many blobs isn't among them.
node::Status SimulatedChain::check_blobs(const SignedTransaction& transaction, const ChainAccount& sender) const {
    const Transaction& body = transaction.body;
    const std::string below = "transaction gas price below minimum: ";
    if (body.max_priority_fee < options_.least_blob_tip) {
        return refusal("TX_TIP_TOO_LOW", "maxPriorityFeePerGas",
                       below + "gas tip cap " + to_string(Amount{body.max_priority_fee}) + ", minimum needed " +
                           to_string(Amount{options_.least_blob_tip}));
    }
    if (body.max_blob_fee == 0) {
        return refusal("TX_BLOB_FEE_TOO_LOW", "maxFeePerBlobGas", below + "blob fee cap 0, minimum needed 1");
    }
    const uint64_t next = mempool_.next_nonce(transaction.sender, sender.nonce);
    if (body.nonce > next) {
        return refusal("TX_NONCE_TOO_HIGH", "nonce",
                       "nonce too high: tx nonce " + std::to_string(body.nonce) + ", gapped nonce " + std::to_string(next));
    }
    if (capped_sum(most_cost(body), mempool_.most_cost_beside(transaction.sender, body.nonce)) > sender.balance) {
        return refusal("TX_INSUFFICIENT_FUNDS", "value", "insufficient funds for gas * price + value: with what is queued");
    }
    return {};
}

bool SimulatedChain::has_room(const BlockHeader& header, const Transaction& body) const {
    return body.gas_limit <= header.gas_limit - header.gas_used &&
           header.blob_gas.used + blob_gas_of(body) <= options_.blob_schedule.max_gas();
}

// Of a block that is being made, whose transactions are still in the mempool.
BlockSidecars SimulatedChain::sidecars_of(const Block& block) const {
    BlockSidecars out;
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        if (auto sidecar = mempool_.sidecar(block.transactions[i].hash)) out[i] = std::move(sidecar);
    }
    return out;
}

// What goes back to the mempool of a block that is dropped. A transaction whose sidecar has expired is lost: no node could send
// it on.
std::vector<WaitingTransaction> SimulatedChain::waiting_again(const Block& block) const {
    std::vector<WaitingTransaction> out;
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        WaitingTransaction one{block.transactions[i], store_.sidecar(block.header.number, i)};
        if (one.sidecar || !one.transaction.body.has_blobs()) out.push_back(std::move(one));
    }
    return out;
}

node::Result<std::vector<Blob>> SimulatedChain::blobs(uint64_t block_number, const std::vector<Hash>& hashes) const {
    std::lock_guard lock(mutex_);
    auto block = store_.block(block_number);
    if (!block) return node::Status{node::Code::kNotFound, "BLOCK_NOT_FOUND", "block", "header not found"};
    std::vector<Blob> out;
    for (size_t i = 0; i < block->transactions.size(); ++i) {
        const std::vector<Hash>& named = block->transactions[i].body.blob_hashes;
        std::shared_ptr<const BlobSidecar> sidecar;
        for (size_t k = 0; k < named.size(); ++k) {
            if (!hashes.empty() && std::find(hashes.begin(), hashes.end(), named[k]) == hashes.end()) continue;
            if (!sidecar) sidecar = store_.sidecar(block_number, i);
            if (!sidecar) return node::Status{node::Code::kNotFound, "BLOBS_EXPIRED", "block", "its blobs are no longer kept"};
            out.push_back(sidecar->blobs[k]);
        }
    }
    return out;
}

}  // namespace gavel::l1
