// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// What the contract keeps: docs/contract.md, "Storage". Times are block timestamps in seconds.

/// A batch: hash of its header, when and in which term it was posted, two counters of its last state, and which of the batches
/// it is that share its place.
struct Record {
    bytes32 hash;
    uint64 postedAt;
    uint64 term;
    uint64 l1OpsConsumed;
    uint32 withdrawalCount;
    uint32 lap;
}

/// A stay in the seat, with a stake of its own.
struct Term {
    address sequencer;
    uint64 startedAt;
    bool slashed;
    bool evicted;
    bool stakeTaken;
    bool rewardTaken;
    uint64 endedAt;
    uint64 lastBatch;
    uint64 firstProofAt;
    uint64 lastPostedAt; // when the batch that the last proof struck was posted
    address lastProver; // whose commit counted; zero if nobody's did
    uint64 lastProofAt;
    bytes32 lastProofHash;
}

/// Why a term ended.
enum TermEnd {
    Resigned,
    Replaced,
    Slashed,
    Evicted,
    Frozen
}

/// Kinds of L1 operation (docs/protocol.md, "L1 operations").
enum Kind {
    Deposit,
    ForcedTransfer,
    ForcedWithdrawal,
    Redeem,
    Reclaim
}
