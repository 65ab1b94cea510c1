// A view over the full trees that notes what each operation did to which leaf: what entries are made of.
#pragma once

#include <unordered_map>
#include <vector>

#include "ledger/records.hpp"
#include "protocol/state.hpp"

namespace gavel::ledger {

// One effect, in order.
struct Note {
    enum class Kind : uint8_t { kWrite, kAppend, kWithdrawal } kind;
    uint32_t index;  // of the leaf, or the withdrawal's position
    Account before;  // of a write
    Account after;   // of a write or append
    Withdrawal withdrawal;
};

class NotingView : public StateView {
public:
    // Leaves as readers see them, where they differ from the newest ones.
    using Overlay = std::unordered_map<uint32_t, Account>;

    // `overlay` gets the old content of each leaf written that isn't in it yet; neither is owned.
    NotingView(State& state, Overlay& overlay) : state_(state), runner_(state), overlay_(overlay) {}

    uint32_t account_count() const override { return runner_.account_count(); }
    uint32_t withdrawal_count() const override { return runner_.withdrawal_count(); }
    bool read(uint32_t index, Account& leaf) override { return runner_.read(index, leaf); }
    bool find(const AccountKey& key, Found& found) override { return runner_.find(key, found); }
    bool write(uint32_t index, const Account& leaf) override;
    bool append(const Account& leaf) override;
    bool append_withdrawal(const Withdrawal& withdrawal) override;
    Mark mark() override { return runner_.mark(); }
    void roll_back(Mark mark) override;

    // Forgets marks, notes and the diff: the state as it is is the start.
    void begin();
    // Since begin().
    StateDiff diff() const { return runner_.diff(); }
    const std::vector<Note>& notes() const { return notes_; }

private:
    State& state_;
    StateRunner runner_;
    Overlay& overlay_;
    std::vector<Note> notes_;  // one for each entry of the runner's journal
};

// Entries from the notes of one operation that has been applied; what it moved is in them in the order of docs/protocol.md.
OperationEntry make_operation_entry(uint64_t position, const PostedOperation& posted, CheckedOperation operation, uint64_t at_ms,
                                    std::span<const Note> notes);
L1Entry make_l1_entry(uint64_t index, const L1Operation& operation, bool took_effect, const Hash& queue_hash,
                      std::span<const Note> notes);
// One for each note, all of them credits.
std::vector<FeeEntry> make_fee_entries(std::span<const Note> notes);

}  // namespace gavel::ledger
