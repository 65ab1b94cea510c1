// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash} from "./Hash.sol";

/// The tree of accounts as a proof shows it (docs/protocol.md, "Trees"): a running root, and the path opened last.
struct AccountTree {
    bytes32 root;
    uint256 count;
    uint256 index; // of the path opened last
    // Of each height the path's two nodes, left and right, whose hash is the next higher one; then Z of that height.
    bytes32[96] path;
}

/// @notice Folding: 32 heights, twice for each access. Most of a proof's gas that isn't calldata.
library AccountTrees {
    uint256 internal constant DEPTH = 32;

    function init(AccountTree memory tree) internal pure {
        bytes32 node;
        for (uint256 h = 0; h < DEPTH; ++h) {
            tree.path[3 * h + 2] = node;
            node = Hash.keccak(node, node);
        }
    }

    /// @return Z[h]
    function zero(AccountTree memory tree, uint256 h) internal pure returns (bytes32) {
        return tree.path[3 * h + 2];
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
        uint256 width = tree.count; // nodes at this height that have leaves below them
        tree.index = index;
        bytes32[96] memory path = tree.path;
        root = leaf;
        next = place;
        assembly ("memory-safe") {
            let end := add(path, 3072)
            for {} lt(path, end) { path := add(path, 96) } {
                let side := shl(5, and(index, 1)) // where the node stands; its sibling stands at 32 - side
                mstore(add(path, side), root)
                let sibling := mload(add(path, 64))
                if lt(xor(index, 1), width) {
                    sibling := calldataload(next)
                    next := add(next, 32)
                }
                mstore(add(path, xor(side, 32)), sibling)
                root := keccak256(path, 64)
                index := shr(1, index)
                width := shr(1, add(width, 1))
            }
        }
    }

    /// @notice Puts `leaf` (a hash) where the path opened last leads: the same siblings, another root.
    function write(AccountTree memory tree, bytes32 leaf) internal pure {
        uint256 index = tree.index << 5;
        bytes32[96] memory path = tree.path;
        assembly ("memory-safe") {
            let end := add(path, 3072)
            for {} lt(path, end) { path := add(path, 96) } {
                mstore(add(path, and(index, 32)), leaf)
                leaf := keccak256(path, 64)
                index := shr(1, index)
            }
        }
        tree.root = leaf;
    }
}
