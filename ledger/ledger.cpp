// Opening, and what the writing thread asks.
#include <algorithm>

#include "ledger/ledger_impl.hpp"
#include "node/parallel.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::ledger {

using rows::required;

namespace {

// Where they are in an encoded leaf.
constexpr size_t kNonceAt = 2 * Address::kSize, kNextAt = kNonceAt + 8 + 16;
static_assert(kNextAt + 2 * Address::kSize == Account::kSize);

// Of which state there are rows.
struct Sealed {
    const StateFields& fields;
    uint64_t chunks = 0;
    uint32_t turns = 0;
};

// The rows of leaves [first, end).
void scan_accounts(const node::StoreView& store, uint32_t first, uint32_t end,
                   const std::function<void(uint32_t, ByteView)>& visit) {
    uint32_t next = first;
    store.scan(rows::u32_key('A', first), rows::u32_key('A', end), [&](std::string_view key, std::string_view row) {
        if (rows::u32_at_end(key) != next || row.size() != Account::kSize) {
            throw node::StoreError("the ledger's store is damaged: an account is missing or unreadable");
        }
        visit(next++, view_of(row));
        return true;
    });
    if (next != end) throw node::StoreError("the ledger's store is damaged: an account is missing");
}

// What sealed chunks have done since leaves' rows were written, and maybe some of what they had done before: in order.
void each_late_step(const node::StoreView& store, const Sealed& sealed,
                    const std::function<void(const LeafSteps::Step&)>& visit) {
    const uint64_t turns = std::min<uint64_t>(sealed.turns, sealed.chunks);
    for (uint64_t chunk = sealed.chunks - turns; chunk < sealed.chunks; ++chunk) {
        for (const LeafSteps::Step& step : load_steps(store, chunk).steps) {
            if (step.index >= sealed.fields.account_count)
                throw node::StoreError("the ledger's store is damaged: a chunk tells of a leaf that isn't there");
            visit(step);
        }
    }
}

void load_accounts(const node::StoreView& store, const Sealed& sealed, State& state) {
    const uint32_t count = sealed.fields.account_count;
    if (count == 1) return;  // the sentinel alone may have no row
    constexpr uint32_t kAtOnce = 256 * AccountLeaves::Dense::kPageSize;
    std::vector<AccountLeaves::Dense> parts(count / kAtOnce + 1);  // the last one may be empty
    node::run_on_all_cores(parts.size(), [&](size_t part) {
        const uint32_t first = static_cast<uint32_t>(part) * kAtOnce, end = first + std::min(kAtOnce, count - first);
        scan_accounts(store, first, end, [&](uint32_t, ByteView row) { parts[part].push_back(Account::decode(row)); });
    });
    AccountLeaves::Dense leaves;
    for (AccountLeaves::Dense& part : parts) leaves.join(std::move(part));
    each_late_step(store, sealed, [&](const LeafSteps::Step& step) {
        leaves[step.index].nonce = step.nonce_after;
        leaves[step.index].balance = step.after;
    });
    auto accounts = AccountTree::of(std::move(leaves), node::run_on_all_cores);
    if (!accounts) throw node::StoreError("the ledger's store is damaged: an account is there twice");
    state.accounts = *std::move(accounts);
}

void scan_withdrawals(const node::StoreView& store, uint32_t count, const std::function<void(const Withdrawal&)>& visit) {
    uint32_t next = 0;
    store.scan(rows::u32_key('W', 0), rows::u32_key('W', count), [&](std::string_view key, std::string_view row) {
        if (rows::u32_at_end(key) != next) throw node::StoreError("the ledger's store is damaged: a withdrawal is missing");
        visit(required(decode_withdrawal(next++, row), "a withdrawal").withdrawal);
        return true;
    });
    if (next != count) throw node::StoreError("the ledger's store is damaged: a withdrawal is missing");
}

void load_withdrawals(const node::StoreView& store, uint32_t count, State& state) {
    constexpr size_t kAtOnce = 1024;
    Bytes encoded;
    std::vector<Hash> hashes;
    auto append_encoded = [&] {
        hashes.resize(encoded.size() / Withdrawal::kSize);
        keccak256_many(encoded, Withdrawal::kSize, hashes);
        state.withdrawals.append(hashes);
        encoded.clear();
    };
    scan_withdrawals(store, count, [&](const Withdrawal& withdrawal) {
        append(encoded, withdrawal.encode());
        if (encoded.size() == kAtOnce * Withdrawal::kSize) append_encoded();
    });
    append_encoded();
}

State load_state(const node::StoreView& store, const Sealed& sealed) {
    const StateFields& fields = sealed.fields;
    State state;
    load_accounts(store, sealed, state);
    load_withdrawals(store, fields.withdrawal_count, state);
    state.counters = {fields.l1_ops_consumed, fields.op_count};
    return state;
}

}  // namespace

LeafSteps load_steps(const node::StoreView& store, uint64_t chunk) {
    auto row = store.get(rows::u64_key('D', chunk));
    return required(row ? LeafSteps::decode(*row) : std::nullopt, "what a chunk did to leaves");
}

void undo_chunk(State& state, const LeafSteps& done) {
    if (done.account_count > state.accounts.count() || done.withdrawal_count > state.withdrawals.count())
        throw node::StoreError("the ledger's store is damaged: a chunk tells of another state");
    undo(state, done.diff(state.accounts));
}

State SealedState::before_chunk(uint64_t chunk) const {
    State state = load_state(*store_, {fields_, chunks_, turns_});
    for (uint64_t number = chunks_; number-- > chunk;) undo_chunk(state, load_steps(*store_, number));
    return state;
}

Bytes SealedState::leaves_before_chunk(uint64_t chunk, uint32_t count) const {
    Bytes out;
    out.reserve(size_t{fields_.account_count} * Account::kSize);
    const auto put = [&](uint32_t index, size_t at, ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<ptrdiff_t>(index * Account::kSize + at));
    };
    const auto put_numbers = [&](uint32_t index, uint64_t nonce, Amount balance) {
        put(index, kNonceAt, ByteWriter().u64(nonce).amount(balance).bytes());
    };
    if (fields_.account_count == 1) append(out, Account{}.encode());  // may have no row
    else scan_accounts(*store_, 0, fields_.account_count, [&](uint32_t, ByteView leaf) { append(out, leaf); });
    each_late_step(*store_, {fields_, chunks_, turns_}, [&](const LeafSteps::Step& step) {  //
        put_numbers(step.index, step.nonce_after, step.after);
    });
    out.resize(size_t{count} * Account::kSize);
    for (uint64_t number = chunks_; number-- > chunk;) {
        for (const LeafSteps::Step& step : load_steps(*store_, number).steps) {
            if (step.index >= count) continue;
            put_numbers(step.index, step.nonce_before, step.before);
            if (step.next_before)
                put(step.index, kNextAt, ByteWriter().raw(step.next_before->owner).raw(step.next_before->token).bytes());
        }
    }
    return out;
}

void SealedState::each_withdrawal(uint32_t count, const std::function<void(const Withdrawal&)>& visit) const {
    GAVEL_CHECK(count <= fields_.withdrawal_count);
    scan_withdrawals(*store_, count, visit);
}

SealedState Ledger::sealed_state() const {
    GAVEL_CHECK(impl_->held_.empty());
    return {impl_->store_.snapshot(), impl_->sealed_fields_, chunk_count(), impl_->turns_};
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Ledger::Ledger(node::Store& store, const Domain& domain, uint32_t turns)
    : Reader(std::make_unique<Impl>(store, domain, turns == 0 ? rows::kTurns : turns)) {}

Reader::Impl::Impl(node::Store& opened, const Domain& its_domain, uint32_t turns)
    : store_(opened), domain_(its_domain), domain_separator_(its_domain.separator()) {
    check_format(turns);
    load_base();
    load_chunks();
    load_sealed_state();
    load_batches();
    load_lists();
    node::WriteBatch written_already;
    learn_what_is_behind(written_already);
    view_.begin();
    replay_open_entries();
    publish_locked();
}

void Reader::Impl::check_format(uint32_t turns) {
    auto kept = store_.get(rows::kFormatKey);
    if (!kept && store_.get(rows::kStartingKey))
        throw node::StoreError(
            "the ledger was being begun with a snapshot, which has to be given again (or begin with an empty folder)");
    if (!kept) {
        sealed_fields_ = genesis_fields();
        node::WriteBatch batch;
        kept = rows::format_value(domain_separator_, turns);
        batch.put(rows::kFormatKey, *kept);
        put_seal(batch);
        put_lists(batch);
        store_.write(batch, node::Durability::kSynced);
    }
    const auto format = rows::decode_format(*kept);
    if (!format) throw node::StoreError("the store is no ledger of this version");
    if (format->domain_separator != domain_separator_)
        throw node::StoreError("the ledger's store belongs to another chain or rollup contract");
    turns_ = format->turns;
    owners_ = OwnerIndex(turns_);
}

void Reader::Impl::load_base() {
    if (auto row = store_.get(rows::kBaseKey)) base_ = required(decode_base(*row), "where it begins");
}

void Reader::Impl::load_chunks() {
    store_.scan("c", "d", [&](std::string_view key, std::string_view value) {
        ByteReader in(view_of(value));
        ChunkStart start{in.u64(), in.u64(), in.u64()};
        if (key.size() != 9 || rows::u64_at_end(key) != chunks_.size() || !in.finished()) {
            throw node::StoreError("the ledger's store is damaged: a chunk is missing");
        }
        chunks_.push_back(start);
        return true;
    });
}

void Reader::Impl::load_sealed_state() {
    std::string seal = required(store_.get(rows::kSealKey), "the sealed state");
    ByteReader in(view_of(seal));
    ByteView fields = in.take(StateFields::kSize);
    written_ = tail_first_ = open_.first_entry = in.u64();
    if (!in.finished()) throw node::StoreError("the ledger's store is damaged: the sealed state is unreadable");
    sealed_fields_ = StateFields::decode(fields);

    StoredChunk last;
    if (chunks_.empty()) {
        last.record.after = base_.header.last;
        last.queue_hash = base_.l1_queue_hash;
    } else {
        auto row = store_.get(rows::u64_key('C', chunks_.size() - 1));
        last = required(row ? decode_chunk(chunks_.size() - 1, *row) : std::nullopt, "the last chunk");
        const StateFields& before = last.record.before;
        if (chunks_.back() != ChunkStart{last.record.first_entry, before.op_count, before.l1_ops_consumed})
            throw node::StoreError("the ledger's store is damaged: a chunk is another");
    }
    if (last.record.after != sealed_fields_ || last.record.first_entry + last.record.entry_count != open_.first_entry) {
        throw node::StoreError("the ledger's store is damaged: the sealed state isn't the one after the last chunk");
    }
    state_ = load_state(store_, {sealed_fields_, chunks_.size(), turns_});
    if (state_.fields() != sealed_fields_) {
        throw node::StoreError("the ledger's store is damaged: the accounts don't lead to the commitment of the last chunk");
    }
    queue_hash_ = last.queue_hash;
}

void Reader::Impl::learn_what_is_behind(node::WriteBatch& batch) {
    const uint64_t end = chunks_.size();
    owners_.begin(end);
    behind_.assign(state_.accounts.count(), false);
    for (uint64_t number = owners_.first_to_learn(end); number < end; ++number) {
        for (const LeafSteps::Step& step : load_steps(store_, number).steps) behind_.at(step.index) = true;
        const ChunkPointer chunk = sealed_chunk(number);
        std::vector<EntryPointer> entries;
        for (uint64_t entry = chunk->first(); entry < chunk->end(); ++entry)
            entries.push_back(std::make_shared<const Entry>(chunk->entry_without_names(entry)));
        owners_.seal(number, entries, batch);
        owners_.written();
    }
}

void Reader::Impl::load_batches() {
    store_.scan("B", "C", [&](std::string_view, std::string_view value) {
        BatchRecord batch = required(decode_batch_record(value), "a batch");
        bool follows = batch.number() == batch_head() + 1 && batch.chunk_end() <= chunks_.size();
        if (!follows) throw node::StoreError("the ledger's store is damaged: a batch is missing");
        batches_.push_back(std::move(batch));
        return true;
    });
}

void Reader::Impl::load_lists() {
    std::string lists = required(store_.get(rows::kListsKey), "the list of roll-backs");
    ByteReader in(view_of(lists));
    lists_.generation = in.u64();
    lists_.rolled_back_next = in.u64();
    lists_.rolled_back_count = in.u64();
    if (!in.finished()) throw node::StoreError("the ledger's store is damaged: the list of roll-backs is unreadable");
}

void Reader::Impl::replay_open_entries() {
    store_.scan(rows::u64_key('E', written_), "F", [&](std::string_view key, std::string_view value) {
        if (rows::u64_at_end(key) != written_)
            throw node::StoreError("the ledger's store is damaged: an entry of the open chunk is missing");
        log_rows_.push_back(written_);
        for (const Entry& entry : required(decode_entries(written_, value), "what was logged of the open chunk")) {
            replay(entry);
            if (next_entry() != entry.number + 1 || *tail_.back() != entry)
                throw node::StoreError("the ledger's store is damaged: an operation of the open chunk can't be executed again");
        }
        written_ = next_entry();
        return true;
    });
    overlay_.clear();
}

void Reader::Impl::replay(const Entry& entry) {
    if (const auto* operation = std::get_if<OperationEntry>(&entry.what)) {
        execute(operation->posted, operation->confirmed_at_ms, [&](const Account& sender, Operation&& signed_form) {
            const Address signer = signed_form.signer(sender);
            return with_names(signed_form, signer, operation->signature, domain_separator_, operation->voucher);
        });
    } else if (const auto* l1 = std::get_if<L1Entry>(&entry.what)) {
        if (open_.chunk.operations.empty()) execute_l1(l1->operation);
    }
}

const Domain& Reader::domain() const { return impl_->domain_; }
const Hash& Reader::domain_separator() const { return impl_->domain_separator_; }
const LedgerBase& Reader::base() const { return impl_->base_; }
const OpenChunk& Ledger::open_chunk() const { return impl_->open_; }
const Counters& Ledger::counters() const { return impl_->state_.counters; }
uint32_t Ledger::newest_account_count() const { return impl_->state_.accounts.count(); }
uint64_t Ledger::chunk_count() const { return impl_->chunks_.size(); }
uint64_t Ledger::batch_head() const { return impl_->batch_head(); }
const StateFields& Ledger::sealed_fields() const { return impl_->sealed_fields_; }
Hash Ledger::l1_queue_hash(uint64_t index) const {
    return index == counters().l1_ops_consumed ? impl_->queue_hash_ : impl_->queue_hash(index);
}

BatchHeader Ledger::last_header() const { return impl_->batches_.empty() ? impl_->base_.header : impl_->batches_.back().header; }

std::optional<AccountAt> OpenLedger::newest_account(const AccountKey& key) const {
    AccountTree::Found found = impl_->state_.accounts.find(key);
    if (!found.present || found.index == 0) return std::nullopt;
    return AccountAt{found.index, *impl_->state_.accounts.at(found.index)};
}

std::optional<Account> OpenLedger::newest_account(uint32_t index) const {
    const Account* account = index == 0 ? nullptr : impl_->state_.accounts.at(index);
    if (!account) return std::nullopt;
    return *account;
}

std::optional<OperationReceipt> OpenLedger::newest_receipt(const Hash& hash) const {
    auto number = impl_->tail_hashes_.find(hash);
    auto stored = number == impl_->tail_hashes_.end() ? impl_->stored_number(rows::hash_key(hash)) : number->second;
    if (!stored) return std::nullopt;
    const Entry entry = impl_->stored_entry(*stored);
    const auto* operation = std::get_if<OperationEntry>(&entry.what);
    if (!operation) throw node::StoreError("the ledger's store is damaged: a hash leads to no operation");
    if (operation->hash != hash) return std::nullopt;
    return OperationReceipt{*stored, operation->position, hash, operation->confirmed_at_ms};
}

void Ledger::with_state(const std::function<void(State&)>& use) {
    std::unique_lock lock(impl_->mutex_);
    GAVEL_CHECK(impl_->open_.empty() && impl_->held_.empty());
    use(impl_->state_);
    GAVEL_CHECK(impl_->state_.accounts.count() == impl_->sealed_fields_.account_count);
}

Hash Reader::Impl::queue_hash(uint64_t index) const {
    if (index == base_.header.last.l1_ops_consumed) return base_.l1_queue_hash;
    const Entry entry = stored_entry(required(entry_of_l1_operation_locked(index - 1), "an L1 operation"));
    const auto* l1 = std::get_if<L1Entry>(&entry.what);
    if (!l1 || l1->index + 1 != index) throw node::StoreError("the ledger's store is damaged: an L1 operation is another");
    return l1->queue_hash;
}

Entry Reader::Impl::stored_entry(uint64_t number) const {
    if (number >= next_entry()) throw node::StoreError("the ledger's store is damaged: an index tells of an entry to come");
    if (number >= tail_first_) return *tail_[number - tail_first_];
    const ChunkPointer chunk = sealed_chunk(chunk_that_holds(number));
    if (number >= chunk->end()) throw node::StoreError("the ledger's store is damaged: an entry is missing");
    return chunk->entry(number, domain_separator_);
}

std::optional<uint64_t> Reader::Impl::stored_number(const std::string& key) const {
    auto row = store_.get(key);
    if (!row) return std::nullopt;
    return rows::u64_at_end(*row);
}

}  // namespace gavel::ledger
