// What touched whom. The newest touches of each owner are in memory, and written behind, many to a row: in the chunk whose number
// leaves the owner's turn when divided by the number of turns, or as soon as there are kManyTouches. So what isn't written
// follows from the latest chunks alone, as many as there are turns, and is made of them again at the start.
#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "ledger/chunk_row.hpp"
#include "ledger/reader.hpp"
#include "node/store.hpp"

namespace gavel::ledger {

// What an entry means to whom, each owner once.
std::vector<std::pair<Address, Touch>> touches_of(const Entry& entry);

// The rows of index o. `touches`: one owner's, ascending, at least one.
std::string encode_touches(std::span<const Touch> touches);
// Throws StoreError. `first`: entry of the first, from the key.
std::vector<Touch> decode_touches(uint64_t first, std::string_view row);

// Not thread-safe.
class OwnerIndex {
public:
    static constexpr size_t kManyTouches = 256;

    explicit OwnerIndex(uint32_t turns) : owners_by_turn_(turns), from_(turns) {}

    // Empty, to learn again what isn't written: by seal() of the chunks from first_to_learn(end) to `end`.
    void begin(uint64_t end);
    uint64_t first_to_learn(uint64_t end) const;
    // Chunks one after the other. What becomes due goes to `batch`, and stays readable until written() is called. Of several
    // chunks before that, a later batch says all that an earlier one does.
    void seal(uint64_t chunk, std::span<const EntryPointer> entries, node::WriteBatch& batch);
    void written();
    // What isn't written of one owner, ascending. It is above all that is.
    std::span<const Touch> of(const Address& owner) const;
    // Above the last chunk before `end` in which the owner had his turn; zero if he hasn't had one.
    uint64_t first_behind_turn(const Address& owner, uint64_t end) const;

private:
    using Owners = std::unordered_map<Address, std::vector<Touch>>;

    uint64_t turns() const { return owners_by_turn_.size(); }
    size_t turn_of(const Address& owner) const;
    uint64_t first_behind(size_t turn, uint64_t end) const;

    std::vector<Owners> owners_by_turn_;
    std::vector<uint64_t> from_;                     // by turn: what touched its owners in earlier chunks is written
    std::vector<std::pair<Address, uint64_t>> due_;  // up to which entry they are in a batch
};

}  // namespace gavel::ledger
