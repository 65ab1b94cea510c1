// EIP-1559 transactions (type 2): the only kind that Gavel sends, and that the simulated chain takes.
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
    friend bool operator==(const Transaction&, const Transaction&) = default;
};

// A transaction with a valid signature.
struct SignedTransaction {
    Transaction body;
    Signature signature;
    Address sender;
    Bytes raw;  // 0x02 || rlp
    Hash hash;  // keccak256(raw)
};

// What is hashed and signed: 0x02 || rlp([chain_id, nonce, ..., access_list]).
Bytes signing_payload(const Transaction& transaction);
SignedTransaction sign(const Transaction& transaction, const PrivateKey& key);

// From the bytes that eth_sendRawTransaction takes. Strict: canonical RLP, no byte left over, low s (EIP-2). Reasons (field):
// TX_TYPE_UNSUPPORTED, TX_MALFORMED, TX_INTEGER_TOO_LARGE (an integer over 2^128-1, or over 2^64-1 for chain id, nonce and gas
// limit), TX_SIGNATURE_INVALID.
node::Result<SignedTransaction> decode_transaction(ByteView raw);
// The same for bytes that were decoded before and kept with their sender: spares the recovery of the key.
node::Result<SignedTransaction> decode_known_transaction(ByteView raw, const Address& sender);

// Address of a contract created by `sender` with the nonce of its transaction: the last 20 bytes of keccak256(rlp([sender,
// nonce])).
Address created_address(const Address& sender, uint64_t nonce);

}  // namespace gavel::l1
