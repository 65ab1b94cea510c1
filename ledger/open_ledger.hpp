// The sequencer's ledger: operations are executed one at a time, before their chunk exists.
//
// What flush() has written of the open chunk is the write-ahead log: after a crash the constructor re-executes it on the state of
// the last sealed chunk, with the same positions, entry numbers and receipts.
#pragma once

#include "ledger/ledger.hpp"

namespace gavel::ledger {

// What the sender of an operation is told.
struct OperationReceipt {
    uint64_t entry = 0;
    uint64_t position = 0;
    Hash hash;  // the operation's
    uint64_t confirmed_at_ms = 0;
    friend bool operator==(const OperationReceipt&, const OperationReceipt&) = default;
};

// The leaf that takes the fees of a token; nullopt: none.
using FeeLeafLookup = std::function<std::optional<uint32_t>(const Address& token)>;

class OpenLedger : public Ledger {
public:
    using Ledger::Ledger;

    // Whether the open chunk takes an operation, with its fee leaf if it is the first with a fee in `token`: by its weight, and
    // by the bytes that a slot of a blob has. An operation that doesn't fit an empty chunk never does.
    bool fits(const PostedOperation& posted, const Address& token) const GAVEL_REQUIRES(writing);
    bool fits_l1_operation() const GAVEL_REQUIRES(writing);

    // Consumes the L1 operation that is next (number counters().l1_ops_consumed). Only while the chunk has no L2 operation: L1
    // operations come first. Wrong (and without effect) if it doesn't fit, or with kWithdrawalTreeFull.
    Outcome open_l1_operation(const L1Operation& operation) GAVEL_REQUIRES(writing);
    // Executes an operation, in its posted form, at the end of the open chunk. If it is wrong (kOverWeight if it doesn't fit),
    // nothing has changed. `receipt` is set on success; it is a promise only after flush().
    // What the state makes of the posted form must be what was checked: an operation that is someone else's, or has another
    // nonce, is kSignerNotOwner.
    Outcome open_operation(const PostedOperation& posted, const CheckedOperation& checked, uint64_t now_ms,
                           OperationReceipt& receipt) GAVEL_REQUIRES(writing);
    // Credits the fees, encodes the chunk and writes it with its leaves (buffered; not published before the next flush). The next
    // chunk is open then. Wrong, and nothing has changed: kFeeLeafMissing if `fee_leaf` knows none for a token, or what
    // apply_fee_leaves says of the leaf.
    Outcome seal(const FeeLeafLookup& fee_leaf, ChunkRecord& sealed) GAVEL_REQUIRES(writing);

    // ---- The newest, unpublished state ----

    std::optional<AccountAt> newest_account(const AccountKey& key) const GAVEL_REQUIRES(writing);
    std::optional<Account> newest_account(uint32_t index) const GAVEL_REQUIRES(writing);
    // Of an operation that is applied, published or not: the same receipt for the same operation.
    std::optional<OperationReceipt> newest_receipt(const Hash& hash) const GAVEL_REQUIRES(writing);
};

}  // namespace gavel::ledger
