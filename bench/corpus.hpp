// Reader of files of real payments: CSV, plain or packed with zstd, with a header line. Known by name are the columns `from`, `to`,
// `token` and `amount` (base units) and, for rows without a token, `value_wei`; all others are passed over. Fields hold no quotes
// or commas.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "node/status.hpp"
#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::bench {

struct CorpusPayment {
    Address from;
    Address to;
    Address token;  // zero: ETH
    Amount amount;  // above zero
    friend bool operator==(const CorpusPayment&, const CorpusPayment&) = default;
};

// Why a well-formed row is no payment that Gavel could carry; a row is counted under the first that holds.
enum class CorpusSkip : uint8_t { kZeroAddress, kZeroAmount, kAmountTooLarge };
inline constexpr std::array kCorpusSkips = {CorpusSkip::kZeroAddress, CorpusSkip::kZeroAmount, CorpusSkip::kAmountTooLarge};
// "zero address", "amount 0", "amount >= 2^128".
const char* name_of(CorpusSkip reason);

struct Corpus {
    std::vector<CorpusPayment> payments;  // in the file's order
    std::array<size_t, kCorpusSkips.size()> skipped{};
    size_t rows() const;
};

// Reads a file, unpacked if its name ends with ".zst". Reasons beside node::read_file's: CORPUS_MALFORMED, with the line and column at
// fault (a row that isn't well-formed is never skipped), and CORPUS_UNPACK.
node::Result<Corpus> read_corpus(const std::string& path);
// The same from text.
node::Result<Corpus> parse_corpus(std::string_view text);

}  // namespace gavel::bench
