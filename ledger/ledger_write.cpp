// Executing, flushing and sealing.
#include <algorithm>
#include <utility>

#include "ledger/ledger_impl.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

// Makes entries of what apply tells.
class Reader::Impl::Noter : public ApplyObserver {
public:
    Noter(Impl& ledger, uint64_t at_ms) : ledger_(ledger), at_ms_(at_ms), queue_hash_(ledger.queue_hash_) {}

    void on_l1_operation(uint64_t index, const L1Operation& operation, bool took_effect) override {
        queue_hash_ = operation.chain(queue_hash_);
        entries_.emplace_back(make_l1_entry(index, operation, took_effect, queue_hash_, new_notes()));
    }
    void on_operation(uint64_t position, const PostedOperation& posted, const Account& sender, const Operation& operation,
                      const Hash& digest, ByteView sigs) override {
        const Address& signer = operation.signer(sender);
        std::optional<Signature> voucher;
        if (posted.signatures() > 1) voucher = Signature::from(sigs.subspan(Signature::kSize));
        CheckedOperation checked{operation, signer, Signature::from(sigs), voucher, digest, operation_hash(digest, signer)};
        entries_.emplace_back(make_operation_entry(position, posted, std::move(checked), at_ms_, new_notes()));
    }
    // The chunk stands.
    void keep() {
        for (auto& entry : entries_) ledger_.add_entry(std::move(entry));
        ledger_.add_fee_entries(seen_);
        ledger_.queue_hash_ = queue_hash_;
    }

private:
    std::span<const Note> new_notes() {
        std::span<const Note> notes = std::span(ledger_.view_.notes()).subspan(seen_);
        seen_ += notes.size();
        return notes;
    }

    Impl& ledger_;
    uint64_t at_ms_;
    Hash queue_hash_;
    size_t seen_ = 0;
    std::vector<std::variant<OperationEntry, L1Entry, FeeEntry>> entries_;
};

Ledger::Applied Ledger::apply_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after, uint64_t at_ms) {
    GAVEL_CHECK(impl_->held_.empty());
    Applied applied = hold_chunk(chunk, env, claimed_after, at_ms);
    if (applied.kept) keep_oldest_held();
    return applied;
}

Ledger::Applied Reader::Impl::hold_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after,
                                         uint64_t at_ms) {
    GAVEL_CHECK(open_.empty() && written_ == next_entry());
    publish_locked();  // what is sealed: its rows are written
    Held held{{}, {}, {}, {}, sealed_fields_, queue_hash_, lists_.rolled_back_count};
    Counters before = state_.counters;
    StateView::Mark start = view_.mark();
    Noter noter(*this, at_ms);
    Ledger::Applied applied;
    applied.outcome = apply(env, view_, state_.counters, chunk, &noter);
    applied.after = state_.fields();
    applied.kept =
        applied.outcome.kind != Outcome::Kind::kViewFailed && (!claimed_after || applied.after.hash() == *claimed_after);
    if (!applied.kept) {
        view_.roll_back(start);
        state_.counters = before;
        overlay_.clear();
        return applied;
    }
    if (applied.outcome.ok()) noter.keep();
    write_pending(held.rows, false);
    close_chunk(held.rows, chunk.ops, chunk.sigs, &held.diff);
    held.after = newest();
    held.overlay = std::exchange(overlay_, {});
    held_.push_back(std::move(held));
    return applied;
}

Outcome OpenLedger::open_l1_operation(const L1Operation& operation) {
    std::unique_lock lock(impl_->mutex_);
    GAVEL_CHECK(impl_->open_.chunk.operations.empty());
    return impl_->execute_l1(operation);
}

Outcome Reader::Impl::execute_l1(const L1Operation& operation) {
    unsigned weight = weight_with(kL1OperationWeight, nullptr);
    if (weight > kMaxChunkWeight) return Outcome::wrong(Refusal::kOverWeight);
    StateView::Mark mark = view_.mark();
    size_t first_note = view_.notes().size();
    bool took_effect = false;
    Outcome outcome = apply_l1_operation(view_, operation, &took_effect);
    if (!outcome.ok()) {
        view_.roll_back(mark);
        return outcome;
    }
    queue_hash_ = operation.chain(queue_hash_);
    add_entry(make_l1_entry(state_.counters.l1_ops_consumed, operation, took_effect, queue_hash_,
                            std::span(view_.notes()).subspan(first_note)));
    ++state_.counters.l1_ops_consumed;
    ++open_.chunk.l1_operations;
    open_.weight = weight;
    return outcome;
}

namespace {

// Whether an operation, executed, is the one that was signed: what a redeem pays isn't in it.
bool says_the_same(const Operation& executed, const Operation& checked) {
    if (traits_of(executed.kind).payees != Payees::kParties) return executed == checked;
    Operation words = executed;
    words.payments = checked.payments;
    return words == checked;
}

}  // namespace

Outcome OpenLedger::open_operation(const PostedOperation& posted, const CheckedOperation& checked, uint64_t now_ms,
                                   OperationReceipt& receipt) {
    std::unique_lock lock(impl_->mutex_);
    auto is_checked = [&](const Account& sender, Operation&& signed_form) -> std::optional<CheckedOperation> {
        if (signed_form.signer(sender) != checked.sender || !says_the_same(signed_form, checked.operation)) return std::nullopt;
        return CheckedOperation{std::move(signed_form), checked.sender, checked.signature,
                                checked.voucher,        checked.digest, checked.hash};
    };
    Outcome outcome = impl_->execute(posted, now_ms, is_checked);
    if (!outcome.ok()) return outcome;
    const Entry& entry = *impl_->tail_.back();
    receipt = {entry.number, std::get<OperationEntry>(entry.what).position, checked.hash, now_ms};
    return outcome;
}

Outcome Reader::Impl::execute(const PostedOperation& posted, uint64_t at_ms, const Check& check) {
    if (posted.sender == 0 || posted.sender >= view_.account_count()) return Outcome::wrong(Refusal::kSenderIndex);
    const Address token = state_.accounts.at(posted.sender)->key.token;
    unsigned weight = weight_with(posted.weight(), posted.fee.is_zero() ? nullptr : &token);
    if (weight > kMaxChunkWeight) return Outcome::wrong(Refusal::kOverWeight);

    StateView::Mark mark = view_.mark();
    size_t first_note = view_.notes().size();
    FeeTally fees = open_.fees;
    Account sender;
    Operation signed_form;
    std::optional<CheckedOperation> checked;
    Outcome outcome = execute_operation(view_, domain_separator_, posted, fees, sender, signed_form);
    if (outcome.ok()) {
        checked = check(sender, std::move(signed_form));
        if (!checked) outcome = Outcome::wrong(Refusal::kSignerNotOwner);
    }
    if (!outcome.ok()) {
        view_.roll_back(mark);
        return outcome;
    }
    GAVEL_CHECK(checked->voucher.has_value() == posted.channel.take);
    open_.signatures.push_back(checked->signature);
    if (checked->voucher) open_.signatures.push_back(*checked->voucher);
    add_entry(make_operation_entry(state_.counters.op_count, posted, *std::move(checked), at_ms,
                                   std::span(view_.notes()).subspan(first_note)));
    ++state_.counters.op_count;
    if (!is_plain(posted)) open_.sized.reset();
    open_.chunk.operations.push_back(posted);
    open_.most_bits += most_ops_bits(posted);
    open_.fees = std::move(fees);
    open_.weight = weight;
    return outcome;
}

void Reader::Impl::add_entry(std::variant<OperationEntry, L1Entry, FeeEntry> what) {
    const uint64_t number = next_entry();
    if (const auto* operation = std::get_if<OperationEntry>(&what)) tail_hashes_[operation->hash] = number;
    tail_.push_back(std::make_shared<const Entry>(Entry{number, std::move(what)}));
}

void Reader::Impl::add_fee_entries(size_t first_note) {
    for (FeeEntry& fee : make_fee_entries(std::span(view_.notes()).subspan(first_note))) add_entry(std::move(fee));
}

void Ledger::flush(node::Durability durability) {
    node::WriteBatch batch;
    impl_->write_pending(batch, true);
    bool must_sync = durability == node::Durability::kSynced && impl_->unsynced_;
    if (!batch.empty() || must_sync) impl_->write(batch, durability);
    {
        std::unique_lock lock(impl_->mutex_);
        impl_->publish_locked();
    }
    impl_->notify();
}

void Reader::Impl::put_seal(node::WriteBatch& batch) const {
    batch.put(rows::kSealKey, rows::seal_value(sealed_fields_, open_.first_entry));
}

void Reader::Impl::put_lists(node::WriteBatch& batch) const {
    batch.put(rows::kListsKey, rows::lists_value(lists_.generation, lists_.rolled_back_next, lists_.rolled_back_count));
}

void Reader::Impl::write_pending(node::WriteBatch& batch, bool log) {
    const auto pending = tail_from(written_);
    if (pending.empty()) return;
    uint64_t listed = lists_.rolled_back_count;
    for (const EntryPointer& entry : pending) {
        put_lookups(batch, *entry);
        const auto* operation = std::get_if<OperationEntry>(&entry->what);
        if (operation && lists_.rolled_back_count > 0) forget_rolled_back(batch, operation->hash);
    }
    if (listed != lists_.rolled_back_count) put_lists(batch);
    if (log) {
        batch.put(rows::u64_key('E', written_), encode_entries(pending));
        log_rows_.push_back(written_);
    }
    written_ = next_entry();
}

void Reader::Impl::forget_rolled_back(node::WriteBatch& batch, const Hash& hash) {
    std::string key = rows::fixed_key('r', hash);
    auto number = stored_number(key);
    if (!number) return;
    batch.erase(key);
    batch.erase(rows::u64_key('R', *number));
    --lists_.rolled_back_count;
}

void Reader::Impl::put_lookups(node::WriteBatch& batch, const Entry& entry) {
    auto put_withdrawal = [&](uint32_t position, const Withdrawal& withdrawal) {
        batch.put(rows::u32_key('W', position), encode_withdrawal({position, withdrawal, entry.number}));
        batch.put(rows::pair_key('w', withdrawal.recipient, position), "");
    };
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        const Payment& first = operation->operation.payments.front();
        if (operation->withdrawal) put_withdrawal(*operation->withdrawal, {first.to, operation->operation.token, first.amount});
        for (const std::string& key : channel_keys(*operation, entry.number)) batch.put(key, "");
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        if (l1->withdrawal) put_withdrawal(*l1->withdrawal, {l1->operation.to, l1->operation.token, l1->moved});
    }
}

void Reader::Impl::write(const node::WriteBatch& batch, node::Durability durability) {
    store_.write(batch, durability);
    unsynced_ = durability == node::Durability::kBuffered;
}

Reader::Impl::Published Reader::Impl::newest() const {
    return {written_,       state_.counters, state_.accounts.count(), state_.withdrawals.count(),
            chunks_.size(), sealed_fields_,  lists_.rolled_back_count};
}

void Reader::Impl::publish_locked() {
    if (!held_.empty()) return;
    published_ = newest();
    overlay_.clear();
    retire_tail(open_.first_entry);
}

void Reader::Impl::retire_tail(uint64_t first) {
    const size_t count = first - tail_first_;
    forget_hashes(std::span(tail_).first(count));
    tail_.erase(tail_.begin(), tail_.begin() + static_cast<ptrdiff_t>(count));
    tail_first_ = first;
}

void Reader::Impl::forget_hashes(std::span<const EntryPointer> entries) {
    for (const EntryPointer& entry : entries)
        if (const auto* operation = std::get_if<OperationEntry>(&entry->what)) tail_hashes_.erase(operation->hash);
}

void Reader::Impl::notify() {
    {
        std::lock_guard lock(wait_mutex_);
        wait_entries_ = published_.entries;
        wait_generation_ = lists_.generation;
    }
    changed_.notify_all();
}

void Ledger::mark_batch(const BatchRecord& batch) {
    Impl& me = *impl_;
    uint64_t free_chunk = me.batches_.empty() ? 0 : me.batches_.back().chunk_end();
    GAVEL_CHECK(batch.number() == me.batch_head() + 1 && batch.first_chunk == free_chunk &&
                batch.chunk_end() <= me.chunks_.size() - me.held_.size());
    node::WriteBatch rows_of_it;
    me.write_pending(rows_of_it, true);
    rows_of_it.put(rows::u64_key('B', batch.number()), encode_batch_record(batch));
    me.write(rows_of_it, node::Durability::kBuffered);
    {
        std::unique_lock lock(me.mutex_);
        me.batches_.push_back(batch);
        me.publish_locked();
    }
    me.notify();
}

void Ledger::set_batch_transaction(uint64_t number, const std::optional<Hash>& tx_hash) {
    Impl& me = *impl_;
    GAVEL_CHECK(number > me.base_.number() && number <= me.batch_head());
    BatchRecord changed = me.batch_at(number);
    if (changed.tx_hash == tx_hash) return;
    changed.tx_hash = tx_hash;
    node::WriteBatch batch;
    batch.put(rows::u64_key('B', number), encode_batch_record(changed));
    me.write(batch, node::Durability::kBuffered);
    std::unique_lock lock(me.mutex_);
    me.batch_at(number) = changed;
}

void Ledger::unmark_batches_from(uint64_t number) {
    Impl& me = *impl_;
    GAVEL_CHECK(number > me.base_.number());
    node::WriteBatch batch;
    for (uint64_t b = number; b <= me.batch_head(); ++b) batch.erase(rows::u64_key('B', b));
    if (batch.empty()) return;
    me.write(batch, node::Durability::kSynced);
    std::unique_lock lock(me.mutex_);
    me.batches_.resize(number - me.base_.number() - 1);
}

}  // namespace gavel::ledger
