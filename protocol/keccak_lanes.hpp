// The hashes of many inputs of one length, over several Keccak states at once where the machine can.
#pragma once

#include "protocol/keccak.hpp"

namespace gavel {

// How many states one permutation works on. kOne is Crypto++'s.
enum class KeccakWidth : uint8_t { kOne = 1, kFour = 4, kEight = 8 };

// Whether this machine has the instructions (four: AVX2; eight: AVX-512F).
bool machine_has(KeccakWidth width);
// keccak256_many() by this width, which the machine has; by the widest if it isn't said.
void keccak256_many(ByteView inputs, size_t length, std::span<Hash> out, KeccakWidth width);

}  // namespace gavel
