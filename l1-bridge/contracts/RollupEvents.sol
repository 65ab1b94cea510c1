// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Kind, TermEnd} from "./RollupTypes.sol";

/// @notice What the contract tells: docs/contract.md, "Events".
interface RollupEvents {
    event TermStarted(uint64 indexed term, address indexed sequencer);
    event TermEnded(uint64 indexed term, TermEnd reason);
    event BatchAppended(uint64 indexed number, bytes32 indexed batchHash, uint64 indexed term);
    /// All batches above `number` are gone with it. `prover` is who sent the proof.
    event BatchStruck(uint64 indexed number, bytes32 indexed batchHash, uint64 indexed term, address prover);
    /// Operation `index` leads from h[index] to h[index + 1].
    event L1OperationQueued(
        uint64 indexed index, Kind kind, address caller, address to, address token, uint128 amount, uint64 time, uint64 count
    );
    event WithdrawalClaimed(uint32 indexed position, address indexed recipient, address token, uint128 amount, address receiver);
    event StakeReturned(uint64 indexed term, address to, uint256 amount);
    event RewardTaken(uint64 indexed term, address prover, uint256 amount);
    event RollupFrozen();
    event AccountExited(uint32 indexed index, address indexed owner, address token, uint128 amount, address receiver);
    event DepositRefunded(uint64 indexed index, address indexed to, address token, uint128 amount, address receiver);
}
