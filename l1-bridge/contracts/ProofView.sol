// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account, Accounts} from "./Account.sol";
import {AccountTree, AccountTrees} from "./AccountTree.sol";
import {Calldata} from "./Calldata.sol";
import {Case} from "./Case.sol";
import {IQueue} from "./IQueue.sol";
import {ProofErrors} from "./ProofErrors.sol";

/// An L1 operation (docs/protocol.md, "L1 operations"), without its time, which nothing depends on.
struct Entry {
    uint256 kind; // Kind
    address caller;
    address to;
    address token;
    uint256 amount;
    uint256 count;
}

/// @notice The view that replays a proof's accesses (docs/protocol.md, "Views" and "Fraud proofs"). No leaf is handed out before
/// its path has led to the running root.
library ProofView {
    using Accounts for Account;
    using AccountTrees for AccountTree;

    uint256 internal constant ENTRY_LENGTH = 93;
    uint256 private constant LAST_KIND = 4;

    /// @return place where the next `length` bytes of the proof are
    function take(Case memory c, uint256 length) internal pure returns (uint256 place) {
        place = c.next;
        if (c.end - place < length) revert ProofErrors.Truncated();
        c.next = place + length;
    }

    function read(Case memory c, uint256 index) internal pure returns (Account memory) {
        uint256 place = take(c, Accounts.LENGTH);
        openPath(c, index, Calldata.keccak(place, Accounts.LENGTH));
        return Accounts.read(place);
    }

    /// @return leaf the key's leaf, or else its low leaf
    /// @return found whether it is the key's
    function find(Case memory c, address owner, address token) internal pure returns (Account memory leaf, bool found) {
        uint256 hint = Calldata.number(take(c, 4), 4);
        if (hint >= c.accounts.count) revert ProofErrors.HintRange();
        leaf = read(c, hint);
        found = leaf.isKey(owner, token);
        if (!found && !leaf.isLowOf(owner, token)) revert ProofErrors.Lookup();
    }

    /// @notice In place of the leaf given last.
    function write(Case memory c, Account memory leaf) internal pure {
        c.accounts.write(leaf.hash());
    }

    function append(Case memory c, Account memory leaf) internal pure {
        openPath(c, c.accounts.count, 0);
        c.accounts.write(leaf.hash());
        ++c.accounts.count;
    }

    /// Takes the path from the proof. Of a path that the proof doesn't hold whole, what is folded isn't used.
    function openPath(Case memory c, uint256 index, bytes32 leafHash) private pure {
        (bytes32 root, uint256 next) = c.accounts.open(index, leafHash, c.next);
        if (next > c.end) revert ProofErrors.Truncated();
        if (root != c.accounts.root) revert ProofErrors.LeafPath();
        c.next = next;
    }

    /// @notice Takes the `count` entries of the queue that follow on what is consumed, and checks them all against what the
    /// calling contract has stored. consumed + count < 2^64.
    /// @return place where they are
    function takeEntries(Case memory c, uint256 count) internal view returns (uint256 place) {
        place = take(c, count * ENTRY_LENGTH);
        IQueue queue = IQueue(msg.sender);
        uint256 first = c.l1OpsConsumed;
        bytes32 hash = queue.queueHash(uint64(first));
        if (hash == 0 && first > 0) revert ProofErrors.L1Operations();
        for (uint256 i = 0; i < count; ++i) {
            uint256 entry = place + i * ENTRY_LENGTH;
            if (Calldata.number(entry, 1) > LAST_KIND) revert ProofErrors.L1Operations();
            hash = keccak256(abi.encodePacked(hash, Calldata.keccak(entry, ENTRY_LENGTH)));
        }
        if (hash != queue.queueHash(uint64(first + count))) revert ProofErrors.L1Operations();
    }

    function entryAt(uint256 place) internal pure returns (Entry memory) {
        return Entry({
            kind: Calldata.number(place, 1),
            caller: Calldata.account(place + 1),
            to: Calldata.account(place + 21),
            token: Calldata.account(place + 41),
            amount: Calldata.number(place + 61, 16),
            count: Calldata.number(place + 85, 8)
        });
    }
}
