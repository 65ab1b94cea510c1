// The narrow view of a state that apply works on. One transition, three views: run, record, replay (docs/protocol.md, "Views").
#pragma once

#include "protocol/account.hpp"
#include "protocol/commitment.hpp"
#include "protocol/withdrawal_tree.hpp"

namespace gavel {

// Every access is made at its moment, in apply's order. A method that returns false has failed: the view can't answer (a proof
// lacks the leaf, holds another, or doesn't fold to the root). That is neither "no such leaf" nor a wrong chunk; apply stops, and
// says so.
class StateView {
public:
    // Where a key is, or the low leaf that shows that it has none.
    struct Found {
        uint32_t index = 0;
        bool present = false;
        Account leaf;
    };
    using Mark = size_t;

    virtual ~StateView() = default;

    virtual uint32_t account_count() const = 0;
    virtual uint32_t withdrawal_count() const = 0;
    // The leaf at `index`; 0 < index < account_count().
    [[nodiscard]] virtual bool read(uint32_t index, Account& leaf) = 0;
    // The leaf of `key`, or its low leaf. A key with a zero owner is never asked for.
    [[nodiscard]] virtual bool find(const AccountKey& key, Found& found) = 0;
    // Replaces the leaf that the latest read or find gave.
    [[nodiscard]] virtual bool write(uint32_t index, const Account& leaf) = 0;
    // A new leaf at account_count() < kMaxAccountCount, which grows by one.
    [[nodiscard]] virtual bool append(const Account& leaf) = 0;
    // withdrawal_count() < kMaxWithdrawalCount.
    [[nodiscard]] virtual bool append_withdrawal(const Withdrawal& withdrawal) = 0;
    // Goes back to the state at a mark. Marks are undone latest first.
    virtual Mark mark() = 0;
    virtual void roll_back(Mark mark) = 0;
};

}  // namespace gavel
