// The accounts' leaves in the order of their keys.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "protocol/account_leaves.hpp"

namespace gavel {

// Runs `job` for each number below `jobs`, several at once if it likes, and returns when all are done.
using JobRunner = std::function<void(size_t jobs, const std::function<void(size_t)>& job)>;
// In this thread.
void run_in_order(size_t jobs, const std::function<void(size_t)>& job);

// Sorted blocks of leaves' indices, 12 bytes a key and what room a block has to spare. Of a key its first eight bytes are kept;
// where they are another's too, the leaves themselves are looked at. Whoever chooses keys to be alike slows a search down by that
// alone: it takes as many steps as before, logarithmic in the count.
//
// Each function is given the leaves that the index is of.
class AccountIndex {
public:
    // Where a key is, or where its absence shows.
    struct Found {
        uint32_t index = 0;  // of the key's leaf, or of its low leaf
        bool present = false;
    };

    // Of all leaves, of which none is missing; nullopt if two have one key. The first one's key, the lowest, is zero.
    static std::optional<AccountIndex> of(const AccountLeaves& leaves, const JobRunner& run);
    // Not of an empty index, nor for a key below all.
    Found find(const AccountLeaves& leaves, const AccountKey& key) const;
    // A leaf whose key isn't there yet. The first one to come has the zero key.
    void insert(const AccountLeaves& leaves, uint32_t index);
    // A leaf that is there, and isn't the first in order.
    void erase(const AccountLeaves& leaves, uint32_t index);

private:
    // Larger blocks make an insertion move more, smaller ones the list of blocks longer, in which one that is split has to find
    // its place, too: at ten million keys both are small beside the misses of a cache.
    static constexpr size_t kBlockSize = 512;
    struct Block {
        size_t size = 0;
        uint64_t prefixes[kBlockSize];
        uint32_t indices[kBlockSize];

        void insert(size_t at, uint64_t prefix, uint32_t index);
        void erase(size_t at);
    };
    struct Place {
        size_t block, at;
    };

    // Where the last key that isn't above `key` is.
    Place place_of(const AccountLeaves& leaves, const AccountKey& key) const;
    void split(size_t block);

    std::vector<uint64_t> firsts_;  // the first prefix of each block
    std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace gavel
