#include "verifier/channel_watch.hpp"

#include <algorithm>

#include "protocol/keys.hpp"

namespace gavel::verifier {
namespace {

constexpr size_t kPage = 1000;

}  // namespace

const std::vector<Warning>& ChannelWatch::look(const l1::BlockRef& head) {
    looked_.at(head, [&] {
        found_.clear();
        for (const Address& payee : options_.payees) look_at(payee, head.time);
        return true;
    });
    return found_;
}

void ChannelWatch::look_at(const Address& payee, uint64_t now) {
    std::optional<AccountKey> after;
    for (bool more = true; more;) {
        const auto page = ledger_.channels_of(payee, after, kPage);
        for (const ledger::Reader::ChannelAt& channel : page) {
            after = channel.key;
            const ChannelTerms& terms = channel.terms;
            if (terms.payee != payee) continue;
            const uint64_t warned_at = terms.expiry - std::min(terms.expiry, options_.expires_within);
            const auto leaf = now >= warned_at ? ledger_.account(channel.key) : std::nullopt;
            if (!leaf || !is_open_channel(leaf->account) || leaf->account.balance.is_zero()) continue;
            found_.push_back({kChannelExpiresSoon,
                              "channel " + to_checksum(channel.key.owner) + " to " + to_checksum(payee) + " expires at " +
                                  std::to_string(terms.expiry) + " and has " + to_string(leaf->account.balance) +
                                  " base units of " + (channel.key.token.is_zero() ? "ETH" : to_checksum(channel.key.token)) +
                                  ": redeem what its vouchers are for",
                              warned_at});
        }
        more = page.size() == kPage;
    }
}

}  // namespace gavel::verifier
