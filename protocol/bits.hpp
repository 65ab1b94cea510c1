// Bit streams, most significant bit first, and the one code word of the chunk codec (docs/protocol.md, "Chunk codec").
#pragma once

#include <algorithm>
#include <bit>

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"
#include "protocol/refusal.hpp"

namespace gavel {

inline constexpr unsigned kMaxCodeZeros = 6;                          // leading zeros of a code word; more: CodeTooLong
inline constexpr unsigned kLargestGamma = (2u << kMaxCodeZeros) - 2;  // without low bits

// Number of bits without leading zeros; 0 for 0.
constexpr unsigned bit_length(u128 value) {
    auto high = static_cast<uint64_t>(value >> 64);
    auto low = static_cast<uint64_t>(value);
    return static_cast<unsigned>(high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low));
}

// Length of the code word gamma(low_bits) for a value.
constexpr unsigned gamma_bits(unsigned value, unsigned low_bits = 0) {
    return 2 * bit_length((value >> low_bits) + 1) - 1 + low_bits;
}

class BitWriter {
public:
    void reserve(size_t bytes) { out_.reserve(bytes); }
    // u(width): the low `width` bits of `value`, which must have no others; width <= 128.
    void put(u128 value, unsigned width) {
        while (width > 32) {
            width -= 32;
            put_word(static_cast<uint32_t>(value >> width), 32);
        }
        put_word(static_cast<uint32_t>(value & ((uint64_t{1} << width) - 1)), width);
    }
    void put(ByteView bytes) {
        for (uint8_t byte : bytes) put_word(byte, 8);
    }
    void flag(bool value) { put_word(value, 1); }
    // gamma(low_bits).
    void gamma(unsigned value, unsigned low_bits = 0) {
        uint64_t high = uint64_t{value >> low_bits} + 1;
        put(high, 2 * bit_length(high) - 1);
        put(value & ((1u << low_bits) - 1), low_bits);
    }
    // Written so far.
    size_t bits() const { return 8 * out_.size() + pending_bits_; }
    // The stream, padded with zero bits to a whole byte. Ends the writer.
    Bytes finish() {
        if (pending_bits_ > 0) put_word(0, 8 - pending_bits_);
        return std::move(out_);
    }

private:
    void put_word(uint32_t value, unsigned width) {
        pending_ = pending_ << width | value;
        pending_bits_ += width;
        while (pending_bits_ >= 8) {
            pending_bits_ -= 8;
            out_.push_back(static_cast<uint8_t>(pending_ >> pending_bits_));
        }
    }

    Bytes out_;
    uint64_t pending_ = 0;       // the low pending_bits_ of it aren't in out_ yet
    unsigned pending_bits_ = 0;  // below 8 between calls
};

// Reads forward. The first failure stays: from then on every read gives zero, so that a caller may check once for several reads.
class BitReader {
public:
    explicit BitReader(ByteView data) : data_(data), end_(8 * data.size()) {}

    bool ok() const { return refusal_ == Refusal::kNone; }
    Refusal refusal() const { return refusal_; }
    void fail(Refusal refusal) {
        if (ok()) refusal_ = refusal;
    }
    // Fails unless `condition` holds.
    void require(bool condition, Refusal refusal) {
        if (!condition) fail(refusal);
    }

    // u(width), width <= 56.
    uint64_t get(unsigned width) {
        if (!available(width) || width == 0) return 0;
        uint64_t value = window() >> (64 - width);
        position_ += width;
        return value;
    }
    bool flag() { return get(1) != 0; }
    // u(width), width <= 128.
    u128 get_wide(unsigned width) {
        if (!available(width)) return 0;
        u128 value = 0;
        while (width > 0) {
            unsigned step = std::min(width, 56u);
            value = value << step | get(step);
            width -= step;
        }
        return value;
    }
    template <class Fixed>
    Fixed fixed() {
        Fixed out;
        if (!available(8 * Fixed::kSize)) return out;
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(get(8));
        return out;
    }
    // gamma(low_bits).
    unsigned gamma(unsigned low_bits = 0) {
        unsigned zeros = 0;
        while (!flag()) {
            if (++zeros > kMaxCodeZeros) fail(Refusal::kCodeTooLong);
            if (!ok()) return 0;
        }
        unsigned high = (1u << zeros | static_cast<unsigned>(get(zeros))) - 1;
        return high << low_bits | static_cast<unsigned>(get(low_bits));
    }
    // Bits not read yet.
    size_t remaining() const { return end_ - position_; }

private:
    bool available(size_t width) {
        require(width <= remaining(), Refusal::kTruncated);
        return ok();
    }
    // At least 57 bits from the position on, at the top; zeros past the end.
    uint64_t window() const {
        size_t first = position_ / 8;
        uint64_t word = 0;
        if (first + 8 <= data_.size()) {
            for (size_t i = 0; i < 8; ++i) word = word << 8 | data_[first + i];
        } else {
            for (size_t i = 0; i < 8; ++i) word = word << 8 | (first + i < data_.size() ? data_[first + i] : 0);
        }
        return word << (position_ % 8);
    }

    ByteView data_;
    size_t end_;           // bits
    size_t position_ = 0;  // bits
    Refusal refusal_ = Refusal::kNone;
};

}  // namespace gavel
