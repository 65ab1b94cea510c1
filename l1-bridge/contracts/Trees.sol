// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash} from "./Hash.sol";

/// @notice The trees of docs/protocol.md, "Trees".
library Trees {
    uint256 internal constant DEPTH = 32;

    /// @return The root of a batch's tree. `nodes` are its leaves, padded with zeros to a power of two; they are overwritten.
    function smallRoot(bytes32[] memory nodes) internal pure returns (bytes32) {
        for (uint256 width = nodes.length / 2; width > 0; width /= 2) {
            for (uint256 i = 0; i < width; ++i) {
                nodes[i] = Hash.keccak(nodes[2 * i], nodes[2 * i + 1]);
            }
        }
        return nodes[0];
    }

    /// @return Whether `leaf` (a hash) stands at `index` in a tree of depth 32 with `count` leaves and that root, `path` holding
    /// exactly the siblings that the left-out rule leaves.
    function holds(bytes32 root, uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        bytes32 node = leaf;
        bytes32 zero; // Z[height]
        uint256 used = 0;
        for (uint256 height = 0; height < DEPTH; ++height) {
            uint256 place = index >> height;
            bytes32 sibling = zero;
            if ((place ^ 1) << height < count) {
                if (used == path.length) return false;
                sibling = path[used++];
            }
            node = place & 1 == 0 ? Hash.keccak(node, sibling) : Hash.keccak(sibling, node);
            zero = Hash.keccak(zero, zero);
        }
        return used == path.length && node == root;
    }

    /// @return The root of a tree of depth 32 in which all but the leaf at index 0 (given as its hash) is empty.
    function rootOfFirst(bytes32 leaf) internal pure returns (bytes32) {
        bytes32 zero;
        for (uint256 height = 0; height < DEPTH; ++height) {
            leaf = Hash.keccak(leaf, zero);
            zero = Hash.keccak(zero, zero);
        }
        return leaf;
    }
}
