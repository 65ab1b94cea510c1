// L1Client over Ethereum's JSON-RPC, by HTTP or HTTPS: for gavel-l1 and for Ethereum nodes.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "l1-bridge/client/l1_client.hpp"

namespace gavel::l1 {

struct JsonRpcOptions {
    std::string url = "http://127.0.0.1:8545";
    std::chrono::milliseconds timeout{10'000};  // of a whole request
    std::chrono::milliseconds connect_timeout{3'000};
    uint64_t max_answer_bytes = uint64_t{64} << 20;
    // Blocks of one eth_getLogs; more are asked for in pieces, and whatever a node refuses of more than one block in smaller
    // ones.
    uint64_t log_range = 5'000;
    ErrorNames error_names{};
};

// Keeps its connections open. Follows no redirection; takes http and https only. Never tries twice: who asks knows when to ask
// again. What a busy node or a proxy before it says (HTTP 429 or 5xx, JSON-RPC's 429 or -32005, a timeout) is L1_UNREACHABLE;
// bytes that are no answer to the question (rpc::parse_answer), or more of them than max_answer_bytes, are L1_ANSWER_INVALID.
// Nothing secret of the URL is in any Status.
class JsonRpcClient final : public L1Client {
public:
    explicit JsonRpcClient(JsonRpcOptions options);
    ~JsonRpcClient() override;

    node::Result<uint64_t> chain_id() override;
    node::Result<BlockRef> head() override;
    node::Result<std::optional<BlockRef>> block_at(uint64_t number) override;
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override;
    // Of a block that the node refuses alone, from its receipts.
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override;
    // Complete, or L1_ANSWER_INVALID: logs count from zero in a block, and its receipts add up to its gas.
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override;
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx_hash) override;
    node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx_hash, uint64_t block) override;
    node::Result<bool> is_syncing() override;
    node::Result<std::optional<Receipt>> receipt(const Hash& tx_hash) override;
    node::Result<u128> balance(const Address& address) override;
    node::Result<uint64_t> nonce(const Address& address, bool pending) override;
    node::Result<Bytes> code(const Address& address) override;
    node::Result<CallReply> try_call(const CallRequest& request) override;
    node::Result<uint64_t> estimate_gas(const CallRequest& request) override;
    node::Result<Fees> fees() override;
    node::Result<Hash> send_raw(ByteView raw) override;
    const ErrorNames& error_names() const override;
    void close() override;

    // Any method: `params` is a JSON array in text, the answer the result in text. For the development calls of gavel-l1
    // (evm_mine, anvil_reorg, ...), which are no part of L1Client.
    node::Result<std::string> request(const std::string& method, const std::string& params);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::l1
