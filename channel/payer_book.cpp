#include "channel/payer_book.hpp"

#include <algorithm>

#include "channel/book_store.hpp"
#include "protocol/encoding.hpp"

namespace gavel::channel {

using node::Code;
using node::Result;
using node::Status;
using node::StoreError;

namespace {

constexpr char kTable = 'c';  // token(20) terms(72) cap(16) count(8), by the channel's address and token

std::string key_of(const AccountKey& channel) { return kTable + string_of(channel.owner) + string_of(channel.token); }

std::string encode(const PayerChannel& channel) {
    ByteWriter out;
    out.raw(channel.channel.token).raw(channel.terms.encode()).amount(channel.cap).u64(channel.count);
    return string_of(out.bytes());
}

std::optional<PayerChannel> decode(std::string_view row, const Hash& domain) {
    ByteReader in(view_of(row));
    PayerChannel out;
    const auto token = in.fixed<Address>();
    const auto terms = ChannelTerms::decode(in.take(ChannelTerms::kSize));
    out.cap = in.amount();
    out.count = in.u64();
    if (!terms || !terms->are_right() || !in.finished() || out.count > kMaxVoucherCount) return std::nullopt;
    out.terms = *terms;
    out.channel = leaf_of(*terms, token, domain);
    return out;
}

Status refused(const char* reason, const char* field, const char* message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

Status unknown() { return {Code::kNotFound, "CHANNEL_UNKNOWN", "channel", "the book has no such channel"}; }

}  // namespace

PayerBook::PayerBook(node::Store& store, const Hash& domain, const PrivateKey& payer, const PayerPolicy& policy,
                     ChannelSource& source, const node::Clock& clock)
    : store_(store),
      domain_(domain),
      key_(payer),
      payer_(payer.address()),
      policy_(policy),
      source_(source),
      clock_(clock),
      commit_(store) {}

Result<std::unique_ptr<PayerBook>> PayerBook::open(node::Store& store, const Hash& domain, const PrivateKey& payer,
                                                   const PayerPolicy& policy, ChannelSource& source, const node::Clock& clock) {
    std::unique_ptr<PayerBook> book(new PayerBook(store, domain, payer, policy, source, clock));
    try {
        if (Status claimed = claim_book(store, "payer", domain, book->payer_); !claimed.ok()) return claimed;
        if (Status loaded = book->load(); !loaded.ok()) return loaded;
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return book;
}

Status PayerBook::load() {
    bool sound = true;
    store_.scan(std::string(1, kTable), std::string(1, kTable + 1), [&](std::string_view key, std::string_view row) {
        const auto channel = decode(row, domain_);
        sound = channel && key_of(channel->channel) == key && channel->terms.payer == payer_;
        if (sound) channels_.emplace(channel->channel, *channel);
        return sound;
    });
    if (!sound) return {Code::kInternal, "BOOK_DAMAGED", "book", "a row of the book isn't one that was written"};
    return {};
}

GroupCommit::Ticket PayerBook::write(const PayerChannel& channel) {
    node::WriteBatch batch;
    batch.put(key_of(channel.channel), encode(channel));
    return commit_.add(batch);
}

std::optional<PayerChannel> PayerBook::find(const AccountKey& channel) const {
    std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return std::nullopt;
    return found->second;
}

Result<AccountKey> PayerBook::add(const ChannelTerms& terms, const Address& token, Amount cap) {
    if (!terms.are_right() || terms.payer != payer_)
        return refused("TERMS_REFUSED", "terms", "the terms name another payer, or are no channel's");
    const AccountKey key = leaf_of(terms, token, domain_);
    try {
        GroupCommit::Ticket ticket;
        {
            std::lock_guard lock(mutex_);
            PayerChannel& channel = channels_[key];
            channel = {key, terms, cap, channel.count};
            ticket = write(channel);
        }
        commit_.wait(ticket);
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return key;
}

Status PayerBook::check_channel(const PayerChannel& channel, const Sighting& sighting) const {
    const uint64_t now_ms = clock_.steady_ms();
    if (now_ms > sighting.seen_at_ms && now_ms - sighting.seen_at_ms > policy_.max_age_ms)
        return {Code::kUnavailable, "CHANNEL_STALE", "channel", "how the channel stands hasn't been seen for too long"};
    if (!sighting.confirmed)
        return {Code::kNotFound, "CHANNEL_UNKNOWN", "channel", "no such channel is funded, for this token, chain and contract"};
    if (sighting.confirmed->closed) return refused("CHANNEL_CLOSED", "channel", "the channel is closed");
    if (u128{l1_now_s(sighting, clock_)} + policy_.margin_s >= channel.terms.expiry)
        return refused("EXPIRY_NEAR", "expiry", "the channel's expiry is too near for its payee to redeem in time");
    return {};
}

// The larger count into the book, if it may be signed.
Result<uint64_t> PayerBook::raise(const AccountKey& key, uint64_t units, const Sighting& sighting, GroupCommit::Ticket& ticket) {
    std::lock_guard lock(mutex_);
    PayerChannel& channel = channels_.at(key);
    // A book that was lost and not recovered knows at least what was redeemed.
    const uint64_t had = std::max(channel.count, sighting.confirmed->claimed);
    if (units == 0 || units > kMaxVoucherCount || had > kMaxVoucherCount - units)
        return Status{Code::kInvalidArgument, "COUNT_INVALID", "units", "a voucher counts 1 to 2^63-2 units"};
    const uint64_t count = had + units;
    if (count > covered_count(sighting.confirmed, channel.terms.unit))
        return refused("NOT_COVERED", "units", "the channel's balance doesn't cover the voucher");
    const auto all = amount_of(count, channel.terms.unit);
    if (!all || *all > channel.cap) return refused("CAP_REACHED", "units", "the channel's cap doesn't allow the voucher");
    channel.count = count;
    ticket = write(channel);
    return count;
}

Result<SignedVoucher> PayerBook::sign(const AccountKey& channel, uint64_t units) {
    try {
        commit_.check();
        const auto known = find(channel);
        if (!known) return unknown();
        const auto sighting = source_.look(channel);
        if (!sighting) return sighting.status();
        if (Status why = check_channel(*known, *sighting); !why.ok()) return why;
        GroupCommit::Ticket ticket;
        const auto count = raise(channel, units, *sighting, ticket);
        if (!count) return count.status();
        // Signed while others' writes go on; given away once this one is through.
        const SignedVoucher voucher = sign_voucher(key_, domain_, {channel.owner, channel.token, *count});
        commit_.wait(ticket);
        return voucher;
    } catch (const StoreError& error) {
        return book_failed(error);
    }
}

Result<SignedVoucher> PayerBook::last(const AccountKey& channel) const {
    const auto known = find(channel);
    if (!known || known->count == 0) return unknown();
    return sign_voucher(key_, domain_, {channel.owner, channel.token, known->count});
}

Status PayerBook::recover(const SignedVoucher& from_payee) {
    const AccountKey key{from_payee.voucher.channel, from_payee.voucher.token};
    if (Status why = check_voucher(from_payee, payer_, domain_); !why.ok()) return why;
    try {
        GroupCommit::Ticket ticket;
        {
            std::lock_guard lock(mutex_);
            const auto found = channels_.find(key);
            if (found == channels_.end()) return unknown();
            found->second.count = std::max(found->second.count, from_payee.voucher.count);
            ticket = write(found->second);
        }
        commit_.wait(ticket);
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return {};
}

std::vector<PayerChannel> PayerBook::channels() const {
    std::lock_guard lock(mutex_);
    std::vector<PayerChannel> out;
    for (const auto& entry : channels_) out.push_back(entry.second);
    return out;
}

std::vector<PayerChannel> PayerBook::reclaimable() const {
    std::vector<PayerChannel> out;
    for (const PayerChannel& channel : channels()) {
        const auto sighting = source_.look(channel.channel);
        if (!sighting || !sighting->confirmed || sighting->confirmed->balance.is_zero()) continue;
        // What comes to a closed channel is the payer's, too, and leaves it the same way.
        if (l1_now_s(*sighting, clock_) >= channel.terms.expiry) out.push_back(channel);
    }
    return out;
}

}  // namespace gavel::channel
