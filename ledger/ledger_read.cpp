// What any thread may ask.
#include <algorithm>
#include <chrono>
#include <map>

#include "ledger/ledger_impl.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

using rows::required;

LedgerSummary Reader::summary() const {
    std::lock_guard lock(impl_->mutex_);
    const Impl::Published& seen = impl_->published_;
    LedgerSummary out;
    out.fields = seen.fields;
    out.entries = seen.entries;
    out.op_count = seen.counters.op_count;
    out.l1_ops_consumed = seen.counters.l1_ops_consumed;
    out.account_count = seen.account_count;
    out.withdrawal_count = seen.withdrawal_count;
    out.chunks = seen.chunks;
    out.batches = impl_->batch_head();
    out.rolled_back = seen.rolled_back;
    out.generation = impl_->lists_.generation;
    return out;
}

uint64_t Reader::generation() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->lists_.generation;
}

Reader::Impl::Look Reader::Impl::look(const Address* touches_of) const {
    Look out;
    std::lock_guard lock(mutex_);
    out.seen = published_;
    out.generation = lists_.generation;
    out.store = store_.snapshot();
    // Since what is published was, chunks may have been sealed, whose entries are here still.
    out.open_first = tail_first_;
    const auto published = static_cast<ptrdiff_t>(published_.entries - tail_first_);
    out.open.assign(tail_.begin(), tail_.begin() + published);
    if (touches_of) {
        for (const Touch& touch : owners_.of(*touches_of))
            if (touch.entry < out.open_first) out.touches.push_back(touch);
    }
    return out;
}

uint64_t Reader::Impl::chunk_that_holds(uint64_t entry) const {
    auto above = std::upper_bound(chunks_.begin(), chunks_.end(), entry,
                                  [](uint64_t value, const ChunkStart& chunk) { return value < chunk.entry; });
    return static_cast<uint64_t>(above - chunks_.begin()) - 1;
}

uint64_t Reader::Impl::chunk_of_entry(const Look& look, uint64_t entry) const {
    {
        std::lock_guard lock(mutex_);
        if (lists_.generation == look.generation) return chunk_that_holds(entry);
    }
    // A roll-back has come between.
    uint64_t from = 0, to = look.seen.chunks;
    while (to - from > 1) {
        const uint64_t middle = from + (to - from) / 2;
        const std::string start = required(look.store->get(rows::u64_key('c', middle)), "a chunk");
        (ByteReader(view_of(start)).u64() <= entry ? from : to) = middle;
    }
    return from;
}

Reader::Impl::ChunkPointer Reader::Impl::known_chunk(uint64_t number, uint64_t generation) const {
    std::lock_guard lock(known_mutex_);
    for (const KnownChunk& known : known_chunks_)
        if (known.generation == generation && known.chunk->stored().record.number == number) return known.chunk;
    return nullptr;
}

Reader::Impl::ChunkPointer Reader::Impl::load_chunk(std::string_view row, uint64_t number, uint64_t generation,
                                                    const ChunkEntries::KeyOf& key_of) const {
    auto stored = required(decode_chunk(number, row), "a chunk");
    auto chunk = std::make_shared<ChunkEntries>(required(ChunkEntries::of(std::move(stored)), "what a chunk's entries are"));
    chunk->learn_keys(key_of);
    std::lock_guard lock(known_mutex_);
    if (known_chunks_.size() < kKnownChunks) {
        known_chunks_.push_back({generation, chunk});
    } else {
        known_chunks_[known_next_++ % kKnownChunks] = {generation, chunk};
    }
    return chunk;
}

Reader::Impl::ChunkPointer Reader::Impl::sealed_chunk(const Look& look, uint64_t number) const {
    if (ChunkPointer known = known_chunk(number, look.generation)) return known;
    const std::string row = required(look.store->get(rows::u64_key('C', number)), "a chunk");
    return load_chunk(row, number, look.generation, [&](uint32_t index) {
        {
            std::lock_guard lock(mutex_);
            if (lists_.generation == look.generation) return key_of_leaf(index);
        }
        // A roll-back has come between, and taken leaves away.
        const std::string leaf = required(look.store->get(rows::u32_key('A', index)), "an account");
        if (leaf.size() != Account::kSize) throw node::StoreError("the ledger's store is damaged: an account is unreadable");
        return Account::decode(view_of(leaf)).key;
    });
}

Reader::Impl::ChunkPointer Reader::Impl::sealed_chunk(uint64_t number) const {
    if (ChunkPointer known = known_chunk(number, lists_.generation)) return known;
    const std::string row = required(store_.get(rows::u64_key('C', number)), "a chunk");
    return load_chunk(row, number, lists_.generation, [this](uint32_t index) { return key_of_leaf(index); });
}

AccountKey Reader::Impl::key_of_leaf(uint32_t index) const {
    if (index >= state_.accounts.count()) throw node::StoreError("the ledger's store is damaged: a chunk names no account");
    return state_.accounts.at(index)->key;
}

Entry Reader::Impl::entry_in(const Look& look, uint64_t number) const {
    if (number >= look.open_first) return *look.open[number - look.open_first];
    const ChunkPointer chunk = sealed_chunk(look, chunk_of_entry(look, number));
    if (number < chunk->first() || number >= chunk->end())
        throw node::StoreError("the ledger's store is damaged: an entry is missing");
    return chunk->entry(number, domain_separator_);
}

std::optional<uint64_t> number_in(const node::StoreView& store, const std::string& key) {
    auto row = store.get(key);
    return row ? std::optional(rows::u64_at_end(*row)) : std::nullopt;
}

namespace {

WithdrawalRecord withdrawal_in(const node::StoreView& store, uint32_t position) {
    auto row = store.get(rows::u32_key('W', position));
    return required(row ? decode_withdrawal(position, *row) : std::nullopt, "a withdrawal");
}

}  // namespace

uint64_t Reader::entries_kept_since(uint64_t generation) const {
    Impl::Look look = impl_->look();
    if (generation > look.generation) return 0;
    uint64_t kept = look.seen.entries;
    look.store->scan(rows::u64_key('g', generation + 1), rows::u64_key('g', look.generation + 1),
                     [&](std::string_view, std::string_view value) {
                         kept = std::min(kept, rows::u64_at_end(value));
                         return true;
                     });
    return kept;
}

std::optional<Entry> Reader::entry(uint64_t number) const {
    Impl::Look look = impl_->look();
    if (number >= look.seen.entries) return std::nullopt;
    return impl_->entry_in(look, number);
}

std::vector<Entry> Reader::entries(uint64_t first, size_t limit) const {
    Impl::Look look = impl_->look();
    std::vector<Entry> out;
    for (uint64_t number = first; number < look.seen.entries && out.size() < limit; ++number)
        out.push_back(impl_->entry_in(look, number));
    return out;
}

std::vector<Entry> Reader::entries_at(const std::vector<uint64_t>& numbers) const {
    Impl::Look look = impl_->look();
    std::vector<Entry> out;
    for (uint64_t number : numbers)
        if (number < look.seen.entries) out.push_back(impl_->entry_in(look, number));
    return out;
}

std::optional<uint64_t> Reader::entry_of_hash(const Hash& hash) const {
    Impl::Look look = impl_->look();
    for (const EntryPointer& entry : look.open) {
        const auto* operation = std::get_if<OperationEntry>(&entry->what);
        if (operation && operation->hash == hash) return entry->number;
    }
    const auto number = if_below(number_in(*look.store, rows::hash_key(hash)), look.open_first);
    if (!number) return std::nullopt;
    const Entry entry = impl_->entry_in(look, *number);
    const auto* operation = std::get_if<OperationEntry>(&entry.what);
    if (!operation) throw node::StoreError("the ledger's store is damaged: a hash leads to no operation");
    return operation->hash == hash ? number : std::nullopt;
}

// Within a chunk, L1 operations come first, then the others.
std::optional<uint64_t> Reader::entry_of_position(uint64_t position) const {
    std::lock_guard lock(impl_->mutex_);
    if (position < impl_->base_.header.last.op_count || position >= impl_->published_.counters.op_count) return std::nullopt;
    Impl::ChunkStart start = impl_->start_of_open_chunk(), next{0, 0, impl_->state_.counters.l1_ops_consumed};
    if (position < start.position) {
        auto above = std::upper_bound(impl_->chunks_.begin(), impl_->chunks_.end(), position,
                                      [](uint64_t value, const Impl::ChunkStart& chunk) { return value < chunk.position; });
        next = above == impl_->chunks_.end() ? start : *above;
        start = *std::prev(above);
    }
    return start.entry + (next.l1 - start.l1) + (position - start.position);
}

std::optional<uint64_t> Reader::entry_of_l1_operation(uint64_t index) const {
    std::lock_guard lock(impl_->mutex_);
    if (index >= impl_->published_.counters.l1_ops_consumed) return std::nullopt;
    return impl_->entry_of_l1_operation_locked(index);
}

std::optional<uint64_t> Reader::Impl::entry_of_l1_operation_locked(uint64_t index) const {
    if (index < base_.header.last.l1_ops_consumed || index >= state_.counters.l1_ops_consumed) return std::nullopt;
    if (const ChunkStart open = start_of_open_chunk(); index >= open.l1) return open.entry + (index - open.l1);
    auto above = std::upper_bound(chunks_.begin(), chunks_.end(), index,
                                  [](uint64_t value, const ChunkStart& chunk) { return value < chunk.l1; });
    const ChunkStart& start = *std::prev(above);
    return start.entry + (index - start.l1);
}

uint64_t Reader::wait_for_entries(uint64_t known, uint64_t generation, uint64_t timeout_ms) const {
    std::unique_lock lock(impl_->wait_mutex_);
    impl_->changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                             [&] { return impl_->wait_entries_ > known || impl_->wait_generation_ != generation; });
    return impl_->wait_entries_;
}

const Account& Reader::Impl::published_leaf_locked(uint32_t index) const {
    for (const Held& held : held_) {
        auto old = held.overlay.find(index);
        if (old != held.overlay.end()) return old->second;
    }
    auto old = overlay_.find(index);
    return old != overlay_.end() ? old->second : *state_.accounts.at(index);
}

std::optional<AccountAt> Reader::account(const AccountKey& key) const {
    std::lock_guard lock(impl_->mutex_);
    AccountTree::Found found = impl_->state_.accounts.find(key);
    if (!found.present || found.index == 0 || found.index >= impl_->published_.account_count) return std::nullopt;
    return AccountAt{found.index, impl_->published_leaf_locked(found.index)};
}

std::optional<Account> Reader::account(uint32_t index) const {
    std::lock_guard lock(impl_->mutex_);
    if (index == 0 || index >= impl_->published_.account_count) return std::nullopt;
    return impl_->published_leaf_locked(index);
}

std::vector<AccountAt> Reader::accounts_of(const Address& owner, const std::optional<Address>& after, size_t limit) const {
    std::lock_guard lock(impl_->mutex_);
    std::vector<AccountAt> out;
    const AccountTree& accounts = impl_->state_.accounts;
    // Along the newest list, whose leaves that readers don't know yet are skipped.
    AccountTree::Found at = accounts.find({owner, after.value_or(Address{})});
    if (!at.present || after || at.index == 0) at = accounts.find(accounts.at(at.index)->next);
    while (out.size() < limit && at.present && accounts.at(at.index)->key.owner == owner && at.index != 0) {
        if (at.index < impl_->published_.account_count) out.push_back({at.index, impl_->published_leaf_locked(at.index)});
        at = accounts.find(accounts.at(at.index)->next);
    }
    return out;
}

std::optional<WithdrawalRecord> Reader::withdrawal(uint32_t position) const {
    Impl::Look look = impl_->look();
    if (position >= look.seen.withdrawal_count) return std::nullopt;
    return withdrawal_in(*look.store, position);
}

std::vector<WithdrawalRecord> Reader::withdrawals_to(const Address& recipient, uint32_t from, size_t limit) const {
    Impl::Look look = impl_->look();
    std::vector<WithdrawalRecord> out;
    uint32_t end = look.seen.withdrawal_count;
    if (limit == 0 || from >= end) return out;
    look.store->scan(rows::pair_key('w', recipient, from), rows::pair_key('w', recipient, end),
                     [&](std::string_view key, std::string_view) {
                         out.push_back(withdrawal_in(*look.store, rows::u32_at_end(key)));
                         return out.size() < limit;
                     });
    return out;
}

std::optional<WithdrawalProof> Reader::withdrawal_proof(uint32_t position, uint32_t withdrawal_count) const {
    WithdrawalProof proof;
    std::unique_ptr<const node::StoreView> store;
    {
        std::lock_guard lock(impl_->mutex_);
        if (position >= withdrawal_count || withdrawal_count > impl_->published_.withdrawal_count) return std::nullopt;
        proof.path = impl_->state_.withdrawals.path(position, withdrawal_count);
        store = impl_->store_.snapshot();
    }
    proof.position = position;
    proof.withdrawal = withdrawal_in(*store, position).withdrawal;
    return proof;
}

std::optional<RolledBack> Reader::rolled_back(const Hash& hash) const {
    auto store = impl_->store_.snapshot();
    auto number = number_in(*store, rows::fixed_key('r', hash));
    if (!number) return std::nullopt;
    auto row = store->get(rows::u64_key('R', *number));
    return row ? required(decode_rolled_back(*number, *row), "a rolled-back operation") : std::optional<RolledBack>{};
}

}  // namespace gavel::ledger
