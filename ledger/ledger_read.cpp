// What any thread may ask.
#include <algorithm>
#include <chrono>
#include <map>

#include "ledger/ledger_impl.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

using rows::required;

namespace {

// What one call may look at: it holds a thread of the server for so long.
constexpr size_t kMaxRows = 10'000;
constexpr std::chrono::milliseconds kMaxTime{25};
constexpr size_t kRowsBetweenLooksAtTheClock = 16;

// A scan's place among those under way, and what it may still look at.
class Budget {
public:
    explicit Budget(std::counting_semaphore<>& scans) : scans_(scans) {
        scans_.acquire();
        start_ = std::chrono::steady_clock::now();
    }
    ~Budget() { scans_.release(); }
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    // Whether there is none left for one more row.
    bool is_spent() {
        bool look = rows_ > 0 && rows_ % kRowsBetweenLooksAtTheClock == 0;
        if (rows_++ == kMaxRows) return true;
        return look && std::chrono::steady_clock::now() - start_ > kMaxTime;
    }

private:
    std::counting_semaphore<>& scans_;
    size_t rows_ = 0;
    std::chrono::steady_clock::time_point start_;
};

Touch touch_of(uint64_t entry, std::string_view value) {
    ByteReader in(view_of(value));
    uint8_t flags = in.u8();
    Touch out{entry, in.fixed<Address>(), (flags & 1) != 0, (flags & 2) != 0};
    if (!in.finished() || flags > 3) throw node::StoreError("the ledger's store is damaged: an owner's index is unreadable");
    return out;
}

}  // namespace

std::vector<std::pair<Address, Touch>> touches_of(const Entry& entry) {
    std::map<Address, Touch> touches;
    auto note = [&](const Address& owner, const Address& token) -> Touch& {
        Touch& touch = touches[owner];
        touch.entry = entry.number;
        touch.token = token;
        return touch;
    };
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        const Operation& signed_form = operation->operation;
        const bool is_redeem = traits_of(signed_form.kind).payees == Payees::kParties;
        note(is_redeem ? signed_form.channel.channel : operation->sender, signed_form.token).outgoing = true;
        if (is_redeem) note(operation->sender, signed_form.token);
        for (size_t i = 0; i < operation->recipients.size(); ++i) {
            const Payment& payment = signed_form.payments[i];
            if (!is_redeem || !payment.amount.is_zero()) note(payment.to, signed_form.token).incoming = true;
        }
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        const L1Operation& asked = l1->operation;
        const bool debits_caller = traits_of(asked.kind).debits_caller;
        if (debits_caller) note(asked.caller, asked.token).outgoing = l1->took_effect;
        if (!debits_caller || l1->recipient) note(asked.to, asked.token).incoming = l1->recipient.has_value();
    } else {
        const auto& fee = std::get<FeeEntry>(entry.what);
        note(fee.owner, fee.token).incoming = true;
    }
    return {touches.begin(), touches.end()};
}

LedgerSummary Reader::summary() const {
    std::lock_guard lock(impl_->mutex_);
    const Impl::Published& seen = impl_->published_;
    LedgerSummary out;
    out.fields = seen.fields;
    out.entries = seen.entries;
    out.op_count = seen.counters.op_count;
    out.l1_ops_consumed = seen.counters.l1_ops_consumed;
    out.account_count = seen.account_count;
    out.withdrawal_count = seen.withdrawal_count;
    out.chunks = seen.chunks;
    out.batches = impl_->batch_head();
    out.rolled_back = seen.rolled_back;
    out.generation = impl_->lists_.generation;
    return out;
}

uint64_t Reader::generation() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->lists_.generation;
}

Reader::Impl::Look Reader::Impl::look() const {
    std::lock_guard lock(mutex_);
    return {published_, lists_.generation, store_.snapshot()};
}

Entry entry_in(const node::StoreView& store, uint64_t number) {
    auto row = store.get(rows::u64_key('E', number));
    return required(row ? decode_entry(number, *row) : std::nullopt, "an entry");
}

std::optional<uint64_t> number_in(const node::StoreView& store, const std::string& key) {
    auto row = store.get(key);
    return row ? std::optional(rows::u64_at_end(*row)) : std::nullopt;
}

namespace {

WithdrawalRecord withdrawal_in(const node::StoreView& store, uint32_t position) {
    auto row = store.get(rows::u32_key('W', position));
    return required(row ? decode_withdrawal(position, *row) : std::nullopt, "a withdrawal");
}

}  // namespace

uint64_t Reader::entries_kept_since(uint64_t generation) const {
    Impl::Look look = impl_->look();
    if (generation > look.generation) return 0;
    uint64_t kept = look.seen.entries;
    look.store->scan(rows::u64_key('g', generation + 1), rows::u64_key('g', look.generation + 1),
                     [&](std::string_view, std::string_view value) {
                         kept = std::min(kept, rows::u64_at_end(value));
                         return true;
                     });
    return kept;
}

std::optional<Entry> Reader::entry(uint64_t number) const {
    Impl::Look look = impl_->look();
    if (number >= look.seen.entries) return std::nullopt;
    return entry_in(*look.store, number);
}

std::vector<Entry> Reader::entries(uint64_t first, size_t limit) const {
    Impl::Look look = impl_->look();
    std::vector<Entry> out;
    if (limit == 0 || first >= look.seen.entries) return out;
    look.store->scan(rows::u64_key('E', first), rows::u64_key('E', look.seen.entries),
                     [&](std::string_view key, std::string_view value) {
                         out.push_back(required(decode_entry(rows::u64_at_end(key), value), "an entry"));
                         return out.size() < limit;
                     });
    return out;
}

std::vector<Entry> Reader::entries_at(const std::vector<uint64_t>& numbers) const {
    Impl::Look look = impl_->look();
    std::vector<Entry> out;
    for (uint64_t number : numbers)
        if (number < look.seen.entries) out.push_back(entry_in(*look.store, number));
    return out;
}

std::optional<uint64_t> Reader::entry_of_hash(const Hash& hash) const {
    Impl::Look look = impl_->look();
    return if_below(number_in(*look.store, rows::fixed_key('h', hash)), look.seen.entries);
}

std::optional<uint64_t> Reader::entry_of_position(uint64_t position) const {
    Impl::Look look = impl_->look();
    return if_below(number_in(*look.store, rows::u64_key('p', position)), look.seen.entries);
}

std::optional<uint64_t> Reader::entry_of_l1_operation(uint64_t index) const {
    Impl::Look look = impl_->look();
    return if_below(number_in(*look.store, rows::u64_key('q', index)), look.seen.entries);
}

uint64_t Reader::wait_for_entries(uint64_t known, uint64_t generation, uint64_t timeout_ms) const {
    std::unique_lock lock(impl_->wait_mutex_);
    impl_->changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                             [&] { return impl_->wait_entries_ > known || impl_->wait_generation_ != generation; });
    return impl_->wait_entries_;
}

const Account& Reader::Impl::published_leaf_locked(uint32_t index) const {
    for (const Held& held : held_) {
        auto old = held.overlay.find(index);
        if (old != held.overlay.end()) return old->second;
    }
    auto old = overlay_.find(index);
    return old != overlay_.end() ? old->second : *state_.accounts.at(index);
}

std::optional<AccountAt> Reader::account(const AccountKey& key) const {
    std::lock_guard lock(impl_->mutex_);
    AccountTree::Found found = impl_->state_.accounts.find(key);
    if (!found.present || found.index == 0 || found.index >= impl_->published_.account_count) return std::nullopt;
    return AccountAt{found.index, impl_->published_leaf_locked(found.index)};
}

std::optional<Account> Reader::account(uint32_t index) const {
    std::lock_guard lock(impl_->mutex_);
    if (index == 0 || index >= impl_->published_.account_count) return std::nullopt;
    return impl_->published_leaf_locked(index);
}

std::vector<AccountAt> Reader::accounts_of(const Address& owner, const std::optional<Address>& after, size_t limit) const {
    std::lock_guard lock(impl_->mutex_);
    std::vector<AccountAt> out;
    const AccountTree& accounts = impl_->state_.accounts;
    // Along the newest list, whose leaves that readers don't know yet are skipped.
    AccountTree::Found at = accounts.find({owner, after.value_or(Address{})});
    if (!at.present || after || at.index == 0) at = accounts.find(accounts.at(at.index)->next);
    while (out.size() < limit && at.present && accounts.at(at.index)->key.owner == owner && at.index != 0) {
        if (at.index < impl_->published_.account_count) out.push_back({at.index, impl_->published_leaf_locked(at.index)});
        at = accounts.find(accounts.at(at.index)->next);
    }
    return out;
}

Reader::Touches Reader::touches_before(const Address& owner, const std::optional<Address>& token, uint64_t below,
                                       size_t limit) const {
    Budget budget(impl_->scans_);
    Impl::Look look = impl_->look();
    Touches out;
    uint64_t last = 0;
    uint64_t end = std::min(below, look.seen.entries);
    look.store->scan_reverse(rows::pair_key('o', owner, uint64_t{0}), rows::pair_key('o', owner, end),
                             [&](std::string_view key, std::string_view value) {
                                 if (out.touches.size() == limit || budget.is_spent()) {
                                     out.next = last;
                                     return false;
                                 }
                                 Touch touch = touch_of(last = rows::u64_at_end(key), value);
                                 if (!token || touch.token == *token) out.touches.push_back(touch);
                                 return true;
                             });
    return out;
}

Reader::Touches Reader::incoming_from(const Address& owner, const std::optional<Address>& token, uint64_t from,
                                      size_t limit) const {
    Budget budget(impl_->scans_);
    Impl::Look look = impl_->look();
    Touches out;
    uint64_t end = look.seen.entries;
    out.next = end;
    if (from >= end) return out;
    look.store->scan(rows::pair_key('o', owner, from), rows::pair_key('o', owner, end),
                     [&](std::string_view key, std::string_view value) {
                         uint64_t entry = rows::u64_at_end(key);
                         if (out.touches.size() == limit || budget.is_spent()) {
                             out.next = entry;
                             return false;
                         }
                         Touch touch = touch_of(entry, value);
                         if (touch.incoming && (!token || touch.token == *token)) out.touches.push_back(touch);
                         return true;
                     });
    return out;
}

std::optional<WithdrawalRecord> Reader::withdrawal(uint32_t position) const {
    Impl::Look look = impl_->look();
    if (position >= look.seen.withdrawal_count) return std::nullopt;
    return withdrawal_in(*look.store, position);
}

std::vector<WithdrawalRecord> Reader::withdrawals_to(const Address& recipient, uint32_t from, size_t limit) const {
    Impl::Look look = impl_->look();
    std::vector<WithdrawalRecord> out;
    uint32_t end = look.seen.withdrawal_count;
    if (limit == 0 || from >= end) return out;
    look.store->scan(rows::pair_key('w', recipient, from), rows::pair_key('w', recipient, end),
                     [&](std::string_view key, std::string_view) {
                         out.push_back(withdrawal_in(*look.store, rows::u32_at_end(key)));
                         return out.size() < limit;
                     });
    return out;
}

std::optional<WithdrawalProof> Reader::withdrawal_proof(uint32_t position, uint32_t withdrawal_count) const {
    WithdrawalProof proof;
    std::unique_ptr<const node::StoreView> store;
    {
        std::lock_guard lock(impl_->mutex_);
        if (position >= withdrawal_count || withdrawal_count > impl_->published_.withdrawal_count) return std::nullopt;
        proof.path = impl_->state_.withdrawals.path(position, withdrawal_count);
        store = impl_->store_.snapshot();
    }
    proof.position = position;
    proof.withdrawal = withdrawal_in(*store, position).withdrawal;
    return proof;
}

std::optional<RolledBack> Reader::rolled_back(const Hash& hash) const {
    auto store = impl_->store_.snapshot();
    auto number = number_in(*store, rows::fixed_key('r', hash));
    if (!number) return std::nullopt;
    auto row = store->get(rows::u64_key('R', *number));
    return row ? required(decode_rolled_back(*number, *row), "a rolled-back operation") : std::optional<RolledBack>{};
}

Reader::RolledBackPage Reader::rolled_back_from(uint64_t from, const std::optional<Address>& sender, size_t limit) const {
    RolledBackPage out;
    Budget budget(impl_->scans_);
    impl_->store_.scan(rows::u64_key('R', from), "S", [&](std::string_view key, std::string_view value) {
        uint64_t number = rows::u64_at_end(key);
        if (out.operations.size() == limit || budget.is_spent()) {
            out.next = number;
            return false;
        }
        RolledBack operation = required(decode_rolled_back(number, value), "a rolled-back operation");
        if (!sender || operation.sender == *sender) out.operations.push_back(std::move(operation));
        return true;
    });
    return out;
}

}  // namespace gavel::ledger
