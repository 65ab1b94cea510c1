#include "cli/pay_file.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "cli/session.hpp"
#include "cli/units.hpp"
#include "protocol/keccak.hpp"
#include "workload/corpus.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

using Fields = std::vector<std::string>;

Status refused(const char* reason, uint64_t line, const std::string& message) {
    return {Code::kInvalidArgument, reason, "line " + std::to_string(line), message};
}
Status bad_line(uint64_t line, const std::string& message) { return refused("PAY_FILE_LINE", line, message); }

// Blanks at both ends, the one that doesn't break a line (U+00A0) too.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kNoBreak = "\xc2\xa0";
    for (;;) {
        if (text.starts_with(' ') || text.starts_with('\t')) {
            text.remove_prefix(1);
        } else if (text.ends_with(' ') || text.ends_with('\t')) {
            text.remove_suffix(1);
        } else if (text.starts_with(kNoBreak)) {
            text.remove_prefix(2);
        } else if (text.ends_with(kNoBreak)) {
            text.remove_suffix(2);
        } else {
            return text;
        }
    }
}

std::string lower(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

// The first of comma, semicolon, tab outside quotes; a comma if there is none.
char separator_of(std::string_view line) {
    bool quoted = false;
    for (char c : line) {
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == ',' || c == ';' || c == '\t')) return c;
    }
    return ',';
}

struct Columns {
    size_t to = 0;
    size_t amount = 1;
};

enum class Title { kNone, kTo, kAmount };
Title title_of(const std::string& field) {
    const std::string name = lower(field);
    if (name == "to" || name == "address" || name == "recipient") return Title::kTo;
    if (name == "amount" || name == "value") return Title::kAmount;
    return Title::kNone;
}

// nullopt: these are no titles.
Result<std::optional<Columns>> columns_of(const Fields& fields, uint64_t line) {
    if (std::all_of(fields.begin(), fields.end(), [](const std::string& one) { return title_of(one) == Title::kNone; }))
        return std::optional<Columns>();
    std::optional<size_t> to, amount;
    for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].empty()) continue;  // must be blank below, too
        const Title title = title_of(fields[i]);
        std::optional<size_t>& place = title == Title::kTo ? to : amount;
        if (title == Title::kNone || place) {
            return refused("PAY_FILE_COLUMNS", line,
                           "column '" + fields[i] + "' " + (place && title != Title::kNone ? "is there twice" : "isn't known") +
                               ": there may be one of to, address, recipient, and one of amount, value");
        }
        place = i;
    }
    if (!to || !amount) return refused("PAY_FILE_COLUMNS", line, std::string("no column is called ") + (to ? "amount" : "to"));
    return std::optional(Columns{*to, *amount});
}

Result<Payment> payment_of(const Fields& fields, const Columns& columns, uint64_t line, unsigned decimals) {
    for (size_t i = 0; i < fields.size(); ++i) {
        if (i == columns.to || i == columns.amount || fields[i].empty()) continue;
        return bad_line(line, "'" + fields[i] + "' is in no column; an amount is written without separators: 1000.01");
    }
    if (fields.size() <= std::max(columns.to, columns.amount)) return bad_line(line, "needs two fields: to,amount");
    auto to = parse_address(fields[columns.to], "to");
    if (!to) return bad_line(line, to.status().message);
    if (to->is_zero()) return bad_line(line, "the zero address can't be paid");
    auto amount = parse_units(fields[columns.amount], decimals);
    if (!amount) return bad_line(line, amount.status().message);
    return Payment{*to, *amount};
}

class Reading {
public:
    explicit Reading(unsigned decimals) : decimals_(decimals) {}

    Status take(std::string& line, uint64_t number) {
        if (Status encoding = check_encoding(line, number); !encoding.ok()) return encoding;
        if (trimmed(line).empty()) return {};
        if (!separator_) {
            if (lower(line.substr(0, 4)) == "sep=" && line.size() == 5) {
                separator_ = line[4];
                return {};
            }
            separator_ = separator_of(line);
        }
        Fields fields;
        if (!split_csv(line, fields, *separator_)) return bad_line(number, "its quotes don't match");
        for (std::string& field : fields) field = std::string(trimmed(field));
        if (std::all_of(fields.begin(), fields.end(), [](const std::string& one) { return one.empty(); })) return {};
        if (!columns_) {
            auto titles = columns_of(fields, number);
            if (!titles) return titles.status();
            columns_ = titles->value_or(Columns());
            if (*titles) return {};
        }
        auto payment = payment_of(fields, *columns_, number, decimals_);
        if (!payment) return payment.status();
        note_oddities(*payment, number);
        out.payments.push_back({number, *payment});
        return {};
    }

    PayFile out;

private:
    // Removes the byte order mark, which is before the first line.
    static Status check_encoding(std::string& line, uint64_t number) {
        if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
        const bool utf16 = (number == 1 && (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff"))) ||
                           line.find('\0') != std::string::npos;
        if (utf16) return refused("PAY_FILE_ENCODING", number, "the file is UTF-16 or no text: save it as CSV in UTF-8");
        if (line.find('\r') != std::string::npos)
            return refused("PAY_FILE_ENCODING", number, "its lines end with CR alone: save it as CSV with other line ends");
        return {};
    }
    void note_oddities(const Payment& payment, uint64_t number) {
        const std::string line = "line " + std::to_string(number) + ": ";
        if (payment.amount.is_zero()) out.oddities.push_back(line + "an amount of zero");
        auto [first, is_new] = first_line_.emplace(std::pair(payment.to, payment.amount.value()), number);
        if (!is_new) out.oddities.push_back(line + "the same as line " + std::to_string(first->second));
    }

    unsigned decimals_;
    std::optional<char> separator_;
    std::optional<Columns> columns_;
    std::map<std::pair<Address, u128>, uint64_t> first_line_;
};

}  // namespace

Hash PayFile::digest() const {
    Bytes all;
    for (const FilePayment& one : payments) {
        append(all, one.payment.to);
        append(all, view_of(to_string(one.payment.amount)));
        all.push_back('\n');
    }
    return keccak256(all);
}

Result<PayFile> read_pay_file(const std::string& path, unsigned decimals) {
    auto reader = LineReader::open(path);
    if (!reader) return reader.status();
    Reading reading(decimals);
    std::string line;
    for (uint64_t number = 1; (*reader)->next(line); ++number) {
        if (Status taken = reading.take(line, number); !taken.ok()) return taken;
    }
    if (!(*reader)->status().ok()) return (*reader)->status();
    if (reading.out.payments.empty())
        return Status{Code::kInvalidArgument, "PAY_FILE_EMPTY", "file", path + " names nobody to pay"};
    return std::move(reading.out);
}

}  // namespace gavel::cli
