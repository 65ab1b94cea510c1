// What the contract has queued about a channel: a redeem by a voucher that it has seen, and a reclaim after the expiry.
#include "protocol/kinds/steps.hpp"

namespace gavel::kinds {
namespace {

// Writes the channel's leaf with less and another nonce, and credits `entry.to` with the difference. `took_effect` stays false,
// and nothing is changed, if that can't be.
Outcome take_from(StateView& view, const L1Operation& entry, const StateView::Found& channel, Amount amount, uint64_t nonce,
                  bool& took_effect) {
    StateView::Mark saved = view.mark();
    Account leaf = channel.leaf;
    leaf.balance = *leaf.balance.minus(amount);
    leaf.nonce = nonce;
    if (!view.write(channel.index, leaf)) return Outcome::view_failed();
    took_effect = true;
    if (amount.is_zero()) return Outcome::applied();
    Outcome outcome = credit_forced(view, {entry.to, entry.token}, amount, took_effect);
    if (outcome.ok() && !took_effect) view.roll_back(saved);
    return outcome;
}

}  // namespace

Outcome forced_redeem(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = false;
    StateView::Found channel;
    if (!view.find({entry.caller, entry.token}, channel)) return Outcome::view_failed();
    const bool possible =
        channel.present && is_open_channel(channel.leaf) && !entry.amount.is_zero() && entry.count <= kMaxVoucherCount;
    const uint64_t units = possible ? units_due(channel.leaf, entry.amount, entry.count) : 0;
    if (units == 0) return Outcome::applied();
    const Amount amount{units * entry.amount.value()};  // at most the balance
    return take_from(view, entry, channel, amount, channel.leaf.nonce + units, took_effect);
}

Outcome reclaim(StateView& view, const L1Operation& entry, bool& took_effect) {
    took_effect = false;
    StateView::Found channel;
    if (!view.find({entry.caller, entry.token}, channel)) return Outcome::view_failed();
    if (!channel.present || !is_marked(channel.leaf)) return Outcome::applied();
    return take_from(view, entry, channel, channel.leaf.balance, kClosedChannel, took_effect);
}

}  // namespace gavel::kinds
