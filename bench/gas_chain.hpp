// An Ethereum node and the simulated chain, side by side: each transaction goes to both, in a block of its own, at the same time
// by the clock of both; and what each took is a row of the table. The base fee is held at 16 wei: then blobs at 1 wei, the least
// that they ever cost, are at the reserve price of EIP-7918, to the wei.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/gas_schedules.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/wire/blob_sidecar.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"

namespace gavel::bench {

// One call, as measured. Gas is what the receipts say.
struct Row {
    std::string name;
    std::string call;                                // which limit of nearness holds: the contract's function
    uint64_t calldata = 0;                           // bytes
    uint64_t intrinsic = 0;                          // gas charged before execution starts
    uint64_t floor = 0;                              // the least that a transaction with this calldata takes (EIP-7623)
    uint64_t transaction = 0;                        // bytes, signature and envelope included
    GasBySchedule gas;                               // on the Ethereum node; under later schedules by formula
    uint64_t simulated = 0;                          // on the simulated chain
    u128 fee = 0, fee_simulated = 0;                 // wei that burned, on each: gas and blobs without the tip
    uint64_t block = 0;                              // on the Ethereum node
    std::optional<Address> contract = {};            // that it created
    nlohmann::json work = nlohmann::json::object();  // sizes that the gas may depend on
    bool held_out = false;                           // from the fit of the simulated chain's formulas

    // Of an execution nothing is seen where the calldata's floor is higher.
    bool shows_execution() const { return gas.today > floor && simulated > floor; }
    // Of the simulated chain's gas from the real one.
    double error() const { return (double(simulated) - double(gas.today)) / double(gas.today); }
};

// Fails by throwing std::runtime_error: a benchmark that can't go on.
class TwoChains {
public:
    static constexpr uint64_t kBlockTime = 12;
    static constexpr u128 kBaseFee = 16;  // wei, of every block; what burns for blobs at the reserve is 1 wei

    // `url`: Anvil's.
    explicit TwoChains(const std::string& url);
    ~TwoChains();

    // Of the next block.
    uint64_t now() const { return time_; }
    void pass(uint64_t seconds) { time_ += seconds; }

    // Sends to both, and expects success on both with equal events of the rollup. The row has no name yet.
    Row send(const PrivateKey& from, const Address& to, const Bytes& data, u128 value = 0);
    // The same with blobs, which go with it.
    Row send_blobs(const PrivateKey& from, const Address& to, const Bytes& data, const l1::BlobSidecar& sidecar);
    // Writes a word of the rollup's storage, as no transaction could; on both, where it is the same before.
    void store(const Address& rollup, const Hash& slot, const Hash& word);
    Hash load_there(const Address& address, const Hash& slot);
    // Creation by the same transaction on both, at the same address.
    Row deploy(const Bytes& creation, Address& at);
    // Creates a contract on the Ethereum node alone. `file`: creation code in hex.
    Address deploy_there(const std::string& file);
    Bytes call_there(const Address& to, const Bytes& data);
    // Whether both answer the same.
    Bytes view(const Address& to, const Bytes& data);

    uint64_t chain_id() const { return 31'337; }
    l1::JsonRpcClient& there() { return *there_; }

private:
    l1::SignedTransaction signed_by(const PrivateKey& from, l1::Transaction body);
    l1::Receipt mine_there(ByteView raw);
    l1::Receipt mine_here(ByteView raw);
    // On both, each in its next block; `raw` is what nodes are sent.
    Row mine(const l1::SignedTransaction& transaction, ByteView raw);
    Repriced trace_there(const Hash& transaction);

    std::unique_ptr<l1::JsonRpcClient> there_;
    node::MemoryStore store_;
    node::ManualClock clock_{0};
    l1::NativeRegistry registry_;
    std::unique_ptr<l1::SimulatedChain> here_;
    uint64_t time_ = 0;
    std::map<Address, uint64_t> nonces_;
};

}  // namespace gavel::bench
