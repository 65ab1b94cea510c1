// What the L1 knows of a state (docs/protocol.md, "Commitment").
#pragma once

#include "protocol/bytes.hpp"

namespace gavel {

// The fields that a commitment hashes.
struct StateFields {
    static constexpr size_t kSize = 88;

    Hash accounts_root;
    Hash withdrawals_root;
    uint32_t account_count = 0;     // leaves in use, the sentinel among them
    uint32_t withdrawal_count = 0;  // withdrawals ever made
    uint64_t l1_ops_consumed = 0;   // L1 operations ever consumed
    uint64_t op_count = 0;          // L2 operations ever applied

    // accountsRoot(32) withdrawalsRoot(32) accountCount(4) withdrawalCount(4) l1OpsConsumed(8) opCount(8).
    Bytes encode() const;
    // The fields in exactly kSize bytes.
    static StateFields decode(ByteView data);
    // The commitment: keccak256 of the encoding.
    Hash hash() const;
    friend bool operator==(const StateFields&, const StateFields&) = default;
};

// The state before anything: the sentinel leaf alone, no withdrawal.
StateFields genesis_fields();

}  // namespace gavel
