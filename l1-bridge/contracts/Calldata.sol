// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Fields of fixed size at a place in calldata. Beyond its end there are zeros: whoever reads knows how much there is.
library Calldata {
    function placeOf(bytes calldata data) internal pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := data.offset
        }
    }

    function word(uint256 place) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(place)
        }
    }

    /// @param size in bytes, at most 32
    function number(uint256 place, uint256 size) internal pure returns (uint256) {
        return uint256(word(place)) >> (256 - 8 * size);
    }

    function account(uint256 place) internal pure returns (address) {
        return address(bytes20(word(place)));
    }

    function keccak(uint256 place, uint256 length) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, place, length)
            hash := keccak256(free, length)
        }
    }
}
