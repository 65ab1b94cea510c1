// Sealing: the rows of a chunk.
#include <algorithm>

#include "ledger/ledger_impl.hpp"
#include "protocol/check.hpp"

namespace gavel::ledger {

Outcome OpenLedger::seal(const FeeLeafLookup& fee_leaf, ChunkRecord& sealed) {
    Impl& me = *impl_;
    std::vector<uint32_t> fee_leaves;
    for (const FeeTally::Entry& fee : me.open_.fees.entries()) {
        auto index = fee_leaf(fee.token);
        if (!index) return Outcome::wrong(Refusal::kFeeLeafMissing);
        fee_leaves.push_back(*index);
    }

    node::WriteBatch batch;
    {
        std::unique_lock lock(me.mutex_);
        StateView::Mark mark = me.view_.mark();
        size_t first_note = me.view_.notes().size();
        Outcome outcome = apply_fee_leaves(me.view_, fee_leaves, me.open_.fees);
        if (!outcome.ok()) {
            me.view_.roll_back(mark);
            return outcome;
        }
        me.add_fee_entries(first_note);
        me.open_.chunk.fee_leaves = std::move(fee_leaves);
        Bytes sigs;
        for (const Signature& signature : me.open_.signatures) append(sigs, signature);
        Bytes ops = encode_ops(me.open_.chunk);
        me.write_pending(batch, false);
        sealed = me.close_chunk(batch, std::move(ops), std::move(sigs));
    }
    me.write(batch, node::Durability::kBuffered);
    std::unique_lock lock(me.mutex_);
    me.owners_.written();
    return Outcome::applied();
}

ChunkRecord Reader::Impl::close_chunk(node::WriteBatch& batch, Bytes ops, Bytes sigs, StateDiff* undo) {
    GAVEL_CHECK(written_ == next_entry());
    ChunkRecord record;
    record.number = chunks_.size();
    record.ops = std::move(ops);
    record.sigs = std::move(sigs);
    record.before = sealed_fields_;
    record.after = state_.fields();
    record.first_entry = open_.first_entry;
    record.entry_count = static_cast<uint32_t>(written_ - open_.first_entry);
    StateDiff diff = view_.diff();
    put_chunk(batch, record, diff);
    chunks_.push_back({record.first_entry, record.before.op_count, record.before.l1_ops_consumed});
    sealed_fields_ = record.after;
    open_ = {};
    open_.first_entry = written_;
    put_seal(batch);
    view_.begin();
    if (undo) *undo = std::move(diff);
    return record;
}

// What is in memory until then has a row from here on.
void Reader::Impl::put_chunk(node::WriteBatch& batch, const ChunkRecord& record, const StateDiff& diff) {
    const auto entries = tail_from(record.first_entry);
    const uint64_t number = record.number;
    batch.put(rows::u64_key('C', number), encode_chunk(record, queue_hash_, entries));
    ByteWriter start;
    start.u64(record.first_entry).u64(record.before.op_count).u64(record.before.l1_ops_consumed);
    batch.put(rows::u64_key('c', number), string_of(start.bytes()));
    for (const EntryPointer& entry : entries)
        if (const auto* operation = std::get_if<OperationEntry>(&entry->what))
            batch.put(rows::hash_key(operation->hash), rows::u64_value(entry->number));
    for (uint64_t first : log_rows_) batch.erase(rows::u64_key('E', first));
    log_rows_.clear();
    const LeafSteps done = LeafSteps::of(diff, state_.accounts);
    batch.put(rows::u64_key('D', number), done.encode());
    put_leaves(batch, number, done);
    owners_.seal(number, entries, batch);
}

void Reader::Impl::put_leaf(node::WriteBatch& batch, uint32_t index) const {
    batch.put(rows::u32_key('A', index), string_of(state_.accounts.at(index)->encode()));
}

void Reader::Impl::put_leaves(node::WriteBatch& batch, uint64_t chunk, const LeafSteps& done) {
    const uint32_t count = state_.accounts.count();
    behind_.resize(count);
    for (const LeafSteps::Step& step : done.steps) {
        behind_[step.index] = !step.next_before;
        if (step.next_before) put_leaf(batch, step.index);
    }
    for (uint32_t index = done.account_count; index < count; ++index) put_leaf(batch, index);
    for (uint64_t index = chunk % turns_; index < count; index += turns_) {
        if (!behind_[index]) continue;
        put_leaf(batch, static_cast<uint32_t>(index));
        behind_[index] = false;
    }
}

}  // namespace gavel::ledger
