// Paths that users show to the contract: a withdrawal's, and a leaf's for an exit
// (docs/protocol.md, "Withdrawal and exit proofs").
#pragma once

#include <vector>

#include "protocol/account.hpp"
#include "protocol/commitment.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel {

struct WithdrawalProof {
    uint32_t position = 0;
    Withdrawal withdrawal;
    std::vector<Hash> path;
    // Against the withdrawals root and count of a batch's last commitment.
    bool holds_in(const StateFields& fields) const;
};

struct ExitProof {
    uint32_t index = 0;
    Account account;
    std::vector<Hash> path;
    // Against the accounts root and count of a batch's last commitment. Never for the sentinel.
    bool holds_in(const StateFields& fields) const;
};

}  // namespace gavel
