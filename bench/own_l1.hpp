// A simulated L1 in the same process, with a block each 12 s, a rollup contract, and people who are rich.
#pragma once

#include <map>

#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"

namespace gavel::bench {

inline constexpr u128 kEther = 1'000'000'000'000'000'000;
inline constexpr u128 kGwei = 1'000'000'000;
inline constexpr uint64_t kBlockTime = 12;
inline constexpr uint64_t kBlockGas = 60'000'000;

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
    // The node takes it; its hash.
    Hash send(const Bytes& raw);
    // Sent, mined, and must succeed.
    l1::Receipt run(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value = 0);
    // Posts a batch, after the bank has taken the seat; its gas.
    uint64_t append(const Bytes& calldata);

    node::ManualClock clock{1'700'000'000'000};
    std::unique_ptr<l1::SimulatedChain> chain;
    const PrivateKey bank = PrivateKey::derived("bank");  // has a billion ETH
    l1::RollupParameters parameters;
    Address rollup;

private:
    node::MemoryStore store_;
    l1::NativeRegistry registry_;
    std::map<Address, uint64_t> nonces_;
    bool bank_sits_ = false;
};

}  // namespace gavel::bench
