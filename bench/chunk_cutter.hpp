// Cuts chunks as a sequencer does: an operation that would make the chunk too heavy, its token's fee leaf counted, or too long
// for a blob's slot, begins the next.
#pragma once

#include <optional>
#include <vector>

#include "protocol/chunk.hpp"

namespace gavel::bench {

// keccak256(owner || token) mod 2^20: an account's index, spread as in a tree of a million accounts.
uint32_t account_index(const Address& owner, const Address& token);

class ChunkCutter {
public:
    // The chunk that is full without this operation, if there is one. The fee leaf is the operator's account of the token.
    std::optional<Chunk> add(PostedOperation operation, const Address& token);
    // What is left, if anything.
    std::optional<Chunk> cut();

private:
    bool fits(const PostedOperation& operation, bool is_new_token) const;

    Chunk chunk_;
    std::vector<Address> tokens_;
};

}  // namespace gavel::bench
