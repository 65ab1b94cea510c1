// Big-endian integers written to and read from byte strings: the one way in which Gavel's fixed layouts are coded.
#pragma once

#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel {

class ByteWriter {
public:
    ByteWriter& u8(uint8_t value) { return big_endian(value, 1); }
    ByteWriter& u16(uint16_t value) { return big_endian(value, 2); }
    ByteWriter& u32(uint32_t value) { return big_endian(value, 4); }
    ByteWriter& u64(uint64_t value) { return big_endian(value, 8); }
    ByteWriter& amount(Amount value) { return big_endian(value.value(), 16); }
    // The value as an unsigned 256-bit word, as the EVM's ABI and EIP-712 have it.
    ByteWriter& word(u128 value) {
        zeros(16);
        return big_endian(value, 16);
    }
    ByteWriter& word(const Address& address) {
        zeros(12);
        return raw(address);
    }
    ByteWriter& zeros(size_t count) {
        out_.resize(out_.size() + count);
        return *this;
    }
    ByteWriter& raw(ByteView view) {
        append(out_, view);
        return *this;
    }
    const Bytes& bytes() const { return out_; }
    Bytes take() { return std::move(out_); }

private:
    ByteWriter& big_endian(u128 value, size_t width) {
        for (size_t i = width; i-- > 0;) out_.push_back(static_cast<uint8_t>(value >> (8 * i)));
        return *this;
    }
    Bytes out_;
};

// Reads forward; past the end it returns zeros and ok() stays false, so that a caller checks once.
class ByteReader {
public:
    explicit ByteReader(ByteView data) : data_(data) {}
    uint8_t u8() { return static_cast<uint8_t>(big_endian(1)); }
    uint16_t u16() { return static_cast<uint16_t>(big_endian(2)); }
    uint32_t u32() { return static_cast<uint32_t>(big_endian(4)); }
    uint64_t u64() { return static_cast<uint64_t>(big_endian(8)); }
    Amount amount() { return Amount{big_endian(16)}; }
    template <class Fixed>
    Fixed fixed() {
        ByteView view = take(Fixed::kSize);
        return view.size() == Fixed::kSize ? Fixed::from(view) : Fixed{};
    }
    // The next `count` bytes; empty and not ok if there are fewer.
    ByteView take(size_t count) {
        if (count > data_.size()) {
            ok_ = false;
            return {};
        }
        ByteView out = data_.first(count);
        data_ = data_.subspan(count);
        return out;
    }
    size_t remaining() const { return data_.size(); }
    bool ok() const { return ok_; }
    // All bytes were there and none is left over.
    bool finished() const { return ok_ && data_.empty(); }

private:
    u128 big_endian(size_t width) {
        u128 value = 0;
        for (uint8_t byte : take(width)) value = value << 8 | byte;
        return value;
    }
    ByteView data_;
    bool ok_ = true;
};

}  // namespace gavel
