// Public keys of those who have signed before, by address: at most so many, the older ones giving way. Thread-safe.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <vector>

#include "protocol/keys.hpp"

namespace gavel::follow {

class KnownKeys {
public:
    // At most about `most` keys, of 84 bytes each; memory is taken as they come. Zero: it knows none.
    explicit KnownKeys(size_t most);

    std::optional<PublicKey> find(const Address& owner) const;
    // `key` is that of `owner`.
    void remember(const Address& owner, const PublicKey& key);
    size_t size() const;

private:
    static constexpr size_t kShards = 64;
    static constexpr size_t kWays = 4;  // places that one address may have
    struct Slot {
        Address owner;  // zero: free
        PublicKey key;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::vector<Slot> slots;  // a power of two of them
        size_t used = 0;
    };
    static Slot* place(std::vector<Slot>& slots, const Address& owner);
    static void grow(Shard& shard);

    const size_t most_in_shard_;
    std::array<Shard, kShards> shards_;
};

}  // namespace gavel::follow
