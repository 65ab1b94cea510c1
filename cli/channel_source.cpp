#include "cli/channel_source.hpp"

#include <algorithm>

namespace gavel::cli {

using channel::Sighting;
using channel::Standing;
using node::Code;
using node::Result;
using node::Status;

namespace {

Standing standing_of(const api::ChannelInfo& info) {
    Standing out;
    out.balance = info.account.balance;
    out.closed = info.is_closed();
    out.claimed = out.closed ? 0 : info.claimed();
    return out;
}

// The channel as a server has it; nullopt: it says that there is none.
Result<std::optional<api::ChannelInfo>> ask(api::Query& server, const AccountKey& channel) {
    auto info = server.channel(channel);
    if (!info) {
        if (info.status().code == Code::kNotFound) return std::optional<api::ChannelInfo>{};
        return info.status();
    }
    if (info->account.key != channel || !info->account.is_channel())
        return Status{Code::kInternal, "ANSWER_INVALID", "channel", "the server answers for another account"};
    return std::optional(*std::move(info));
}

bool went_back(const Standing& before, const Standing& now) {
    return (before.closed && !now.closed) || (!now.closed && now.claimed < before.claimed);
}

}  // namespace

Result<uint64_t> ServersSource::l1_time() {
    if (servers_.l1 != nullptr) {
        auto head = servers_.l1->head();
        if (!head) return head.status();
        return head->time;
    }
    // The later one: nobody gains by a time that is ahead, and the other may lag behind.
    uint64_t time = 0;
    Status trouble{Code::kUnavailable, "L1_TIME_UNKNOWN", "", "nobody tells the L1's time"};
    for (api::Query* server : std::initializer_list<api::Query*>{servers_.sequencer, servers_.verifier}) {
        if (server == nullptr) continue;
        auto info = server->chain_info();
        if (info) time = std::max(time, info->l1_time);
        else trouble = info.status();
    }
    if (time == 0) return trouble;
    return time;
}

Result<Sighting> ServersSource::look(const AccountKey& channel) {
    Status sequencers;
    auto out = look(channel, sequencers);
    if (out && !sequencers.ok()) return sequencers;
    return out;
}

Result<Sighting> ServersSource::look_anyhow(const AccountKey& channel) {
    Status sequencers;
    return look(channel, sequencers);
}

Result<Sighting> ServersSource::look(const AccountKey& channel, Status& sequencers) {
    Sighting out;
    out.seen_at_ms = clock_.steady_ms();  // before it is asked: what is told may be that old
    auto time = l1_time();
    if (!time) return time.status();
    out.l1_time_s = *time;
    look_at_verifier(channel, out);
    if (servers_.sequencer == nullptr) return out;
    auto info = ask(*servers_.sequencer, channel);
    if (!info) sequencers = info.status();
    else if (*info) out.confirmed = standing_of(**info);
    return out;
}

void ServersSource::look_at_verifier(const AccountKey& channel, Sighting& sighting) {
    if (servers_.verifier == nullptr) return;
    auto info = ask(*servers_.verifier, channel);
    // By a verifier that is away nothing is posted.
    if (!info) return;
    std::lock_guard lock(mutex_);
    const bool stands = *info && (*info)->status != api::OperationStatus::kConfirmed;
    if (!stands) {
        seen_.erase(channel);
        return;
    }
    sighting.posted = standing_of(**info);
    const bool is_final = (*info)->status == api::OperationStatus::kFinal;
    sighting.settled = settle(channel, *sighting.posted, is_final, sighting.l1_time_s);
}

// A state is settled once it has stood for the time that the L1's finality takes, seen by ourselves: a verifier tells the batch's
// place on the L1, not whether its block is final there. What is forgotten at a restart is waited for again, which costs at most
// a call of the L1 that wasn't needed.
std::optional<Standing> ServersSource::settle(const AccountKey& channel, const Standing& posted, bool is_final, uint64_t now_s) {
    Seen& seen = seen_[channel];
    if ((seen.settled && went_back(*seen.settled, posted)) || (seen.waits && went_back(seen.waits->standing, posted))) seen = {};
    if (is_final) {
        seen = {std::nullopt, posted};
        return posted;
    }
    if (seen.waits && now_s >= seen.waits->since_s && now_s - seen.waits->since_s >= finality_s_) {
        seen.settled = seen.waits->standing;
        seen.waits.reset();
    }
    if (!seen.waits && seen.settled != posted) seen.waits = Posted{posted, now_s};
    return seen.settled;
}

// nullopt: the caller is to ask.
std::optional<Sighting> KeptSource::recall(const AccountKey& channel) {
    const uint64_t now_ms = clock_.steady_ms();
    std::lock_guard lock(mutex_);
    const auto found = kept_.find(channel);
    if (found == kept_.end()) return std::nullopt;
    Kept& kept = found->second;
    const uint64_t age_ms = now_ms - std::min(now_ms, kept.sighting.seen_at_ms);
    if (age_ms <= kept_ms_ || (kept.is_asked && age_ms / 10 <= kept_ms_)) return kept.sighting;
    kept.is_asked = true;
    return std::nullopt;
}

Result<Sighting> KeptSource::look(const AccountKey& channel) {
    if (const auto known = recall(channel)) return *known;
    auto seen = source_.look(channel);
    std::lock_guard lock(mutex_);
    if (!seen || !seen->confirmed) {
        kept_.erase(channel);
        return seen;
    }
    // Strangers' channels must not fill the memory; those that are asked for often come back at once.
    if (kept_.size() >= most_ && !kept_.contains(channel)) kept_.clear();
    kept_[channel] = {*seen, false};
    return seen;
}

}  // namespace gavel::cli
