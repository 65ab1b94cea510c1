#include "query/queries.hpp"

#include <algorithm>

#include "follow/standing.hpp"
#include "node/config.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::query {
namespace {

using node::Code;
using node::Result;
using node::Status;

// A cursor names the next entry and the generation that it was seen in: generation(24 bits) (entry + 1)(40 bits).
constexpr unsigned kEntryBits = 40;
constexpr uint64_t kEntryMask = (uint64_t{1} << kEntryBits) - 1;

struct Cursor {
    uint64_t generation = 0;
    uint64_t entry = 0;
};

uint64_t encode_cursor(const Cursor& cursor) { return cursor.generation << kEntryBits | ((cursor.entry + 1) & kEntryMask); }

Cursor decode_cursor(uint64_t cursor) {
    return cursor == 0 ? Cursor{} : Cursor{cursor >> kEntryBits, ((cursor & kEntryMask) - 1) & kEntryMask};
}

Status bad_cursor() { return {Code::kInvalidArgument, "BAD_CURSOR", "cursor", "this server has given no such cursor"}; }

// Where to go on forward; a refusal if something before it was rolled back since.
Result<uint64_t> resume(const ledger::Reader& ledger, uint64_t cursor) {
    Cursor at = decode_cursor(cursor);
    if (cursor == 0) return uint64_t{0};
    if (at.generation > ledger.generation()) return bad_cursor();
    uint64_t kept = ledger.entries_kept_since(at.generation);
    if (at.entry <= kept) return at.entry;
    if (at.generation == ledger.generation()) return bad_cursor();
    return Status{Code::kAborted, "ROLLED_BACK", "cursor",
                  "entries that this cursor has passed were rolled back; the first " + std::to_string(kept) + " of all stand"};
}

AccountInfo describe_account(const ledger::AccountAt& at) {
    return {at.account.key, at.index, at.account.nonce, at.account.balance};
}

std::vector<ledger::Entry> entries_of(const ledger::Reader& ledger, const ledger::Reader::Touches& touches) {
    std::vector<uint64_t> numbers;
    for (const ledger::Touch& touch : touches.touches) numbers.push_back(touch.entry);
    return ledger.entries_at(numbers);
}

// What the payments of a kind are to whom they credit here; nullopt if they go to the L1.
template <class Kind>
struct Credit {
    Kind kind;
    std::optional<IncomingPayment::Kind> as;
};
constexpr Credit<OperationKind> kCredits[] = {
    {OperationKind::kTransfer, IncomingPayment::Kind::kTransfer}, {OperationKind::kWithdraw, std::nullopt},
    {OperationKind::kPayout, IncomingPayment::Kind::kPayout},     {OperationKind::kFund, IncomingPayment::Kind::kFund},
    {OperationKind::kRedeem, IncomingPayment::Kind::kRedeem},
};
constexpr Credit<L1OperationKind> kL1Credits[] = {
    {L1OperationKind::kDeposit, IncomingPayment::Kind::kDeposit},
    {L1OperationKind::kForcedTransfer, IncomingPayment::Kind::kForcedTransfer},
    {L1OperationKind::kForcedWithdrawal, std::nullopt},
    {L1OperationKind::kRedeem, IncomingPayment::Kind::kForcedRedeem},
    {L1OperationKind::kReclaim, IncomingPayment::Kind::kReclaim},
};
static_assert(has_each_kind(kCredits) && has_each_kind(kL1Credits));

// What the entry credits to `owner`, line by line.
void append_payments(const ledger::Entry& entry, const Address& owner, std::vector<IncomingPayment>& out) {
    IncomingPayment payment;
    payment.entry = entry.number;
    payment.to = owner;
    if (const auto* operation = std::get_if<ledger::OperationEntry>(&entry.what)) {
        const auto& credit = kCredits[static_cast<size_t>(operation->operation.kind)];
        if (!credit.as) return;
        const bool is_redeem = operation->operation.kind == OperationKind::kRedeem;
        payment.kind = *credit.as;
        payment.from = is_redeem ? operation->operation.channel.channel : operation->sender;
        payment.token = operation->operation.token;
        payment.memo = operation->operation.memo;
        payment.hash = operation->hash;
        payment.confirmed_at_ms = operation->confirmed_at_ms;
        for (size_t line = 0; line < operation->recipients.size(); ++line) {
            if (operation->operation.payments[line].to != owner) continue;
            if (is_redeem && operation->operation.payments[line].amount.is_zero()) continue;
            payment.amount = operation->operation.payments[line].amount;
            payment.line = static_cast<uint16_t>(line);
            out.push_back(payment);
        }
    } else if (const auto* l1 = std::get_if<ledger::L1Entry>(&entry.what)) {
        const auto& credit = kL1Credits[static_cast<size_t>(l1->operation.kind)];
        if (!credit.as) return;
        payment.kind = *credit.as;
        payment.from = l1->operation.caller;
        payment.token = l1->operation.token;
        payment.amount = l1->moved;
        payment.l1_operation = l1->index;
        if (l1->recipient && l1->operation.to == owner) out.push_back(payment);
    }
}

OperationInfo describe_rolled_back(ledger::RolledBack record) {
    OperationInfo out;
    out.operation = std::move(record.operation);
    out.sender = record.sender;
    out.signature = record.signature;
    out.voucher = record.voucher;
    out.hash = record.hash;
    out.status = OperationStatus::kRolledBack;
    out.position = record.position;
    out.confirmed_at_ms = record.confirmed_at_ms;
    out.why = std::move(record.why);
    return out;
}

}  // namespace

std::optional<BatchHeader> Queries::standing_header(uint64_t number) const {
    return follow::standing_header(ledger_, view_, number);
}

std::optional<ledger::BatchRecord> Queries::standing_record(uint64_t number) const {
    auto record = ledger_.batch(number);
    auto standing = view_.batch(number);
    if (!record || !standing || record->header.hash() != standing->hash) return std::nullopt;
    return record;
}

std::string Queries::since() const {
    const uint64_t first = ledger_.base().number();
    return first == 0 ? "" : ", and it knows only what came since batch " + std::to_string(first);
}

Status Queries::unknown_batch(const char* field, uint64_t number) const {
    if (const uint64_t first = ledger_.base().number(); number <= first && first > 0)
        return {Code::kNotFound, "UNKNOWN_BATCH", field, "this server has only what came since batch " + std::to_string(first)};
    return {Code::kNotFound, "UNKNOWN_BATCH", field, "no verified batch " + std::to_string(number) + " stands on the L1"};
}

uint64_t Queries::common_head() const {
    uint64_t number = std::min(ledger_.summary().batches, view_.batch_head());
    while (number > ledger_.base().number() && !standing_header(number)) --number;
    return number;
}

uint64_t Queries::cursor_of(uint64_t entry) const { return encode_cursor({ledger_.generation(), entry}); }

ChainInfo Queries::chain_info(const std::string& server) const {
    const ledger::LedgerSummary now = ledger_.summary();
    ChainInfo out;
    out.domain = ledger_.domain();
    out.domain_separator = ledger_.domain_separator();
    out.server = server;
    out.version = node::version();
    out.state = now.fields;
    out.op_count = now.op_count;
    out.head_batch = common_head();
    out.since_batch = ledger_.base().number();
    auto head = standing_header(out.head_batch);
    out.head_hash = head ? head->hash() : genesis_header().hash();
    out.posted_op_count = head ? head->last.op_count : 0;
    out.final_batch = std::min(out.head_batch, view_.final_head());
    auto final_header = standing_header(out.final_batch);
    out.final_op_count = final_header ? final_header->last.op_count : 0;
    const l1::BlockRef l1_head = view_.head();
    out.l1_block = l1_head.number;
    out.l1_time = l1_head.time;
    out.l1_queue_length = view_.queue_length();
    if (out.l1_queue_length > now.l1_ops_consumed) out.l1_ops_waiting = out.l1_queue_length - now.l1_ops_consumed;
    const l1::RollupParameters parameters = view_.parameters();
    out.challenge_window = parameters.challenge_window;
    out.inclusion_window = parameters.inclusion_window;
    out.freeze_age = parameters.freeze_age;
    out.frozen = view_.frozen();
    return out;
}

AccountInfo Queries::account(const AccountKey& key) const {
    auto at = ledger_.account(key);
    return at ? describe_account(*at) : AccountInfo{key, 0, 0, {}};
}

Balances Queries::balances(const Address& owner, const std::optional<Address>& after, size_t limit) const {
    Balances out;
    for (const ledger::AccountAt& at : ledger_.accounts_of(owner, after, bounded(limit))) {
        out.accounts.push_back(describe_account(at));
    }
    if (out.accounts.size() == bounded(limit)) out.next = out.accounts.back().key.token;
    return out;
}

Queries::Place Queries::place_of(uint64_t entry) const {
    Place out;
    auto place = ledger_.place_of_entry(entry);
    auto standing = place ? view_.batch(place->batch.number()) : std::nullopt;
    if (!standing || standing->hash != place->batch.header.hash()) return out;
    out = place_in(*standing);
    out.chunk = static_cast<uint16_t>(place->chunk - place->batch.first_chunk);
    return out;
}

Queries::Place Queries::place_of_base() const {
    auto standing = view_.batch(ledger_.base().number());
    return standing ? place_in(*standing) : Place{};
}

Queries::Place Queries::place_in(const follow::StandingBatch& batch) const {
    Place out;
    out.status = view_.is_final(batch.number) ? OperationStatus::kFinal : OperationStatus::kPosted;
    out.batch = batch.number;
    out.l1_transaction = batch.tx_hash;
    out.posted_at = batch.posted_at;
    out.final_at = view_.parameters().final_at(batch.posted_at);
    return out;
}

OperationInfo Queries::describe(const ledger::OperationEntry& entry, const Place& place) {
    OperationInfo out;
    out.operation = entry.operation;
    out.sender = entry.sender;
    out.signature = entry.signature;
    out.voucher = entry.voucher;
    out.hash = entry.hash;
    out.status = place.status;
    out.position = entry.position;
    out.confirmed_at_ms = entry.confirmed_at_ms;
    out.batch = place.batch;
    out.chunk = place.chunk;
    out.l1_transaction = place.l1_transaction;
    out.posted_at = place.posted_at;
    out.final_at = place.final_at;
    return out;
}

EntryInfo Queries::describe(const ledger::Entry& entry) const {
    const Place place = place_of(entry.number);
    EntryInfo out;
    out.number = entry.number;
    out.status = place.status;
    out.batch = place.batch;
    out.final_at = place.final_at;
    if (const auto* operation = std::get_if<ledger::OperationEntry>(&entry.what)) {
        out.what = describe(*operation, place);
    } else if (const auto* l1 = std::get_if<ledger::L1Entry>(&entry.what)) {
        out.what = api::L1OperationInfo{l1->index, l1->operation, l1->took_effect, l1->moved, l1->withdrawal};
    } else if (const auto* fees = std::get_if<ledger::FeeEntry>(&entry.what)) {
        out.what = api::FeeIncome{fees->token, fees->total, fees->owner};
    }
    return out;
}

Result<Page<EntryInfo>> Queries::history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                         size_t limit) const {
    uint64_t below = ~uint64_t{0};
    if (cursor != 0) {
        Cursor at = decode_cursor(cursor);
        if (at.generation > ledger_.generation()) return bad_cursor();
        below = std::min(at.entry, ledger_.entries_kept_since(at.generation));
    }
    ledger::Reader::Touches touches = ledger_.touches_before(owner, token, below, bounded(limit));
    Page<EntryInfo> out;
    for (const ledger::Entry& entry : entries_of(ledger_, touches)) out.items.push_back(describe(entry));
    if (touches.next) out.next_cursor = cursor_of(*touches.next);
    return out;
}

Result<OperationInfo> Queries::operation(const Hash& hash) const {
    auto number = ledger_.entry_of_hash(hash);
    auto entry = number ? ledger_.entry(*number) : std::nullopt;
    if (!entry || !std::holds_alternative<ledger::OperationEntry>(entry->what)) {
        if (auto record = ledger_.rolled_back(hash)) return describe_rolled_back(std::move(*record));
        return Status{Code::kNotFound, "UNKNOWN_OPERATION", "hash", "this server has never seen " + to_hex(hash) + since()};
    }
    return describe(std::get<ledger::OperationEntry>(entry->what), place_of(entry->number));
}

Page<OperationInfo> Queries::rolled_back(const std::optional<Address>& sender, uint64_t cursor, size_t limit) const {
    ledger::Reader::RolledBackPage page = ledger_.rolled_back_from(cursor, sender, bounded(limit));
    Page<OperationInfo> out;
    for (ledger::RolledBack& record : page.operations) out.items.push_back(describe_rolled_back(std::move(record)));
    out.next_cursor = page.next.value_or(0);
    return out;
}

Result<Page<IncomingPayment>> Queries::incoming(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                                size_t limit) const {
    Result<uint64_t> from = resume(ledger_, cursor);
    if (!from) return from.status();
    uint64_t generation = ledger_.generation();
    ledger::Reader::Touches touches = ledger_.incoming_from(owner, token, *from, bounded(limit));
    Page<IncomingPayment> out;
    for (const ledger::Entry& entry : entries_of(ledger_, touches)) append_payments(entry, owner, out.items);
    out.next_cursor = encode_cursor({generation, *touches.next});
    return out;
}

Result<Page<EntryInfo>> Queries::feed(uint64_t cursor, size_t limit) const {
    Result<uint64_t> from = resume(ledger_, cursor);
    if (!from) return from.status();
    uint64_t generation = ledger_.generation();
    Page<EntryInfo> out;
    for (const ledger::Entry& entry : ledger_.entries(*from, bounded(limit))) out.items.push_back(describe(entry));
    out.next_cursor = encode_cursor({generation, *from + out.items.size()});
    return out;
}

uint64_t Queries::end_cursor() const {
    ledger::LedgerSummary now = ledger_.summary();
    return encode_cursor({now.generation, now.entries});
}

void Queries::wait_behind(uint64_t cursor, uint64_t timeout_ms) const {
    Cursor at = decode_cursor(cursor);
    ledger_.wait_for_entries(at.entry, at.generation, timeout_ms);
}

Result<ChunkSignatures> Queries::chunk_signatures(uint64_t batch, uint32_t chunk) const {
    auto record = standing_record(batch);
    if (!record) return unknown_batch("batch", batch);
    if (chunk >= record->header.chunk_count) {
        return Status{Code::kOutOfRange, "NO_SUCH_CHUNK", "chunk",
                      "the batch has " + std::to_string(record->header.chunk_count) + " chunks"};
    }
    auto sealed = ledger_.chunk(record->first_chunk + chunk);
    if (!sealed) return unknown_batch("batch", batch);
    ChunkSignatures out;
    for (size_t at = 0; at + Signature::kSize <= sealed->sigs.size(); at += Signature::kSize) {
        out.signatures.push_back(Signature::from(ByteView(sealed->sigs).subspan(at)));
    }
    out.digests = ledger_.chunk_digests(*sealed);
    return out;
}

Result<BatchInfo> Queries::batch(uint64_t number) const {
    auto record = standing_record(number);
    auto standing = record ? view_.batch(number) : std::nullopt;
    if (!standing) return unknown_batch("number", number);
    StateFields before = genesis_fields();
    if (auto parent = ledger_.header(number - 1)) before = parent->last;
    BatchInfo out;
    out.header = record->header;
    out.size_bytes = record->size_bytes;
    out.l1_transaction = standing->tx_hash;
    out.l1_block = standing->block;
    out.posted_at = standing->posted_at;
    out.first_position = before.op_count;
    out.op_count = record->header.last.op_count - before.op_count;
    out.l1_op_count = record->header.last.l1_ops_consumed - before.l1_ops_consumed;
    out.final_at = view_.parameters().final_at(standing->posted_at);
    out.is_final = view_.is_final(number);
    return out;
}

}  // namespace gavel::query
