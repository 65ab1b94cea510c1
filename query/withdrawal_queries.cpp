// Withdrawals: where each stands, and what the contract's claim takes.
#include <algorithm>

#include "query/queries.hpp"

namespace gavel::query {

using node::Code;
using node::Result;
using node::Status;

namespace {

Status unknown_withdrawal(const char* field) {
    return {Code::kNotFound, "UNKNOWN_WITHDRAWAL", field, "there is no such withdrawal"};
}

}  // namespace

WithdrawalInfo Queries::describe(const ledger::WithdrawalRecord& record) const {
    WithdrawalInfo out;
    out.position = record.position;
    out.withdrawal = record.withdrawal;
    auto entry = ledger_.entry(record.entry);
    if (!entry && record.entry != ledger::kNoEntry) return out;
    const auto* operation = entry ? std::get_if<ledger::OperationEntry>(&entry->what) : nullptr;
    if (operation) out.hash = operation->hash;
    const Place place = entry ? place_of(entry->number) : place_of_base();
    if (place.batch == 0) return out;
    out.batch = place.batch;
    out.final_at = place.final_at;
    uint64_t now = view_.head().time;
    if (place.status != OperationStatus::kFinal) {
        out.status = WithdrawalStatus::kWaiting;
        out.seconds_left = place.final_at > now ? place.final_at - now : 0;
    } else {
        out.status = view_.is_claimed(record.position) ? WithdrawalStatus::kClaimed : WithdrawalStatus::kClaimable;
    }
    return out;
}

Result<WithdrawalInfo> Queries::withdrawal(uint32_t position) const {
    auto record = ledger_.withdrawal(position);
    if (!record) return unknown_withdrawal("position");
    return describe(*record);
}

Result<WithdrawalInfo> Queries::withdrawal_of(const Hash& hash) const {
    auto number = ledger_.entry_of_hash(hash);
    auto entry = number ? ledger_.entry(*number) : std::nullopt;
    const auto* operation = entry ? std::get_if<ledger::OperationEntry>(&entry->what) : nullptr;
    auto record = operation && operation->withdrawal ? ledger_.withdrawal(*operation->withdrawal) : std::nullopt;
    if (record) return describe(*record);
    Status unknown = unknown_withdrawal("operation_hash");
    unknown.message += since();
    return unknown;
}

Page<WithdrawalInfo> Queries::withdrawals_to(const Address& recipient, uint64_t cursor, size_t limit) const {
    Page<WithdrawalInfo> out;
    if (cursor > kMaxWithdrawalCount) return out;
    size_t count = bounded(limit);
    for (const ledger::WithdrawalRecord& record : ledger_.withdrawals_to(recipient, static_cast<uint32_t>(cursor), count + 1)) {
        if (out.items.size() == count) {
            out.next_cursor = record.position;
            break;
        }
        out.items.push_back(describe(record));
    }
    return out;
}

Result<ClaimProof> Queries::withdrawal_proof(uint32_t position) const {
    auto record = ledger_.withdrawal(position);
    if (!record) return unknown_withdrawal("position");
    ClaimProof out;
    out.withdrawal = describe(*record);
    Status not_posted{Code::kFailedPrecondition, "NOT_POSTED", "position", "no batch on the L1 holds this withdrawal yet"};
    if (out.withdrawal.batch == 0) return not_posted;
    uint64_t batch = std::max(out.withdrawal.batch, std::min(common_head(), view_.final_head()));
    auto against = standing_header(batch);
    if (!against) return not_posted;
    out.header = *against;
    out.claimable_at = out.withdrawal.final_at;
    auto proof = ledger_.withdrawal_proof(position, out.header.last.withdrawal_count);
    if (!proof) return not_posted;
    out.proof = std::move(*proof);
    return out;
}

}  // namespace gavel::query
