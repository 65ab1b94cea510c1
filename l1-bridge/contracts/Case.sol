// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountTree} from "./AccountTree.sol";
import {Refusal} from "./Refusal.sol";
import {WithdrawalTree} from "./WithdrawalTree.sol";

/// What is known while a chunk is judged. Its ops and sigs are in memory, what else the proof holds is in calldata.
struct Case {
    uint256 bit; // of the chunk's `ops`: the next bit, counted from memory's first
    uint256 bitsEnd;
    uint256 sigs; // where in memory the next of its signatures is
    uint256 sigsLength;
    uint256 next; // of the proof: its next byte
    uint256 end;
    uint256 limit; // the l1OpsConsumed that the batch's header claims
    bytes32 domain; // EIP-712's domain separator
    bytes32 before; // the commitment before the chunk
    bytes32 claim; // and the one that the batch claims after it
    // The running state: docs/protocol.md, "Commitment".
    AccountTree accounts;
    WithdrawalTree withdrawals;
    uint256 l1OpsConsumed;
    uint256 opCount;
}

/// A wrong chunk changes nothing: whoever finds the first wrong thing, however deep, has found the whole result.
abstract contract Refusing {
    /// @dev Ends the call, with whatever follows from `c.state` being what it was before the chunk. Never returns.
    function refuse(Case memory c, Refusal why) internal pure virtual;
}
