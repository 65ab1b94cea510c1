#include "ledger/chunk_row.hpp"

#include <algorithm>
#include <unordered_set>

#include "ledger/varint.hpp"
#include "protocol/check.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {
namespace {

// Operations of channels aren't taken apart: what they pay follows from how their leaf was.
bool is_taken_apart(OperationKind kind) { return !is_of_channel(kind); }

void put_whole(ByteWriter& out, const Entry& entry) {
    const std::string bytes = encode_entry(entry);
    put_varint(out, bytes.size());
    out.raw(view_of(bytes));
}

// Behind the nonce.
void put_note(ByteWriter& out, const OperationEntry& entry) {
    if (entry.withdrawal) put_varint(out, *entry.withdrawal);
    for (size_t i = 0; i < entry.recipients.size(); ++i)
        if (entry.posted.payments[i].to.address) put_varint(out, entry.recipients[i]);
}

Bytes notes_of(std::span<const EntryPointer> entries) {
    ByteWriter out;
    uint64_t time = 0;
    for (const EntryPointer& entry : entries) {
        const auto* operation = std::get_if<OperationEntry>(&entry->what);
        if (!operation || !is_taken_apart(operation->posted.kind)) {
            put_whole(out, *entry);
            continue;
        }
        put_varint(out, operation->operation.nonce);
        put_step(out, time, operation->confirmed_at_ms);
        time = operation->confirmed_at_ms;
        put_note(out, *operation);
    }
    return out.take();
}

}  // namespace

std::string encode_chunk(const ChunkRecord& chunk, const Hash& queue_hash, std::span<const EntryPointer> entries) {
    ByteWriter out;
    put_varint(out, chunk.first_entry);
    put_varint(out, chunk.entry_count);
    out.raw(chunk.before.encode()).raw(chunk.after.encode()).raw(queue_hash);
    put_varint(out, chunk.ops.size());
    put_varint(out, chunk.sigs.size());
    out.raw(chunk.ops).raw(chunk.sigs).raw(notes_of(entries));
    return string_of(out.bytes());
}

std::optional<StoredChunk> decode_chunk(uint64_t number, std::string_view row) {
    ByteReader in(view_of(row));
    bool ok = true;
    StoredChunk out;
    out.record.number = number;
    out.record.first_entry = take_varint64(in, ok);
    out.record.entry_count = take_varint32(in, ok);
    const ByteView before = in.take(StateFields::kSize), after = in.take(StateFields::kSize);
    out.queue_hash = in.fixed<Hash>();
    const uint32_t ops_size = take_varint32(in, ok), sigs_size = take_varint32(in, ok);
    out.record.ops = to_bytes(in.take(ops_size));
    out.record.sigs = to_bytes(in.take(sigs_size));
    if (!ok || !in.ok()) return std::nullopt;
    out.notes = to_bytes(in.take(in.remaining()));
    out.record.before = StateFields::decode(before);
    out.record.after = StateFields::decode(after);
    return out;
}

// Reads notes, each from where the last one ended.
class ChunkEntries::NoteReader {
public:
    NoteReader(ByteView notes, uint64_t first_entry) : in_(notes), entry_(first_entry) {}

    template <class Kind>
    void whole(std::vector<Note>& notes) {
        const uint32_t size = take_varint32(in_, ok_);
        Note note;
        note.whole = decode_entry(entry_++, string_of(in_.take(size)));
        ok_ = ok_ && note.whole && std::holds_alternative<Kind>(note.whole->what);
        notes.push_back(std::move(note));
    }
    void short_one(const PostedOperation& posted, size_t operation, size_t signature, std::vector<Note>& notes) {
        Note note;
        note.operation = operation;
        note.signature = signature;
        note.nonce = take_varint64(in_, ok_);
        note.confirmed_at_ms = time_ = static_cast<uint64_t>(take_step(in_, ok_, time_));
        const bool on_l1 = traits_of(posted.kind).payees == Payees::kL1;
        if (on_l1) note.withdrawal = take_varint32(in_, ok_);
        for (const PostedPayment& payment : posted.payments)
            if (!on_l1 && payment.to.address) note.made.push_back(take_varint32(in_, ok_));
        ++entry_;
        notes.push_back(std::move(note));
    }
    bool ok() const { return ok_ && in_.ok(); }
    bool finished() const { return ok_ && in_.finished(); }

private:
    ByteReader in_;
    uint64_t entry_;
    uint64_t time_ = 0;
    bool ok_ = true;
};

std::optional<ChunkEntries> ChunkEntries::of(StoredChunk stored) {
    ChunkEntries out;
    out.stored_ = std::move(stored);
    const ChunkRecord& record = out.stored_.record;
    NoteReader reader(out.stored_.notes, record.first_entry);
    if (record.entry_count > 0) {
        auto decoded = decode_ops(record.ops);
        if (!std::holds_alternative<Chunk>(decoded)) return std::nullopt;
        out.chunk_ = std::get<Chunk>(std::move(decoded));
        for (unsigned i = 0; i < out.chunk_.l1_operations && reader.ok(); ++i) reader.whole<L1Entry>(out.notes_);
        size_t signatures = 0;
        for (size_t i = 0; i < out.chunk_.operations.size() && reader.ok(); ++i) {
            const PostedOperation& posted = out.chunk_.operations[i];
            if (is_taken_apart(posted.kind)) reader.short_one(posted, i, signatures, out.notes_);
            else reader.whole<OperationEntry>(out.notes_);
            signatures += posted.signatures();
        }
        for (size_t i = 0; i < out.chunk_.fee_leaves.size() && reader.ok(); ++i) reader.whole<FeeEntry>(out.notes_);
        if (record.sigs.size() != signatures * Signature::kSize) return std::nullopt;
    }
    if (!reader.finished() || out.notes_.size() != record.entry_count) return std::nullopt;
    return out;
}

void ChunkEntries::learn_keys(const KeyOf& key_of) {
    std::vector<uint32_t> indices;
    for (const Note& note : notes_) {
        if (note.whole) continue;
        const PostedOperation& posted = chunk_.operations[note.operation];
        indices.push_back(posted.sender);
        for (const PostedPayment& payment : posted.payments)
            if (!payment.to.address) indices.push_back(payment.to.index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    keys_.reserve(indices.size());
    for (uint32_t index : indices) keys_.emplace_back(index, key_of(index));
}

const AccountKey& ChunkEntries::key(uint32_t index) const {
    auto found = std::lower_bound(keys_.begin(), keys_.end(), index, [](const auto& key, uint32_t i) { return key.first < i; });
    GAVEL_CHECK(found != keys_.end() && found->first == index);
    return found->second;
}

Entry ChunkEntries::entry(uint64_t number, const Hash& domain_separator) const {
    Entry out = entry_without_names(number);
    if (notes_[number - first()].whole) return out;
    auto& operation = std::get<OperationEntry>(out.what);
    operation.digest = operation.operation.digest(domain_separator);
    operation.hash = operation_hash(operation.digest, operation.sender);
    return out;
}

Entry ChunkEntries::entry_without_names(uint64_t number) const {
    GAVEL_CHECK(number >= first() && number < end());
    const Note& note = notes_[number - first()];
    if (note.whole) return *note.whole;
    const PostedOperation& posted = chunk_.operations[note.operation];
    const AccountKey& sender = key(posted.sender);
    OperationEntry out;
    out.position = stored_.record.before.op_count + note.operation;
    out.operation = {posted.kind, sender.token, {}, posted.fee, note.nonce, posted.memo};
    out.posted = posted;
    out.sender = sender.owner;
    out.signature = Signature::from(ByteView(stored_.record.sigs).subspan(note.signature * Signature::kSize));
    out.confirmed_at_ms = note.confirmed_at_ms;
    const bool on_l1 = traits_of(posted.kind).payees == Payees::kL1;
    if (on_l1) out.withdrawal = note.withdrawal;
    size_t made = 0;
    for (const PostedPayment& payment : posted.payments) {
        const auto& to = payment.to;
        out.operation.payments.push_back({to.address ? *to.address : key(to.index).owner, payment.amount});
        if (!on_l1) out.recipients.push_back(to.address ? note.made[made++] : to.index);
    }
    return {number, std::move(out)};
}

LeafSteps LeafSteps::of(const StateDiff& diff, const AccountTree& accounts) {
    LeafSteps out;
    out.account_count = diff.account_count;
    out.withdrawal_count = diff.withdrawal_count;
    out.counters = diff.counters;
    for (const StateDiff::Change& change : diff.changes) {
        const Account now = *accounts.at(change.index);
        Step step{change.index, change.before.nonce, now.nonce, change.before.balance, now.balance, {}};
        if (now.next != change.before.next) step.next_before = change.before.next;
        out.steps.push_back(step);
    }
    return out;
}

std::string LeafSteps::encode() const {
    ByteWriter out;
    for (u128 number : {u128{account_count}, u128{withdrawal_count}, u128{counters.l1_ops_consumed}, u128{counters.op_count}})
        put_varint(out, number);
    for (const Step& step : steps) {
        put_varint(out, u128{step.index} << 1 | (step.next_before ? 1 : 0));
        if (step.next_before) out.raw(step.next_before->owner).raw(step.next_before->token);
        put_varint(out, step.nonce_before);
        put_step(out, step.nonce_before, step.nonce_after);
        put_varint(out, step.before.value());
        put_step(out, step.before.value(), step.after.value());
    }
    return string_of(out.bytes());
}

std::optional<LeafSteps> LeafSteps::decode(std::string_view row) {
    ByteReader in(view_of(row));
    bool ok = true;
    LeafSteps out;
    out.account_count = take_varint32(in, ok);
    out.withdrawal_count = take_varint32(in, ok);
    out.counters.l1_ops_consumed = take_varint64(in, ok);
    out.counters.op_count = take_varint64(in, ok);
    std::unordered_set<uint32_t> seen;
    while (ok && in.ok() && in.remaining() > 0) {
        const uint64_t head = take_varint64(in, ok);
        Step step;
        if (head >> 1 >= out.account_count) return std::nullopt;
        step.index = static_cast<uint32_t>(head >> 1);
        if ((head & 1) != 0) {
            AccountKey& next = step.next_before.emplace();
            next.owner = in.fixed<Address>();
            next.token = in.fixed<Address>();
        }
        step.nonce_before = take_varint64(in, ok);
        step.nonce_after = static_cast<uint64_t>(take_step(in, ok, step.nonce_before));
        step.before = Amount{take_varint(in, ok, ~u128{0})};
        step.after = Amount{take_step(in, ok, step.before.value())};
        if (!seen.insert(step.index).second) return std::nullopt;
        out.steps.push_back(step);
    }
    if (!ok || !in.finished()) return std::nullopt;
    return out;
}

StateDiff LeafSteps::diff(const AccountTree& accounts) const {
    StateDiff out{{}, account_count, withdrawal_count, counters};
    for (const Step& step : steps) {
        Account before = *accounts.at(step.index);
        before.nonce = step.nonce_before;
        before.balance = step.before;
        if (step.next_before) before.next = *step.next_before;
        out.changes.push_back({step.index, before});
    }
    return out;
}

}  // namespace gavel::ledger
