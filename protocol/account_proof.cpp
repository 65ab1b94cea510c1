#include "protocol/account_proof.hpp"

namespace gavel {

static bool leads_to(const Hash& root, const Hash& leaf, uint32_t index, uint32_t count, const std::vector<Hash>& path) {
    if (index >= count || path.size() != carried_siblings(index, count)) return false;
    return fold_path(leaf, index, count, path) == root;
}

bool WithdrawalProof::holds_in(const StateFields& fields) const {
    return leads_to(fields.withdrawals_root, withdrawal.hash(), position, fields.withdrawal_count, path);
}

bool ExitProof::holds_in(const StateFields& fields) const {
    return index != 0 && leads_to(fields.accounts_root, account.hash(), index, fields.account_count, path);
}

}  // namespace gavel
