// Ethereum's JSON-RPC 2.0 over a simulated chain: requests in, answers out, as texts. HTTP is the daemon's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "l1-bridge/chain/block_timer.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/abi.hpp"

namespace gavel::l1 {

// Methods: eth_ as nodes have them, as far as a chain without EVM can; and for development, under the names of anvil and hardhat:
// evm_mine, anvil_mine, evm_increaseTime, evm_setNextBlockTimestamp, evm_setIntervalMining, evm_setAutomine, anvil_setBalance,
// anvil_reorg, anvil_dropTransaction. There is none by which somebody could act for another's account.
//   gavel_reorg [depth, keepTransactions, newBlocks]: drops `depth` blocks, their transactions go back to the mempool or are
// lost, then
//   `newBlocks` are mined. anvil_reorg [depth] is gavel_reorg [depth, true, depth].
//
// Errors: -32700 no JSON, -32600 no request, -32601 no such method, -32602 bad parameters, 3 reverted (data: the revert's),
// -32005 too much asked for, -32000 refused for another reason. But for reverts, data is {"reason": UPPER_SNAKE, "field": name}
// where known.
//
// Thread-safe.
class JsonRpcService {
public:
    static constexpr size_t kMaxBatch = 1'000;
    static constexpr size_t kMaxAnswerBytes = size_t{64} << 20;        // of a batch; what comes after is refused
    static constexpr std::chrono::milliseconds kMaxBatchTime{10'000};  // what comes after is refused
    static constexpr uint64_t kSafeDepth = 32, kFinalizedDepth = 64;   // blocks that the tags stand behind the head

    // Told of each request: a method's name, "unknown" for one that isn't there, and whether it succeeded.
    using Observer = std::function<void(const std::string& method, bool ok)>;

    // References must outlive it. `development`: whether the methods for development are there.
    JsonRpcService(SimulatedChain& chain, BlockTimer& timer, ErrorNames error_names, Observer observer = {},
                   bool development = true);
    ~JsonRpcService();

    // Answer to a request or a batch; empty if there was nothing to answer (notifications only). `wanted`: whether somebody
    // still waits for it, asked between a batch's requests and between blocks that are mined; once false, the rest isn't done.
    std::string handle(const std::string& body, const std::function<bool()>& wanted = {});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::l1
