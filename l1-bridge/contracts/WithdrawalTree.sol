// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calldata} from "./Calldata.sol";
import {Hash} from "./Hash.sol";

/// The withdrawal tree by its frontier (docs/protocol.md, "Withdrawals").
struct WithdrawalTree {
    uint256 count;
    bytes32[32] frontier; // by height; it counts where count has that bit
}

library WithdrawalTrees {
    uint256 internal constant DEPTH = 32;

    /// @notice Takes the frontier of `count` leaves from calldata.
    /// @return next where it ends
    function read(WithdrawalTree memory tree, uint256 count, uint256 place) internal pure returns (uint256 next) {
        tree.count = count;
        next = place;
        for (uint256 h = 0; h < DEPTH; ++h) {
            if ((count >> h) & 1 == 0) continue;
            tree.frontier[h] = Calldata.word(next);
            next += 32;
        }
    }

    /// @param leaf a hash. The tree isn't full.
    function append(WithdrawalTree memory tree, bytes32 leaf) internal pure {
        uint256 h = 0;
        for (uint256 count = tree.count; count & 1 == 1; count >>= 1) {
            leaf = Hash.keccak(tree.frontier[h++], leaf);
        }
        tree.frontier[h] = leaf;
        ++tree.count;
    }

    function root(WithdrawalTree memory tree) internal pure returns (bytes32 node) {
        bytes32 zero; // Z[h]
        // From the first place without a leaf, whose hash is zero, upwards.
        for (uint256 h = 0; h < DEPTH; ++h) {
            node = (tree.count >> h) & 1 == 1 ? Hash.keccak(tree.frontier[h], node) : Hash.keccak(node, zero);
            zero = Hash.keccak(zero, zero);
        }
    }
}
