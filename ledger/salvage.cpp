#include "ledger/salvage.hpp"

#include "ledger/chunk_row.hpp"
#include "ledger/rows.hpp"

namespace gavel::ledger {
namespace {

// A key that nobody has stands for that of a leaf whose row is missing: no signature is by its owner.
AccountKey key_in(const node::StoreView& store, uint32_t index) {
    const auto leaf = store.get(rows::u32_key('A', index));
    return leaf && leaf->size() == Account::kSize ? Account::decode(view_of(*leaf)).key : AccountKey{};
}

void visit_chunk(const node::StoreView& store, uint64_t number, std::string_view row, const Hash& domain_separator,
                 const std::function<void(const Entry&)>& visit) {
    auto stored = decode_chunk(number, row);
    auto chunk = stored ? ChunkEntries::of(*std::move(stored)) : std::nullopt;
    if (!chunk) return;
    chunk->learn_keys([&](uint32_t index) { return key_in(store, index); });
    for (uint64_t entry = chunk->first(); entry < chunk->end(); ++entry) visit(chunk->entry(entry, domain_separator));
}

}  // namespace

void each_readable_entry(const node::StoreView& store, const std::function<void(const Entry&)>& visit) {
    const auto kept = store.get(rows::kFormatKey);
    const auto format = kept ? rows::decode_format(*kept) : std::nullopt;
    if (!format) return;
    store.scan("C", "D", [&](std::string_view key, std::string_view row) {
        if (key.size() == 9) visit_chunk(store, rows::u64_at_end(key), row, format->domain_separator, visit);
        return true;
    });
    store.scan("E", "F", [&](std::string_view key, std::string_view row) {
        const auto entries = key.size() == 9 ? decode_entries(rows::u64_at_end(key), row) : std::nullopt;
        if (!entries) return true;
        for (const Entry& entry : *entries) visit(entry);
        return true;
    });
}

}  // namespace gavel::ledger
