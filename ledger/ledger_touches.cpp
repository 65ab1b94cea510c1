// What touched whom, and what was rolled back: lists that are looked through for a bounded time.
#include <algorithm>
#include <chrono>

#include "ledger/ledger_impl.hpp"

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

// A page of touches, as it fills up.
class Page {
public:
    Page(const std::optional<Address>& token, size_t limit) : token_(token), limit_(limit) {}

    bool is_full() const { return out_.touches.size() >= limit_; }
    void add(const Touch& touch, bool wanted) {
        if (wanted && (!token_ || touch.token == *token_)) out_.touches.push_back(touch);
    }
    Reader::Touches end_at(std::optional<uint64_t> next) {
        out_.next = next;
        return std::move(out_);
    }

private:
    const std::optional<Address>& token_;
    size_t limit_;
    Reader::Touches out_;
};

// Of the entries that no row tells of.
void append_touches(std::vector<Touch>& out, const std::vector<EntryPointer>& entries, const Address& owner) {
    for (const EntryPointer& entry : entries)
        for (const auto& [whose, touch] : touches_of(*entry))
            if (whose == owner) out.push_back(touch);
}

}  // namespace

// Rows hold what is below the first touch in memory. A row that was written after what is published may hold more than is seen,
// and what is in memory still.
Reader::Touches Reader::touches_before(const Address& owner, const std::optional<Address>& token, uint64_t below,
                                       size_t limit) const {
    Budget budget(impl_->scans_);
    Impl::Look look = impl_->look(&owner);
    append_touches(look.touches, look.open, owner);
    Page page(token, limit);
    uint64_t last = std::min(below, look.seen.entries);
    const auto take = [&](const Touch& touch) {  // false: it doesn't go in
        if (touch.entry >= last) return true;
        if (page.is_full()) return false;
        page.add(touch, true);
        last = touch.entry;
        return true;
    };
    for (auto touch = look.touches.rbegin(); touch != look.touches.rend(); ++touch)
        if (!take(*touch)) return page.end_at(last);
    const uint64_t end = std::min({below, look.open_first, look.touches.empty() ? kNoEntry : look.touches.front().entry});
    last = std::min(last, end);
    bool more = false;
    look.store->scan_reverse(rows::pair_key('o', owner, uint64_t{0}), rows::pair_key('o', owner, end),
                             [&](std::string_view key, std::string_view value) {
                                 more = page.is_full() || budget.is_spent();
                                 if (more) return false;
                                 const auto touches = decode_touches(rows::u64_at_end(key), value);
                                 for (auto touch = touches.rbegin(); touch != touches.rend() && !more; ++touch)
                                     more = !take(*touch);
                                 return !more;
                             });
    return page.end_at(more ? std::optional(last) : std::nullopt);
}

Reader::Touches Reader::incoming_from(const Address& owner, const std::optional<Address>& token, uint64_t from,
                                      size_t limit) const {
    Budget budget(impl_->scans_);
    Impl::Look look = impl_->look(&owner);
    append_touches(look.touches, look.open, owner);
    Page page(token, limit);
    std::optional<uint64_t> stop;  // the first not looked at
    const auto take = [&](const Touch& touch) {
        if (touch.entry < from) return;
        if (page.is_full()) stop = touch.entry;
        else page.add(touch, touch.incoming);
    };
    const uint64_t end = std::min(look.open_first, look.touches.empty() ? kNoEntry : look.touches.front().entry);
    if (from < end) {
        // It may be in the middle of a row.
        std::string first = rows::pair_key('o', owner, from);
        look.store->scan_reverse(rows::pair_key('o', owner, uint64_t{0}), rows::pair_key('o', owner, from + 1),
                                 [&](std::string_view key, std::string_view) {
                                     first = key;
                                     return false;
                                 });
        look.store->scan(first, rows::pair_key('o', owner, end), [&](std::string_view key, std::string_view value) {
            const uint64_t entry = rows::u64_at_end(key);
            if (budget.is_spent()) stop = std::max(from, entry);
            if (stop) return false;
            for (const Touch& touch : decode_touches(entry, value)) {
                if (touch.entry < end) take(touch);
                if (stop) break;
            }
            return !stop;
        });
    }
    for (const Touch& touch : look.touches) {
        if (stop) break;
        take(touch);
    }
    return page.end_at(stop.value_or(look.seen.entries));
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
