// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Batches} from "./Batches.sol";
import {Channels} from "./Channels.sol";
import {Court} from "./Court.sol";
import {IQueue} from "./IQueue.sol";
import {RollupState} from "./RollupState.sol";
import {Seat} from "./Seat.sol";
import {Record, Term} from "./RollupTypes.sol";

/// @title Gavel's rollup contract
/// @notice Holds the money, keeps what was posted, judges proofs. No owner, no upgrade, no pause. docs/contract.md is its
/// specification; here are its constructor and views, in the contracts that it is made of its calls.
contract Rollup is Seat, Batches, Court, Channels, IQueue {
    using BitMaps for BitMaps.BitMap;

    /// @notice Deploys the prover too. A home operator of zero is none; times are in seconds, the stake in wei.
    /// @dev ParametersInvalid; docs/contract.md, "Constructor".
    constructor(uint64 challengeWindow, uint64 inclusionWindow, uint64 freezeAge, uint256 stake, address homeOperator)
        RollupState(challengeWindow, inclusionWindow, freezeAge, stake, homeOperator)
    {}

    /// @notice The constructor's values.
    function parameters()
        external
        view
        returns (uint64 challengeWindow, uint64 inclusionWindow, uint64 freezeAge, uint256 stake, address homeOperator)
    {
        return (CHALLENGE_WINDOW, INCLUSION_WINDOW, FREEZE_AGE, STAKE, HOME_OPERATOR);
    }

    /// @notice The contract that checks proofs.
    function prover() external view returns (address) {
        return address(PROVER);
    }

    /// @notice The newest batch.
    function head() external view returns (uint64 number, bytes32 hash) {
        return (headNumber, recordOf(headNumber).hash);
    }

    /// @notice What is kept of a batch; zeros above the head, and of a batch that has been overwritten: long final.
    function batch(uint64 number) external view returns (bytes32 hash, uint64 postedAt, uint64 term) {
        if (!isKept(number)) return (0, 0, 0);
        Record storage record = recordOf(number);
        return (record.hash, record.postedAt, record.term);
    }

    /// @notice Whether a batch is final.
    function isFinal(uint64 number) external view returns (bool) {
        return isFinalBatch(number);
    }

    /// @notice How many L1 operations were ever queued.
    function queueLength() external view returns (uint64) {
        return uint64(queueTimes.length);
    }

    /// @notice h[index]; zero past the end.
    function queueHash(uint64 index) external view returns (bytes32) {
        return queueHashes[index];
    }

    /// @notice The first L1 operation that the head hasn't consumed, and when it was queued; time 0: there is none.
    function waiting() external view returns (uint64 index, uint64 time) {
        (, index, time) = waitingOperation();
    }

    /// @notice What is kept of a term. `stake` is what is still held for it; `endedAt` is 0 while it sits, and `lastBatch` then
    /// what it would be if it ended now.
    function term(uint64 number)
        external
        view
        returns (
            address sequencer,
            uint256 stake,
            uint64 startedAt,
            uint64 endedAt,
            bool slashed,
            uint64 firstProofAt,
            address lastProver,
            uint64 lastBatch,
            bool stakeTaken,
            bool rewardTaken,
            bool evicted
        )
    {
        Term memory kept = terms[number];
        bool holds = kept.startedAt != 0 && !kept.slashed && !kept.stakeTaken;
        stake = holds ? STAKE - (kept.evicted ? STAKE / 4 : 0) : 0;
        lastBatch = number != 0 && number == currentTerm ? lastBatchOf(number) : kept.lastBatch;
        return (
            kept.sequencer,
            stake,
            kept.startedAt,
            kept.endedAt,
            kept.slashed,
            kept.firstProofAt,
            kept.lastProver,
            lastBatch,
            kept.stakeTaken,
            kept.rewardTaken,
            kept.evicted
        );
    }

    /// @notice When a proof last struck a batch; 0: never.
    function lastStrike() external view returns (uint64) {
        return lastStrikeAt;
    }

    /// @notice Whether the withdrawal at that position has been claimed.
    function isPaid(uint32 position) external view returns (bool) {
        return paid.get(position);
    }

    /// @notice Whether the account with that index has exited.
    function isExited(uint32 index) external view returns (bool) {
        return exited.get(index);
    }

    /// @notice Whether that L1 operation has been refunded.
    function isRefunded(uint64 index) external view returns (bool) {
        return refunded.get(index);
    }

    /// @notice What the payee of the channel whose leaf has that index took by exitChannel.
    function channelTaken(uint32 index) external view returns (uint128) {
        return uint128(taken[index]);
    }

    /// @notice How much of a token was deposited and not paid out; ETH is token zero.
    function heldTotal(address token) external view returns (uint128) {
        return held[token];
    }
}
