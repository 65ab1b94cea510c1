// What a wallet's transactions offer to pay: caps that follow from what the L1 asks, and what replaces them.
#pragma once

#include <string>

#include "l1-bridge/wire/l1_types.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/status.hpp"

namespace gavel::l1 {

// What a transaction's caps are at most, in wei per gas and per blob gas. Zero: no bound.
struct FeeBounds {
    u128 fee = 0, blob_fee = 0;
};

// The caps of a transaction's first version, as if no other waited: twice the base fee and the tip, which lasts for six full
// blocks; of blobs twice their base fee, at least 1 gwei, which on a quiet L1 costs 0.00013 ETH a blob at most and spares a
// replacement, which must double everything. Reasons:
//   L1_FEE_OVER_CAP  kFailedPrecondition, field max_fee_cap or max_blob_fee_cap: the L1 asks for more than the bound
//   L1_NO_BLOBS      kUnavailable: it names blobs, and the node tells no price of them
node::Status set_first_fees(Transaction& transaction, const Fees& fees, u128 least_tip, const FeeBounds& bounds);

// What a replacement's cap must be above, at least. Without blobs an eighth more, what every node's mempool takes (geth asks for
// a tenth); with blobs twice as much, of all three caps (geth's blobpool; Besu's --tx-pool-blob-price-bump, 100 percent).
u128 raised(u128 fee, bool has_blobs);
// The caps of a version that replaces this one: raised, or what the L1 asks now if that is more. Not OK: a bound holds one of
// them back, L1_FEE_OVER_CAP as above; `what` begins the message. Then the transaction is as it was.
node::Status raise_fees(Transaction& transaction, const Fees& fees, const FeeBounds& bounds, const std::string& what);
// A pool may ask for a higher tip than its node suggests: four times as much, up to 100 gwei. False: it pays all that it may.
bool raise_tip(Transaction& transaction, const FeeBounds& bounds);

// Whether it can be in the next block, as far as its caps go. A blob base fee that isn't told counts as paid.
bool covers(const Transaction& transaction, const Fees& fees);

}  // namespace gavel::l1
