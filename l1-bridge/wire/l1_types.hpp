// What an L1 tells its clients, in the same shape from the simulated chain and from a node's JSON-RPC.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "l1-bridge/wire/bloom.hpp"
#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::l1 {

struct BlockRef {
    uint64_t number = 0;
    Hash hash;
    Hash parent_hash;
    uint64_t time = 0;  // seconds
    friend bool operator==(const BlockRef&, const BlockRef&) = default;
};

// What a block says of itself.
struct BlockSummary {
    BlockRef ref;
    std::optional<Bloom> bloom;  // of its logs; nullopt from a node that doesn't tell it
    uint64_t gas_used = 0;
    std::vector<Hash> transactions;
    friend bool operator==(const BlockSummary&, const BlockSummary&) = default;
};

struct Log {
    Address address;
    std::vector<Hash> topics;
    Bytes data;
    uint64_t block_number = 0;
    Hash block_hash;
    uint64_t block_time = 0;  // zero from a node that doesn't tell it
    Hash tx_hash;
    uint64_t tx_index = 0;
    uint64_t log_index = 0;  // within the block
    friend bool operator==(const Log&, const Log&) = default;
};

// What a transaction paid for its blobs (EIP-4844).
struct BlobGasPaid {
    uint64_t used = 0;
    u128 price = 0;  // wei per blob gas
    friend bool operator==(const BlobGasPaid&, const BlobGasPaid&) = default;
};

struct Receipt {
    Hash tx_hash;
    uint64_t tx_index = 0;
    bool success = false;
    uint64_t gas_used = 0;
    uint64_t cumulative_gas_used = 0;
    u128 effective_gas_price = 0;  // wei per gas
    uint64_t block_number = 0;
    Hash block_hash;
    Address from;
    std::optional<Address> to;
    std::optional<Address> contract_address;
    std::vector<Log> logs;
    std::optional<BlobGasPaid> blob_gas = {};  // of a transaction of type 3
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// What a transaction carried to its contract.
struct TransactionInput {
    Bytes input;
    std::optional<Address> to;
    Address from;
    u128 value = 0;
    std::optional<uint64_t> block_number;  // nullopt while it waits in a mempool
    std::vector<Hash> blob_hashes = {};    // of a transaction of type 3
    friend bool operator==(const TransactionInput&, const TransactionInput&) = default;
};

// Which logs are asked for.
struct LogFilter {
    uint64_t from_block = 0;
    uint64_t to_block = 0;                  // inclusive
    std::vector<Address> addresses;         // empty: any
    std::vector<std::vector<Hash>> topics;  // by position the values allowed; empty: any
    std::optional<Hash> block_hash = {};    // of this block alone, whatever from_block and to_block say

    bool matches(const Log& log) const;
};

// A message to be tried without a transaction.
struct CallRequest {
    std::optional<Address> from;  // zero address if absent
    std::optional<Address> to;    // nullopt: creation
    u128 value = 0;
    Bytes data;
    std::optional<uint64_t> gas;
    std::optional<uint64_t> block;  // nullopt: latest
    // Wei per gas, as a transaction would pay: a contract may look at it. Zeros: none is told.
    u128 max_fee = 0, max_priority_fee = 0;
    // As a transaction of type 3 would name.
    std::vector<Hash> blob_hashes = {};
};

// Outcome of such a message. A revert is an answer, not a failure.
struct CallReply {
    bool success = false;
    Bytes data;  // return data, or revert data
};

struct Fees {
    u128 base_fee = 0;                       // of the next block, as far as is known
    u128 priority_fee = 0;                   // suggested tip
    std::optional<u128> blob_base_fee = {};  // of the next block; nullopt from a node that doesn't tell it
};

}  // namespace gavel::l1
