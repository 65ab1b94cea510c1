#include "ledger/noting_view.hpp"

#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

bool NotingView::write(uint32_t index, const Account& leaf) {
    const Account& before = *state_.accounts.at(index);
    overlay_.emplace(index, before);
    notes_.push_back({Note::Kind::kWrite, index, before, leaf, {}});
    return runner_.write(index, leaf);
}

bool NotingView::append(const Account& leaf) {
    notes_.push_back({Note::Kind::kAppend, runner_.account_count(), {}, leaf, {}});
    return runner_.append(leaf);
}

bool NotingView::append_withdrawal(const Withdrawal& withdrawal) {
    notes_.push_back({Note::Kind::kWithdrawal, runner_.withdrawal_count(), {}, {}, withdrawal});
    return runner_.append_withdrawal(withdrawal);
}

void NotingView::roll_back(Mark mark) {
    runner_.roll_back(mark);
    notes_.resize(mark);
}

void NotingView::begin() {
    runner_.begin();
    notes_.clear();
}

OperationEntry make_operation_entry(uint64_t position, const PostedOperation& posted, CheckedOperation operation, uint64_t at_ms,
                                    std::span<const Note> notes) {
    OperationEntry out;
    out.position = position;
    out.operation = std::move(operation.operation);
    out.posted = posted;
    out.sender = operation.sender;
    out.signature = operation.signature;
    out.voucher = operation.voucher;
    out.digest = operation.digest;
    out.hash = operation.hash;
    out.confirmed_at_ms = at_ms;
    const bool on_l1 = traits_of(posted.kind).payees == Payees::kL1;
    size_t at = 1;  // the first is the debit
    for (size_t i = 0; i < posted.payments.size(); ++i) {
        if (on_l1) {
            out.withdrawal = notes[at].index;
            continue;
        }
        const bool is_low_leaf = at + 1 < notes.size() && notes[at + 1].kind == Note::Kind::kAppend;
        if (is_low_leaf) ++at;
        out.recipients.push_back(notes[at++].index);
    }
    return out;
}

L1Entry make_l1_entry(uint64_t index, const L1Operation& operation, bool took_effect, const Hash& queue_hash,
                      std::span<const Note> notes) {
    L1Entry out{index, operation, took_effect, {}, {}, {}, {}, queue_hash};
    if (!took_effect) return out;
    GAVEL_CHECK(!notes.empty());
    out.moved = operation.amount;
    if (traits_of(operation.kind).debits_caller) {
        const Note& debit = notes.front();
        out.sender = debit.index;
        out.moved = Amount{debit.before.balance.value() - debit.after.balance.value()};
        if (notes.size() == 1) return out;  // a reclaim has closed an empty channel
    }
    (notes.back().kind == Note::Kind::kWithdrawal ? out.withdrawal : out.recipient) = notes.back().index;
    return out;
}

std::vector<FeeEntry> make_fee_entries(std::span<const Note> notes) {
    std::vector<FeeEntry> out;
    for (const Note& note : notes) {
        Amount total{note.after.balance.value() - note.before.balance.value()};
        out.push_back({note.after.key.token, total, note.index, note.after.key.owner});
    }
    return out;
}

}  // namespace gavel::ledger
