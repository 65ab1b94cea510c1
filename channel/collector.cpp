#include "channel/collector.hpp"

#include "node/log.hpp"

namespace gavel::channel {

namespace {

bool reached(uint64_t now_s, uint64_t before_s, uint64_t expiry) { return u128{now_s} + before_s >= expiry; }

// What a voucher would still be paid at one level. A level that doesn't know the channel is not yet there: everything is due.
Amount due_at(const std::optional<Standing>& standing, const PayeeChannel& channel) {
    const uint64_t count = channel.voucher.voucher.count;
    const uint64_t units = standing ? units_due(standing, channel.terms.unit, count) : count;
    return amount_of(units, channel.terms.unit).value_or(Amount::max());
}

// Nobody tells how the channel stands: then the machine's time decides when the L1 is called, since not to call it may cost more.
Sighting blind(const node::Clock& clock) {
    Sighting out;
    out.l1_time_s = clock.now_ms() / 1000;
    out.seen_at_ms = clock.steady_ms();
    return out;
}

}  // namespace

RedeemWay redeem_due(const PayeeChannel& channel, const Sighting& sighting, const RedeemPolicy& policy, uint64_t now_s) {
    const uint64_t expiry = channel.terms.expiry;
    // Until it is settled a strike could undo it, and a reclaim come first then.
    const Amount unsettled = due_at(sighting.settled, channel);
    if (unsettled.is_zero()) return RedeemWay::kNone;
    if (reached(now_s, policy.margin_s, expiry)) return unsettled >= policy.least_by_l1 ? RedeemWay::kL1 : RedeemWay::kNone;
    const Amount due = due_at(sighting.confirmed, channel);
    if (!sighting.confirmed || due.is_zero() || due < policy.least) return RedeemWay::kNone;
    const bool old = channel.since_s != 0 && now_s >= channel.since_s && now_s - channel.since_s >= policy.age_s;
    const bool near = u128{now_s} + policy.margin_s + policy.lead_s >= expiry;
    return due >= policy.amount || old || near ? RedeemWay::kSequencer : RedeemWay::kNone;
}

size_t Collector::step() {
    size_t handed_over = 0;
    for (const PayeeChannel& channel : book_.channels()) {
        const auto seen = source_.look(channel.channel);
        if (!seen) node::log_status(node::LogLevel::kWarn, "a channel can't be looked at", seen.status());
        const Sighting sighting = seen ? *seen : blind(clock_);
        if (seen) book_.observe(channel.channel, sighting);
        if (sighting.settled && sighting.settled->closed) {
            if (book_.forget(channel.channel).ok()) asked_.erase(channel.channel);
        } else if (attend(channel, sighting)) {
            ++handed_over;
        }
    }
    return handed_over;
}

bool Collector::attend(const PayeeChannel& channel, const Sighting& sighting) {
    const RedeemWay way = redeem_due(channel, sighting, policy_, l1_now_s(sighting, clock_));
    Asked& asked = asked_[channel.channel];
    const uint64_t now_ms = clock_.steady_ms();
    if (way == RedeemWay::kNone || (way == asked.way && now_ms - asked.at_ms < policy_.retry_ms)) return false;
    asked = {way, now_ms};
    const Claim claim{channel.terms, channel.voucher};
    const node::Status status = way == RedeemWay::kSequencer ? redeemer_.redeem(claim) : redeemer_.force_redeem(claim);
    if (!status.ok()) node::log_status(node::LogLevel::kWarn, "a voucher couldn't be redeemed", status);
    return status.ok();
}

}  // namespace gavel::channel
