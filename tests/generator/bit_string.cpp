#include "tests/generator/bit_string.hpp"

namespace gavel::test {

std::string u(unsigned width, u128 value) {
    std::string out(width, '0');
    for (unsigned i = 0; i < width && i < 128; ++i) {
        if (value >> i & 1) out[width - 1 - i] = '1';
    }
    return out;
}

std::string gamma(unsigned value, unsigned low_bits) {
    unsigned q = (value >> low_bits) + 1, length = 0;
    while (q >> length) ++length;
    return std::string(length - 1, '0') + u(length, q) + u(low_bits, value);
}

std::string amount_literal(unsigned exponent_place, int magnitude_change, unsigned length, u128 mantissa) {
    int z = magnitude_change >= 0 ? 2 * magnitude_change : -2 * magnitude_change - 1;
    return gamma(exponent_place) + gamma(static_cast<unsigned>(z), 2) + (length > 1 ? u(length - 1, mantissa) : "");
}

Bytes pack(std::string bits) {
    bits.resize((bits.size() + 7) / 8 * 8, '0');
    Bytes out(bits.size() / 8);
    for (size_t i = 0; i < bits.size(); ++i) out[i / 8] = static_cast<uint8_t>(out[i / 8] << 1 | (bits[i] == '1'));
    return out;
}

std::string RawOps::bits() const {
    std::string out =
        l1 + u(6, operations) + u(6, fee_leaves.size()) + u(5, width - 1) + u(1, mixed) + u(1, by_address) + u(1, memos) + kinds;
    if (operations > 0) {
        out += u(6, fees.size() - 1) + u(8, mantissa_width) + u(3, exponent_width);
        for (const Fee& fee : fees) out += u(exponent_width, fee.exponent) + u(mantissa_width, fee.mantissa);
    }
    out += classes + senders + recipients + amounts + memo_bits;
    for (unsigned leaf : fee_leaves) out += u(width, leaf);
    return out;
}

}  // namespace gavel::test
