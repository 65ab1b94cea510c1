// Keccak-256 with the original padding, as Ethereum uses it.
#pragma once

#include <initializer_list>

#include "protocol/bytes.hpp"

namespace gavel {

Hash keccak256(ByteView data);
// The hash of the parts one after another.
Hash keccak256(std::initializer_list<ByteView> parts);
// keccak256(left || right): an inner node of every Gavel tree.
Hash keccak256_pair(const Hash& left, const Hash& right);

}  // namespace gavel
