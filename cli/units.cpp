#include "cli/units.hpp"

#include <algorithm>

namespace gavel::cli {
namespace {

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

node::Result<Amount> parse_units(std::string_view text, unsigned decimals, const char* field) {
    const auto invalid = [&](const char* reason, const std::string& why) {
        return node::Status{node::Code::kInvalidArgument, reason, field, "'" + std::string(text) + "' " + why};
    };
    const size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    if (whole.empty() || !all_digits(whole) || !all_digits(fraction) || (point != std::string_view::npos && fraction.empty())) {
        return invalid("AMOUNT_INVALID", "is not an amount; write it like 12 or 0.5");
    }
    if (fraction.size() > decimals) {
        return invalid("AMOUNT_TOO_PRECISE", "has more than the " + std::to_string(decimals) + " decimals of its token");
    }
    std::string digits(whole);
    digits += fraction;
    digits.append(decimals - fraction.size(), '0');
    auto amount = amount_from_string(digits);
    if (!amount) return invalid("AMOUNT_TOO_LARGE", "is more than there can be");
    return *amount;
}

std::string format_units(Amount amount, unsigned decimals) {
    std::string digits = to_string(amount);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    std::string fraction = digits.substr(digits.size() - decimals);
    digits.resize(digits.size() - decimals);
    fraction.resize(fraction.find_last_not_of('0') + 1);
    return fraction.empty() ? digits : digits + "." + fraction;
}

}  // namespace gavel::cli
