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
    GAVEL_CHECK(held_.empty() && chunk <= chunks_.size());
    bool sealed_too = chunk < chunks_.size();
    if (!sealed_too && open_.empty()) return 0;
    uint64_t first = sealed_too ? chunks_[chunk].entry : open_.first_entry;

    node::WriteBatch batch;
    uint64_t count = 0;
    for (const Entry& entry : entries_from_chunk(chunk)) {
        if (entry.number < written_) erase_entry(batch, entry);
        const auto* operation = std::get_if<OperationEntry>(&entry.what);
        if (!operation) continue;
        keep_rolled_back(batch, *operation, why, when_ms);
        ++count;
    }
    view_.roll_back(0);
    state_.counters = {sealed_fields_.l1_ops_consumed, sealed_fields_.op_count};
    for (uint64_t row : log_rows_) batch.erase(rows::u64_key('E', row));
    if (sealed_too) undo_chunks(batch, chunk);
    view_.begin();
    log_rows_.clear();
    tail_.clear();
    tail_hashes_.clear();
    written_ = tail_first_ = first;
    open_ = {};
    open_.first_entry = first;
    queue_hash_ = queue_hash(state_.counters.l1_ops_consumed);

    ++lists_.generation;
    if (sealed_too) learn_what_is_behind(batch);
    batch.put(rows::u64_key('g', lists_.generation), rows::u64_value(first));
    put_lists(batch);
    put_seal(batch);
    write(batch, node::Durability::kSynced);
    publish_locked();
    return count;
}

std::vector<Entry> Reader::Impl::entries_from_chunk(uint64_t chunk) const {
    std::vector<Entry> out;
    for (uint64_t number = chunk; number < chunks_.size(); ++number) {
        const ChunkPointer sealed = sealed_chunk(number);
        for (uint64_t entry = sealed->first(); entry < sealed->end(); ++entry)
            out.push_back(sealed->entry(entry, domain_separator_));
    }
    for (const EntryPointer& entry : tail_from(open_.first_entry)) out.push_back(*entry);
    return out;
}

// State, leaves, chunk and batch records to before `chunk`.
void Reader::Impl::undo_chunks(node::WriteBatch& batch, uint64_t chunk) {
    auto row = store_.get(rows::u64_key('C', chunk));
    StateFields target = required(row ? decode_chunk(chunk, *row) : std::nullopt, "a chunk").record.before;
    erase_touches(batch, chunk);
    std::set<uint32_t> changed;
    for (uint64_t number = chunks_.size(); number-- > chunk;) {
        const LeafSteps done = load_steps(store_, number);
        for (const LeafSteps::Step& step : done.steps) changed.insert(step.index);
        undo_chunk(state_, done);
        for (char table : {'C', 'c', 'D'}) batch.erase(rows::u64_key(table, number));
    }
    if (state_.fields() != target) throw node::StoreError("the ledger's store is damaged: undoing chunks leads elsewhere");
    for (uint32_t index : changed) {
        if (index < target.account_count) put_leaf(batch, index);
    }
    for (uint32_t index = target.account_count; index < sealed_fields_.account_count; ++index) {
        batch.erase(rows::u32_key('A', index));
    }
    sealed_fields_ = target;
    chunks_.resize(chunk);
    while (!batches_.empty() && batches_.back().chunk_end() > chunk) {
        batch.erase(rows::u64_key('B', batches_.back().number()));
        batches_.pop_back();
    }
}

// Rows that may tell of entries from the chunk on. Those of owners who had their turn since tell of some before, too: these are
// learned again.
void Reader::Impl::erase_touches(node::WriteBatch& batch, uint64_t chunk) const {
    std::set<Address> owners;
    for (uint64_t number = owners_.first_to_learn(chunk); number < chunks_.size(); ++number) {
        const ChunkPointer sealed = sealed_chunk(number);
        for (uint64_t entry = sealed->first(); entry < sealed->end(); ++entry)
            for (const auto& touch : touches_of(sealed->entry_without_names(entry))) owners.insert(touch.first);
    }
    for (const Address& owner : owners) {
        const uint64_t first = chunks_[owners_.first_behind_turn(owner, chunk)].entry;
        store_.scan(rows::pair_key('o', owner, first), rows::pair_key('o', owner, kNoEntry),
                    [&](std::string_view key, std::string_view) {
                        batch.erase(key);
                        return true;
                    });
    }
}

void Reader::Impl::erase_entry(node::WriteBatch& batch, const Entry& entry) const {
    auto erase_withdrawal = [&](uint32_t position, const Address& recipient) {
        batch.erase(rows::u32_key('W', position));
        batch.erase(rows::pair_key('w', recipient, position));
    };
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        batch.erase(rows::hash_key(operation->hash));
        if (operation->withdrawal) erase_withdrawal(*operation->withdrawal, operation->operation.payments.front().to);
        for (const std::string& key : channel_keys(*operation, entry.number)) batch.erase(key);
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        if (l1->withdrawal) erase_withdrawal(*l1->withdrawal, l1->operation.to);
    }
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
