// What any thread may ask of chunks and batches.
#include <algorithm>

#include "ledger/ledger_impl.hpp"
#include "protocol/check.hpp"

namespace gavel::ledger {

using rows::required;

std::optional<ChunkRecord> Reader::chunk(uint64_t number) const {
    Impl::Look look = impl_->look();
    if (number >= look.seen.chunks) return std::nullopt;
    auto row = look.store->get(rows::u64_key('C', number));
    return required(row ? decode_chunk(number, *row) : std::nullopt, "a chunk").record;
}

std::optional<Batch> Reader::assemble(const BatchHeader& parent, uint64_t first_chunk, uint16_t count) const {
    GAVEL_CHECK(count > 0);
    const auto store = impl_->store_.snapshot();
    Batch out;
    out.number = parent.number + 1;
    out.parent = parent;
    for (uint64_t number = first_chunk; number < first_chunk + count; ++number) {
        auto row = store->get(rows::u64_key('C', number));
        if (!row) return std::nullopt;
        StoredChunk chunk = required(decode_chunk(number, *row), "a chunk");
        out.chunks.push_back({std::move(chunk.record.ops), std::move(chunk.record.sigs)});
        out.commitments.push_back(chunk.record.after.hash());
        out.last = chunk.record.after;
        out.l1_queue_hash = chunk.queue_hash;
    }
    out.commitments.pop_back();
    return out;
}

std::optional<uint64_t> Reader::Impl::chunk_of_entry_locked(uint64_t entry) const {
    if (entry >= published_.entries) return std::nullopt;
    if (chunks_.empty() || entry >= sealed_entries()) return std::nullopt;
    const uint64_t chunk = chunk_that_holds(entry);
    return if_below(chunk, published_.chunks);
}

std::optional<uint64_t> Reader::Impl::batch_of_chunk_locked(uint64_t chunk) const {
    auto above = std::upper_bound(batches_.begin(), batches_.end(), chunk,
                                  [](uint64_t value, const BatchRecord& batch) { return value < batch.first_chunk; });
    if (above == batches_.begin() || std::prev(above)->chunk_end() <= chunk) return std::nullopt;
    return std::prev(above)->number();
}

std::optional<uint64_t> Reader::chunk_of_entry(uint64_t entry) const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->chunk_of_entry_locked(entry);
}

std::optional<BatchRecord> Reader::batch(uint64_t number) const {
    std::lock_guard lock(impl_->mutex_);
    if (number <= impl_->base_.number() || number > impl_->batch_head()) return std::nullopt;
    return impl_->batch_at(number);
}

std::optional<BatchHeader> Reader::header(uint64_t number) const {
    if (number == impl_->base_.number()) return impl_->base_.header;
    auto record = batch(number);
    return record ? std::optional(record->header) : std::nullopt;
}

std::optional<uint64_t> Reader::batch_of_chunk(uint64_t chunk) const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->batch_of_chunk_locked(chunk);
}

std::optional<Reader::Place> Reader::place_of_entry(uint64_t entry) const {
    std::lock_guard lock(impl_->mutex_);
    auto chunk = impl_->chunk_of_entry_locked(entry);
    auto batch = chunk ? impl_->batch_of_chunk_locked(*chunk) : std::nullopt;
    if (!batch) return std::nullopt;
    return Place{*chunk, impl_->batch_at(*batch)};
}

std::vector<Hash> Reader::chunk_digests(const ChunkRecord& chunk) const {
    std::vector<Hash> out;
    for (const Entry& entry : entries(chunk.first_entry, chunk.entry_count)) {
        const auto* operation = std::get_if<OperationEntry>(&entry.what);
        if (!operation) continue;
        out.push_back(operation->digest);
        if (operation->voucher) out.push_back(voucher_of(operation->operation).digest(impl_->domain_separator_));
    }
    return out;
}

}  // namespace gavel::ledger
