// How channels stand, by the daemons that are there: what the books of channels go by.
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "api/sequencer.hpp"
#include "api/verifier.hpp"
#include "channel/channel_source.hpp"
#include "l1-bridge/client/l1_client.hpp"
#include "node/status.hpp"

namespace gavel::cli {

struct ChannelServers {
    api::Sequencer* sequencer = nullptr;  // nullptr: nothing is confirmed, only posted
    api::Verifier* verifier = nullptr;    // nullptr: nothing is posted, by anybody who can be believed
    l1::L1Client* l1 = nullptr;           // nullptr: the time is the daemons'; else its time must be known
};

// When a posted state counts as settled, in the absence of a flag: Ethereum finalises within two epochs, 13 minutes, and there is
// as much again for a bad hour.
inline constexpr uint64_t kFinality_s = 1800;

// Asks them anew each time. Thread-safe; whatever it is given outlives it.
class ServersSource final : public channel::ChannelSource {
public:
    ServersSource(const ChannelServers& servers, const node::Clock& clock, uint64_t finality_s = kFinality_s)
        : servers_(servers), clock_(clock), finality_s_(finality_s) {}

    // Without the sequencer's answer nothing is known: a voucher that it doesn't confirm isn't taken, and it isn't said that the
    // channel doesn't stand either.
    node::Result<channel::Sighting> look(const AccountKey& channel) override;
    // The same without the sequencer's, if it gives none: for whoever redeems, since the verifier's word and the time are enough
    // to know that the L1 must be called. Fails where nobody tells the time.
    node::Result<channel::Sighting> look_anyhow(const AccountKey& channel);

private:
    // A posted state, and since when.
    struct Posted {
        channel::Standing standing;
        uint64_t since_s = 0;
    };
    struct Seen {
        std::optional<Posted> waits;  // for finality
        std::optional<channel::Standing> settled;
    };
    node::Result<uint64_t> l1_time();
    // `sequencers`: why the sequencer didn't answer.
    node::Result<channel::Sighting> look(const AccountKey& channel, node::Status& sequencers);
    // What the verifier knows goes into `sighting`.
    void look_at_verifier(const AccountKey& channel, channel::Sighting& sighting);
    std::optional<channel::Standing> settle(const AccountKey& channel, const channel::Standing& posted, bool is_final,
                                            uint64_t now_s);

    const ChannelServers servers_;
    const node::Clock& clock_;
    const uint64_t finality_s_;
    std::mutex mutex_;
    std::map<AccountKey, Seen> seen_;  // of channels that the verifier knows
};

// For the collector.
class AnyhowSource final : public channel::ChannelSource {
public:
    explicit AnyhowSource(ServersSource& source) : source_(source) {}
    node::Result<channel::Sighting> look(const AccountKey& channel) override { return source_.look_anyhow(channel); }

private:
    ServersSource& source_;
};

// Remembers for a while what was seen, so that a payee who takes a thousand vouchers a second doesn't ask a thousand times, and
// one asks while the others go by what was seen last. The books have a bound of their own for how old that may be.
class KeptSource final : public channel::ChannelSource {
public:
    // `kept_ms`: how old an answer may be; ten times that while a newer one is on its way. A voucher that an older sighting
    // doesn't cover isn't asked for again before that.
    KeptSource(channel::ChannelSource& source, const node::Clock& clock, uint64_t kept_ms, size_t most = 10000)
        : source_(source), clock_(clock), kept_ms_(kept_ms), most_(most) {}
    node::Result<channel::Sighting> look(const AccountKey& channel) override;

private:
    channel::ChannelSource& source_;
    const node::Clock& clock_;
    const uint64_t kept_ms_;
    const size_t most_;
    std::mutex mutex_;
    struct Kept {
        channel::Sighting sighting;
        bool is_asked = false;  // somebody is about to know better
    };
    std::optional<channel::Sighting> recall(const AccountKey& channel);
    std::map<AccountKey, Kept> kept_;  // of channels that stand
};

}  // namespace gavel::cli
