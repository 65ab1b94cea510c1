// Amounts as people write them ("1.5" ether), and as programs count them (base units).
#pragma once

#include <string>
#include <string_view>

#include "node/status.hpp"
#include "protocol/amount.hpp"

namespace gavel::cli {

inline constexpr unsigned kEtherDecimals = 18;
inline constexpr unsigned kMaxDecimals = 77;  // more than any token of 256 bits can use

// "12", "0.5", "12.50" in units of 10^decimals base units. Digits with at most one point between or before digits; no sign, no
// exponent, no separators. Reasons: AMOUNT_INVALID, AMOUNT_TOO_PRECISE (more decimals than the token has, zeros at the end too),
// AMOUNT_TOO_LARGE (over 2^128-1 base units), each of `field`.
node::Result<Amount> parse_units(std::string_view text, unsigned decimals, const char* field = "amount");
// The shortest text that parse_units reads back.
std::string format_units(Amount amount, unsigned decimals);

}  // namespace gavel::cli
