// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Trees} from "./Trees.sol";

/// @notice The fields of a batch's header (docs/protocol.md, "Batches"), which the caller knows to have 195 bytes:
///
///     number(8) parentHash(32) chunkCount(2) source(1) dataRoot(32) sigsRoot(32) last(88)
///     last = accountsRoot(32) withdrawalsRoot(32) accountCount(4) withdrawalCount(4) l1OpsConsumed(8) opCount(8)
library Header {
    uint256 internal constant LENGTH = 195;
    uint256 internal constant CHUNK_COUNT = 40;
    uint256 internal constant SOURCE = 42;
    uint256 internal constant DATA_ROOT = 43;
    uint256 internal constant SIGS_ROOT = 75; // in blobs: the commitment before the first chunk
    uint256 internal constant LAST = 107;
    uint256 internal constant LAST_LENGTH = 88;

    /// Where a batch's data are.
    uint8 internal constant IN_CALLDATA = 0;
    uint8 internal constant IN_BLOBS = 1;

    function number(bytes calldata header) internal pure returns (uint64) {
        return uint64(bytes8(header[0:8]));
    }

    function last(bytes calldata header) internal pure returns (bytes calldata) {
        return header[LAST:LENGTH];
    }

    // ---- Of the last state ----

    function accountsRoot(bytes calldata last_) internal pure returns (bytes32) {
        return bytes32(last_[0:32]);
    }

    function withdrawalsRoot(bytes calldata last_) internal pure returns (bytes32) {
        return bytes32(last_[32:64]);
    }

    function accountCount(bytes calldata last_) internal pure returns (uint32) {
        return uint32(bytes4(last_[64:68]));
    }

    function withdrawalCount(bytes calldata last_) internal pure returns (uint32) {
        return uint32(bytes4(last_[68:72]));
    }

    function l1OpsConsumed(bytes calldata last_) internal pure returns (uint64) {
        return uint64(bytes8(last_[72:80]));
    }

    /// @return The hash of genesis's header: nothing before it, no chunks, and a state of one leaf, the sentinel, of 104 zero
    /// bytes.
    function genesisHash() internal pure returns (bytes32) {
        bytes32 accounts = Trees.rootOfFirst(keccak256(new bytes(104)));
        bytes32 withdrawals = Trees.rootOfFirst(0);
        return keccak256(abi.encodePacked(new bytes(LAST), accounts, withdrawals, uint32(1), uint32(0), uint64(0), uint64(0)));
    }
}
