#include "protocol/state.hpp"

#include <unordered_set>

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"

namespace gavel {

StateFields State::fields() const {
    StateFields out;
    out.accounts_root = accounts.root();
    out.withdrawals_root = withdrawals.root();
    out.account_count = accounts.count();
    out.withdrawal_count = withdrawals.count();
    out.l1_ops_consumed = counters.l1_ops_consumed;
    out.op_count = counters.op_count;
    return out;
}

Bytes StateDiff::encode() const {
    ByteWriter out;
    out.u32(account_count).u32(withdrawal_count).u64(counters.l1_ops_consumed).u64(counters.op_count);
    for (const Change& change : changes) out.u32(change.index).raw(change.before.encode());
    return out.take();
}

std::optional<StateDiff> StateDiff::decode(ByteView data) {
    ByteReader in(data);
    StateDiff out;
    out.account_count = in.u32();
    out.withdrawal_count = in.u32();
    out.counters.l1_ops_consumed = in.u64();
    out.counters.op_count = in.u64();
    if (!in.ok() || in.remaining() % (4 + Account::kSize) != 0) return std::nullopt;
    std::unordered_set<uint32_t> seen;
    while (in.remaining() > 0) {
        uint32_t index = in.u32();
        if (index >= out.account_count || !seen.insert(index).second) return std::nullopt;
        out.changes.push_back({index, Account::decode(in.take(Account::kSize))});
    }
    return out;
}

void undo(State& state, const StateDiff& diff) {
    while (state.accounts.count() > diff.account_count) state.accounts.pop();
    for (const StateDiff::Change& change : diff.changes) state.accounts.write(change.index, change.before);
    state.withdrawals.truncate(diff.withdrawal_count);
    state.counters = diff.counters;
}

bool StateRunner::read(uint32_t index, Account& leaf) {
    const Account* account = state_.accounts.at(index);
    if (!account) return false;
    leaf = *account;
    return true;
}

bool StateRunner::find(const AccountKey& key, Found& found) {
    AccountTree::Found place = state_.accounts.find(key);
    found.index = place.index;
    found.present = place.present;
    return read(place.index, found.leaf);
}

bool StateRunner::write(uint32_t index, const Account& leaf) {
    journal_.push_back({Entry::Kind::kWrite, index, *state_.accounts.at(index)});
    state_.accounts.write(index, leaf);
    return true;
}

bool StateRunner::append(const Account& leaf) {
    journal_.push_back({Entry::Kind::kAppend, state_.accounts.count(), {}});
    state_.accounts.append(leaf);
    return true;
}

bool StateRunner::append_withdrawal(const Withdrawal& withdrawal) {
    journal_.push_back({Entry::Kind::kWithdrawal, state_.withdrawals.count(), {}});
    state_.withdrawals.append(withdrawal.hash());
    withdrawals_.push_back(withdrawal);
    return true;
}

void StateRunner::roll_back(Mark mark) {
    GAVEL_CHECK(mark <= journal_.size());
    for (; journal_.size() > mark; journal_.pop_back()) {
        const Entry& entry = journal_.back();
        switch (entry.kind) {
            case Entry::Kind::kWrite: state_.accounts.write(entry.index, entry.before); break;
            case Entry::Kind::kAppend: state_.accounts.pop(); break;
            case Entry::Kind::kWithdrawal:
                state_.withdrawals.truncate(entry.index);
                withdrawals_.pop_back();
                break;
        }
    }
}

void StateRunner::begin() {
    journal_.clear();
    withdrawals_.clear();
    start_.account_count = state_.accounts.count();
    start_.withdrawal_count = state_.withdrawals.count();
    start_.counters = state_.counters;
}

StateDiff StateRunner::diff() const {
    StateDiff out = start_;
    std::unordered_set<uint32_t> seen;
    for (const Entry& entry : journal_) {
        if (entry.kind != Entry::Kind::kWrite || entry.index >= start_.account_count) continue;
        if (seen.insert(entry.index).second) out.changes.push_back({entry.index, entry.before});
    }
    return out;
}

}  // namespace gavel
