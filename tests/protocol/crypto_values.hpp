// How vectors from outside write keys, words and signatures.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"
#include "protocol/keys.hpp"
#include "protocol/operation.hpp"

namespace gavel::test {

inline const Hash kOrder = *fixed_from_hex<Hash>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
inline const Hash kHalfOrder = *fixed_from_hex<Hash>("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

inline Bytes unhex(const std::string& text) {
    auto raw = from_hex(text);
    REQUIRE(raw.has_value());
    return *raw;
}

// A 256-bit word of base-ten digits, two's complement if negative.
inline Hash word_of(std::string digits) {
    bool negative = digits[0] == '-';
    Hash out;
    auto times_plus = [&out](unsigned factor, unsigned carry) {
        for (size_t i = 32; i-- > 0; carry >>= 8) {
            carry += out.bytes[i] * factor;
            out.bytes[i] = static_cast<uint8_t>(carry);
        }
    };
    for (char digit : digits.substr(negative)) times_plus(10, static_cast<unsigned>(digit - '0'));
    if (negative) {
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(~byte);
        times_plus(1, 1);
    }
    return out;
}

inline Hash order_minus(const Hash& value) {
    Hash out;
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int digit = kOrder.bytes[i] - value.bytes[i] - borrow;
        borrow = digit < 0;
        out.bytes[i] = static_cast<uint8_t>(digit + 256 * borrow);
    }
    return out;
}

inline Signature compact(const Hash& r, const Hash& s, int parity) {
    Signature out;
    std::copy(r.bytes.begin(), r.bytes.end(), out.bytes.begin());
    std::copy(s.bytes.begin(), s.bytes.end(), out.bytes.begin() + 32);
    out.bytes[32] = static_cast<uint8_t>(out.bytes[32] | parity << 7);
    return out;
}

inline Address address_of_point(ByteView xy) { return Address::from(ByteView{keccak256(xy)}.subspan(12)); }

inline std::vector<std::string> split(const std::string& line, char separator) {
    std::vector<std::string> out;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, separator);) out.push_back(field);
    return out;
}

}  // namespace gavel::test
