// A transfer that the leaf's owner has asked for on the L1.
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
Outcome forced_transfer(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = false;
    Forced forced;
    if (!find_forced(view, entry, forced)) return Outcome::view_failed();
    if (!forced.possible) return Outcome::applied();

    StateView::Mark saved = view.mark();
    Outcome outcome = debit(view, forced.from.index, forced.from.leaf, forced.amount);
    if (outcome.ok()) outcome = credit_forced(view, {entry.to, entry.token}, forced.amount, took_effect);
    if (outcome.ok() && !took_effect) view.roll_back(saved);
    return outcome;
}

}  // namespace gavel::kinds
