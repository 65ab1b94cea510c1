// Blocks and receipts of the simulated chain, and how they are kept and hashed.
//
// A header has the fields of an Ethereum header of the Osaka fork, and its hash is keccak256 of their RLP, so that any client
// can recompute it. The roots are no tries but plain hashes: transactions and receipts by the keccak256 of their list, the state
// by a chain keccak256(root before || keccak256(changes)). They commit to everything that a block does; they prove nothing about
// parts of it.
#pragma once

#include <optional>
#include <vector>

#include "l1-bridge/wire/blob_gas.hpp"
#include "l1-bridge/wire/bloom.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "protocol/bytes.hpp"

namespace gavel::l1 {

struct BlockHeader {
    Hash parent_hash;
    Address coinbase;
    Hash state_root;
    Hash transactions_root;
    Hash receipts_root;
    Bloom bloom{};
    uint64_t number = 0;
    uint64_t gas_limit = 0;
    uint64_t gas_used = 0;
    uint64_t time = 0;  // seconds
    // Counts the reorganisations so far: the same transactions again in another block give another hash.
    Bytes extra_data;
    u128 base_fee = 0;
    BlobGas blob_gas;

    Bytes encode() const;
    static std::optional<BlockHeader> decode(ByteView raw);
};

// keccak256 of an empty list's RLP: "no uncles".
extern const Hash kEmptyListHash;
// Root of a trie without entries, as it stands for "no withdrawals".
extern const Hash kEmptyTrieRoot;
// SHA-256 of nothing: "no requests" (EIP-7685).
extern const Hash kEmptyRequestsHash;

struct LogEntry {
    Address address;
    std::vector<Hash> topics;
    Bytes data;
    friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// What a transaction did, as a block keeps it.
struct ReceiptRecord {
    bool success = false;
    uint64_t gas_used = 0;
    u128 effective_gas_price = 0;
    Address sender;
    std::optional<Address> contract_address;
    std::vector<LogEntry> logs;
};

Bytes encode_receipts(const std::vector<ReceiptRecord>& receipts);
std::optional<std::vector<ReceiptRecord>> decode_receipts(ByteView raw);
Bloom bloom_of(const std::vector<LogEntry>& logs);
void merge(Bloom& into, const Bloom& other);

}  // namespace gavel::l1
