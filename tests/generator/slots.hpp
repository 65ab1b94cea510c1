// Blobs written by hand: what Batch::blobs() never writes.
#pragma once

#include "protocol/blob.hpp"
#include "protocol/encoding.hpp"
#include "tests/generator/random.hpp"

namespace gavel::test {

// Byte k of a slot's data: 31 of each element, the first being none.
template <class AnyBlob>
auto& data_at(AnyBlob& blob, size_t slot, size_t k) {
    return blob.slot(slot)[k / 31 * 32 + 1 + k % 31];
}

// Writes a slot's data from byte `from` on.
inline void put_data(Blob& blob, size_t slot, ByteView data, size_t from = 0) {
    for (size_t k = 0; k < data.size(); ++k) data_at(blob, slot, from + k) = data[k];
}

// Writes the lengths that a slot says it has, whether or not they fit.
inline void put_lengths(Blob& blob, size_t slot, size_t ops, size_t sigs) {
    put_data(blob, slot, ByteWriter{}.u16(static_cast<uint16_t>(ops)).u16(static_cast<uint16_t>(sigs)).bytes(), 32);
}

inline Bytes random_bytes(Random& random, size_t size) {
    Bytes out(size);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random.next());
    return out;
}

// Anything. The elements are below r, as those of a transaction's blobs, since their top bytes are below r's.
inline Blob random_blob(Random& random) {
    Bytes bytes = random_bytes(random, kBlobBytes);
    for (size_t at = 0; at < bytes.size(); at += kElementBytes) bytes[at] %= 0x73;
    return Blob::from(bytes).value();
}

}  // namespace gavel::test
