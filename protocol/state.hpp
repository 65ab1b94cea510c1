// The whole state in memory, and the view that runs apply over it.
#pragma once

#include "protocol/account_tree.hpp"
#include "protocol/apply.hpp"
#include "protocol/commitment.hpp"
#include "protocol/view.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel {

struct State {
    AccountTree accounts;
    WithdrawalTree withdrawals;
    Counters counters;

    StateFields fields() const;
    Hash commitment() const { return fields().hash(); }
};

// What changed a state between two moments: enough to undo it, and to write it to disk.
struct StateDiff {
    struct Change {
        uint32_t index;
        Account before;
    };
    std::vector<Change> changes;    // of leaves that existed before, in order of first change
    uint32_t account_count = 0;     // before
    uint32_t withdrawal_count = 0;  // before
    Counters counters;              // before

    Bytes encode() const;
    static std::optional<StateDiff> decode(ByteView data);
};

// Takes `state` back to before `diff`, which is the latest not undone.
void undo(State& state, const StateDiff& diff);

// Runs over the full trees, with a journal for marks.
class StateRunner : public StateView {
public:
    explicit StateRunner(State& state) : state_(state) { begin(); }

    uint32_t account_count() const override { return state_.accounts.count(); }
    uint32_t withdrawal_count() const override { return state_.withdrawals.count(); }
    bool read(uint32_t index, Account& leaf) override;
    bool find(const AccountKey& key, Found& found) override;
    bool write(uint32_t index, const Account& leaf) override;
    bool append(const Account& leaf) override;
    bool append_withdrawal(const Withdrawal& withdrawal) override;
    Mark mark() override { return journal_.size(); }
    void roll_back(Mark mark) override;

    // Starts a diff at the state as it is: earlier marks and diffs are forgotten.
    void begin();
    // What has changed since begin().
    StateDiff diff() const;
    // The withdrawals appended since begin(), in order.
    const std::vector<Withdrawal>& new_withdrawals() const { return withdrawals_; }

private:
    struct Entry {
        enum class Kind : uint8_t { kWrite, kAppend, kWithdrawal } kind;
        uint32_t index;
        Account before;
    };
    State& state_;
    std::vector<Entry> journal_;
    std::vector<Withdrawal> withdrawals_;
    StateDiff start_;
};

}  // namespace gavel
