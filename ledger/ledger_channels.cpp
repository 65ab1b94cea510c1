// Channels, as funds and redeems tell of them.
#include "ledger/ledger_impl.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {
namespace {

std::string party_key(const Address& owner, const AccountKey& channel, uint64_t entry) {
    return string_of(ByteWriter().u8('k').raw(owner).raw(channel.owner).raw(channel.token).u64(entry).bytes());
}

AccountKey channel_in(std::string_view party_key) {
    ByteReader in(view_of(party_key.substr(1 + Address::kSize)));
    AccountKey out;
    out.owner = in.fixed<Address>();
    out.token = in.fixed<Address>();
    in.u64();
    if (!in.finished()) throw node::StoreError("the ledger's store is damaged: an owner's channel is unreadable");
    return out;
}

const ChannelTerms& terms_in(const Entry& told) {
    const auto* operation = std::get_if<OperationEntry>(&told.what);
    if (!operation || !is_of_channel(operation->operation.kind))
        throw node::StoreError("the ledger's store is damaged: what should tell of a channel doesn't");
    return operation->operation.channel.terms;
}

// Of an executed fund or redeem.
const Address& channel_of(const Operation& operation) {
    const bool is_fund = traits_of(operation.kind).payees == Payees::kChannel;
    return is_fund ? operation.payments.front().to : operation.channel.channel;
}

}  // namespace

std::vector<std::string> channel_keys(const OperationEntry& entry, uint64_t number) {
    if (!is_of_channel(entry.operation.kind)) return {};
    const AccountKey channel{channel_of(entry.operation), entry.operation.token};
    const ChannelTerms& terms = entry.operation.channel.terms;
    return {rows::pair_key('K', channel.owner, number), party_key(terms.payer, channel, number),
            party_key(terms.payee, channel, number)};
}

std::optional<ChannelTerms> Reader::channel_terms(const Address& channel) const {
    Impl::Look look = impl_->look();
    std::optional<uint64_t> first;
    look.store->scan(rows::pair_key('K', channel, uint64_t{0}), rows::pair_key('K', channel, look.seen.entries),
                     [&](std::string_view key, std::string_view) {
                         first = rows::u64_at_end(key);
                         return false;
                     });
    return first ? std::optional(terms_in(impl_->entry_in(look, *first))) : std::nullopt;
}

std::vector<Reader::ChannelAt> Reader::channels_of(const Address& owner, const std::optional<AccountKey>& after,
                                                   size_t limit) const {
    Impl::Look look = impl_->look();
    std::vector<ChannelAt> out;
    const std::string end = rows::fixed_key('k', owner) + std::string(2 * Address::kSize + 8, '\xff') + "\xff";
    std::string from = after ? party_key(owner, *after, kNoEntry) + '\0' : rows::fixed_key('k', owner);
    // One after the other: behind the first row of each come those of all its redeems.
    for (bool more = true; more && out.size() < limit;) {
        more = false;
        look.store->scan(from, end, [&](std::string_view key, std::string_view) {
            more = true;
            const AccountKey channel = channel_in(key);
            const uint64_t entry = rows::u64_at_end(key);
            if (entry < look.seen.entries) out.push_back({channel, terms_in(impl_->entry_in(look, entry))});
            from = party_key(owner, channel, kNoEntry) + '\0';
            return false;
        });
    }
    return out;
}

}  // namespace gavel::ledger
