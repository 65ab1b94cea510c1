// The two chains on which the rollup contract's twins run: the simulated one in this process with the native contract, and Anvil
// with the Solidity one. Both take the same signed transactions at the same times; gas costs nothing, so that balances are equal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "l1-bridge/chain/block.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/l1_types.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "l1-bridge/wire/transaction.hpp"

namespace gavel::twins {

using namespace gavel::l1;

inline constexpr uint64_t kChainId = 31'337;
inline constexpr uint64_t kGenesisTime = 1'700'000'000;
inline constexpr uint64_t kGasLimit = 16'000'000;  // of each transaction

// A call of the rollup contract, from outside or from within another contract. The calls of its own prover don't count.
struct RunningCall {
    Address sender;
    u128 value = 0;
    Bytes input;
    bool success = false;
    Bytes output;                  // returned, or the revert's data
    bool is_construction = false;  // `input` is the constructor's arguments then, `output` a revert's data
    friend bool operator==(const RunningCall&, const RunningCall&) = default;
};

struct BlockResult {
    struct Sent {
        bool success = false;
        std::vector<LogEntry> logs;
        std::optional<Address> created;
        friend bool operator==(const Sent&, const Sent&) = default;
    };
    std::vector<Sent> transactions;
    std::vector<RunningCall> calls;  // in order of entry, those of transactions that failed too
    friend bool operator==(const BlockResult&, const BlockResult&) = default;
};

// Throws std::runtime_error with the chain's words when it does what it mustn't.
class Chain {
public:
    virtual ~Chain() = default;
    virtual const char* name() const = 0;

    // A new chain with a genesis block at kGenesisTime. Each account of `funds` has so much wei.
    virtual void begin(const std::vector<std::pair<Address, u128>>& funds) = 0;
    // Whose calls are told in BlockResult.
    virtual void watch(const Address& rollup) = 0;
    // The data of a transaction that creates the contract of that name (kRollupName or a stand-in).
    virtual Bytes creation(const std::string& contract, ByteView arguments) = 0;
    // One block of these transactions in their order; `time` is later than the head's.
    virtual BlockResult mine(const std::vector<SignedTransaction>& transactions, uint64_t time) = 0;
    // An empty block in which the account gets EIP-7702's delegation.
    virtual void delegate(const Address& account, const Address& to, uint64_t time) = 0;

    // At the head.
    virtual CallReply call(const Address& to, const Bytes& data) = 0;
    virtual u128 balance(const Address& address) = 0;
    virtual Hash storage(const Address& address, const Hash& slot) = 0;
};

std::unique_ptr<Chain> simulated_chain();
// Starts Anvil. The stand-ins' code is compiled first if it isn't there.
std::unique_ptr<Chain> anvil_chain();

}  // namespace gavel::twins
