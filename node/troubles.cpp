#include "node/troubles.hpp"

#include <algorithm>

#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr uint64_t kFirstPause_ms = 60'000;
constexpr uint64_t kLongestPause_ms = 3'600'000;

}  // namespace

Troubles::Troubles(const Clock& clock, Metrics* metrics) : clock_(clock), metrics_(metrics) {
    if (metrics_ != nullptr) metrics_->before_text([this] { set_gauges(); });
}

// Under the lock.
void Troubles::know(const std::string& reason) {
    if (metrics_ == nullptr || gauges_.contains(reason)) return;
    gauges_.emplace(
        reason, metrics_->gauge("gavel_trouble_seconds", "How long a trouble has stood; 0: it doesn't.", {{"reason", reason}}));
}

void Troubles::raise(const std::string& reason, const std::string& message, uint64_t grace_ms, bool is_grave) {
    std::lock_guard lock(mutex_);
    know(reason);
    const uint64_t now = clock_.steady_ms();
    auto [at, is_new] = entries_.try_emplace(reason);
    Entry& entry = at->second;
    if (is_new) {
        entry.trouble = {reason, message, now, is_grave};
        entry.stands_from_ms = now + grace_ms;
        return;
    }
    // It was only expected until now: from here on it is known.
    if (entry.trouble.since_ms > now) entry.trouble.since_ms = now;
    entry.stands_from_ms = std::min(entry.stands_from_ms, now + grace_ms);
    entry.trouble.message = message;
    entry.trouble.is_grave = is_grave;
}

void Troubles::settled(const std::string& reason) {
    std::lock_guard lock(mutex_);
    auto at = entries_.find(reason);
    if (at == entries_.end()) return;
    if (at->second.told_ms != 0) {
        log_info("trouble is over", {{"reason", reason}, {"seconds", (clock_.steady_ms() - at->second.trouble.since_ms) / 1000}});
    }
    entries_.erase(at);
}

void Troubles::settle(const std::string& reason, const Status& status, uint64_t grace_ms, bool is_grave) {
    if (status.ok()) return settled(reason);
    raise(reason, to_string(status), grace_ms, is_grave);
}

void Troubles::expect(const std::string& reason, uint64_t within_ms, const std::string& message, bool is_grave) {
    settled(reason);
    std::lock_guard lock(mutex_);
    know(reason);
    const uint64_t due = clock_.steady_ms() + within_ms;
    entries_[reason] = {{reason, message, due, is_grave}, due};
}

std::vector<Trouble> Troubles::standing() const {
    std::vector<Trouble> out;
    {
        std::lock_guard lock(mutex_);
        const uint64_t now = clock_.steady_ms();
        for (const auto& [reason, entry] : entries_)
            if (stands(entry, now)) out.push_back(entry.trouble);
    }
    std::stable_sort(out.begin(), out.end(), [](const Trouble& a, const Trouble& b) { return a.since_ms < b.since_ms; });
    return out;
}

Status Troubles::health() const {
    for (const Trouble& trouble : standing())
        if (trouble.is_grave) return {Code::kUnavailable, trouble.reason, "", trouble.message};
    return {};
}

void Troubles::tick() {
    std::lock_guard lock(mutex_);
    const uint64_t now = clock_.steady_ms();
    for (auto& [reason, entry] : entries_) {
        if (!stands(entry, now) || (entry.told_ms != 0 && now < entry.told_ms + entry.pause_ms)) continue;
        log(entry.trouble.is_grave ? LogLevel::kError : LogLevel::kWarn, "trouble",
            {{"reason", reason}, {"detail", entry.trouble.message}, {"seconds", (now - entry.trouble.since_ms) / 1000}});
        entry.pause_ms = entry.told_ms == 0 ? kFirstPause_ms : std::min(2 * entry.pause_ms, kLongestPause_ms);
        entry.told_ms = std::max<uint64_t>(now, 1);
    }
}

void Troubles::set_gauges() {
    const std::vector<Trouble> now_standing = standing();
    std::lock_guard lock(mutex_);
    const uint64_t now = clock_.steady_ms();
    for (auto& [reason, gauge] : gauges_) {
        auto found = std::find_if(now_standing.begin(), now_standing.end(),
                                  [&wanted = reason](const Trouble& t) { return t.reason == wanted; });
        // At least a millisecond: 0 says that it doesn't stand.
        gauge.set(found == now_standing.end() ? 0 : std::max<double>(0.001, static_cast<double>(now - found->since_ms) / 1000));
    }
}

}  // namespace gavel::node
