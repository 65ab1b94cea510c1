// A simulated L1 in the same process, with a block each 12 s, a rollup contract, and people who are rich. Blobs cost their
// reserve at first.
#pragma once

#include <map>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/blob_sidecar.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"

namespace gavel::bench {

inline constexpr uint64_t kBlockTime = 12;
inline constexpr uint64_t kBlockGas = 60'000'000;
// A blob's gas costs at least a sixteenth of other gas (EIP-7918), which is called its reserve here.
inline constexpr double kReserve = 1.0 / 16;

// What some batches cost, in gas.
struct BlobCost {
    uint64_t payments = 0;
    uint64_t gas = 0;       // of execution, as the chain charged
    uint64_t blob_gas = 0;  // likewise

    void add(uint64_t more_payments, const l1::Receipt& receipt);

    // A payment's part of it in gas, with blob gas at so many times its reserve.
    double gas_each(double times_reserve) const {
        return payments == 0 ? 0 : (double(gas) + kReserve * times_reserve * double(blob_gas)) / double(payments);
    }
    double execution_each() const { return gas_each(0); }
};

// What a transaction with blobs pays at most, in wei per gas and per blob gas; zeros: whatever is asked.
struct BlobBids {
    u128 max_fee = 0, max_blob_fee = 0;
};

// Fails by throwing std::runtime_error.
class OwnL1 {
public:
    // `rich`: who has a million ETH, beside the bank.
    explicit OwnL1(const std::vector<PrivateKey>& rich = {});
    ~OwnL1();

    // The next block, 12 s after the last.
    l1::BlockHeader mine();
    // Signs with the sender's next nonce; the bytes for send(). Without `max_fee` it pays whatever is asked.
    Bytes transaction(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value, uint64_t gas_limit,
                      u128 max_fee = 0);
    // The same with blobs.
    Bytes blob_transaction(const PrivateKey& from, const Address& to, const Bytes& data, const l1::BlobSidecar& sidecar,
                           uint64_t gas_limit, const BlobBids& bids);
    // The node takes it; its hash.
    Hash send(const Bytes& raw);
    // Sent, mined, and must succeed.
    l1::Receipt run(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value = 0);
    // Posts a batch, after the bank has taken the seat; its gas.
    uint64_t append(const Bytes& calldata);
    // The same in blobs; its receipt.
    l1::Receipt append_blobs(const PostedBatch& batch, const l1::BlobSidecar& sidecar);

    node::ManualClock clock{1'700'000'000'000};
    std::unique_ptr<l1::SimulatedChain> chain;
    const PrivateKey bank = PrivateKey::derived("bank");  // has a billion ETH
    l1::RollupParameters parameters;
    Address rollup;

private:
    l1::Transaction draft(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value,
                          uint64_t gas_limit, u128 max_fee);
    l1::Receipt mined(const Bytes& raw, size_t bytes);
    void sit_down();

    node::MemoryStore store_;
    l1::NativeRegistry registry_;
    std::map<Address, uint64_t> nonces_;
    bool bank_sits_ = false;
};

}  // namespace gavel::bench
