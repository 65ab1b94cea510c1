// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlobOpening} from "./BlobOpening.sol";
import {Hash} from "./Hash.sol";
import {Header} from "./Header.sol";
import {RollupState} from "./RollupState.sol";
import {Record} from "./RollupTypes.sol";
import {Trees} from "./Trees.sol";

/// @title Appending batches
/// @notice docs/contract.md, "Batches"; the bytes are docs/protocol.md's, "Batches".
abstract contract Batches is RollupState {
    // Where the fields of a posted batch begin; its chunks follow the last of them.
    uint256 private constant PARENT = 8;
    uint256 private constant QUEUE_HASH = PARENT + Header.LENGTH;
    uint256 private constant CHUNK_COUNT = QUEUE_HASH + 32;
    uint256 private constant LAST = CHUNK_COUNT + 2;
    uint256 private constant CHUNKS = LAST + Header.LAST_LENGTH;

    uint256 private constant MAX_CHUNKS = 256; // in calldata
    uint256 private constant MAX_OPS = 4096;
    uint256 private constant MAX_SIGS = 3072;
    uint256 private constant MAX_SLOTS = 6 * BlobOpening.SLOTS; // in blobs

    /// @notice Appends a batch to the head, its data in the calldata. Only the sequencer's own account, without code, calling
    /// directly; the calldata is exactly that of these bytes, so that everybody can read them there. What the batch claims isn't
    /// judged.
    /// @dev CalldataNotExact, Frozen, NotSequencer, NotPlainAccount, Truncated, ChunkCount, OpsTooLong, SigsTooLong,
    /// TrailingBytes, BatchNumber, RecordsFull, NotOnHead, L1OpsDecrease, L1OpsBeyondQueue, QueueHash; docs/contract.md,
    /// "Batches".
    function append(bytes calldata batch) external nonReentrant {
        uint64 term = requireSequencer(batch);
        uint16 count = chunkCount(batch, MAX_CHUNKS);
        (bytes32 dataRoot, bytes32 sigsRoot) = rootsOf(batch, count);
        put(batch, term, headerHash(batch, count, Header.IN_CALLDATA, dataRoot, sigsRoot));
    }

    /// @notice Appends a batch to the head, its data in the transaction's blobs; else as append.
    /// @dev The same errors, but neither OpsTooLong nor SigsTooLong; and BlobHashes, behind TrailingBytes.
    function appendBlobs(bytes calldata batch) external nonReentrant {
        uint64 term = requireSequencer(batch);
        uint16 count = chunkCount(batch, MAX_SLOTS);
        require(batch.length == CHUNKS, TrailingBytes());
        bytes32 dataRoot = blobsRoot(count);
        bytes32 before = Hash.keccak(Header.last(batch[PARENT:QUEUE_HASH]));
        put(batch, term, headerHash(batch, count, Header.IN_BLOBS, dataRoot, before));
    }

    // ---- What both share ----

    /// @dev That the caller may append, and calls with exactly these bytes. Returns its term.
    function requireSequencer(bytes calldata batch) private view returns (uint64 term) {
        require(isExact(batch), CalldataNotExact());
        require(!frozen, Frozen());
        term = currentTerm;
        require(term != 0 && terms[term].sequencer == msg.sender, NotSequencer());
        require(msg.sender == tx.origin && msg.sender.code.length == 0, NotPlainAccount());
    }

    /// @dev Whether the calldata is selector, 0x20, length, bytes, zeros to a multiple of 32, and nothing else.
    function isExact(bytes calldata batch) private pure returns (bool exact) {
        uint256 rest = batch.length % 32;
        uint256 padded = rest == 0 ? batch.length : batch.length + 32 - rest;
        exact = msg.data.length == 68 + padded && bytes32(msg.data[4:36]) == bytes32(uint256(32));
        if (exact && rest != 0) {
            bytes32 end = bytes32(msg.data[msg.data.length - 32:]);
            exact = end << 8 * rest == 0;
        }
    }

    function chunkCount(bytes calldata batch, uint256 most) private pure returns (uint16 count) {
        require(batch.length >= CHUNKS, Truncated());
        count = uint16(bytes2(batch[CHUNK_COUNT:LAST]));
        require(count != 0 && count <= most, ChunkCount());
    }

    function headerHash(bytes calldata batch, uint16 count, uint8 source, bytes32 dataRoot, bytes32 sigsRoot)
        private
        pure
        returns (bytes32)
    {
        bytes32 parentHash = Hash.keccak(batch[PARENT:QUEUE_HASH]);
        return keccak256(abi.encodePacked(batch[0:PARENT], parentHash, count, source, dataRoot, sigsRoot, batch[LAST:CHUNKS]));
    }

    /// @dev Makes the batch the head, if it follows on it and on the queue.
    function put(bytes calldata batch, uint64 term, bytes32 batchHash) private {
        uint64 number = uint64(bytes8(batch[0:PARENT]));
        bytes calldata last = batch[LAST:CHUNKS];
        uint64 consumed = Header.l1OpsConsumed(last);
        requireNext(batch, number, consumed);
        headNumber = number;
        records[number % PLACES] = Record({
            hash: batchHash,
            postedAt: uint64(block.timestamp),
            term: term,
            l1OpsConsumed: consumed,
            withdrawalCount: Header.withdrawalCount(last),
            lap: uint32(number / PLACES)
        });
        emit BatchAppended(number, batchHash, term);
    }

    /// @dev That the batch follows the head and the queue, and has a place.
    function requireNext(bytes calldata batch, uint64 number, uint64 consumed) private view {
        uint256 head = headNumber;
        require(number == head + 1, BatchNumber());
        // The batch that the new one overwrites was the parent of this one, which may not be pending any more.
        require(number < PLACES || isFinalBatch(number - (PLACES - 1)), RecordsFull());
        bytes calldata parent = batch[PARENT:QUEUE_HASH];
        require(Hash.keccak(parent) == recordOf(head).hash, NotOnHead());
        require(consumed >= Header.l1OpsConsumed(Header.last(parent)), L1OpsDecrease());
        bytes32 queueHash = queueHashes[consumed]; // written for 1 to the queue's length, so that the length needn't be read
        require(consumed == 0 || queueHash != 0, L1OpsBeyondQueue());
        require(queueHash == bytes32(batch[QUEUE_HASH:CHUNK_COUNT]), QueueHash());
    }

    // ---- In blobs ----

    /// @dev Hash of the versioned hashes of the blobs of a batch with so many chunks. The transaction has them, and no more.
    function blobsRoot(uint256 count) private view returns (bytes32) {
        uint256 blobs = (count + BlobOpening.SLOTS - 1) / BlobOpening.SLOTS;
        bytes32[] memory hashes = new bytes32[](blobs);
        for (uint256 i = 0; i < blobs; ++i) {
            hashes[i] = blobhash(i); // zero if there is none
            require(bytes1(hashes[i]) == 0x01, BlobHashes());
        }
        require(blobhash(blobs) == 0, BlobHashes());
        return keccak256(abi.encodePacked(hashes));
    }

    // ---- In calldata ----

    /// @dev Decodes the chunks. Returns the roots of both of the batch's trees.
    function rootsOf(bytes calldata batch, uint256 count) private pure returns (bytes32 dataRoot, bytes32 sigsRoot) {
        (bytes32[] memory chunkLeaves, bytes32[] memory sigsLeaves, bytes calldata claims) = readChunks(batch, count);
        bytes32 before = Hash.keccak(Header.last(batch[PARENT:QUEUE_HASH]));
        for (uint256 i = 0; i + 1 < count; ++i) {
            bytes32 claimed = bytes32(claims[32 * i:]);
            chunkLeaves[i] = Hash.keccak(chunkLeaves[i], before, claimed);
            before = claimed;
        }
        chunkLeaves[count - 1] = Hash.keccak(chunkLeaves[count - 1], before, Hash.keccak(batch[LAST:CHUNKS]));
        return (Trees.smallRoot(chunkLeaves), Trees.smallRoot(sigsLeaves));
    }

    /// @dev H(ops) and H(H(sigs)) of each chunk, padded with zeros to a power of two, and what follows the chunks: the
    /// commitments claimed after each chunk but the last.
    function readChunks(bytes calldata batch, uint256 count)
        private
        pure
        returns (bytes32[] memory opsHashes, bytes32[] memory sigsLeaves, bytes calldata claims)
    {
        uint256 width = 1;
        while (width < count) width *= 2;
        opsHashes = new bytes32[](width);
        sigsLeaves = new bytes32[](width);
        bytes calldata rest = batch[CHUNKS:];
        for (uint256 i = 0; i < count; ++i) {
            require(rest.length >= 4, Truncated());
            uint256 opsLength = uint16(bytes2(rest[0:2]));
            uint256 sigsLength = uint16(bytes2(rest[2:4]));
            require(opsLength <= MAX_OPS, OpsTooLong());
            require(sigsLength <= MAX_SIGS, SigsTooLong());
            uint256 sigsAt = 4 + opsLength;
            uint256 end = sigsAt + sigsLength;
            require(rest.length >= end, Truncated());
            opsHashes[i] = Hash.keccak(rest[4:sigsAt]);
            sigsLeaves[i] = Hash.keccak(Hash.keccak(rest[sigsAt:end]));
            rest = rest[end:];
        }
        require(rest.length >= 32 * (count - 1), Truncated());
        require(rest.length == 32 * (count - 1), TrailingBytes());
        claims = rest;
    }
}
