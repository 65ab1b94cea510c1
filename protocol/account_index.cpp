#include "protocol/account_index.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"

namespace gavel {
namespace {

struct Entry {
    uint64_t prefix;
    uint32_t index;
};

uint64_t prefix_of(const AccountKey& key) {
    uint64_t word;
    std::memcpy(&word, key.owner.data(), sizeof word);
    return __builtin_bswap64(word);  // in the order of the bytes
}

// How many of `size` sorted keys aren't above `key`, by their prefixes, and by their leaves where prefixes are equal.
template <class IndexAt>
size_t count_up_to(const AccountLeaves& leaves, const AccountKey& key, const uint64_t* prefixes, size_t size, IndexAt index_at) {
    const uint64_t prefix = prefix_of(key);
    size_t from = 0, to = size;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const bool is_above = prefixes[middle] != prefix ? prefixes[middle] > prefix : leaves.key(index_at(middle)) > key;
        if (is_above) to = middle;
        else from = middle + 1;
    }
    return from;
}

// All leaves' entries in the order of keys: in parts, which are then merged two by two.
std::vector<Entry> sorted_entries(const AccountLeaves& leaves, const JobRunner& run) {
    constexpr size_t kParts = 8;
    const size_t count = leaves.count();
    auto is_before = [&leaves](const Entry& a, const Entry& b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : leaves.key(a.index) < leaves.key(b.index);
    };
    std::vector<Entry> out(count);
    auto at = [&out, count](size_t part) { return out.begin() + static_cast<ptrdiff_t>(count * part / kParts); };
    run(kParts, [&](size_t part) {
        for (auto entry = at(part); entry != at(part + 1); ++entry) {
            entry->index = static_cast<uint32_t>(entry - out.begin());
            entry->prefix = prefix_of(leaves.key(entry->index));
        }
        std::sort(at(part), at(part + 1), is_before);
    });
    for (size_t width = 1; width < kParts; width *= 2) {
        run(kParts / width / 2, [&](size_t pair) {
            const size_t part = pair * 2 * width;
            std::inplace_merge(at(part), at(part + width), at(part + 2 * width), is_before);
        });
    }
    return out;
}

}  // namespace

void run_in_order(size_t jobs, const std::function<void(size_t)>& job) {
    for (size_t i = 0; i < jobs; ++i) job(i);
}

void AccountIndex::Block::insert(size_t at, uint64_t prefix, uint32_t index) {
    std::copy_backward(prefixes + at, prefixes + size, prefixes + size + 1);
    std::copy_backward(indices + at, indices + size, indices + size + 1);
    prefixes[at] = prefix;
    indices[at] = index;
    ++size;
}

void AccountIndex::Block::erase(size_t at) {
    std::copy(prefixes + at + 1, prefixes + size, prefixes + at);
    std::copy(indices + at + 1, indices + size, indices + at);
    --size;
}

std::optional<AccountIndex> AccountIndex::of(const AccountLeaves& leaves, const JobRunner& run) {
    constexpr size_t kFilled = kBlockSize / 8 * 7;  // room for new keys, so that the first ones don't split every block
    AccountIndex out;
    const std::vector<Entry> entries = sorted_entries(leaves, run);
    for (size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        const bool is_alike = i > 0 && entries[i - 1].prefix == entry.prefix;
        if (is_alike && leaves.key(entries[i - 1].index) == leaves.key(entry.index)) return std::nullopt;
        if (i % kFilled == 0) {
            out.firsts_.push_back(entry.prefix);
            out.blocks_.push_back(std::make_unique_for_overwrite<Block>());
        }
        Block& block = *out.blocks_.back();
        block.prefixes[block.size] = entry.prefix;
        block.indices[block.size++] = entry.index;
    }
    return out;
}

AccountIndex::Place AccountIndex::place_of(const AccountLeaves& leaves, const AccountKey& key) const {
    const size_t blocks =
        count_up_to(leaves, key, firsts_.data(), firsts_.size(), [this](size_t block) { return blocks_[block]->indices[0]; });
    GAVEL_CHECK(blocks > 0);  // the sentinel's key is below or equal to any
    const Block& block = *blocks_[blocks - 1];
    const size_t keys = count_up_to(leaves, key, block.prefixes, block.size, [&block](size_t at) { return block.indices[at]; });
    return {blocks - 1, keys - 1};
}

AccountIndex::Found AccountIndex::find(const AccountLeaves& leaves, const AccountKey& key) const {
    const Place place = place_of(leaves, key);
    const Block& block = *blocks_[place.block];
    const uint32_t index = block.indices[place.at];
    return {index, block.prefixes[place.at] == prefix_of(key) && leaves.key(index) == key};
}

void AccountIndex::insert(const AccountLeaves& leaves, uint32_t index) {
    const AccountKey& key = leaves.key(index);
    if (blocks_.empty()) {
        GAVEL_CHECK(key.is_zero());
        firsts_.push_back(0);
        blocks_.push_back(std::make_unique_for_overwrite<Block>());
        blocks_[0]->insert(0, 0, index);
        return;
    }
    Place place = place_of(leaves, key);
    GAVEL_CHECK(leaves.key(blocks_[place.block]->indices[place.at]) != key);
    if (blocks_[place.block]->size == kBlockSize) {
        split(place.block);
        if (place.at >= blocks_[place.block]->size) place = {place.block + 1, place.at - blocks_[place.block]->size};
    }
    blocks_[place.block]->insert(place.at + 1, prefix_of(key), index);
}

void AccountIndex::erase(const AccountLeaves& leaves, uint32_t index) {
    const Place place = place_of(leaves, leaves.key(index));
    Block& block = *blocks_[place.block];
    GAVEL_CHECK(block.indices[place.at] == index);
    block.erase(place.at);
    if (block.size > 0) {
        firsts_[place.block] = block.prefixes[0];
        return;
    }
    firsts_.erase(firsts_.begin() + static_cast<ptrdiff_t>(place.block));
    blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(place.block));
}

// Its upper half becomes a block of its own, behind it.
void AccountIndex::split(size_t block) {
    constexpr size_t kHalf = kBlockSize / 2;
    Block& lower = *blocks_[block];
    auto upper = std::make_unique_for_overwrite<Block>();
    std::copy(lower.prefixes + kHalf, lower.prefixes + kBlockSize, upper->prefixes);
    std::copy(lower.indices + kHalf, lower.indices + kBlockSize, upper->indices);
    upper->size = kBlockSize - kHalf;
    lower.size = kHalf;
    const auto behind = static_cast<ptrdiff_t>(block + 1);
    firsts_.insert(firsts_.begin() + behind, upper->prefixes[0]);
    blocks_.insert(blocks_.begin() + behind, std::move(upper));
}

}  // namespace gavel
