// Money: unsigned 128-bit base units (wei, or the token's smallest unit), with checked arithmetic and no other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace gavel {

using u128 = unsigned __int128;

class Amount {
public:
    constexpr Amount() = default;
    constexpr explicit Amount(u128 value) : value_(value) {}
    static constexpr Amount max() { return Amount{~u128{0}}; }

    constexpr u128 value() const { return value_; }
    constexpr bool is_zero() const { return value_ == 0; }
    // nullopt if the sum is over 2^128-1.
    constexpr std::optional<Amount> plus(Amount other) const {
        u128 sum = value_ + other.value_;
        if (sum < value_) return std::nullopt;
        return Amount{sum};
    }
    // nullopt if the difference is below zero.
    constexpr std::optional<Amount> minus(Amount other) const {
        if (other.value_ > value_) return std::nullopt;
        return Amount{value_ - other.value_};
    }
    friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

private:
    u128 value_ = 0;
};

// Base-ten digits of the whole number of base units.
std::string to_string(Amount amount);
// Base-ten digits only, at most 2^128-1; nullopt for anything else.
std::optional<Amount> amount_from_string(std::string_view digits);

}  // namespace gavel
