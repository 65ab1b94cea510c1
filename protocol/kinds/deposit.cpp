// A deposit: credits its recipient, or becomes a withdrawal where there is no room. It always takes effect.
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {

Outcome deposit(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = true;
    AccountKey key{entry.to, entry.token};
    StateView::Found found;
    if (!view.find(key, found)) return Outcome::view_failed();
    if (found.present && found.leaf.balance.plus(entry.amount)) return credit(view, found.index, found.leaf, entry.amount);
    if (!found.present && view.account_count() < kMaxAccountCount) return insert(view, found, key, entry.amount);
    return withdraw(view, {entry.to, entry.token, entry.amount});
}

}  // namespace gavel::kinds
