// An account of the L1 that sends transactions: gas, fees, nonce, signature.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "l1-bridge/l1_client.hpp"
#include "l1-bridge/transaction.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

struct L1WalletOptions {
    // Of the estimate, in percent: what the state changes until the transaction is mined may make it dearer.
    uint64_t gas_margin = 125;
    uint64_t max_gas = uint64_t{1} << 24;  // EIP-7825
    // Wei per gas that are paid at most; a base fee above it is refused as L1_FEE_OVER_CAP. Zero: no bound.
    u128 max_fee_cap = 0;
    std::chrono::milliseconds poll{200};
};

// Thread-safe: sends go out one after the other. `client` must outlive it. Only one wallet at a time should use a key.
class L1Wallet {
public:
    L1Wallet(L1Client& client, const PrivateKey& key, L1WalletOptions options = {});

    const Address& address() const { return address_; }

    // Builds, signs and sends; the hash once the mempool has it. `to` of nullopt creates a contract. Without `gas_limit` it is
    // estimated, so that what would revert is refused here, with the revert's reason (L1Client::revert_status).
    node::Result<Hash> send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit = {});
    // The receipt once it is in a block, whether it succeeded or not. Reason: L1_TIMEOUT (kDeadlineExceeded).
    node::Result<Receipt> wait(const Hash& tx_hash, std::chrono::milliseconds timeout = std::chrono::minutes(2));
    // Both; a failed transaction is a revert's Status.
    node::Result<Receipt> run(const std::optional<Address>& to, u128 value, Bytes data,
                              std::chrono::milliseconds timeout = std::chrono::minutes(2));
    // Why a mined transaction failed, as far as can be told: tries it again on the state before its block.
    node::Status explain(const Receipt& failed);

private:
    node::Result<Transaction> prepare(const std::optional<Address>& to, u128 value, Bytes data,
                                      std::optional<uint64_t> gas_limit);

    L1Client& client_;
    PrivateKey key_;
    Address address_;
    L1WalletOptions options_;
    std::mutex mutex_;
    std::optional<uint64_t> chain_id_;
};

}  // namespace gavel::l1
