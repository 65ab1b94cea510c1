// Keeps an L1View up with the L1: what a follower of the L1 reports goes into the view, and what both need to go on after a
// restart into the store.
//
// Threads: one thread calls step(); any thread asks. Failure: node::StoreError.
#pragma once

#include <functional>
#include <memory>

#include "follow/l1_view.hpp"
#include "follow/replayer.hpp"
#include "l1-bridge/client/l1_client.hpp"
#include "node/config.hpp"
#include "node/status.hpp"
#include "node/store.hpp"

namespace gavel::follow {

struct L1SyncOptions {
    // The first block that may hold an event of the rollup: that of its deployment, or any earlier one.
    uint64_t start_block = 0;
    // Of the chain that is expected; 0: whichever the L1 is.
    uint64_t chain_id = 0;
    // Who has the blobs of batches, for batch_source(); not owned. Null: batches in blobs can't be had.
    l1::BlobSource* blobs = nullptr;
};

// The flags for it, the same for every program.
void add_l1_sync_flags(node::Options& options, L1SyncOptions& sync);

class L1Sync {
public:
    // Asks the L1 for its chain id and the contract for its parameters, then opens what the store holds under "l1/". While the L1
    // can't tell, a store that has been opened before is enough: step() asks then. `store` and `client` must outlive it. Reasons:
    //   L1_UNREACHABLE, L1_SYNCING (kUnavailable) try again
    //   L1_WRONG_CHAIN (kFailedPrecondition) another chain than expected, or than the store's
    //   NO_CONTRACT (kFailedPrecondition)    nothing stands at the address
    //   NOT_A_ROLLUP (kFailedPrecondition)   something else stands there
    // and whatever else the client answers. Throws StoreError if the store is damaged or another rollup's.
    static node::Result<std::unique_ptr<L1Sync>> open(node::Store& store, l1::L1Client& client, const Address& rollup,
                                                      L1SyncOptions options = {});
    // The same, again and again while the L1 can't be reached or answers nonsense; what leads nowhere is believed when it was
    // said three times in a row. `keep_waiting` waits a while between two tries, and says whether to go on. nullptr if not.
    static node::Result<std::unique_ptr<L1Sync>> open_when_reachable(node::Store& store, l1::L1Client& client,
                                                                     const Address& rollup, L1SyncOptions options,
                                                                     const std::function<bool()>& keep_waiting);
    ~L1Sync();

    // One bounded round with the L1: reads blocks, or takes back what a reorganisation removed. The value: whether the view is
    // now up to date, i.e. at the head that the L1 told in this round, and the contract's own views there say the same; false:
    // call again at once. Not OK: call again later. Reasons, beside the client's and open()'s:
    //   L1_BEHIND (kUnavailable)      the node's chain ends below what has been read. It stays unbelieved until it says otherwise
    //   of
    //                                 a block that was read: a node that is behind is no reorganisation
    //   L1_WRONG_CHAIN (kUnavailable) the node is another chain's now
    //   L1_CONTRADICTS (kUnavailable) the node's events can't follow each other, or aren't those that the contract's views speak
    //   of:
    //                                 blocks were taken back, to be read again from further back each time
    node::Result<bool> step();

    // ---- Any thread ----

    const L1View& view() const;
    Domain domain() const;
    // As the latest step() left it; false before the first.
    bool is_up_to_date() const;
    // The newest block that the L1 has told of; view().head() is how far has been read.
    l1::BlockRef l1_head() const;
    // OK, or L1_CONTRADICTS from when the L1 contradicted itself until the view has been found right.
    node::Status contradiction() const;
    // How often blocks were taken back, in this process's life.
    uint64_t reorganisations() const;
    // Gets batches from this L1, and their blobs from where the options say, for a Replayer. Lives as long as this.
    BatchSource batch_source();

private:
    struct Impl;
    explicit L1Sync(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::follow
