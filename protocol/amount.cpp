#include "protocol/amount.hpp"

#include <algorithm>

namespace gavel {

std::string to_string(Amount amount) {
    u128 rest = amount.value();
    std::string out;
    do {
        out += static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    std::reverse(out.begin(), out.end());
    return out;
}

std::optional<Amount> amount_from_string(std::string_view digits) {
    if (digits.empty()) return std::nullopt;
    u128 value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        unsigned digit = static_cast<unsigned>(c - '0');
        if (value > (~u128{0} - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return Amount{value};
}

}  // namespace gavel
