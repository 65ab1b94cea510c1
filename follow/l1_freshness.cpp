#include "follow/l1_freshness.hpp"

#include <algorithm>

namespace gavel::follow {
namespace {

constexpr size_t kRemembered = 32;               // blocks, for the time between them
constexpr uint64_t kUsualBlockTime_ms = 12'000;  // until it is seen
constexpr uint64_t kBlockTimes = 4;              // without a block
constexpr uint64_t kLeast_ms = 5'000, kLeastRound_ms = 3'000;

std::string stale(uint64_t ms) { return "no new block of the L1 has come for " + std::to_string(ms / 1000) + " s"; }

}  // namespace

L1Freshness::L1Freshness(const node::Clock& clock, node::Troubles& troubles, uint64_t inclusion_window, uint64_t stale_after_ms)
    : clock_(clock), troubles_(troubles), inclusion_window_ms_(inclusion_window * 1000), stale_after_ms_(stale_after_ms) {}

uint64_t L1Freshness::block_time_ms() const {
    if (recent_.size() < 2) return kUsualBlockTime_ms;
    const uint64_t seconds = recent_.back().time - std::min(recent_.back().time, recent_.front().time);
    return std::clamp<uint64_t>(seconds * 1000 / (recent_.back().number - recent_.front().number), 1'000, 60'000);
}

uint64_t L1Freshness::limit_ms() const {
    if (stale_after_ms_ != 0) return stale_after_ms_;
    return std::min(std::max(kBlockTimes * block_time_ms(), kLeast_ms), inclusion_window_ms_ / 8);
}

void L1Freshness::note(const node::Status& round, const L1Sync& sync) {
    const uint64_t round_ms = std::max(2 * block_time_ms(), kLeastRound_ms);
    const node::Status contradiction = sync.contradiction();
    if (round.ok() || !contradiction.ok()) {
        troubles_.expect("L1_SILENT", round_ms, "no round with the L1 has gone well for some time");
    } else {
        troubles_.settle("L1_SILENT", round, round_ms / 2);
    }
    troubles_.settle("L1_CONTRADICTS", contradiction);
    const l1::BlockRef head = sync.view().head();
    if (!round.ok() || !sync.is_up_to_date() || (!recent_.empty() && head.hash == recent_.back().hash)) return;
    while (!recent_.empty() && recent_.back().number >= head.number) recent_.pop_back();
    recent_.push_back(head);
    if (recent_.size() > kRemembered) recent_.pop_front();
    const uint64_t now = clock_.steady_ms(), limit = limit_ms();
    troubles_.expect("L1_STALE", limit, stale(limit));
    std::lock_guard lock(mutex_);
    came_ms_ = std::max<uint64_t>(now, 1);
    stale_ms_ = now + limit;
}

node::Status L1Freshness::check() const {
    std::lock_guard lock(mutex_);
    const uint64_t now = clock_.steady_ms();
    if (came_ms_ == 0 || now < stale_ms_) return {};
    return {node::Code::kUnavailable, "L1_STALE", "", stale(now - came_ms_)};
}

uint64_t L1Freshness::age_ms() const {
    std::lock_guard lock(mutex_);
    return came_ms_ == 0 ? 0 : clock_.steady_ms() - came_ms_;
}

}  // namespace gavel::follow
