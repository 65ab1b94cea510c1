// The beginning of a ledger from a state that is known otherwise than by what led to it.
#pragma once

#include "ledger/records.hpp"
#include "node/store.hpp"
#include "protocol/account.hpp"
#include "protocol/operation.hpp"

namespace gavel::ledger {

// Whether a Ledger opened on this store would go on from something.
bool has_ledger(const node::StoreView& store);

// Writes a state into a store without a ledger: leaves, then withdrawals, then finish(), which makes a ledger of it in one
// atomic, synced write. Before that no Ledger can be opened on the store, and another LedgerStart begins anew. Whoever gives the
// state has found it to be that of base.header.last, and its leaves to be linked as they must: a Ledger that is opened checks the
// roots, and throws. Failure: node::StoreError.
class LedgerStart {
public:
    // `store` must outlive it. Keys with "l1/" or "blob/" in front are left to others, all else is erased.
    LedgerStart(node::Store& store, const Domain& domain, const LedgerBase& base);
    // Encoded leaves, in the order of their indices, any whole number of them.
    void add_leaves(ByteView leaves);
    // Encoded withdrawals, by position.
    void add_withdrawals(ByteView withdrawals);
    // All of them were added.
    void finish();

private:
    void write(node::Durability durability = node::Durability::kBuffered);

    node::Store& store_;
    const Domain domain_;
    const LedgerBase base_;
    node::WriteBatch batch_;
    uint32_t leaves_ = 0, withdrawals_ = 0;
};

}  // namespace gavel::ledger
