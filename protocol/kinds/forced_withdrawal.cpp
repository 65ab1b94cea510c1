// A withdrawal that the leaf's owner has asked for on the L1.
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {

Outcome forced_withdrawal(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = false;
    Forced forced;
    if (!find_forced(view, entry, forced)) return Outcome::view_failed();
    if (!forced.possible || forced.amount.is_zero()) return Outcome::applied();
    if (view.withdrawal_count() == kMaxWithdrawalCount) return Outcome::applied();

    if (Outcome outcome = debit(view, forced.from.index, forced.from.leaf, forced.amount); !outcome.ok()) return outcome;
    took_effect = true;
    return withdraw(view, {entry.to, entry.token, forced.amount});
}

}  // namespace gavel::kinds
