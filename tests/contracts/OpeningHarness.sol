// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlobOpening} from "BlobOpening.sol";

/// @notice Blobs that came with a transaction, and openings of them: what tests/opening_test.py asks.
contract OpeningHarness {
    error TruncatedOpening();
    error TrailingOpening();
    error UnknownBatch();

    /// What the opening showed: the hashes of the slot's elements, and of the two of the slot before it, 0 if there are none.
    event Opened(bytes32 slot, bytes32 afterBefore, uint256 gasUsed);

    mapping(uint256 batch => bytes32) public dataRoot;
    uint256 public batches;

    /// @notice Keeps the hash of the versioned hashes of the transaction's blobs, all of them.
    function post() external {
        bytes memory hashes;
        uint256 count;
        for (; blobhash(count) != 0; ++count) {
            hashes = bytes.concat(hashes, blobhash(count));
        }
        dataRoot[batches++] = keccak256(hashes);
    }

    /// @param opening of the chunk, and nothing else
    function open(uint256 batch, uint256 chunkIndex, bytes calldata hashes, bytes calldata opening) external {
        if (keccak256(hashes) != dataRoot[batch] || chunkIndex / BlobOpening.SLOTS >= hashes.length / 32) revert UnknownBatch();
        if (opening.length < BlobOpening.length(chunkIndex)) revert TruncatedOpening();
        if (opening.length > BlobOpening.length(chunkIndex)) revert TrailingOpening();
        (uint256 place, uint256 hashesPlace) = (0, 0);
        assembly {
            place := opening.offset
            hashesPlace := hashes.offset
        }
        uint256 gasBefore = gasleft();
        uint256 elements = BlobOpening.open(place, hashesPlace, chunkIndex);
        uint256 gasUsed = gasBefore - gasleft();
        (bytes32 slotHash, bytes32 afterHash) = (0, 0);
        assembly ("memory-safe") {
            slotHash := keccak256(elements, 4096)
            if chunkIndex { afterHash := keccak256(add(elements, 4096), 64) }
        }
        emit Opened(slotHash, afterHash, gasUsed);
    }

    /// @param commitment as the contract takes it
    /// @param value 32 bytes of value, 48 of proof
    function evaluate(bytes32 hash, uint256 z, bytes calldata commitment, bytes calldata value) external view {
        (uint256 commitmentPlace, uint256 valuePlace) = (0, 0);
        assembly {
            commitmentPlace := commitment.offset
            valuePlace := value.offset
        }
        BlobOpening.evaluate(hash, z, commitmentPlace, valuePlace);
    }
}
