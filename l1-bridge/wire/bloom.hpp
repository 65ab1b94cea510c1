// The 2048-bit filter of a block's logs, over addresses and topics (yellow paper, 4.3.1): what it doesn't hold isn't in the
// block; what it seems to hold may be.
#pragma once

#include <array>

#include "protocol/bytes.hpp"

namespace gavel::l1 {

using Bloom = std::array<uint8_t, 256>;

void add_to(Bloom& bloom, ByteView item);
bool may_hold(const Bloom& bloom, ByteView item);

}  // namespace gavel::l1
