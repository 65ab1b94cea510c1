// What a ledger and the L1 agree on.
#pragma once

#include "follow/l1_view.hpp"
#include "ledger/reader.hpp"

namespace gavel::follow {

// The header of a batch that stands on the L1 as the ledger has it; the ledger's base counts. nullopt otherwise.
inline std::optional<BatchHeader> standing_header(const ledger::Reader& ledger, const L1View& view, uint64_t number) {
    auto header = ledger.header(number);
    auto standing = view.batch(number);
    if (!header || !standing || header->hash() != standing->hash) return std::nullopt;
    return header;
}

}  // namespace gavel::follow
