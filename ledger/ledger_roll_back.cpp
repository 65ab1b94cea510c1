#include <set>

#include "ledger/ledger_impl.hpp"
#include "protocol/check.hpp"

namespace gavel::ledger {

using rows::required;

uint64_t Ledger::roll_back_to_chunk(uint64_t chunk, const std::string& why, uint64_t when_ms) {
    uint64_t count = 0;
    {
        std::unique_lock lock(impl_->mutex_);
        count = impl_->roll_back(chunk, why, when_ms);
    }
    impl_->notify();
    return count;
}

uint64_t Reader::Impl::roll_back(uint64_t chunk, const std::string& why, uint64_t when_ms) {
    GAVEL_CHECK(held_.empty() && chunk <= chunk_first_entry_.size());
    bool sealed_too = chunk < chunk_first_entry_.size();
    if (!sealed_too && open_.empty()) return 0;
    uint64_t first = sealed_too ? chunk_first_entry_[chunk] : open_.first_entry;

    node::WriteBatch batch;
    uint64_t count = 0;
    for (const Entry& entry : entries_from(first)) {
        if (entry.number < written_) erase_entry(batch, entry);
        const auto* operation = std::get_if<OperationEntry>(&entry.what);
        if (!operation) continue;
        keep_rolled_back(batch, *operation, why, when_ms);
        ++count;
    }
    view_.roll_back(0);
    state_.counters = {sealed_fields_.l1_ops_consumed, sealed_fields_.op_count};
    if (sealed_too) undo_chunks(batch, chunk);
    view_.begin();
    queue_hash_ = Hash{};  // looked up below: entries that stay are in the store
    pending_.clear();
    pending_receipts_.clear();
    written_ = first;
    open_ = {};
    open_.first_entry = first;
    queue_hash_ = queue_hash(state_.counters.l1_ops_consumed);

    ++lists_.generation;
    batch.put(rows::u64_key('g', lists_.generation), rows::u64_value(first));
    put_lists(batch);
    put_seal(batch);
    write(batch, node::Durability::kSynced);
    publish_locked();
    return count;
}

std::vector<Entry> Reader::Impl::entries_from(uint64_t first) const {
    std::vector<Entry> out;
    store_.scan(rows::u64_key('E', first), rows::u64_key('E', written_), [&](std::string_view key, std::string_view value) {
        out.push_back(required(decode_entry(rows::u64_at_end(key), value), "an entry"));
        return true;
    });
    if (out.size() != written_ - first) throw node::StoreError("the ledger's store is damaged: an entry is missing");
    out.insert(out.end(), pending_.begin(), pending_.end());
    return out;
}

// State, leaves, chunk and batch records to before `chunk`.
void Reader::Impl::undo_chunks(node::WriteBatch& batch, uint64_t chunk) {
    auto row = store_.get(rows::u64_key('C', chunk));
    StateFields target = required(row ? decode_chunk(chunk, *row) : std::nullopt, "a chunk").before;
    std::set<uint32_t> changed;
    for (uint64_t number = chunk_first_entry_.size(); number-- > chunk;) {
        StateDiff diff = stored_diff(number);
        for (const StateDiff::Change& change : diff.changes) changed.insert(change.index);
        undo(state_, diff);
        for (char table : {'C', 'c', 'D'}) batch.erase(rows::u64_key(table, number));
    }
    if (state_.fields() != target) throw node::StoreError("the ledger's store is damaged: undoing chunks leads elsewhere");
    for (uint32_t index : changed) {
        if (index < target.account_count) batch.put(rows::u32_key('A', index), string_of(state_.accounts.at(index)->encode()));
    }
    for (uint32_t index = target.account_count; index < sealed_fields_.account_count; ++index) {
        batch.erase(rows::u32_key('A', index));
    }
    sealed_fields_ = target;
    chunk_first_entry_.resize(chunk);
    while (!batches_.empty() && batches_.back().chunk_end() > chunk) {
        batch.erase(rows::u64_key('B', batches_.back().number()));
        batches_.pop_back();
    }
}

void Reader::Impl::erase_entry(node::WriteBatch& batch, const Entry& entry) const {
    auto erase_withdrawal = [&](uint32_t position, const Address& recipient) {
        batch.erase(rows::u32_key('W', position));
        batch.erase(rows::pair_key('w', recipient, position));
    };
    batch.erase(rows::u64_key('E', entry.number));
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        batch.erase(rows::fixed_key('h', operation->hash));
        batch.erase(rows::u64_key('p', operation->position));
        if (operation->withdrawal) erase_withdrawal(*operation->withdrawal, operation->operation.payments.front().to);
        for (const std::string& key : channel_keys(*operation, entry.number)) batch.erase(key);
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        batch.erase(rows::u64_key('q', l1->index));
        if (l1->withdrawal) erase_withdrawal(*l1->withdrawal, l1->operation.to);
    }
    for (const auto& [owner, touch] : touches_of(entry)) batch.erase(rows::pair_key('o', owner, entry.number));
}

void Reader::Impl::keep_rolled_back(node::WriteBatch& batch, const OperationEntry& entry, const std::string& why,
                                    uint64_t when_ms) {
    forget_rolled_back(batch, entry.hash);  // one that was applied again, but not written since
    uint64_t number = lists_.rolled_back_next++;
    ++lists_.rolled_back_count;
    RolledBack record{number,       entry.operation, entry.signature,       entry.voucher, entry.digest, entry.hash,
                      entry.sender, entry.position,  entry.confirmed_at_ms, when_ms,       why};
    batch.put(rows::u64_key('R', number), encode_rolled_back(record));
    batch.put(rows::fixed_key('r', entry.hash), rows::u64_value(number));
}

}  // namespace gavel::ledger
