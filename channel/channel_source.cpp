#include "channel/channel_source.hpp"

#include <algorithm>

#include "protocol/check.hpp"

namespace gavel::channel {

std::optional<Standing> standing_of(const Account& leaf) {
    if (!is_marked(leaf)) return std::nullopt;
    const bool open = is_open_channel(leaf);
    return Standing{leaf.balance, open ? claimed_units(leaf) : 0, !open};
}

uint64_t covered_count(const std::optional<Standing>& standing, Amount unit) {
    GAVEL_CHECK(!unit.is_zero());
    if (!standing || standing->closed) return 0;
    // By division, so that nothing can overflow: count - claimed <= floor(balance / unit).
    const u128 paid = std::min<u128>(standing->balance.value() / unit.value(), kMaxVoucherCount);
    return static_cast<uint64_t>(std::min<u128>(u128{standing->claimed} + paid, kMaxVoucherCount));
}

uint64_t units_due(const std::optional<Standing>& standing, Amount unit, uint64_t count) {
    const uint64_t most = std::min(covered_count(standing, unit), count);
    return standing && most > standing->claimed ? most - standing->claimed : 0;
}

uint64_t l1_now_s(const Sighting& sighting, const node::Clock& clock) {
    const uint64_t now = clock.steady_ms();
    const uint64_t passed_s = now > sighting.seen_at_ms ? (now - sighting.seen_at_ms) / 1000 : 0;
    return sighting.l1_time_s > ~uint64_t{0} - passed_s ? ~uint64_t{0} : sighting.l1_time_s + passed_s;
}

}  // namespace gavel::channel
