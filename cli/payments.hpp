// Making operations: what to sign, for how much, and how lines of a file become payouts.
#pragma once

#include <vector>

#include "node/status.hpp"
#include "protocol/chunk.hpp"
#include "protocol/operation.hpp"

namespace gavel::cli {

struct PayLine {
    Payment payment;
    bool new_recipient = false;  // has no leaf yet
    uint64_t line = 0;           // of the file, from 1
};

// Consecutive lines that fit in one payout each: at most kMaxPayoutLines, and within a chunk's weight with its fee leaf.
std::vector<std::vector<PayLine>> split_into_payouts(const std::vector<PayLine>& lines);

// "0x" and 64 hex digits, or a text of at most 32 bytes. Reason: MEMO_INVALID.
node::Result<Hash> parse_memo(const std::string& text);

}  // namespace gavel::cli
