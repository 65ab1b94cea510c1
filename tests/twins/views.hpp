// What both contracts have to tell alike at any time: views, words of storage, balances.
#pragma once

#include "tests/twins/world.hpp"

namespace gavel::twins {

// Calldata of every view, with all arguments that mean something in this world and some that don't.
std::vector<Bytes> views_of(const World& world, uint64_t terms);
// Slots of docs/contract.md, "Storage", that may be in use, with words for messages.
std::vector<std::pair<std::string, Hash>> slots_of(const World& world, uint64_t terms);
// Whose money is compared.
std::vector<Address> holders_of(const World& world);

}  // namespace gavel::twins
