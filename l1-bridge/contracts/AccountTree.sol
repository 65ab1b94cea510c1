// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash} from "./Hash.sol";

/// The tree of accounts as a proof shows it (docs/protocol.md, "Trees"): a running root, and the path opened last.
struct AccountTree {
    bytes32 root;
    uint256 count;
    uint256 index; // of the path opened last
    bytes32[64] path; // its nodes, left and right at each height; the next higher is the hash of both
    bytes32[32] zeros; // Z[0] to Z[31]
}

/// @notice Folding: 32 heights, twice for each access. Nearly all of a proof's gas that isn't calldata.
library AccountTrees {
    uint256 internal constant DEPTH = 32;

    function init(AccountTree memory tree) internal pure {
        for (uint256 h = 1; h < DEPTH; ++h) {
            tree.zeros[h] = Hash.keccak(tree.zeros[h - 1], tree.zeros[h - 1]);
        }
    }

    /// @notice Folds `leaf` (a hash) at `index` with the siblings in calldata at `place`. A sibling whose whole subtree lies at
    /// or beyond `count` isn't there: it is Z[h].
    /// @return root what it folds to; whether that is the tree's is the caller's to judge
    /// @return next where the siblings end
    function open(AccountTree memory tree, uint256 index, bytes32 leaf, uint256 place)
        internal
        pure
        returns (bytes32 root, uint256 next)
    {
        uint256 count = tree.count;
        tree.index = index;
        bytes32[64] memory path = tree.path;
        bytes32[32] memory zeros = tree.zeros;
        root = leaf;
        next = place;
        assembly ("memory-safe") {
            let pair := path
            for { let h := 0 } lt(h, 32) { h := add(h, 1) } {
                let position := shr(h, index)
                let side := shl(5, and(position, 1)) // where the node stands; its sibling stands at 32 - side
                mstore(add(pair, side), root)
                switch lt(shl(h, xor(position, 1)), count)
                case 1 {
                    mstore(add(pair, xor(side, 32)), calldataload(next))
                    next := add(next, 32)
                }
                default { mstore(add(pair, xor(side, 32)), mload(add(zeros, shl(5, h)))) }
                root := keccak256(pair, 64)
                pair := add(pair, 64)
            }
        }
    }

    /// @notice Puts `leaf` (a hash) where the path opened last leads: the same siblings, another root.
    function write(AccountTree memory tree, bytes32 leaf) internal pure {
        uint256 index = tree.index;
        bytes32[64] memory path = tree.path;
        assembly ("memory-safe") {
            let pair := path
            for { let h := 0 } lt(h, 32) { h := add(h, 1) } {
                mstore(add(pair, shl(5, and(shr(h, index), 1))), leaf)
                leaf := keccak256(pair, 64)
                pair := add(pair, 64)
            }
        }
        tree.root = leaf;
    }
}
