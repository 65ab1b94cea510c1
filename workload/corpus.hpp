// Payments from a file: CSV, plain or compressed by zstd, columns recognised by the names in its first line.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/status.hpp"
#include "protocol/amount.hpp"

namespace gavel::cli {

// A line at a time from a file, whatever it is compressed with.
class LineReader {
public:
    // A name that ends in ".zst" is decompressed. Reasons: FILE_NOT_FOUND, FILE_UNREADABLE.
    static node::Result<std::unique_ptr<LineReader>> open(const std::string& path);
    virtual ~LineReader() = default;
    // False at the end, and after a failure (see status()). Without the line's end; CR before it is dropped.
    bool next(std::string& line);
    // Reasons: FILE_UNREADABLE (damaged too), LINE_TOO_LONG.
    const node::Status& status() const { return status_; }

protected:
    static constexpr size_t kMaxLine = 1 << 20;
    // More bytes at the end of `buffer`; none at the end of the file.
    virtual node::Status fill(std::string& buffer) = 0;

private:
    std::string buffer_;
    size_t at_ = 0;
    bool ended_ = false;
    node::Status status_;
};

// The fields of a line of CSV (RFC 4180's quotes, no line breaks within them; spaces around quotes are dropped); false if the
// quotes don't match.
bool split_csv(std::string_view line, std::vector<std::string>& fields, char separator = ',');

struct CorpusPayment {
    uint64_t row = 0;  // of the file, from 1, the titles not counted
    Address from;
    Address to;
    Address token;  // as the file has it; zero: ETH
    Amount amount;
    std::optional<Amount> fee;       // in the token, where the file has such a column and the row a value
    Hash memo;                       // the same; zero: none
    std::vector<std::string> extra;  // the columns asked for, as they stand; empty texts where the file has none such
    friend bool operator==(const CorpusPayment&, const CorpusPayment&) = default;
};

struct BadRow {
    uint64_t line = 0;  // of the file, from 1, the titles and empty lines counted
    std::string reason;
    friend bool operator==(const BadRow&, const BadRow&) = default;
};

struct Corpus {
    uint64_t rows = 0;  // read
    std::vector<CorpusPayment> payments;
    std::map<std::string, uint64_t> skipped;  // rows by reason; rows = payments and these
    std::vector<BadRow> bad;                  // the same, one by one
};

// Columns: `from`, `to`, and amounts as `value_wei` (ETH), `token` with `amount` (base units), or `amount` alone (ETH); `fee`
// (base units) and `memo` (32 bytes in hex) if there are any. A row with a token is its token payment. Skipped are rows whose
// addresses or amounts are no such, zero addresses, amounts of zero or over 2^128-1. `max_payments` zero: all. `extra`: more
// columns that the caller wants to see. Reasons: those of LineReader, and CORPUS_COLUMNS (field: the file).
node::Result<Corpus> read_corpus(const std::string& path, uint64_t max_payments, const std::vector<std::string>& extra = {});

}  // namespace gavel::cli
