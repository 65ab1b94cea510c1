#include "l1-bridge/wire/bloom.hpp"

#include <algorithm>

#include "protocol/keccak.hpp"

namespace gavel::l1 {

void add_to(Bloom& bloom, ByteView item) {
    Hash hash = keccak256(item);
    for (size_t i = 0; i < 6; i += 2) {
        unsigned bit = (unsigned{hash.bytes[i]} << 8 | hash.bytes[i + 1]) & 2047;
        bloom[255 - bit / 8] = static_cast<uint8_t>(bloom[255 - bit / 8] | 1u << bit % 8);
    }
}

bool may_hold(const Bloom& bloom, ByteView item) {
    Bloom alone{};
    add_to(alone, item);
    return std::equal(alone.begin(), alone.end(), bloom.begin(), [](uint8_t one, uint8_t all) { return (one & all) == one; });
}

}  // namespace gavel::l1
