// Numbers of any length in the ledger's rows: seven bits a byte, the lowest first, as few bytes as there can be.
#pragma once

#include "protocol/encoding.hpp"

namespace gavel::ledger {

inline void put_varint(ByteWriter& out, u128 value) {
    for (; value >= 0x80; value >>= 7) out.u8(static_cast<uint8_t>(value) | 0x80);
    out.u8(static_cast<uint8_t>(value));
}

// Makes `ok` false, and is zero, of one that is above `max`, longer than it need be, or cut short.
inline u128 take_varint(ByteReader& in, bool& ok, u128 max) {
    u128 value = 0;
    for (unsigned shift = 0; in.ok(); shift += 7) {
        const uint8_t byte = in.u8();
        const u128 bits = byte & 0x7f;
        if (shift >= 128 || (bits << shift) >> shift != bits || (byte == 0 && shift > 0)) break;
        value |= bits << shift;
        if ((byte & 0x80) != 0) continue;
        if (!in.ok() || value > max) break;
        return value;
    }
    ok = false;
    return 0;
}
inline uint64_t take_varint64(ByteReader& in, bool& ok) { return static_cast<uint64_t>(take_varint(in, ok, ~uint64_t{0})); }
inline uint32_t take_varint32(ByteReader& in, bool& ok) { return static_cast<uint32_t>(take_varint(in, ok, ~uint32_t{0})); }

// What leads from one number to another, either way, so that small steps are short.
inline void put_step(ByteWriter& out, u128 from, u128 to) {
    const u128 step = to - from;
    put_varint(out, step << 1 ^ (u128{0} - (step >> 127)));
}
inline u128 take_step(ByteReader& in, bool& ok, u128 from) {
    const u128 coded = take_varint(in, ok, ~u128{0});
    return from + (coded >> 1 ^ (u128{0} - (coded & 1)));
}

}  // namespace gavel::ledger
