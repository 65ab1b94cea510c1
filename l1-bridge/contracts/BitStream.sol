// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Case, Refusing} from "./Case.sol";
import {Refusal} from "./Refusal.sol";

/// @notice The bits of a chunk's `ops`, and their code words: docs/protocol.md, "Chunk codec".
abstract contract BitStream is Refusing {
    /// @notice u(count), count being at most 249: what a word of memory holds from any bit of its first byte.
    /// What lies behind the end doesn't matter.
    function bits(Case memory c, uint256 count) internal pure returns (uint256 value) {
        uint256 bit = c.bit;
        unchecked {
            if (c.bitsEnd - bit < count) refuse(c, Refusal.Truncated);
            c.bit = bit + count;
        }
        assembly ("memory-safe") {
            value := shr(sub(256, count), shl(and(bit, 7), mload(shr(3, bit))))
        }
    }

    function flag(Case memory c) internal pure returns (bool) {
        return bits(c, 1) == 1;
    }

    function gamma(Case memory c, uint256 k) internal pure returns (uint256) {
        uint256 bit = c.bit;
        uint256 window;
        uint256 zeros;
        assembly ("memory-safe") {
            window := shl(and(bit, 7), mload(shr(3, bit)))
            zeros := clz(window)
        }
        unchecked {
            uint256 left = c.bitsEnd - bit;
            if (zeros > 6) refuse(c, left > 6 ? Refusal.CodeTooLong : Refusal.Truncated);
            uint256 length = 2 * zeros + 1 + k;
            if (left < length) refuse(c, Refusal.Truncated);
            c.bit = bit + length;
            // q and the low bits together are the value with its q one too large.
            return (window >> (256 - length)) - (1 << k);
        }
    }

    function bitLength(uint256 value) internal pure returns (uint256 length) {
        assembly ("memory-safe") {
            length := sub(256, clz(value))
        }
    }
}
