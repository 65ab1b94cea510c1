// What can be read of a ledger whose store isn't whole.
#pragma once

#include <functional>

#include "ledger/records.hpp"
#include "node/store.hpp"

namespace gavel::ledger {

// The entries that can still be read, in order: those of chunks first. What they say may be wrong where rows are missing; an
// operation that is wrong isn't what its signature is over. Throws StoreError if the store itself can't be read.
void each_readable_entry(const node::StoreView& store, const std::function<void(const Entry&)>& visit);

}  // namespace gavel::ledger
