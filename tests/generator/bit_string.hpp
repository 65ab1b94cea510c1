// `ops` written by hand, field by field, so that a test can write what the encoder never would (docs/protocol.md, "Chunk codec").
#pragma once

#include <string>
#include <vector>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::test {

// Bits as the characters 0 and 1.
std::string u(unsigned width, u128 value);
std::string gamma(unsigned value, unsigned low_bits = 0);
// A literal amount, m x 10^exponent, by the place of the exponent in its list and the change of magnitude.
std::string amount_literal(unsigned exponent_place, int magnitude_change, unsigned length, u128 mantissa);
Bytes pack(std::string bits);

// The columns of a chunk. As it stands: leaf 1 transfers 25 x 10^16 to leaf 2 for a fee of 21 x 10^12, which goes to leaf 5.
struct RawOps {
    struct Fee {
        unsigned exponent;
        u128 mantissa;
    };

    std::string l1 = gamma(0);
    unsigned operations = 1;
    unsigned width = 3;
    bool mixed = false, by_address = false, memos = false;
    std::string kinds;
    unsigned mantissa_width = 5, exponent_width = 4;
    std::vector<Fee> fees = {{12, 21}};
    std::string classes;
    std::string senders = u(3, 1);
    std::string recipients = "0" + u(3, 2);
    std::string amounts = amount_literal(16, -6, 5, 25);
    std::string memo_bits;
    std::vector<unsigned> fee_leaves = {5};

    std::string bits() const;
    Bytes bytes() const { return pack(bits()); }
};

}  // namespace gavel::test
