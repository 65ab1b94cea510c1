#include "follow/known_keys.hpp"

#include <bit>

namespace gavel::follow {
namespace {

constexpr size_t kFirstSlots = 16;

size_t hash_of(const Address& owner) { return std::hash<Address>{}(owner); }
size_t shard_of(const Address& owner, size_t shards) { return (hash_of(owner) >> 48) % shards; }

}  // namespace

KnownKeys::KnownKeys(size_t most) : most_in_shard_(most == 0 ? 0 : std::bit_ceil(std::max(kFirstSlots, most / kShards))) {}

// The owner's place, else a free one, else one to be given up.
KnownKeys::Slot* KnownKeys::place(std::vector<Slot>& slots, const Address& owner) {
    const size_t hash = hash_of(owner), first = hash % slots.size() / kWays * kWays;
    Slot* out = &slots[first + (hash >> 32) % kWays];
    for (size_t i = first; i < first + kWays; ++i) {
        if (slots[i].owner == owner) return &slots[i];
        if (slots[i].owner.is_zero()) out = &slots[i];
    }
    return out;
}

void KnownKeys::grow(Shard& shard) {
    std::vector<Slot> slots(std::max(kFirstSlots, 2 * shard.slots.size()));
    shard.used = 0;
    for (const Slot& old : shard.slots) {
        if (old.owner.is_zero()) continue;
        Slot* slot = place(slots, old.owner);
        shard.used += slot->owner.is_zero();
        *slot = old;
    }
    shard.slots = std::move(slots);
}

std::optional<PublicKey> KnownKeys::find(const Address& owner) const {
    const Shard& shard = shards_[shard_of(owner, kShards)];
    std::lock_guard lock(shard.mutex);
    if (shard.slots.empty() || owner.is_zero()) return std::nullopt;
    const Slot* slot = place(const_cast<std::vector<Slot>&>(shard.slots), owner);  // it is only looked at
    return slot->owner == owner ? std::optional(slot->key) : std::nullopt;
}

void KnownKeys::remember(const Address& owner, const PublicKey& key) {
    Shard& shard = shards_[shard_of(owner, kShards)];
    std::lock_guard lock(shard.mutex);
    if (2 * shard.used >= shard.slots.size() && shard.slots.size() < most_in_shard_) grow(shard);
    if (shard.slots.empty()) return;
    Slot* slot = place(shard.slots, owner);
    shard.used += slot->owner.is_zero();
    *slot = {owner, key};
}

size_t KnownKeys::size() const {
    size_t out = 0;
    for (const Shard& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        out += shard.used;
    }
    return out;
}

}  // namespace gavel::follow
