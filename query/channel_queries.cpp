// Channels: what a payee wants to know before he relies on one, and what a payer has open.
#include <algorithm>

#include "query/queries.hpp"

namespace gavel::query {
namespace {

using node::Code;
using node::Result;
using node::Status;

// Changes of one account that an answer looks back over.
constexpr size_t kMostChanges = 1000;

// What an entry credits to the account of an owner in the token that the entry is about.
Amount credited(const ledger::Entry& entry, const Address& owner) {
    Amount out;
    auto add = [&](const Address& to, Amount amount) {
        if (to == owner) out = out.plus(amount).value_or(Amount::max());
    };
    if (const auto* operation = std::get_if<ledger::OperationEntry>(&entry.what)) {
        for (size_t line = 0; line < operation->recipients.size(); ++line) {
            const Payment& payment = operation->operation.payments[line];
            add(payment.to, payment.amount);
        }
    } else if (const auto* l1 = std::get_if<ledger::L1Entry>(&entry.what)) {
        if (l1->recipient) add(l1->operation.to, l1->moved);
    } else if (const auto* fee = std::get_if<ledger::FeeEntry>(&entry.what)) {
        add(fee->owner, fee->total);
    }
    return out;
}

}  // namespace

ChannelInfo Queries::describe_channel(const ledger::AccountAt& at, const std::optional<ChannelTerms>& terms) const {
    const Account& leaf = at.account;
    ChannelInfo out{{leaf.key, at.index, leaf.nonce, leaf.balance}, terms, place_of_base().status, {}};
    const auto changes = ledger_.touches_before(leaf.key.owner, leaf.key.token, ~uint64_t{0}, kMostChanges);
    if (!changes.touches.empty()) out.status = place_of(changes.touches.front().entry).status;
    for (const ledger::Touch& touch : changes.touches) {
        if (place_of(touch.entry).status != OperationStatus::kConfirmed) return out;
        const auto entry = ledger_.entry(touch.entry);
        const Amount more = entry ? credited(*entry, leaf.key.owner) : Amount{};
        out.unposted = std::min(leaf.balance, out.unposted.plus(more).value_or(Amount::max()));
    }
    if (changes.next) out.unposted = leaf.balance;
    return out;
}

Result<ChannelInfo> Queries::channel(const AccountKey& key) const {
    auto at = ledger_.account(key);
    if (!at || !is_marked(at->account))
        return Status{Code::kNotFound, "UNKNOWN_CHANNEL", "channel", "no channel with this address was funded in this token"};
    return describe_channel(*at, ledger_.channel_terms(key.owner));
}

Channels Queries::channels(const Address& owner, const std::optional<AccountKey>& after, size_t limit) const {
    Channels out;
    const auto known = ledger_.channels_of(owner, after, bounded(limit));
    for (const ledger::Reader::ChannelAt& channel : known) {
        auto at = ledger_.account(channel.key);
        if (at && is_marked(at->account)) out.channels.push_back(describe_channel(*at, channel.terms));
    }
    if (known.size() == bounded(limit)) out.next = known.back().key;
    return out;
}

}  // namespace gavel::query
