// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountTree, AccountTrees} from "./AccountTree.sol";
import {Calldata} from "./Calldata.sol";
import {Case, Refusing} from "./Case.sol";
import {Hash} from "./Hash.sol";
import {ProofErrors} from "./ProofErrors.sol";
import {ProofView} from "./ProofView.sol";
import {Refusal} from "./Refusal.sol";
import {StateTransition} from "./StateTransition.sol";
import {WithdrawalTree, WithdrawalTrees} from "./WithdrawalTree.sol";

/// @title The court: judges a fraud proof by running its chunk again (docs/protocol.md, "Fraud proofs").
/// @notice Keeps nothing, owns nothing, trusts nothing of a proof.
contract Prover is StateTransition, ProofErrors {
    using AccountTrees for AccountTree;
    using ProofView for Case;
    using WithdrawalTrees for WithdrawalTree;

    /// The places of a proof's fixed part, all in calldata.
    struct Fixed {
        uint256 header;
        uint256 chunkIndex; // itself
        uint256 ops;
        uint256 opsLength;
        uint256 depth; // of the batch's trees
        uint256 opsPath;
        uint256 sigsPath;
        uint256 before;
    }

    // In a header, and in state fields.
    uint256 private constant HEADER_LENGTH = 194;
    uint256 private constant CHUNK_COUNT = 40;
    uint256 private constant CHUNKS_ROOT = 42;
    uint256 private constant SIGS_ROOT = 74;
    uint256 private constant LAST = 106;
    uint256 private constant STATE_LENGTH = 88;
    uint256 private constant WITHDRAWALS_ROOT = 32;
    uint256 private constant ACCOUNT_COUNT = 64;
    uint256 private constant WITHDRAWAL_COUNT = 68;
    uint256 private constant L1_OPS_CONSUMED = 72;
    uint256 private constant OP_COUNT = 80;

    /// @notice Returns if the claim that `proof` speaks of is false, given that the header in it stands and that the caller, who
    /// is asked for the queue's hashes (IQueue), is the rollup contract. Else reverts with the first check that fails.
    /// @dev Truncated, ChunkIndex, OpsPath, SigsPath, Frontier, L1Operations, HintRange, LeafPath, Lookup, TrailingBytes,
    /// ClaimIsTrue. Without data when gas runs out within a call that it makes.
    function check(bytes calldata proof, bytes32 domainSeparator) external view {
        Case memory c;
        uint256 start;
        assembly ("memory-safe") {
            start := proof.offset
        }
        c.next = start;
        c.end = start + proof.length;
        c.domain = domainSeparator;
        checkFixed(c, takeFixed(c));
        applyChunk(c);
        bytes32 withdrawalsRoot = c.withdrawals.root();
        conclude(c, commitment(c, withdrawalsRoot));
    }

    /// @dev A wrong chunk is a result: the state before.
    function refuse(Case memory c, Refusal) internal pure override {
        conclude(c, c.before);
        assembly ("memory-safe") {
            return(0, 0)
        }
    }

    // Checks 8 and 9.
    function conclude(Case memory c, bytes32 result) private pure {
        if (c.next != c.end) revert TrailingBytes();
        if (result == c.claim) revert ClaimIsTrue();
    }

    // Check 1, and what the checks to come need.
    function takeFixed(Case memory c) private pure returns (Fixed memory f) {
        f.header = c.take(HEADER_LENGTH);
        f.chunkIndex = Calldata.number(c.take(2), 2);
        f.opsLength = Calldata.number(c.take(2), 2);
        f.ops = c.take(f.opsLength);
        c.bit = 8 * f.ops;
        c.bitsEnd = 8 * (f.ops + f.opsLength);
        c.sigsLength = Calldata.number(c.take(2), 2);
        c.sigs = c.take(c.sigsLength);
        uint256 chunkCount = Calldata.number(f.header + CHUNK_COUNT, 2);
        f.depth = chunkCount < 2 ? 0 : bitLength(chunkCount - 1);
        f.opsPath = c.take(32 * f.depth);
        f.sigsPath = c.take(32 * f.depth);
        f.before = c.take(STATE_LENGTH);
        c.claim = Calldata.word(c.take(32));
        takeState(c, f);
    }

    function takeState(Case memory c, Fixed memory f) private pure {
        c.limit = Calldata.number(f.header + LAST + L1_OPS_CONSUMED, 8);
        c.before = Calldata.keccak(f.before, STATE_LENGTH);
        c.accounts.init();
        c.accounts.root = Calldata.word(f.before);
        c.accounts.count = Calldata.number(f.before + ACCOUNT_COUNT, 4);
        c.l1OpsConsumed = Calldata.number(f.before + L1_OPS_CONSUMED, 8);
        c.opCount = Calldata.number(f.before + OP_COUNT, 8);
        uint256 withdrawalCount = Calldata.number(f.before + WITHDRAWAL_COUNT, 4);
        uint256 end = c.withdrawals.read(withdrawalCount, c.next);
        if (end > c.end) revert Truncated();
        c.next = end;
    }

    // Checks 3 to 6.
    function checkFixed(Case memory c, Fixed memory f) private pure {
        if (f.chunkIndex >= Calldata.number(f.header + CHUNK_COUNT, 2)) revert ChunkIndex();
        bytes32 leaf = Hash.keccak(Calldata.keccak(f.ops, f.opsLength), c.before, c.claim);
        if (smallRoot(f, leaf, f.opsPath) != Calldata.word(f.header + CHUNKS_ROOT)) revert OpsPath();
        leaf = Hash.keccak(Calldata.keccak(c.sigs, c.sigsLength));
        if (smallRoot(f, leaf, f.sigsPath) != Calldata.word(f.header + SIGS_ROOT)) revert SigsPath();
        if (c.withdrawals.root() != Calldata.word(f.before + WITHDRAWALS_ROOT)) revert Frontier();
    }

    function smallRoot(Fixed memory f, bytes32 node, uint256 path) private pure returns (bytes32) {
        for (uint256 h = 0; h < f.depth; ++h) {
            bytes32 sibling = Calldata.word(path + 32 * h);
            node = (f.chunkIndex >> h) & 1 == 0 ? Hash.keccak(node, sibling) : Hash.keccak(sibling, node);
        }
        return node;
    }

    function commitment(Case memory c, bytes32 withdrawalsRoot) private pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                c.accounts.root,
                withdrawalsRoot,
                uint32(c.accounts.count),
                uint32(c.withdrawals.count),
                uint64(c.l1OpsConsumed),
                uint64(c.opCount)
            )
        );
    }
}
