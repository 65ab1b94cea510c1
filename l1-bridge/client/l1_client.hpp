// The L1 as Gavel's programs use it: one interface for a simulated chain in the same process, for gavel-l1 and for an Ethereum
// node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/l1_types.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

// Thread-safe, each implementation. Failures, beside those named at a function:
//   kUnavailable L1_UNREACHABLE      the node can't be reached, or didn't answer in time: try again
//   kInternal    L1_ANSWER_INVALID   it answers what no node may
//   other codes  L1_ERROR            it refuses; message has its words
class L1Client {
public:
    virtual ~L1Client() = default;

    virtual node::Result<uint64_t> chain_id() = 0;
    virtual node::Result<BlockRef> head() = 0;
    // Of the chain as it is now; nullopt above the head.
    virtual node::Result<std::optional<BlockRef>> block_at(uint64_t number) = 0;
    virtual node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) = 0;
    // The logs that match, in order. to_block may not be above the head. Who needs them to be of one chain compares their block
    // hashes: a reorganisation may fall between two answers.
    virtual node::Result<std::vector<Log>> logs(const LogFilter& filter) = 0;
    // The same of one block, read from the receipts of all its transactions: many bytes, but no index that could be incomplete.
    virtual node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) = 0;
    // nullopt for a transaction that the node doesn't know: it may have forgotten one whose block it has.
    virtual node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx_hash) = 0;
    // The same, looked for in a block.
    virtual node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx_hash, uint64_t block) = 0;
    // Whether the node says that it is still fetching the chain.
    virtual node::Result<bool> is_syncing() = 0;
    // nullopt while it isn't in a block.
    virtual node::Result<std::optional<Receipt>> receipt(const Hash& tx_hash) = 0;
    virtual node::Result<u128> balance(const Address& address) = 0;
    // `pending`: with the account's waiting transactions counted.
    virtual node::Result<uint64_t> nonce(const Address& address, bool pending) = 0;
    virtual node::Result<Bytes> code(const Address& address) = 0;
    // A revert is a reply with success false and the revert's data.
    virtual node::Result<CallReply> try_call(const CallRequest& request) = 0;
    // The gas limit that suffices at the head. A revert: as call() below.
    virtual node::Result<uint64_t> estimate_gas(const CallRequest& request) = 0;
    // As find_fees (l1-bridge/client/fee_oracle.hpp).
    virtual node::Result<Fees> fees() = 0;
    // Hash of the transaction, once a mempool has it. A refusal's reason is only for people: whether a node has it all the same
    // is asked by hash and nonce (L1Wallet does).
    virtual node::Result<Hash> send_raw(ByteView raw) = 0;

    // Names for the custom errors of reverts.
    virtual const ErrorNames& error_names() const = 0;

    // Of several nodes: another one, to check by what the one asked so far says; and a word that this one contradicted itself,
    // so that another is asked from now on. Of one node there is nothing else.
    virtual L1Client& second_opinion() { return *this; }
    virtual void suspect() {}
    // For a program that ends: gives up what is being asked, and answers L1_UNREACHABLE from now on.
    virtual void close() {}

    // Return data of a call, at the head or a block. A revert is kAborted; see revert_status.
    node::Result<Bytes> call(const Address& to, Bytes data, const Address& from = {}, std::optional<uint64_t> block = {}) {
        CallRequest request;
        request.to = to;
        request.from = from;
        request.block = block;
        request.data = std::move(data);
        auto reply = try_call(request);
        if (!reply) return reply.status();
        if (!reply->success) return revert_status(error_names(), reply->data);
        return std::move(reply->data);
    }

    // A revert as a Status: code kAborted; reason the custom error's name (or EXECUTION_REVERTED if it isn't known); field
    // "revert"; message a sentence that ends with the data in hex.
    static node::Status revert_status(const ErrorNames& names, ByteView data);
};

}  // namespace gavel::l1
