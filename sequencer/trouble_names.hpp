// What can stand in a sequencer's way, by name: labels of the metric gavel_trouble_seconds, and reasons in /healthz. Those of an
// L1 that isn't seen are follow::L1Freshness's.
#pragma once

namespace gavel::sequencer::trouble {

inline constexpr const char* kTakeoverAnnounced = "TAKEOVER_ANNOUNCED";        // the home operator may take the seat; not grave
inline constexpr const char* kNoFeeAccount = "NO_FEE_ACCOUNT";                 // a token's fees can't be taken; not grave
inline constexpr const char* kBatchesNotPosted = "BATCHES_NOT_POSTED";         // something waits and can't be sent
inline constexpr const char* kBatchesNotMined = "BATCHES_NOT_IN_A_BLOCK";      // what was sent comes into no block
inline constexpr const char* kTransactionsHeldUp = "L1_TRANSACTIONS_HELD_UP";  // the wallet can't get on with what it sent
// A loop of the daemon ended a round with an exception.
inline constexpr const char* kExecutingFailed = "EXECUTING_FAILED";
inline constexpr const char* kFollowingFailed = "FOLLOWING_FAILED";
inline constexpr const char* kSidecarsFailed = "SIDECARS_FAILED";
inline constexpr const char* kSnapshotsFailed = "SNAPSHOTS_FAILED";

}  // namespace gavel::sequencer::trouble
