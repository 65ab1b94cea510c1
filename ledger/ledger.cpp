// Opening, and what the writing thread asks.
#include <algorithm>

#include "ledger/ledger_impl.hpp"
#include "node/parallel.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::ledger {

using rows::required;

namespace {

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

void load_accounts(const node::StoreView& store, uint32_t count, State& state) {
    if (count == 1) return;  // the sentinel alone may have no row
    constexpr uint32_t kAtOnce = 256 * AccountLeaves::Dense::kPageSize;
    std::vector<AccountLeaves::Dense> parts(count / kAtOnce + 1);  // the last one may be empty
    node::run_on_all_cores(parts.size(), [&](size_t part) {
        const uint32_t first = static_cast<uint32_t>(part) * kAtOnce, end = first + std::min(kAtOnce, count - first);
        scan_accounts(store, first, end, [&](uint32_t, ByteView row) { parts[part].push_back(Account::decode(row)); });
    });
    AccountLeaves::Dense leaves;
    for (AccountLeaves::Dense& part : parts) leaves.join(std::move(part));
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

State load_state(const node::StoreView& store, const StateFields& fields) {
    State state;
    load_accounts(store, fields.account_count, state);
    load_withdrawals(store, fields.withdrawal_count, state);
    state.counters = {fields.l1_ops_consumed, fields.op_count};
    return state;
}

StateDiff load_diff(const node::StoreView& store, uint64_t chunk) {
    auto row = store.get(rows::u64_key('D', chunk));
    return required(row ? StateDiff::decode(view_of(*row)) : std::nullopt, "a chunk's undo record");
}

}  // namespace

State SealedState::before_chunk(uint64_t chunk) const {
    State state = load_state(*store_, fields_);
    for (uint64_t number = chunks_; number-- > chunk;) undo(state, load_diff(*store_, number));
    return state;
}

Bytes SealedState::leaves_before_chunk(uint64_t chunk, uint32_t count) const {
    Bytes out;
    out.reserve(size_t{count} * Account::kSize);
    if (fields_.account_count == 1) append(out, Account{}.encode());  // may have no row
    else scan_accounts(*store_, 0, count, [&](uint32_t, ByteView leaf) { append(out, leaf); });
    for (uint64_t number = chunks_; number-- > chunk;) {
        for (const StateDiff::Change& change : load_diff(*store_, number).changes) {
            if (change.index >= count) continue;
            const Bytes before = change.before.encode();
            std::copy(before.begin(), before.end(), out.begin() + static_cast<ptrdiff_t>(change.index * Account::kSize));
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
    return {impl_->store_.snapshot(), impl_->sealed_fields_, chunk_count()};
}

StateDiff Reader::Impl::stored_diff(uint64_t chunk) const { return load_diff(store_, chunk); }

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Ledger::Ledger(node::Store& store, const Domain& domain) : Reader(std::make_unique<Impl>(store, domain)) {}

Reader::Impl::Impl(node::Store& opened, const Domain& its_domain)
    : store_(opened), domain_(its_domain), domain_separator_(its_domain.separator()) {
    check_format();
    load_base();
    load_sealed_state();
    load_chunks_and_batches();
    view_.begin();
    replay_open_entries();
    publish_locked();
}

void Reader::Impl::check_format() {
    std::string mine = std::string(rows::kFormat) + string_of(domain_separator_);
    auto kept = store_.get(rows::kFormatKey);
    if (!kept && store_.get(rows::kStartingKey))
        throw node::StoreError(
            "the ledger was being begun with a snapshot, which has to be given again (or begin with an empty folder)");
    if (!kept) {
        sealed_fields_ = genesis_fields();
        node::WriteBatch batch;
        batch.put(rows::kFormatKey, mine);
        put_seal(batch);
        put_lists(batch);
        store_.write(batch, node::Durability::kSynced);
        return;
    }
    if (!kept->starts_with(rows::kFormat)) throw node::StoreError("the store is no ledger of this version");
    if (*kept != mine) throw node::StoreError("the ledger's store belongs to another chain or rollup contract");
}

void Reader::Impl::load_base() {
    if (auto row = store_.get(rows::kBaseKey)) base_ = required(decode_base(*row), "where it begins");
}

void Reader::Impl::load_sealed_state() {
    std::string seal = required(store_.get(rows::kSealKey), "the sealed state");
    ByteReader in(view_of(seal));
    ByteView fields = in.take(StateFields::kSize);
    written_ = open_.first_entry = in.u64();
    if (!in.finished()) throw node::StoreError("the ledger's store is damaged: the sealed state is unreadable");
    sealed_fields_ = StateFields::decode(fields);

    state_ = load_state(store_, sealed_fields_);
    if (state_.fields() != sealed_fields_) {
        throw node::StoreError("the ledger's store is damaged: the accounts don't lead to the commitment of the last chunk");
    }
    queue_hash_ = queue_hash(state_.counters.l1_ops_consumed);
}

void Reader::Impl::load_chunks_and_batches() {
    store_.scan("c", "d", [&](std::string_view key, std::string_view value) {
        if (key.size() != 9 || rows::u64_at_end(key) != chunk_first_entry_.size()) {
            throw node::StoreError("the ledger's store is damaged: a chunk is missing");
        }
        chunk_first_entry_.push_back(rows::u64_at_end(value));
        return true;
    });
    ChunkRecord last;
    if (uint64_t count = chunk_first_entry_.size(); count == 0) {
        last.after = base_.header.last;
    } else {
        auto row = store_.get(rows::u64_key('C', count - 1));
        last = required(row ? decode_chunk(count - 1, *row) : std::nullopt, "the last chunk");
        if (last.first_entry != chunk_first_entry_.back()) {
            throw node::StoreError("the ledger's store is damaged: a chunk is another");
        }
    }
    if (last.after != sealed_fields_ || last.first_entry + last.entry_count != open_.first_entry) {
        throw node::StoreError("the ledger's store is damaged: the sealed state isn't the one after the last chunk");
    }
    store_.scan("B", "C", [&](std::string_view, std::string_view value) {
        BatchRecord batch = required(decode_batch_record(value), "a batch");
        bool follows = batch.number() == batch_head() + 1 && batch.chunk_end() <= chunk_first_entry_.size();
        if (!follows) throw node::StoreError("the ledger's store is damaged: a batch is missing");
        batches_.push_back(std::move(batch));
        return true;
    });
    std::string lists = required(store_.get(rows::kListsKey), "the list of roll-backs");
    ByteReader in(view_of(lists));
    lists_.generation = in.u64();
    lists_.rolled_back_next = in.u64();
    lists_.rolled_back_count = in.u64();
    if (!in.finished()) throw node::StoreError("the ledger's store is damaged: the list of roll-backs is unreadable");
}

void Reader::Impl::replay_open_entries() {
    store_.scan(rows::u64_key('E', written_), "F", [&](std::string_view key, std::string_view value) {
        uint64_t number = rows::u64_at_end(key);
        Entry entry = required(decode_entry(number, value), "an entry");
        if (number != written_) throw node::StoreError("the ledger's store is damaged: an entry of the open chunk is missing");
        replay(entry);
        if (pending_.size() != 1 || pending_.front() != entry) {
            throw node::StoreError("the ledger's store is damaged: an operation of the open chunk can't be executed again");
        }
        pending_.clear();
        ++written_;
        return true;
    });
    pending_receipts_.clear();
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
uint64_t Ledger::chunk_count() const { return impl_->chunk_first_entry_.size(); }
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
    auto pending = impl_->pending_receipts_.find(hash);
    if (pending != impl_->pending_receipts_.end()) return pending->second;
    auto number = impl_->stored_number(rows::fixed_key('h', hash));
    if (!number) return std::nullopt;
    Entry entry = required(impl_->stored_entry(*number), "an entry");
    const auto* operation = std::get_if<OperationEntry>(&entry.what);
    if (!operation) throw node::StoreError("the ledger's store is damaged: a hash leads to no operation");
    return OperationReceipt{*number, operation->position, hash, operation->confirmed_at_ms};
}

void Ledger::with_state(const std::function<void(State&)>& use) {
    std::unique_lock lock(impl_->mutex_);
    GAVEL_CHECK(impl_->open_.empty() && impl_->held_.empty());
    use(impl_->state_);
    GAVEL_CHECK(impl_->state_.accounts.count() == impl_->sealed_fields_.account_count);
}

Hash Reader::Impl::queue_hash(uint64_t index) const {
    if (index == base_.header.last.l1_ops_consumed) return base_.l1_queue_hash;
    for (const Entry& entry : pending_) {
        const auto* l1 = std::get_if<L1Entry>(&entry.what);
        if (l1 && l1->index + 1 == index) return l1->queue_hash;
    }
    Entry entry = required(stored_entry(required(stored_number(rows::u64_key('q', index - 1)), "an L1 operation")), "an entry");
    const auto* l1 = std::get_if<L1Entry>(&entry.what);
    if (!l1 || l1->index + 1 != index) throw node::StoreError("the ledger's store is damaged: an L1 operation is another");
    return l1->queue_hash;
}

std::optional<Entry> Reader::Impl::stored_entry(uint64_t number) const {
    auto row = store_.get(rows::u64_key('E', number));
    if (!row) return std::nullopt;
    return required(decode_entry(number, *row), "an entry");
}

std::optional<uint64_t> Reader::Impl::stored_number(const std::string& key) const {
    auto row = store_.get(key);
    if (!row) return std::nullopt;
    return rows::u64_at_end(*row);
}

}  // namespace gavel::ledger
