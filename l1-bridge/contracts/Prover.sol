// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountTree, AccountTrees} from "./AccountTree.sol";
import {BlobOpening} from "./BlobOpening.sol";
import {Calldata} from "./Calldata.sol";
import {Case, Refusing} from "./Case.sol";
import {Hash} from "./Hash.sol";
import {Header} from "./Header.sol";
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

    /// The fixed part of a proof. All places are places in calldata.
    struct Fixed {
        uint256 header;
        uint256 chunkIndex; // itself
        uint256 chunkCount; // itself
        bool inBlobs;
        uint256 before;
        // Of a batch in calldata
        uint256 ops;
        uint256 opsLength;
        uint256 sigs;
        uint256 sigsLength;
        uint256 depth; // of the batch's trees
        uint256 opsPath;
        uint256 sigsPath;
        // Of a batch in blobs
        uint256 hashes;
        uint256 blobs; // how many
        uint256 opening;
    }

    // In state fields.
    uint256 private constant STATE_LENGTH = 88;
    uint256 private constant WITHDRAWALS_ROOT = 32;
    uint256 private constant ACCOUNT_COUNT = 64;
    uint256 private constant WITHDRAWAL_COUNT = 68;
    uint256 private constant L1_OPS_CONSUMED = 72;
    uint256 private constant OP_COUNT = 80;
    // In the data of a slot.
    uint256 private constant LENGTHS = 32;
    uint256 private constant OPS = 36;
    uint256 private constant DATA_LENGTH = 31 * BlobOpening.SLOT_LENGTH / 32;

    /// @notice Returns if the claim that `proof` speaks of is false, given that the header in it stands and that the caller, who
    /// is asked for the queue's hashes (IQueue), is the rollup contract. Else reverts with the first check that fails.
    /// @dev Truncated, ChunkIndex, OpsPath, SigsPath, DataRoot, Element, Opening, BeforeState, Frontier, L1Operations, HintRange,
    /// LeafPath, Lookup, TrailingBytes, ClaimIsTrue. When gas runs out within a call that it makes, Opening or without data.
    function check(bytes calldata proof, bytes32 domainSeparator) external view {
        Case memory c;
        uint256 start;
        assembly ("memory-safe") {
            start := proof.offset
        }
        c.next = start;
        c.end = start + proof.length;
        c.domain = domainSeparator;
        placeChunk(c, takeFixed(c));
        applyChunk(c);
        bytes32 withdrawalsRoot = c.withdrawals.root();
        conclude(c, commitment(c, withdrawalsRoot));
    }

    /// @dev A wrong chunk is a result: the state before.
    function refuse(Case memory c, Refusal) internal pure virtual override {
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
        f.header = c.take(Header.LENGTH);
        f.chunkIndex = Calldata.number(c.take(2), 2);
        f.chunkCount = Calldata.number(f.header + Header.CHUNK_COUNT, 2);
        f.inBlobs = Calldata.number(f.header + Header.SOURCE, 1) == Header.IN_BLOBS;
        if (f.inBlobs) takeOpening(c, f);
        else takePosted(c, f);
        f.before = c.take(STATE_LENGTH);
        takeState(c, f);
    }

    function takePosted(Case memory c, Fixed memory f) private pure {
        f.opsLength = Calldata.number(c.take(2), 2);
        f.ops = c.take(f.opsLength);
        f.sigsLength = Calldata.number(c.take(2), 2);
        f.sigs = c.take(f.sigsLength);
        f.depth = f.chunkCount < 2 ? 0 : bitLength(f.chunkCount - 1);
        f.opsPath = c.take(32 * f.depth);
        f.sigsPath = c.take(32 * f.depth);
        c.claim = Calldata.word(c.take(32));
    }

    function takeOpening(Case memory c, Fixed memory f) private pure {
        f.blobs = (f.chunkCount + BlobOpening.SLOTS - 1) / BlobOpening.SLOTS;
        f.hashes = c.take(32 * f.blobs);
        f.opening = c.take(BlobOpening.length(f.chunkIndex));
    }

    function takeState(Case memory c, Fixed memory f) private pure {
        c.limit = Calldata.number(f.header + Header.LAST + L1_OPS_CONSUMED, 8);
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

    // Checks 3 to 6. Then ops and sigs are in memory, whatever the source.
    function placeChunk(Case memory c, Fixed memory f) private view {
        if (f.chunkIndex >= f.chunkCount) revert ChunkIndex();
        uint256 slot = 0;
        if (f.inBlobs) slot = openSlot(c, f);
        else copyPosted(c, f);
        if (c.withdrawals.root() != Calldata.word(f.before + WITHDRAWALS_ROOT)) revert Frontier();
        if (f.inBlobs) splitSlot(c, slot);
    }

    // Check 4 of a batch in calldata.
    function copyPosted(Case memory c, Fixed memory f) private pure {
        (uint256 ops, uint256 opsLength) = (0, f.opsLength);
        (uint256 sigsFrom, uint256 sigsLength) = (f.sigs, f.sigsLength);
        uint256 opsFrom = f.ops;
        (bytes32 opsHash, bytes32 sigsHash) = (0, 0);
        assembly ("memory-safe") {
            ops := mload(0x40)
            let sigs := add(ops, opsLength)
            calldatacopy(ops, opsFrom, opsLength)
            calldatacopy(sigs, sigsFrom, sigsLength)
            opsHash := keccak256(ops, opsLength)
            sigsHash := keccak256(sigs, sigsLength)
            mstore(0x40, and(add(add(sigs, sigsLength), 31), not(31)))
        }
        setChunk(c, ops, opsLength, sigsLength);
        bytes32 leaf = Hash.keccak(opsHash, c.before, c.claim);
        if (smallRoot(f, leaf, f.opsPath) != Calldata.word(f.header + Header.DATA_ROOT)) revert OpsPath();
        leaf = Hash.keccak(sigsHash);
        if (smallRoot(f, leaf, f.sigsPath) != Calldata.word(f.header + Header.SIGS_ROOT)) revert SigsPath();
    }

    // Checks 4 and 5 of a batch in blobs. Returns where in memory the slot's data are.
    function openSlot(Case memory c, Fixed memory f) private view returns (uint256 slot) {
        if (Calldata.keccak(f.hashes, 32 * f.blobs) != Calldata.word(f.header + Header.DATA_ROOT)) revert DataRoot();
        slot = BlobOpening.open(f.opening, f.hashes, f.chunkIndex);
        bytes32 before = Calldata.word(f.header + Header.SIGS_ROOT);
        if (f.chunkIndex > 0) {
            uint256 afterBefore = slot + BlobOpening.SLOT_LENGTH;
            assembly ("memory-safe") {
                before := or(shl(8, mload(afterBefore)), byte(1, mload(add(afterBefore, 32))))
            }
        }
        if (c.before != before) revert BeforeState();
        joinElements(slot);
        c.claim = wordAt(slot);
        if (f.chunkIndex + 1 == f.chunkCount) c.claim = Calldata.keccak(f.header + Header.LAST, STATE_LENGTH);
    }

    // The first byte of each of a slot's 128 elements holds no data: leaves it out, so that the data are in one.
    function joinElements(uint256 slot) private pure {
        assembly ("memory-safe") {
            let to := slot
            let end := add(slot, 4096)
            // What one element leaves behind its 31 bytes, the next one's overwrite; none is overwritten before it is read.
            for { let from := slot } lt(from, end) { from := add(from, 128) } {
                mstore(to, shl(8, mload(from)))
                mstore(add(to, 31), shl(8, mload(add(from, 32))))
                mstore(add(to, 62), shl(8, mload(add(from, 64))))
                mstore(add(to, 93), shl(8, mload(add(from, 96))))
                to := add(to, 124)
            }
        }
    }

    function splitSlot(Case memory c, uint256 slot) private pure {
        uint256 lengths = uint256(wordAt(slot + LENGTHS)) >> 224;
        (uint256 opsLength, uint256 sigsLength) = (lengths >> 16, lengths & 0xffff);
        if (OPS + opsLength + sigsLength > DATA_LENGTH) refuse(c, Refusal.SlotLengths);
        setChunk(c, slot + OPS, opsLength, sigsLength);
    }

    function wordAt(uint256 place) private pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(place)
        }
    }

    /// @param ops place in memory, sigs being behind them
    function setChunk(Case memory c, uint256 ops, uint256 opsLength, uint256 sigsLength) private pure {
        c.bit = 8 * ops;
        c.sigs = ops + opsLength;
        c.bitsEnd = 8 * c.sigs;
        c.sigsLength = sigsLength;
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
