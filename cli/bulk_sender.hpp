// Many L1 transactions of one key, many to a block: nonces counted here, a bounded number on the way.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "l1-bridge/client/l1_client.hpp"
#include "protocol/keys.hpp"

namespace gavel::cli {

struct BulkTransaction {
    std::optional<Address> to;  // nullopt: creation
    u128 value = 0;
    Bytes data;
    uint64_t gas_limit = 0;
};

struct BulkResult {
    uint64_t first_nonce = 0;  // transaction i has nonce first_nonce + i
    uint64_t gas_used = 0;     // by all
    std::vector<Hash> hashes;
};

class BulkSender {
public:
    // Nobody else may send with the key meanwhile. Both must outlive it.
    BulkSender(l1::L1Client& client, const PrivateKey& key) : client_(client), key_(key) {}

    // Sends all in order, and waits until all are mined and have succeeded. `progress` is told how many are mined. Reasons: those
    // of L1Client; L1_TIMEOUT if nothing is mined for two minutes; a revert's.
    node::Result<BulkResult> run(const std::vector<BulkTransaction>& transactions,
                                 const std::function<void(uint64_t)>& progress = {});
    // A gas limit for many transactions like this one: its estimate at the head, and a half more.
    node::Result<uint64_t> gas_limit_for(const BulkTransaction& transaction);

private:
    node::Status wait_for_nonce(uint64_t nonce, uint64_t first, const std::function<void(uint64_t)>& progress);
    node::Result<l1::Receipt> receipt_of(const Hash& mined);
    node::Status check_receipts(const std::vector<BulkTransaction>& transactions, BulkResult& result);

    l1::L1Client& client_;
    const PrivateKey& key_;
};

}  // namespace gavel::cli
