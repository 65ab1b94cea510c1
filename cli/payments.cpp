#include "cli/payments.hpp"

#include <algorithm>
#include <set>

#include "cli/corpus.hpp"
#include "cli/session.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr unsigned kPayoutWeight = 1;

Status bad_line(uint64_t number, const std::string& message) {
    return {Code::kInvalidArgument, "PAY_FILE_LINE", "line " + std::to_string(number), message};
}

}  // namespace

std::vector<std::vector<PayLine>> split_into_payouts(const std::vector<PayLine>& lines) {
    std::vector<std::vector<PayLine>> out;
    std::set<Address> made;  // recipients whose leaf an earlier line makes
    unsigned weight = 0;
    for (const PayLine& line : lines) {
        const bool by_address = line.new_recipient && made.insert(line.payment.to).second;
        const unsigned line_weight = by_address ? 2 : 1;
        if (out.empty() || out.back().size() == kMaxPayoutLines || weight + line_weight > kMaxChunkWeight) {
            out.emplace_back();
            weight = kPayoutWeight + kFeeLeafWeight;
        }
        out.back().push_back({line.payment, by_address});
        weight += line_weight;
    }
    return out;
}

Result<std::vector<Payment>> read_pay_file(const std::string& path, unsigned decimals) {
    auto reader = LineReader::open(path);
    if (!reader) return reader.status();
    std::vector<Payment> out;
    std::string line;
    std::vector<std::string> fields;
    for (uint64_t number = 1; (*reader)->next(line); ++number) {
        if (line.empty() || (number == 1 && line == "to,amount")) continue;
        if (!split_csv(line, fields) || fields.size() != 2) return bad_line(number, "needs two fields: to,amount");
        auto to = parse_address(fields[0], "to");
        if (!to) return bad_line(number, to.status().message);
        if (to->is_zero()) return bad_line(number, "the zero address can't be paid");
        auto amount = parse_units(fields[1], decimals);
        if (!amount) return bad_line(number, amount.status().message);
        out.push_back({*to, *amount});
    }
    if (!(*reader)->status().ok()) return (*reader)->status();
    if (out.empty()) return Status{Code::kInvalidArgument, "PAY_FILE_EMPTY", "file", path + " names nobody to pay"};
    return out;
}

Result<Hash> parse_memo(const std::string& text) {
    if (text.starts_with("0x")) {
        if (auto hash = fixed_from_hex<Hash>(text)) return *hash;
    } else if (text.size() <= Hash::kSize) {
        Hash out;
        std::copy(text.begin(), text.end(), out.bytes.begin());
        return out;
    }
    return Status{Code::kInvalidArgument, "MEMO_INVALID", "memo", "needs at most 32 bytes of text, or 0x and 64 hex digits"};
}

}  // namespace gavel::cli
