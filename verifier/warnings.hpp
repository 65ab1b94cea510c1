// What ought to worry whoever watches a rollup.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/verifier.hpp"
#include "follow/l1_view.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"

namespace gavel::verifier {

using api::Warning;

struct WarningOptions {
    // An L1 operation waits, and no batch has come, for so long: SEQUENCER_STALLED. 0: a quarter of the inclusion window.
    uint64_t stalled_after = 0;
    // No batch at all for so long while somebody sits: SEQUENCER_STALLED. 0: an inclusion window.
    uint64_t silent_after = 0;
    // Payees whose channels are watched: CHANNEL_EXPIRES_SOON so many seconds before one's expiry.
    std::vector<Address> payees{};
    uint64_t expires_within = 86'400;
};

// What the verifier knows beside the view.
struct KnownFacts {
    uint64_t l1_ops_consumed = 0;         // by the batches that are verified
    std::optional<uint64_t> false_batch;  // number of the lowest that stands
    bool can_prove = false;
    bool withdrawals_full = false;  // a final batch has all the withdrawals that there can be
    l1::Notice notice{};            // of the home operator, as the contract told it last
    // The batch that can't be judged since its blobs can't be had, and why.
    std::optional<uint64_t> not_judged{};
    std::string why_not_judged{};
};

// By the newest block's time. Reasons:
//   L1_OPERATION_OVERDUE_SOON  the waiting operation is past half of its inclusion window; after all of it comes eviction
//   SEQUENCER_STALLED          see WarningOptions; or operations wait and nobody sits
//   TAKEOVER_ANNOUNCED         the home operator may take the seat soon, or now; the sequencer confirms nothing meanwhile
//   FREEZE_POSSIBLE            the waiting operation is as old as the freeze age, or no more withdrawals can be made
//   FROZEN                     the rollup is frozen: critical, who has money in it has to exit
//   BLOBS_MISSING              a batch can't be judged, since nobody has its blobs: critical, whatever is above it isn't judged
//                              either, and a lie in it becomes final like anything else
//   FALSE_BATCH                a false batch stands and can still be proven
//   PROOF_DEADLINE             twice the margin before that ends: critical
//   FALSE_BATCH_FINAL          it has become final: critical, the rollup's money is not safe
//   CHANNEL_EXPIRES_SOON       of a watched payee (ChannelWatch tells it): redeem now what vouchers are for
std::vector<Warning> warnings_of(const follow::L1View& view, const KnownFacts& known, const WarningOptions& options);
// Whether both are of one thing: of one reason, and of the same channel as it was, where it is of a channel.
bool is_same(const Warning& one, const Warning& other);
// By its reason: money is in danger.
bool is_critical(const Warning& warning);

}  // namespace gavel::verifier
