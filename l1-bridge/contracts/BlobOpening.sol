// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calldata} from "./Calldata.sol";
import {ProofErrors} from "./ProofErrors.sol";

/// @notice Opens runs of elements of a batch's blobs: docs/protocol.md, "Openings". The polynomials committed to are evaluated by the
/// precompile of EIP-4844; the polynomials through the runs are evaluated here, by folding.
library BlobOpening {
    /// In calldata.
    struct Places {
        uint256 commitmentB;
        uint256 commitmentQ;
        uint256 slot; // run A
        uint256 values;
        uint256 valueQ;
        uint256 end;
    }

    uint256 internal constant SLOTS = 32; // of a blob
    uint256 internal constant SLOT_LENGTH = 4096; // 128 elements
    uint256 internal constant AFTER_LENGTH = 64; // 2 elements
    uint256 private constant POINT_LENGTH = 48;
    uint256 private constant VALUE_LENGTH = 80; // a value, and its proof, a point
    bytes32 private constant TAG = "Gavel blob opening";
    uint256 private constant TAG_LENGTH = 18;

    // The field of BLS12-381's scalars; w(n) is 7^((R - 1) / n), its n-th root of unity.
    uint256 private constant R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    uint256 private constant INVERSE_W4 = 0x73eda753299d7d47a5e80b39939ed33467baa40089fb5bfefffeffff00000001;
    uint256 private constant INVERSE_W8 = 0x60b9f524ccbc6d03787d7d083f1b189fc54913cc6b4e0c269fc8017d5166afd3;
    uint256 private constant INVERSE_W64 = 0x640d097461a2eeaf4e84b3cd7dc75b61db872ef3dce28e788d28c143168bba2c;
    uint256 private constant INVERSE_W128 = 0x60c7efec34093e9a725ce48f79bf9cd60081066e578d78bf6207cd2f20df9d12;
    uint256 private constant INVERSE_W4096 = 0x391b2856c609b4784ae25ffab9dc59865046d17864183203961a252dd8543362;
    uint256 private constant INVERSE_2 = 0x39f6d3a994cebea4199cec0404d0ec02a9ded2017fff2dff7fffffff80000001;
    uint256 private constant INVERSE_128 = 0x7305cc04834a424da2d36457f98e9455491628baf9fe5f4701ffffff02000001;
    // Byte e is e, its three bits in reverse order.
    uint256 private constant REVERSED = 0x0004020601050307000000000000000000000000000000000000000000000000;

    /// @return The length of an opening for this chunk of a batch.
    function length(uint256 chunkIndex) internal pure returns (uint256) {
        return locate(0, chunkIndex).end;
    }

    /// @notice Returns if the blobs hold the elements that the opening shows. Reverts with Element, else with Opening. For want of gas
    /// it may revert with Opening, too.
    /// @param place of length(chunkIndex) bytes of calldata
    /// @param hashes place in calldata of the versioned hashes of the batch's blobs, chunkIndex / SLOTS + 1 of them at least
    /// @param chunkIndex below 2^16
    /// @return elements place in memory of the 128 elements of the chunk's slot, and behind them, but for chunk 0, the first two
    /// of the slot before. Each is below the order of the field.
    function open(uint256 place, uint256 hashes, uint256 chunkIndex) internal view returns (uint256 elements) {
        unchecked {
            Places memory p = locate(place, chunkIndex);
            uint256 z;
            (z, elements) = challenge(place, p, chunkIndex);
            (uint256 shift, uint256 t) = scale(z, chunkIndex);
            uint256 through = mulmod(fold128(elements, t), INVERSE_128, R);
            (uint256 numerator, uint256 denominator) = part(Calldata.number(p.values, 32), through, power128(shift), power128(t));
            uint256 valueB = crosses(chunkIndex) ? p.values + VALUE_LENGTH : p.values;
            if (chunkIndex > 0) {
                (shift, t) = scale(z, chunkIndex - 1);
                through = mulmod(fold2(elements + SLOT_LENGTH, t), INVERSE_2, R);
                (uint256 n, uint256 d) = part(Calldata.number(valueB, 32), through, mulmod(shift, shift, R), mulmod(t, t, R));
                numerator = addmod(mulmod(numerator, d, R), mulmod(n, denominator, R), R);
                denominator = mulmod(denominator, d, R);
            }
            // Multiplied, not divided. It comes before the precompile, which takes all its gas where it refuses.
            if (denominator == 0 || mulmod(Calldata.number(p.valueQ, 32), denominator, R) != numerator) {
                revert ProofErrors.Opening();
            }
            hashes += 32 * (chunkIndex / SLOTS);
            evaluate(Calldata.word(hashes), z, place, p.values);
            if (crosses(chunkIndex)) evaluate(Calldata.word(hashes - 32), z, p.commitmentB, valueB);
            evaluate(versionedHash(p.commitmentQ), z, p.commitmentQ, p.valueQ);
        }
    }

    /// @notice Returns if the polynomial committed to has the value at z; else reverts with Opening. What the precompile costs isn't
    /// written here: it gets what gas there is.
    function evaluate(bytes32 hash, uint256 z, uint256 commitment, uint256 value) internal view {
        bool holds;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hash)
            mstore(add(free, 32), z)
            calldatacopy(add(free, 64), value, 32)
            calldatacopy(add(free, 96), commitment, POINT_LENGTH)
            calldatacopy(add(free, 144), add(value, 32), POINT_LENGTH)
            holds := staticcall(gas(), 0x0a, free, 192, free, 64)
            // Where there is no such precompile, the call succeeds.
            holds := and(holds, eq(returndatasize(), 64))
            holds := and(holds, and(eq(mload(free), 4096), eq(mload(add(free, 32)), R)))
        }
        if (!holds) revert ProofErrors.Opening();
    }

    function locate(uint256 place, uint256 chunkIndex) private pure returns (Places memory p) {
        unchecked {
            uint256 others = crosses(chunkIndex) ? 1 : 0;
            p.commitmentB = place + POINT_LENGTH;
            p.commitmentQ = p.commitmentB + others * POINT_LENGTH;
            p.slot = p.commitmentQ + POINT_LENGTH;
            p.values = p.slot + SLOT_LENGTH + (chunkIndex == 0 ? 0 : AFTER_LENGTH); // run B is between
            p.valueQ = p.values + (1 + others) * VALUE_LENGTH;
            p.end = p.valueQ + VALUE_LENGTH;
        }
    }

    /// @return Whether the slot before is in the blob before.
    function crosses(uint256 chunkIndex) private pure returns (bool) {
        return chunkIndex > 0 && chunkIndex % SLOTS == 0;
    }

    /// @return z
    /// @return elements place in memory of run A's, and B's behind them; it begins a word
    function challenge(uint256 place, Places memory p, uint256 chunkIndex) private pure returns (uint256 z, uint256 elements) {
        uint256 size = p.values - place;
        uint256 head = p.slot - place;
        assembly ("memory-safe") {
            // The elements begin a word of memory, and so does what is free behind them.
            let copied := sub(add(mload(0x40), 256), head)
            let text := sub(copied, add(TAG_LENGTH, 2))
            mstore(text, or(TAG, shl(96, chunkIndex)))
            calldatacopy(copied, place, size)
            z := mod(keccak256(text, add(size, add(TAG_LENGTH, 2))), R)
            elements := add(copied, head)
            mstore(0x40, add(copied, size))
        }
    }

    /// @return shift inverse of h, the point of the slot's first element
    /// @return t z / h
    function scale(uint256 z, uint256 chunkIndex) private pure returns (uint256 shift, uint256 t) {
        shift = inverseOfPoint(chunkIndex % SLOTS);
        t = mulmod(z, shift, R);
    }

    /// (p - I) / (X^n - h^n) at z, p being the blob's polynomial, I that through a run of n elements; above and below the line
    /// divided by h^n.
    /// @param value p(z)
    /// @param through I(z)
    function part(uint256 value, uint256 through, uint256 shiftN, uint256 tN)
        private
        pure
        returns (uint256 numerator, uint256 denominator)
    {
        numerator = mulmod(addmod(value, R - through, R), shiftN, R);
        denominator = addmod(tN, R - 1, R);
    }

    /// @return inverse of the point of a slot's first element: w(4096) to the power of the slot, its five bits in reverse order
    function inverseOfPoint(uint256 slot) private pure returns (uint256 inverse) {
        inverse = 1;
        for (uint256 bit = 0; bit < 5; ++bit) {
            inverse = mulmod(inverse, inverse, R);
            if ((slot >> bit) & 1 == 1) inverse = mulmod(inverse, INVERSE_W4096, R);
        }
    }

    /// @return 128 times the value at z of the polynomial through 128 elements, t being z / h.
    function fold128(uint256 elements, uint256 t) private pure returns (uint256) {
        uint256[4] memory constants = [R, INVERSE_W4, INVERSE_W8, INVERSE_W64];
        uint256 left = fold64(elements, t, constants);
        uint256 right = fold64(elements + 2048, mulmod(t, INVERSE_W128, R), constants);
        t = power8(power8(t));
        return addmod(addmod(left, right, R), mulmod(addmod(left, R - right, R), t, R), R);
    }

    /// @return folded 64 times the value at z of the polynomial through 64 elements. Each eight of them are folded to one
    /// value at z^8; of these there are eight.
    function fold64(uint256 elements, uint256 t, uint256[4] memory constants) private pure returns (uint256 folded) {
        uint256[8] memory values;
        uint256 place;
        assembly {
            place := values
        }
        uint256 first = t;
        for (uint256 e = 0; e < 8; ++e) {
            uint256 group;
            assembly {
                group := byte(e, REVERSED)
            }
            unchecked {
                folded = fold8(elements + 256 * group, first, constants);
            }
            assembly ("memory-safe") {
                mstore(add(place, shl(5, group)), folded)
                first := mulmod(first, mload(add(constants, 96)), mload(constants))
            }
        }
        return fold8(place, power8(t), constants);
    }

    /// @return folded 8 times the value at z of the polynomial through the 8 elements there, t being z / h
    function fold8(uint256 elements, uint256 t, uint256[4] memory constants) private pure returns (uint256 folded) {
        bool inField;
        assembly ("memory-safe") {
            // Twice the value at z of the line through (h, a) and (-h, b).
            function fold(a, b, zh, r) -> v {
                v := addmod(add(a, b), mulmod(add(a, sub(r, b)), zh, r), r)
            }
            function pair(place, zh, r) -> v, inside {
                let a := mload(place)
                let b := mload(add(place, 32))
                inside := and(lt(a, r), lt(b, r))
                v := addmod(add(a, b), mulmod(add(a, sub(r, b)), zh, r), r)
            }
            let r := mload(constants)
            let w4 := mload(add(constants, 32))
            let v
            let inside
            let squared := mulmod(t, t, r)
            folded, inField := pair(elements, t, r)
            v, inside := pair(add(elements, 64), mulmod(t, w4, r), r)
            inField := and(inField, inside)
            folded := fold(folded, v, squared, r)
            t := mulmod(t, mload(add(constants, 64)), r)
            let right
            right, inside := pair(add(elements, 128), t, r)
            inField := and(inField, inside)
            v, inside := pair(add(elements, 192), mulmod(t, w4, r), r)
            inField := and(inField, inside)
            right := fold(right, v, mulmod(squared, w4, r), r)
            folded := fold(folded, right, mulmod(squared, squared, r), r)
        }
        if (!inField) revert ProofErrors.Element();
    }

    function fold2(uint256 elements, uint256 t) private pure returns (uint256) {
        (uint256 a, uint256 b) = (0, 0);
        assembly ("memory-safe") {
            a := mload(elements)
            b := mload(add(elements, 32))
        }
        if (a >= R || b >= R) revert ProofErrors.Element();
        return addmod(addmod(a, b, R), mulmod(addmod(a, R - b, R), t, R), R);
    }

    function power8(uint256 x) private pure returns (uint256) {
        x = mulmod(x, x, R);
        x = mulmod(x, x, R);
        return mulmod(x, x, R);
    }

    function power128(uint256 x) private pure returns (uint256) {
        return power8(power8(mulmod(x, x, R)));
    }

    function versionedHash(uint256 commitment) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, commitment, POINT_LENGTH)
            if iszero(staticcall(gas(), 2, free, POINT_LENGTH, 0, 32)) { revert(0, 0) }
            hash := or(shl(248, 1), shr(8, shl(8, mload(0))))
        }
    }
}
