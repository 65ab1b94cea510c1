// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What the prover asks of the contract that calls it.
interface IQueue {
    /// @return h[index] of the queue of L1 operations (docs/protocol.md, "L1 operations"); zero if there is none.
    function queueHash(uint64 index) external view returns (bytes32);
}
