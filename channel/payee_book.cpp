#include "channel/payee_book.hpp"

#include <algorithm>

#include "channel/book_store.hpp"
#include "protocol/check.hpp"

namespace gavel::channel {

using node::Code;
using node::Result;
using node::Status;
using node::StoreError;

namespace {

Status refused(const char* reason, const char* field, const char* message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

// What a voucher counts that is not covered by posted funding.
Amount exposed_by(uint64_t count, Amount unit, const Sighting& sighting) {
    const uint64_t covered = covered_count(sighting.posted, unit);
    return count > covered ? amount_of(count - covered, unit).value_or(Amount::max()) : Amount{};
}

}  // namespace

PayeeBook::PayeeBook(node::Store& store, const Hash& domain, const PayeePolicy& policy, ChannelSource& source,
                     const node::Clock& clock)
    : store_(store), domain_(domain), policy_(policy), source_(source), clock_(clock), commit_(store) {
    GAVEL_CHECK(!policy.unit.is_zero() && policy.kept_requests > policy.max_working && policy.max_working > 0);
}

Result<std::unique_ptr<PayeeBook>> PayeeBook::open(node::Store& store, const Hash& domain, const PayeePolicy& policy,
                                                   ChannelSource& source, const node::Clock& clock) {
    std::unique_ptr<PayeeBook> book(new PayeeBook(store, domain, policy, source, clock));
    try {
        if (Status claimed = claim_book(store, "payee", domain, policy.payee); !claimed.ok()) return claimed;
        if (Status loaded = book->load(); !loaded.ok()) return loaded;
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return book;
}

Status PayeeBook::load() {
    bool sound = true;
    const auto table = [](char name) { return std::string(1, name); };
    store_.scan(table(kChannelTable), table(kChannelTable + 1), [&](std::string_view key, std::string_view row) {
        auto channel = channel_of_key(key);
        auto record = decode_record(row);
        sound = channel && record && leaf_of(record->terms, channel->token, domain_) == *channel;
        if (!sound) return false;
        // Until it is looked at: none of it is covered.
        record->exposed = amount_of(record->count, record->terms.unit).value_or(Amount::max());
        channels_.emplace(*channel, std::move(*record));
        return true;
    });
    store_.scan(table(kTicketTable), table(kTicketTable + 1), [&](std::string_view key, std::string_view row) {
        const auto channel = channel_of_key(key);
        const auto count = count_of_key(key);
        const auto ticket = decode_ticket(row);
        const auto found = channel ? channels_.find(*channel) : channels_.end();
        sound = sound && count && ticket && found != channels_.end();
        if (sound) found->second.tickets.emplace(*count, *ticket);
        return sound;
    });
    if (!sound) return {Code::kInternal, "BOOK_DAMAGED", "book", "a row of the book isn't one that was written"};
    return {};
}

Status PayeeBook::check_offer(const Offer& offer, uint64_t price) const {
    const ChannelTerms& terms = offer.terms;
    if (!terms.are_right() || terms.payee != policy_.payee || terms.unit != policy_.unit)
        return refused("TERMS_REFUSED", "terms", "the terms name another payee or unit, or are no channel's");
    if (offer.token != policy_.token) return refused("TOKEN_REFUSED", "asset", "another token is asked for");
    if (price == 0 || price > kMaxVoucherCount)
        return {Code::kInternal, "PRICE_INVALID", "price", "a price is 1 to 2^63-2 units"};
    const AccountKey key = leaf_of(terms, offer.token, domain_);
    return check_voucher({{key.owner, key.token, offer.count}, offer.signature}, terms.payer, domain_);
}

Status PayeeBook::check_channel(const Offer& offer, const Sighting& sighting) const {
    const uint64_t now_ms = clock_.steady_ms();
    if (now_ms > sighting.seen_at_ms && now_ms - sighting.seen_at_ms > policy_.max_age_ms)
        return {Code::kUnavailable, "CHANNEL_STALE", "channel", "how the channel stands hasn't been seen for too long"};
    for (const auto& standing : {sighting.confirmed, sighting.posted, sighting.settled})
        if (standing && standing->closed) return refused("CHANNEL_CLOSED", "channel", "the channel is closed");
    if (!sighting.confirmed)
        return {Code::kNotFound, "CHANNEL_UNKNOWN", "channel", "no such channel is funded, for this token, chain and contract"};
    const u128 end = u128{l1_now_s(sighting, clock_)} + policy_.margin_s;
    if (end >= offer.terms.expiry)
        return refused("EXPIRY_NEAR", "expiry", "the channel's expiry is too near for its vouchers to be redeemed in time");
    if (offer.count > covered_count(sighting.confirmed, offer.terms.unit))
        return refused("NOT_COVERED", "count", "the channel's balance doesn't cover the voucher");
    return {};
}

Status PayeeBook::check_exposure(const AccountKey& key, Amount exposed) const {
    if (exposed.is_zero()) return {};
    std::optional<Amount> all = exposed;
    for (const auto& [other, record] : channels_)
        if (all && other != key) all = all->plus(record.exposed);
    if (all && *all <= policy_.unposted_limit) return {};
    return {Code::kUnavailable, "UNPOSTED_FUNDING", "channel", "the channel's funding isn't on the L1 yet; try again later"};
}

uint64_t PayeeBook::count_of(const AccountKey& key) const {
    std::lock_guard lock(mutex_);
    const auto found = channels_.find(key);
    return found == channels_.end() ? 0 : found->second.count;
}

Result<Admission> PayeeBook::accept(const Offer& offer, uint64_t price) {
    try {
        commit_.check();
        if (Status why = check_offer(offer, price); !why.ok()) return why;
        const AccountKey key = leaf_of(offer.terms, offer.token, domain_);
        // Only a voucher that pays asks how the channel stands. Counts only grow, so one that doesn't now won't.
        Sighting sighting;
        if (offer.count > count_of(key)) {
            auto seen = source_.look(key);
            if (!seen) return seen.status();
            if (Status why = check_channel(offer, *seen); !why.ok()) return why;
            sighting = *seen;
        }
        GroupCommit::Ticket ticket;
        auto admission = [&] {
            std::lock_guard lock(mutex_);
            return admit(key, offer, price, sighting, ticket);
        }();
        if (!admission) return admission;
        commit_.wait(ticket);
        if (admission->repeated)
            if (const auto row = store_.get(ticket_key(key, offer.count))) admission->answer = answer_in(*row);
        return admission;
    } catch (const StoreError& error) {
        return book_failed(error);
    }
}

Result<Admission> PayeeBook::admit(const AccountKey& key, const Offer& offer, uint64_t price, const Sighting& sighting,
                                   GroupCommit::Ticket& ticket) {
    auto found = channels_.find(key);
    if (found != channels_.end()) {
        const auto bound = found->second.tickets.find(offer.count);
        if (bound != found->second.tickets.end() && bound->second.request == offer.request &&
            bound->second.state == Serving::kServed) {
            ticket = commit_.add({});  // nothing is said of what isn't on the disk
            return Admission{key, offer.count, found->second.credit, true, {}};
        }
        if (found->second.working >= policy_.max_working)
            return Status{Code::kResourceExhausted, "TOO_MANY_REQUESTS", "channel", "too many requests of this channel at once"};
    }
    const bool pays = found == channels_.end() || offer.count > found->second.count;
    const Status why = pays ? take_voucher(key, offer, price, sighting) : check_binding(found->second, offer, price);
    if (!why.ok()) return why;
    if (pays) found = channels_.find(key);
    return bind(key, found->second, offer, price, ticket);
}

// A voucher that is larger than all before: into the record, if it pays for the request.
Status PayeeBook::take_voucher(const AccountKey& key, const Offer& offer, uint64_t price, const Sighting& sighting) {
    // Not looked at, since the channel was known when the voucher came; it has been forgotten meanwhile.
    if (!sighting.confirmed) return refused("CHANNEL_CLOSED", "channel", "the channel is closed");
    const uint64_t now_s = l1_now_s(sighting, clock_), claimed = sighting.confirmed->claimed;
    const auto found = channels_.find(key);
    const bool is_new = found == channels_.end();
    if (is_new && u128{now_s} + policy_.margin_s + policy_.least_life_s >= offer.terms.expiry)
        return refused("EXPIRY_NEAR", "expiry", "the channel's expiry is too near for its first voucher");
    if (is_new && channels_.size() >= policy_.max_channels)
        return {Code::kResourceExhausted, "TOO_MANY_CHANNELS", "channel", "the payee takes no more channels"};
    // What was redeemed and isn't in the book (it was lost) isn't paid again.
    const uint64_t had = std::max(is_new ? 0 : found->second.count, claimed);
    if (offer.count <= had) return refused("VOUCHER_OLD", "count", "units up to this count have been redeemed");
    const uint64_t credit = (is_new ? 0 : found->second.credit) + (offer.count - had);
    if (credit < price) return refused("NOT_ENOUGH", "count", "the voucher pays less than the price");
    const Amount exposed = exposed_by(offer.count, offer.terms.unit, sighting);
    if (Status why = check_exposure(key, exposed); !why.ok()) return why;

    PayeeRecord& record = channels_[key];
    if (record.since_s == 0 || claimed >= record.count) record.since_s = std::max<uint64_t>(now_s, 1);
    record.terms = offer.terms;
    record.count = offer.count;
    record.signature = offer.signature;
    record.credit = credit;
    record.exposed = exposed;
    return {};
}

// A voucher that pays nothing anew: it may come again with its own request, or with any if it failed; one that others overtook
// has paid with them.
Status PayeeBook::check_binding(const PayeeRecord& record, const Offer& offer, uint64_t price) const {
    const auto bound = record.tickets.find(offer.count);
    if (bound == record.tickets.end()) {
        if (offer.count <= record.floor || record.credit < price)
            return refused("VOUCHER_OLD", "count", "the payee has a larger voucher, and no unit of it is left");
        return {};
    }
    const Ticket& ticket = bound->second;
    if (ticket.state != Serving::kFailed && ticket.request != offer.request)
        return {Code::kAlreadyExists, "VOUCHER_SPENT", "count", "the voucher has paid for another request"};
    if (ticket.working) return {Code::kAborted, "IN_PROGRESS", "count", "this request is being served"};
    const uint64_t left = record.credit + (ticket.state == Serving::kTaken ? ticket.units : 0);
    if (left < price) return refused("NOT_ENOUGH", "count", "the units left are less than the price");
    return {};
}

Admission PayeeBook::bind(const AccountKey& key, PayeeRecord& record, const Offer& offer, uint64_t price,
                          GroupCommit::Ticket& ticket) {
    node::WriteBatch batch;
    Ticket& bound = record.tickets[offer.count];
    if (bound.state == Serving::kTaken) record.credit += bound.units;  // of a request that a stopped process left
    record.credit -= price;
    bound = {offer.request, price, Serving::kTaken, true};
    ++record.working;
    if (record.tickets.size() > policy_.kept_requests) drop_oldest(key, record, batch);
    batch.put(channel_key(key), encode(record));
    batch.put(ticket_key(key, offer.count), encode(bound, {}));
    ticket = commit_.add(batch);
    return {key, offer.count, record.credit, false, {}};
}

void PayeeBook::drop_oldest(const AccountKey& key, PayeeRecord& record, node::WriteBatch& batch) const {
    const auto oldest =
        std::find_if(record.tickets.begin(), record.tickets.end(), [](const auto& t) { return !t.second.working; });
    if (oldest == record.tickets.end()) return;
    if (oldest->second.state == Serving::kTaken) record.credit += oldest->second.units;
    record.floor = std::max(record.floor, oldest->first);
    batch.erase(ticket_key(key, oldest->first));
    record.tickets.erase(oldest);
}

Ticket* PayeeBook::working_ticket(const AccountKey& channel, uint64_t count) {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return nullptr;
    const auto ticket = found->second.tickets.find(count);
    return ticket != found->second.tickets.end() && ticket->second.working ? &ticket->second : nullptr;
}

namespace {

Status not_working() { return refused("NOT_IN_PROGRESS", "count", "no such request is being served"); }

}  // namespace

Status PayeeBook::served(const AccountKey& channel, uint64_t count, ByteView answer) {
    try {
        commit_.check();
        {
            std::lock_guard lock(mutex_);
            Ticket* ticket = working_ticket(channel, count);
            if (ticket == nullptr) return not_working();
            ticket->state = Serving::kServed;
            ticket->working = false;
            --channels_[channel].working;
            node::WriteBatch batch;
            batch.put(ticket_key(channel, count), encode(*ticket, answer.size() <= policy_.max_answer ? answer : ByteView{}));
            commit_.add(batch);
        }
        commit_.write_soon();
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return {};
}

Status PayeeBook::failed(const AccountKey& channel, uint64_t count) {
    GroupCommit::Ticket written;
    {
        std::lock_guard lock(mutex_);
        Ticket* ticket = working_ticket(channel, count);
        if (ticket == nullptr) return not_working();
        PayeeRecord& record = channels_[channel];
        record.credit += ticket->units;
        --record.working;
        *ticket = {ticket->request, 0, Serving::kFailed, false};
        node::WriteBatch batch;
        batch.put(channel_key(channel), encode(record));
        batch.put(ticket_key(channel, count), encode(*ticket, {}));
        written = commit_.add(batch);
    }
    try {
        commit_.wait(written);
    } catch (const StoreError& error) {
        return book_failed(error);
    }
    return {};
}

Result<SignedVoucher> PayeeBook::last(const AccountKey& channel, const Signature& question) const {
    const auto found = find(channel);
    if (!found) return Status{Code::kNotFound, "CHANNEL_UNKNOWN", "channel", "the payee has no voucher of that channel"};
    if (!is_question_of(found->terms.payer, domain_, channel, question))
        return Status{Code::kUnauthenticated, "VOUCHER_SIGNATURE", "signature", "only the channel's payer is told"};
    return found->voucher;
}

namespace {

PayeeChannel shown(const AccountKey& key, const PayeeRecord& record) {
    return {key, record.terms, {{key.owner, key.token, record.count}, record.signature}, record.credit, record.since_s};
}

}  // namespace

std::optional<PayeeChannel> PayeeBook::find(const AccountKey& channel) const {
    std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return std::nullopt;
    return shown(channel, found->second);
}

std::vector<PayeeChannel> PayeeBook::channels() const {
    std::lock_guard lock(mutex_);
    std::vector<PayeeChannel> out;
    for (const auto& [key, record] : channels_) out.push_back(shown(key, record));
    return out;
}

void PayeeBook::observe(const AccountKey& channel, const Sighting& sighting) {
    std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return;
    PayeeRecord& record = found->second;
    record.exposed = exposed_by(record.count, record.terms.unit, sighting);
    if (sighting.confirmed && !sighting.confirmed->closed && sighting.confirmed->claimed >= record.count) record.since_s = 0;
}

Status PayeeBook::forget(const AccountKey& channel) {
    std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return {};
    if (found->second.working != 0) return refused("IN_PROGRESS", "channel", "a request of it is being served");
    node::WriteBatch batch;
    batch.erase(channel_key(channel));
    for (const auto& entry : found->second.tickets) batch.erase(ticket_key(channel, entry.first));
    commit_.add(batch);
    channels_.erase(found);
    return {};
}

}  // namespace gavel::channel
