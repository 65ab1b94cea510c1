// The file of `gavel pay`: CSV as spreadsheets write it.
#pragma once

#include <string>
#include <vector>

#include "node/status.hpp"
#include "protocol/operation.hpp"

namespace gavel::cli {

struct FilePayment {
    uint64_t line = 0;  // of the file, from 1
    Payment payment;
    friend bool operator==(const FilePayment&, const FilePayment&) = default;
};

struct PayFile {
    std::vector<FilePayment> payments;
    // What is taken, but hardly meant: "line 7: the same as line 3".
    std::vector<std::string> oddities;
    // Names the payments, in their order, however the file writes them.
    Hash digest() const;
};

// One payment a line, in a token of so many decimals: recipient and amount. Fields are separated by commas, semicolons or tabs,
// whichever comes first in the first line (or as its "sep=;" says); they may be quoted and have blanks around them. The first
// line may name the columns, in any order and case: to, address or recipient, and amount or value; without it they are recipient
// and amount. Blank lines, separators at a line's end and a byte order mark are passed over. No number is guessed at. Reasons:
// those of LineReader, PAY_FILE_ENCODING (UTF-16 and other texts that aren't lines of UTF-8), PAY_FILE_COLUMNS, PAY_FILE_LINE
// (field "line 3", with the fault of address or amount), PAY_FILE_EMPTY.
node::Result<PayFile> read_pay_file(const std::string& path, unsigned decimals);

}  // namespace gavel::cli
