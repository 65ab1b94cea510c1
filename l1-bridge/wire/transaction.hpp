// EIP-1559 transactions (type 2) and EIP-4844's, which name blobs (type 3): the only kinds that Gavel sends, and that the
// simulated chain takes. The blobs themselves travel beside a transaction of type 3: l1-bridge/wire/blob_sidecar.hpp.
#pragma once

#include <optional>
#include <vector>

#include "node/status.hpp"
#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

// One account of an EIP-2930 access list.
struct AccessEntry {
    Address address;
    std::vector<Hash> slots;
    friend bool operator==(const AccessEntry&, const AccessEntry&) = default;
};

struct Transaction {
    uint64_t chain_id = 0;
    uint64_t nonce = 0;
    u128 max_priority_fee = 0;  // wei per gas
    u128 max_fee = 0;           // wei per gas
    uint64_t gas_limit = 0;
    std::optional<Address> to;  // nullopt: creation
    u128 value = 0;             // wei
    Bytes data;
    std::vector<AccessEntry> access_list;
    // Of type 3 alone, which a transaction is if it names a blob; and then it isn't a creation.
    std::vector<Hash> blob_hashes = {};  // versioned
    u128 max_blob_fee = 0;               // wei per blob gas
    bool has_blobs() const { return !blob_hashes.empty(); }
    friend bool operator==(const Transaction&, const Transaction&) = default;
};

// A transaction with a valid signature.
struct SignedTransaction {
    Transaction body;
    Signature signature;
    Address sender;
    Bytes raw;  // its type || rlp; without sidecar
    Hash hash;  // keccak256(raw)
};

inline constexpr uint8_t kTransactionType = 0x02, kBlobTransactionType = 0x03;

// EIP-7594, "Networking": of one transaction. How many a block takes is the chain's schedule.
inline constexpr size_t kMaxTransactionBlobs = 6;

// What is hashed and signed: 0x02 || rlp([chain_id, nonce, ..., access_list]); of type 3 (EIP-4844, "Blob transaction") 0x03 ||
// rlp([..., access_list, max_blob_fee, blob_hashes]).
Bytes signing_payload(const Transaction& transaction);
SignedTransaction sign(const Transaction& transaction, const PrivateKey& key);

// From the bytes of a block's transaction, which eth_sendRawTransaction takes too if there are no blobs. Strict: canonical RLP,
// no byte left over, low s (EIP-2). Reasons (field): TX_TYPE_UNSUPPORTED, TX_MALFORMED, TX_INTEGER_TOO_LARGE (an integer over
// 2^128-1, or over 2^64-1 for chain id, nonce and gas limit), TX_SIGNATURE_INVALID. Of type 3: TX_BLOB_CREATION (no recipient),
// TX_BLOBS_MISSING (it names none), TX_TOO_MANY_BLOBS, TX_BLOB_HASH_VERSION (a hash that doesn't begin with 1).
node::Result<SignedTransaction> decode_transaction(ByteView raw);
// The same for bytes that were decoded before and kept with their sender: spares the recovery of the key.
node::Result<SignedTransaction> decode_known_transaction(ByteView raw, const Address& sender);

// Whether a transaction of type 3 names its blobs as it must. Reasons: those of decode_transaction.
node::Status check_blob_fields(const Transaction& transaction);

// Address of a contract created by `sender` with the nonce of its transaction: the last 20 bytes of keccak256(rlp([sender,
// nonce])).
Address created_address(const Address& sender, uint64_t nonce);

}  // namespace gavel::l1
