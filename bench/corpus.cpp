#include "bench/corpus.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "node/file.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kMaxFileSize = uint64_t{1} << 30;
constexpr uint64_t kMaxTextSize = uint64_t{4} << 30;
constexpr size_t kMaxAmountDigits = 78;  // of 2^256-1

using node::Code;
using node::Result;
using node::Status;

struct Columns {
    static constexpr size_t kNone = ~size_t{0};
    size_t from = kNone, to = kNone, token = kNone, amount = kNone, value_wei = kNone;
};

Status malformed(size_t line, std::string_view column, std::string_view why) {
    return {Code::kInvalidArgument, "CORPUS_MALFORMED", std::string(column), fmt::format("line {}: {}", line, why)};
}

void split_line(std::string_view line, std::vector<std::string_view>& fields) {
    fields.clear();
    for (;;) {
        size_t comma = line.find(',');
        fields.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return;
        line.remove_prefix(comma + 1);
    }
}

Result<Columns> columns_of(const std::vector<std::string_view>& names) {
    Columns columns;
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == "from") columns.from = i;
        if (names[i] == "to") columns.to = i;
        if (names[i] == "token") columns.token = i;
        if (names[i] == "amount") columns.amount = i;
        if (names[i] == "value_wei") columns.value_wei = i;
    }
    if (columns.from == Columns::kNone) return malformed(1, "from", "no such column");
    if (columns.to == Columns::kNone) return malformed(1, "to", "no such column");
    bool tokens = columns.token != Columns::kNone && columns.amount != Columns::kNone;
    if (!tokens && columns.value_wei == Columns::kNone) return malformed(1, "value_wei", "no such column, nor token and amount");
    return columns;
}

// Base-ten digits below 2^256 or so; `too_large` if they are 2^128 or more.
std::optional<Amount> parse_amount(std::string_view digits, bool& too_large) {
    too_large = false;
    bool only_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits.empty() || digits.size() > kMaxAmountDigits || !only_digits) return std::nullopt;
    auto amount = amount_from_string(digits);
    too_large = !amount;
    return amount ? amount : Amount{};
}

class Parser {
public:
    // One line without its end; the first is the header.
    Status line(std::string_view text) {
        ++line_;
        if (text.ends_with('\r')) text.remove_suffix(1);
        split_line(text, fields_);
        if (line_ == 1) {
            auto columns = columns_of(fields_);
            if (!columns) return columns.status();
            columns_ = *columns;
            width_ = fields_.size();
            return {};
        }
        if (fields_.size() != width_) {
            return malformed(line_, "", fmt::format("{} fields, the header has {}", fields_.size(), width_));
        }
        return row();
    }
    Result<Corpus> finish() {
        if (line_ == 0) return malformed(1, "", "an empty file");
        return std::move(corpus_);
    }

private:
    Status row() {
        CorpusPayment payment;
        if (Status status = address("from", fields_[columns_.from], payment.from); !status.ok()) return status;
        if (Status status = address("to", fields_[columns_.to], payment.to); !status.ok()) return status;
        bool token = columns_.token != Columns::kNone && !fields_[columns_.token].empty();
        if (token) {
            if (Status status = address("token", fields_[columns_.token], payment.token); !status.ok()) return status;
        }
        const char* column = token ? "amount" : "value_wei";
        size_t number = token ? columns_.amount : columns_.value_wei;
        if (number == Columns::kNone) return malformed(line_, column, "no such column");
        bool too_large = false;
        auto amount = parse_amount(fields_[number], too_large);
        if (!amount) return malformed(line_, column, "not a number of base units");
        payment.amount = *amount;
        if (payment.from.is_zero() || payment.to.is_zero()) {
            skip(CorpusSkip::kZeroAddress);
        } else if (too_large) {
            skip(CorpusSkip::kAmountTooLarge);
        } else if (amount->is_zero()) {
            skip(CorpusSkip::kZeroAmount);
        } else {
            corpus_.payments.push_back(payment);
        }
        return {};
    }

    Status address(std::string_view column, std::string_view text, Address& out) {
        auto address = fixed_from_hex<Address>(text);
        if (!address) return malformed(line_, column, "not an address");
        out = *address;
        return {};
    }
    void skip(CorpusSkip reason) { ++corpus_.skipped[static_cast<size_t>(reason)]; }

    Corpus corpus_;
    Columns columns_;
    std::vector<std::string_view> fields_;
    size_t width_ = 0;
    size_t line_ = 0;
};

Result<std::string> unpack(std::string_view packed) {
    Status broken{Code::kInvalidArgument, "CORPUS_UNPACK", "", "not a whole zstd file"};
    std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    std::string text;
    std::vector<char> buffer(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    size_t left = 1;  // 0 at the end of a frame
    while (in.pos < in.size || left != 0) {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left)) return broken;
        if (in.pos == before && out.pos == 0) return broken;
        text.append(buffer.data(), out.pos);
        if (text.size() > kMaxTextSize) return Status{Code::kInvalidArgument, "CORPUS_UNPACK", "", "over 4 GiB of text"};
    }
    return text;
}

}  // namespace

const char* name_of(CorpusSkip reason) {
    switch (reason) {
        case CorpusSkip::kZeroAddress: return "zero address";
        case CorpusSkip::kZeroAmount: return "amount 0";
        case CorpusSkip::kAmountTooLarge: return "amount >= 2^128";
    }
    return "";
}

size_t Corpus::rows() const { return std::accumulate(skipped.begin(), skipped.end(), payments.size()); }

Result<Corpus> parse_corpus(std::string_view text) {
    Parser parser;
    while (!text.empty()) {
        size_t end = text.find('\n');
        if (Status status = parser.line(text.substr(0, end)); !status.ok()) return status;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return parser.finish();
}

Result<Corpus> read_corpus(const std::string& path) {
    auto content = node::read_file(path, kMaxFileSize);
    if (!content) return content.status();
    if (!path.ends_with(".zst")) return parse_corpus(*content);
    auto text = unpack(*content);
    if (!text) return text.status();
    return parse_corpus(*text);
}

}  // namespace gavel::bench
