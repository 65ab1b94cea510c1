// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// An experiment (bench/README.md, "An entropy coder"): what decoding rANS over bytes takes on the L1.
contract RansDecoder {
    uint256 private constant LOW = 1 << 23;

    /// @param code the coder's state, four bytes, and the bytes behind it
    /// @param size how many bytes it decodes to
    /// @param slots for each of 4096 slots six bytes: the byte, and how often it is expected (16 bits) and where its slots begin
    /// (16 bits), the sixth zero
    /// @return out the bytes
    /// @return gasUsed by decoding alone
    function decode(bytes calldata code, uint256 size, bytes calldata slots)
        external
        view
        returns (bytes memory out, uint256 gasUsed)
    {
        out = new bytes(size);
        bytes memory table = slots;
        gasUsed = gasleft();
        assembly ("memory-safe") {
            let state := shr(224, calldataload(code.offset))
            let at := add(code.offset, 4)
            let to := add(out, 32)
            let end := add(to, size)
            let base := add(table, 32)
            for {} lt(to, end) {} {
                let slot := and(state, 4095)
                let entry := mload(add(base, mul(slot, 6)))
                mstore8(to, shr(248, entry))
                to := add(to, 1)
                state := sub(add(mul(and(shr(232, entry), 0xffff), shr(12, state)), slot), and(shr(216, entry), 0xffff))
                for {} lt(state, LOW) {} {
                    state := or(shl(8, state), shr(248, calldataload(at)))
                    at := add(at, 1)
                }
            }
        }
        gasUsed = gasUsed - gasleft();
    }
}
