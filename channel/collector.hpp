// Redeems a payee's vouchers by itself: at an amount, at an age, and in any case before the expiry; through the sequencer first,
// and by the L1, in time, if that doesn't serve.
#pragma once

#include <map>

#include "channel/payee_book.hpp"

namespace gavel::channel {

struct RedeemPolicy {
    Amount amount = Amount::max();  // redeem when so much is due
    uint64_t age_s = 86400;         // or when the oldest unit is so old
    uint64_t lead_s = 21600;        // or so long before the margin begins: time for the sequencer, a batch, the L1's finality
    uint64_t margin_s = 7200;       // before the expiry: what isn't settled by then goes by the L1
    Amount least;                   // less than this isn't worth an operation's fee
    Amount least_by_l1;             // nor this the L1's gas
    uint64_t retry_ms = 60000;      // until the same is asked for again
};

enum class RedeemWay : uint8_t { kNone, kSequencer, kL1 };

// What is to be done about a channel now. `now_s`: the L1's time. Pure.
RedeemWay redeem_due(const PayeeChannel& channel, const Sighting& sighting, const RedeemPolicy& policy, uint64_t now_s);

class Collector {
public:
    // All of them outlive it.
    Collector(PayeeBook& book, ChannelSource& source, Redeemer& redeemer, const node::Clock& clock, const RedeemPolicy& policy)
        : book_(book), source_(source), redeemer_(redeemer), clock_(clock), policy_(policy) {}

    // Looks at each channel once, does what is due, and forgets those that are closed for ever. To be called often: at least
    // once in a tenth of the margin. By one thread. How many were handed over.
    size_t step();

private:
    struct Asked {
        RedeemWay way = RedeemWay::kNone;
        uint64_t at_ms = 0;
    };
    bool attend(const PayeeChannel& channel, const Sighting& sighting);

    PayeeBook& book_;
    ChannelSource& source_;
    Redeemer& redeemer_;
    const node::Clock& clock_;
    const RedeemPolicy policy_;
    std::map<AccountKey, Asked> asked_;
};

}  // namespace gavel::channel
