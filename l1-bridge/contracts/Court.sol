// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Header} from "./Header.sol";
import {RollupState} from "./RollupState.sol";
import {Record, Term, TermEnd} from "./RollupTypes.sol";

/// @title The court: a proof strikes a false batch
/// @notice docs/contract.md, "The court"; what a proof is: docs/protocol.md, "Fraud proofs".
abstract contract Court is RollupState {
    /// @notice Commits the caller to a proof against a batch that a term posted: `commitment` is
    /// keccak256(caller(20) || keccak256(proof) || term(8)). Anybody; no event tells of it.
    /// @dev docs/contract.md, "The court".
    function commitProof(bytes32 commitment) external nonReentrant {
        commits[msg.sender][commitment] = uint64(block.timestamp);
    }

    /// @notice Strikes a batch and all above it, if the proof shows that it claims something false; slashes the term that posted
    /// it. Anybody.
    /// @dev Truncated, UnknownBatch, BatchFinal, and the prover's errors; docs/contract.md, "The court".
    function prove(bytes calldata proof) external nonReentrant {
        require(proof.length >= Header.LENGTH, Truncated());
        uint64 number = standing(proof[:Header.LENGTH]);
        require(!isFinalSince(recordOf(number).postedAt), BatchFinal());
        bytes32 proofHash = judge(proof);
        strike(number, proofHash);
    }

    /// @notice Pays a quarter of a slashed term's stake to `prover`, if the last proof against the term was its. Anybody, one
    /// challenge window after the first proof.
    /// @dev UnknownTerm, TermNotSlashed, AlreadyTaken, RewardTooEarly, NotProver, PaymentFailed; docs/contract.md, "The court".
    function takeReward(uint64 term, address prover) external nonReentrant {
        Term storage over = terms[term];
        require(over.startedAt != 0, UnknownTerm());
        require(over.slashed, TermNotSlashed());
        require(!over.rewardTaken, AlreadyTaken());
        require(isFinalSince(over.firstProofAt), RewardTooEarly());
        bool entitled = over.lastProver != address(0)
            ? prover == over.lastProver
            : commitCounts(prover, over.lastProofHash, term, over.lastPostedAt, over.lastProofAt);
        require(prover != address(0) && entitled, NotProver());
        over.rewardTaken = true;
        emit RewardTaken(term, prover, STAKE / 4);
        payEth(prover, STAKE / 4);
    }

    /// @notice The time of a prover's latest commit to that word; 0: none.
    function committedAt(address prover, bytes32 commitment) external view returns (uint64) {
        return commits[prover][commitment];
    }

    /// @dev Has the prover check the proof, and passes its error on. Returns the proof's hash.
    function judge(bytes calldata proof) private view returns (bytes32 proofHash) {
        bytes memory asked = abi.encodeCall(PROVER.check, (proof, domainSeparator()));
        // This one copy serves the hash too: the proof stands behind the length of `asked`, the selector, its offset, the domain
        // and its length.
        assembly ("memory-safe") {
            proofHash := keccak256(add(asked, 132), proof.length)
        }
        if (!LowLevelCall.staticcallNoReturn(address(PROVER), asked)) LowLevelCall.bubbleRevert();
    }

    /// @dev Whether somebody committed to the proof against that term's batch, after it was posted and before the proof landed.
    function commitCounts(address prover, bytes32 proofHash, uint64 term, uint64 postedAt, uint64 provenAt)
        private
        view
        returns (bool)
    {
        uint64 time = commits[prover][keccak256(abi.encodePacked(prover, proofHash, term))];
        return postedAt < time && time < provenAt;
    }

    function strike(uint64 number, bytes32 proofHash) private {
        Record storage struck = recordOf(number);
        (uint64 postedAt, uint64 termNumber, uint64 time) = (struck.postedAt, struck.term, uint64(block.timestamp));
        Term storage term = terms[termNumber];
        term.lastProver = commitCounts(msg.sender, proofHash, termNumber, postedAt, time) ? msg.sender : address(0);
        term.lastProofHash = proofHash;
        term.lastPostedAt = postedAt;
        term.lastProofAt = time;
        headNumber = number - 1;
        lastStrikeAt = time;
        emit BatchStruck(number, struck.hash, termNumber, msg.sender);
        if (!term.slashed) slash(term, termNumber);
    }

    function slash(Term storage term, uint64 number) private {
        term.slashed = true;
        term.firstProofAt = uint64(block.timestamp);
        uint256 quarter = STAKE / 4;
        // One quarter is the last prover's; one was burned before if the term was evicted.
        burned += uint128(STAKE - quarter - (term.evicted ? quarter : 0));
        noteIfHome(term.sequencer);
        if (currentTerm == number) endTerm(TermEnd.Slashed);
    }
}
