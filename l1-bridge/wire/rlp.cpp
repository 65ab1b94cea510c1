#include "l1-bridge/wire/rlp.hpp"

namespace gavel::l1 {
namespace {

constexpr uint8_t kStringBase = 0x80, kListBase = 0xc0;
constexpr size_t kShortMax = 55;

Bytes big_endian(u128 value) {
    Bytes out;
    for (int shift = 120; shift >= 0; shift -= 8) {
        auto byte = static_cast<uint8_t>(value >> shift);
        if (byte != 0 || !out.empty()) out.push_back(byte);
    }
    return out;
}

void append_header(Bytes& out, uint8_t base, size_t length) {
    if (length <= kShortMax) {
        out.push_back(static_cast<uint8_t>(base + length));
        return;
    }
    Bytes digits = big_endian(length);
    out.push_back(static_cast<uint8_t>(base + kShortMax + digits.size()));
    append(out, digits);
}

}  // namespace

RlpWriter& RlpWriter::string(ByteView value) {
    if (value.size() != 1 || value[0] >= kStringBase) append_header(out_, kStringBase, value.size());
    append(out_, value);
    return *this;
}

RlpWriter& RlpWriter::integer(u128 value) { return string(big_endian(value)); }

RlpWriter& RlpWriter::list(const RlpWriter& inner) {
    append_header(out_, kListBase, inner.out_.size());
    append(out_, inner.out_);
    return *this;
}

RlpWriter& RlpWriter::encoded(ByteView item) {
    append(out_, item);
    return *this;
}

Bytes RlpWriter::as_list() const { return RlpWriter().list(*this).out_; }

const char* to_string(RlpError error) {
    switch (error) {
        case RlpError::kNone: return "none";
        case RlpError::kTruncated: return "truncated";
        case RlpError::kNotCanonical: return "not canonical";
        case RlpError::kListExpected: return "list expected";
        case RlpError::kStringExpected: return "string expected";
        case RlpError::kWrongLength: return "wrong length";
        case RlpError::kLeadingZero: return "leading zero";
        case RlpError::kIntegerTooLarge: return "integer too large";
        case RlpError::kTrailingBytes: return "trailing bytes";
    }
    return "unknown";
}

void RlpReader::fail(RlpError error) {
    if (error_ == RlpError::kNone) error_ = error;
    rest_ = {};
}

RlpReader::Item RlpReader::next() {
    if (rest_.empty()) {
        fail(RlpError::kTruncated);
        return {};
    }
    uint8_t first = rest_[0];
    if (first < kStringBase) {
        Item item{false, rest_.first(1)};
        rest_ = rest_.subspan(1);
        return item;
    }
    bool is_list = first >= kListBase;
    size_t code = size_t{first} - (is_list ? kListBase : kStringBase), header = 1;
    uint64_t length = code;
    if (code > kShortMax) {
        size_t digits = code - kShortMax;
        header += digits;
        if (rest_.size() < header) {
            fail(RlpError::kTruncated);
            return {};
        }
        length = 0;
        for (uint8_t byte : rest_.subspan(1, digits)) length = length << 8 | byte;
        if (rest_[1] == 0 || length <= kShortMax) {
            fail(RlpError::kNotCanonical);
            return {};
        }
    }
    if (length > rest_.size() - header) {
        fail(RlpError::kTruncated);
        return {};
    }
    Item item{is_list, rest_.subspan(header, length)};
    if (!is_list && length == 1 && item.payload[0] < kStringBase) {
        fail(RlpError::kNotCanonical);
        return {};
    }
    rest_ = rest_.subspan(header + length);
    return item;
}

ByteView RlpReader::string() {
    Item item = next();
    if (!item.is_list) return item.payload;
    fail(RlpError::kStringExpected);
    return {};
}

RlpReader RlpReader::list() {
    Item item = next();
    if (error_ == RlpError::kNone && !item.is_list) fail(RlpError::kListExpected);
    return RlpReader(error_ == RlpError::kNone ? item.payload : ByteView{}, error_);
}

ByteView RlpReader::item() {
    const ByteView before = rest_;
    next();
    return error_ == RlpError::kNone ? before.first(before.size() - rest_.size()) : ByteView{};
}

u128 RlpReader::integer() {
    ByteView digits = string();
    if (digits.empty()) return 0;
    if (digits[0] == 0) fail(RlpError::kLeadingZero);
    if (digits.size() > 16) fail(RlpError::kIntegerTooLarge);
    if (error_ != RlpError::kNone) return 0;
    u128 value = 0;
    for (uint8_t byte : digits) value = value << 8 | byte;
    return value;
}

uint64_t RlpReader::integer64() {
    u128 value = integer();
    if (value > UINT64_MAX) fail(RlpError::kIntegerTooLarge);
    return error_ == RlpError::kNone ? static_cast<uint64_t>(value) : 0;
}

bool RlpReader::finished() {
    if (error_ == RlpError::kNone && !rest_.empty()) fail(RlpError::kTrailingBytes);
    return error_ == RlpError::kNone;
}

}  // namespace gavel::l1
