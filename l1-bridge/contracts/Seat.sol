// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollupState} from "./RollupState.sol";
import {Term, TermEnd} from "./RollupTypes.sol";

/// @title The seat: who may post batches, and the stake for it
/// @notice docs/contract.md, "The seat"
abstract contract Seat is RollupState {
    /// @notice Tells that the home operator means to take the seat from whoever sits. Only the home operator.
    /// @dev Frozen, NotHomeOperator, HomeOperatorBarred, NoticeTooEarly; docs/contract.md, "The seat".
    function announceTakeover() external nonReentrant {
        require(!frozen, Frozen());
        require(msg.sender == HOME_OPERATOR, NotHomeOperator());
        require(homePunishedAt == 0 || block.timestamp >= uint256(homePunishedAt) + WEEK, HomeOperatorBarred());
        uint256 pause = WEEK + 2 * uint256(INCLUSION_WINDOW);
        require(announcedAt == 0 || block.timestamp >= announcedAt + pause, NoticeTooEarly());
        announcedAt = uint64(block.timestamp);
        noticeStands = true;
    }

    /// @notice When the home operator may take the seat from somebody: at `from` <= time < `until`. Zeros if no notice stands.
    function notice() public view returns (uint64 from, uint64 until) {
        if (!noticeStands) return (0, 0);
        return (announcedAt + (INCLUSION_WINDOW + 3) / 4, announcedAt + INCLUSION_WINDOW);
    }

    /// @notice Takes the seat, for exactly the stake. Anybody if it is free; the home operator from somebody else, in the time
    /// of its notice.
    /// @dev Frozen, SeatTaken, NoticeRequired, WrongStake; docs/contract.md, "The seat".
    function becomeSequencer() external payable nonReentrant {
        require(!frozen, Frozen());
        uint64 sitting = currentTerm;
        if (sitting != 0) {
            require(msg.sender == HOME_OPERATOR && msg.sender != terms[sitting].sequencer, SeatTaken());
            (uint64 from, uint64 until) = notice();
            require(from <= block.timestamp && block.timestamp < until, NoticeRequired());
        }
        require(msg.value == STAKE, WrongStake());
        if (msg.sender == HOME_OPERATOR) noticeStands = false;
        if (sitting != 0) endDutifully(TermEnd.Replaced);
        uint64 number = ++termCount;
        currentTerm = number;
        Term storage term = terms[number];
        term.sequencer = msg.sender;
        term.startedAt = uint64(block.timestamp);
        emit TermStarted(number, msg.sender);
    }

    /// @notice Leaves the seat. Only its sequencer, and not while an L1 operation waits for half an inclusion window already.
    /// @dev NotSequencer, OperationWaiting; docs/contract.md, "The seat".
    function resign() external nonReentrant {
        require(currentTerm != 0 && terms[currentTerm].sequencer == msg.sender, NotSequencer());
        (bool exists,, uint64 time) = waitingOperation();
        require(!exists || block.timestamp < uint256(time) + INCLUSION_WINDOW / 2, OperationWaiting());
        endTerm(TermEnd.Resigned);
    }

    /// @notice Frees the seat of a sequencer who lets an L1 operation wait; a quarter of the stake is burned. Anybody.
    /// @dev Frozen, SeatFree, NotOverdue; docs/contract.md, "The seat".
    function evict() external nonReentrant {
        require(!frozen, Frozen());
        require(currentTerm != 0, SeatFree());
        require(isOverdue(), NotOverdue());
        endDutifully(TermEnd.Evicted);
    }

    /// @notice Pays the stake of a term that is over back to its sequencer, less a quarter if it was evicted. Anybody.
    /// @dev UnknownTerm, TermNotOver, TermSlashed, AlreadyTaken, LastBatchPending, PaymentFailed; docs/contract.md, "The seat".
    function takeStake(uint64 term) external nonReentrant {
        Term storage over = terms[term];
        require(over.startedAt != 0, UnknownTerm());
        require(over.endedAt != 0, TermNotOver());
        require(!over.slashed, TermSlashed());
        require(!over.stakeTaken, AlreadyTaken());
        uint64 last = over.lastBatch;
        bool stands = last != 0 && isKept(last) && recordOf(last).term == term;
        require(!stands || isFinalSince(recordOf(last).postedAt), LastBatchPending());
        over.stakeTaken = true;
        uint256 amount = over.evicted ? STAKE - STAKE / 4 : STAKE;
        emit StakeReturned(term, over.sequencer, amount);
        payEth(over.sequencer, amount);
    }
}
