#include "cli/payments.hpp"

#include <algorithm>
#include <set>

#include "protocol/kinds/kinds.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr unsigned kPayoutWeight = traits_of(OperationKind::kPayout).base_weight;

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
        out.back().push_back({line.payment, by_address, line.line});
        weight += line_weight;
    }
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
