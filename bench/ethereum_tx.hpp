// Signed Ethereum transactions of the types 0, 1 and 2 (EIP-155, EIP-2930, EIP-1559), as other rollups post them.
#pragma once

#include <optional>
#include <vector>

#include "l1-bridge/wire/rlp.hpp"
#include "l1-bridge/wire/transaction.hpp"

namespace gavel::bench {

struct EthereumTx {
    uint8_t type = 2;
    uint64_t chain_id = 1;     // of type 0 too, where v holds it
    bool is_protected = true;  // type 0: v holds the chain id (EIP-155)
    uint64_t nonce = 0;
    u128 max_fee = 0;           // the gas price of types 0 and 1
    u128 max_priority_fee = 0;  // type 2
    uint64_t gas_limit = 0;
    std::optional<Address> to;  // nullopt: creation
    u128 value = 0;
    Bytes data;
    std::vector<l1::AccessEntry> access_list;  // types 1 and 2
    bool y_parity = false;
    Hash r, s;
    friend bool operator==(const EthereumTx&, const EthereumTx&) = default;

    // What a node takes: RLP, behind its type if that isn't 0.
    Bytes raw() const;
    Hash hash() const;
    // What is hashed and signed.
    Hash signing_hash() const;
    void sign(const PrivateKey& key);
    // Whom the signature recovers to. An s in the upper half is taken, too: Ethereum did so until EIP-2.
    std::optional<Address> sender() const;
};

// nullopt for anything but the canonical bytes of such a transaction. A type 0 transaction that isn't protected has `chain_id` 0.
std::optional<EthereumTx> decode_ethereum_tx(ByteView raw);

// Access lists as one RLP item (EIP-2930).
l1::RlpWriter encode_access_list(const std::vector<l1::AccessEntry>& entries);
std::vector<l1::AccessEntry> read_access_list(l1::RlpReader& list);  // of a list's reader, to be checked by finished()

}  // namespace gavel::bench
