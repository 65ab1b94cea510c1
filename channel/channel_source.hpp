// What the books know of the world outside: how a channel stands, and by whom its payee is paid. Whoever uses the library puts
// a sequencer, a verifier and the L1 behind these.
#pragma once

#include <optional>

#include "channel/vouchers.hpp"
#include "node/clock.hpp"

namespace gavel::channel {

// A marked leaf, at some moment.
struct Standing {
    Amount balance;
    uint64_t claimed = 0;  // units; meaningless when closed
    bool closed = false;
    friend bool operator==(const Standing&, const Standing&) = default;
};
// nullopt: the leaf isn't marked, so it is no channel.
std::optional<Standing> standing_of(const Account& leaf);

// The largest count that it pays in full: claimed + floor(balance / unit), at most kMaxVoucherCount; 0 for none, or a closed one.
uint64_t covered_count(const std::optional<Standing>& standing, Amount unit);
// How many units a voucher for `count` would be paid by it; 0 for none, or a closed one.
uint64_t units_due(const std::optional<Standing>& standing, Amount unit, uint64_t count);

// One channel as it is seen, by how sure that is; nullopt: at that level there is no such channel.
struct Sighting {
    std::optional<Standing> confirmed;  // by the sequencer's word
    std::optional<Standing> posted;     // in a batch on the L1, it and all before it found true by one's own verifier
    std::optional<Standing> settled;    // that, and the batch is in an L1-finalised block
    uint64_t l1_time_s = 0;             // timestamp of the newest L1 block when it was seen
    uint64_t seen_at_ms = 0;            // by Clock::steady_ms
};

// The L1's time now: what was seen, and what has passed since.
uint64_t l1_now_s(const Sighting& sighting, const node::Clock& clock);

class ChannelSource {
public:
    virtual ~ChannelSource() = default;
    // The channel's leaf as it stands. Thread-safe, and quick: it is asked for each voucher, so it should be answered from what
    // is kept up to date elsewhere. A status other than OK: nothing is known (the books then refuse with it).
    virtual node::Result<Sighting> look(const AccountKey& channel) = 0;
};

// What is redeemed.
struct Claim {
    ChannelTerms terms;
    SignedVoucher voucher;
};

class Redeemer {
public:
    virtual ~Redeemer() = default;
    // Both: OK once it is handed over; that it has had effect is seen by the ChannelSource. They are called again until it has,
    // so they must do nothing about a claim that is on its way.
    //
    // By an operation Redeem, signed by the payee, at the fee that he thinks right.
    virtual node::Status redeem(const Claim& claim) = 0;
    // By the contract's forceRedeem.
    virtual node::Status force_redeem(const Claim& claim) = 0;
};

}  // namespace gavel::channel
