// A transfer that the leaf's owner has asked for on the L1.
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

// `took_effect` stays false if there is no room for it.
Outcome credit_forced(StateView& view, const AccountKey& key, Amount amount, bool& took_effect) {
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    took_effect = found.present ? found.leaf.balance.plus(amount).has_value() : view.account_count() < kMaxAccountCount;
    if (!took_effect) return Outcome::applied();
    return found.present ? credit(view, found.index, found.leaf, amount) : insert(view, found, key, amount);
}

}  // namespace

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
