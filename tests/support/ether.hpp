// Units of ETH, in wei.
#pragma once

#include "protocol/amount.hpp"

namespace gavel {

inline constexpr u128 kGwei = 1'000'000'000;
inline constexpr u128 kEther = kGwei * kGwei;

}  // namespace gavel
