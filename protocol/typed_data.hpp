// EIP-712: the domain that all signatures are bound to, and what is signed (docs/protocol.md, "Operations").
#pragma once

#include "protocol/bytes.hpp"

namespace gavel {

// The EIP-712 domain: name "Gavel", version "1", and these.
struct Domain {
    uint64_t chain_id = 0;  // of the L1
    Address rollup;         // verifyingContract
    Hash separator() const;
    friend bool operator==(const Domain&, const Domain&) = default;
};

// What is signed of a struct: keccak256(0x19 0x01 || domain separator || hashStruct).
Hash typed_digest(const Hash& domain_separator, const Hash& struct_hash);

}  // namespace gavel
