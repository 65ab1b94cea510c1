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
};

// Consecutive lines that fit in one payout each: at most kMaxPayoutLines, and within a chunk's weight with its fee leaf.
std::vector<std::vector<PayLine>> split_into_payouts(const std::vector<PayLine>& lines);

// Lines "to,amount" of a CSV file in a token of so many decimals; a first line "to,amount" is taken as titles. Empty lines are
// passed over. Refusals name the line: PAY_FILE_LINE (field "line 3"), with the fault of address or amount.
node::Result<std::vector<Payment>> read_pay_file(const std::string& path, unsigned decimals);

// "0x" and 64 hex digits, or a text of at most 32 bytes. Reason: MEMO_INVALID.
node::Result<Hash> parse_memo(const std::string& text);

}  // namespace gavel::cli
