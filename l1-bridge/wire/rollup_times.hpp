// The contract's spans of time, in seconds (docs/contract.md).
#pragma once

#include <cstdint>

#include "protocol/amount.hpp"

namespace gavel::l1 {

// Bounds of parameters, in seconds.
inline constexpr uint64_t kMaxChallengeWindow = 14 * 86400;
inline constexpr uint64_t kMinInclusionWindow = 4;
inline constexpr uint64_t kMaxInclusionWindow = 7 * 86400;
inline constexpr uint64_t kFreezeMargin = 7 * 86400;       // by which the freeze age exceeds both windows, at least
inline constexpr uint64_t kMaxFreezeMargin = 365 * 86400;  // and at most
// Seconds after its own slash or eviction in which the home operator announces nothing.
inline constexpr uint64_t kHomeBan = 7 * 86400;
// Seconds between two of its notices, beside two inclusion windows.
inline constexpr uint64_t kNoticePause = 7 * 86400;
// From a freeze on, a channel's payer waits for the terms' expiry no longer than this many seconds, and for a challenge window
// and kChannelLeast at least (docs/contract.md, "After a freeze").
inline constexpr uint64_t kChannelMost = 365 * 86400;
inline constexpr uint64_t kChannelLeast = 7 * 86400;
// From when on what is left of a channel is its payer's, if its payee hasn't come.
u128 payees_end(uint64_t expiry, uint64_t frozen_at, uint64_t challenge_window);

}  // namespace gavel::l1
