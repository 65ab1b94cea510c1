// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Case} from "Case.sol";
import {ChannelRules, Terms} from "ChannelTerms.sol";
import {ChannelWords, Chunk, isOfChannel, Line, Operation} from "Chunk.sol";
import {ChunkDecoder} from "ChunkDecoder.sol";
import {IQueue} from "IQueue.sol";
import {Prover} from "Prover.sol";
import {Refusal} from "Refusal.sol";
import {TypedData} from "TypedData.sol";

// What tests/prover/prover_test.py asks.

/// @notice A prover that, where a chunk is wrong, tells why instead of judging the claim.
contract TellingProver is Prover {
    error Wrong(Refusal why);

    function refuse(Case memory, Refusal why) internal pure override {
        revert Wrong(why);
    }
}

/// @notice In the rollup contract's place: knows of one batch and one queue, those that it is called with.
contract ProverCaller is IQueue {
    error UnknownBatch();

    Prover private immutable PROVER = made();

    /// @param record the hash of the batch's header
    /// @param hashes h[first] and those behind it
    /// @return used the gas that the check took
    function prove(bytes calldata proof, bytes32 domain, bytes32 record, uint64 first, bytes32[] calldata hashes)
        external
        returns (uint256 used)
    {
        if (proof.length >= 195 && keccak256(proof[:195]) != record) revert UnknownBatch();
        for (uint256 i = 0; i < hashes.length; ++i) {
            uint256 index = first + i;
            bytes32 hash = hashes[i];
            assembly {
                tstore(index, hash)
            }
        }
        used = gasleft();
        PROVER.check(proof, domain);
        used -= gasleft();
    }

    function queueHash(uint64 index) external view returns (bytes32 hash) {
        assembly {
            hash := tload(index)
        }
    }

    function made() internal virtual returns (Prover) {
        return new Prover();
    }

    function codeSize() external view returns (uint256) {
        return address(PROVER).code.length;
    }
}

/// @notice Asks a prover that tells why a chunk is wrong.
contract TellingCaller is ProverCaller {
    function made() internal override returns (Prover) {
        return new TellingProver();
    }
}

/// @notice The prover's decoder and its signatures, by themselves.
contract ProverParts is ChunkDecoder {
    /// @return The refusal's number alone; or 0, the gas that decoding took, and the chunk: l1, its weight, the numbers of
    /// operations and fee leaves, of each operation kind, sender, fee, memo, number of lines, and of each line byAddress, to,
    /// amount, of a fund or redeem the fields of its ChannelWords; the fee leaves.
    function decodeOps(bytes memory ops) external view returns (uint256[] memory) {
        Case memory c;
        uint256 place;
        assembly ("memory-safe") {
            place := add(ops, 32)
        }
        c.bit = 8 * place;
        c.bitsEnd = c.bit + 8 * ops.length;
        uint256 used = gasleft();
        Chunk memory chunk = decode(c);
        used -= gasleft();
        return flat(chunk, used);
    }

    function digest(bytes32 domain, uint256 kind, address token, uint256[2][] calldata payments, uint256[3] calldata words)
        external
        pure
        returns (bytes32)
    {
        address to = address(uint160(payments[0][0]));
        uint256 amount = payments[0][1];
        (uint256 fee, uint256 nonce, bytes32 memo) = (words[0], words[1], bytes32(words[2]));
        if (kind == 0) return TypedData.digest(domain, TypedData.hashTransfer(token, to, amount, fee, nonce, memo));
        if (kind == 1) return TypedData.digest(domain, TypedData.hashWithdraw(token, to, amount, fee, nonce));
        bytes32[] memory hashes = new bytes32[](payments.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = TypedData.hashPayment(address(uint160(payments[i][0])), payments[i][1]);
        }
        return TypedData.digest(domain, TypedData.hashPayout(token, hashes, fee, nonce, memo));
    }

    /// @param kind 0 Fund, 1 Redeem, 2 Channel, 3 Voucher
    /// @param w the type's members, but for Fund its ChannelWords from `payee` on, behind token, fee, nonce
    function channelDigest(bytes32 domain, uint256 kind, uint256[] calldata w) external pure returns (bytes32) {
        if (kind == 0) {
            ChannelWords memory words = ChannelWords(true, w[3], 0, w[4], w[5], 0, w[6], w[7]);
            return TypedData.digest(domain, TypedData.hashFund(address(uint160(w[0])), words, w[1], w[2]));
        }
        address first = address(uint160(w[0]));
        address second = address(uint160(w[1]));
        if (kind == 1) {
            return TypedData.digest(domain, TypedData.hashRedeem(first, second, w[2], w[3], w[4] != 0, w[5] != 0, w[6]));
        }
        if (kind == 2) return TypedData.digest(domain, ChannelRules.hashTerms(Terms(first, second, w[2], w[3], w[4])));
        return TypedData.digest(domain, ChannelRules.hashVoucher(first, second, w[2]));
    }

    function signer(bytes32 signed, bytes memory signature) external view returns (address) {
        uint256 place;
        assembly ("memory-safe") {
            place := add(signature, 32)
        }
        return TypedData.signer(signed, place);
    }

    function refuse(Case memory, Refusal why) internal pure override {
        assembly ("memory-safe") {
            mstore(0x00, why)
            return(0x00, 0x20)
        }
    }

    function flat(Chunk memory chunk, uint256 used) private pure returns (uint256[] memory words) {
        uint256 n = chunk.operations.length;
        words = new uint256[](6 + 5 * n + 3 * chunk.lines.length + 8 * chunk.channels.length + chunk.feeLeaves.length);
        (words[1], words[2], words[3], words[4], words[5]) = (used, chunk.l1, chunk.weight, n, chunk.feeLeaves.length);
        uint256 next = 6;
        for (uint256 i = 0; i < n; ++i) {
            Operation memory one = chunk.operations[i];
            words[next++] = uint256(one.kind);
            words[next++] = one.sender;
            words[next++] = one.fee;
            words[next++] = uint256(one.memo);
            words[next++] = one.lineCount;
            for (uint256 j = 0; j < one.lineCount; ++j) {
                Line memory line = chunk.lines[one.firstLine + j];
                words[next++] = line.byAddress ? 1 : 0;
                words[next++] = line.to;
                words[next++] = line.amount;
            }
            if (!isOfChannel(one.kind)) continue;
            ChannelWords memory channel = chunk.channels[one.channel];
            words[next++] = channel.byAddress ? 1 : 0;
            words[next++] = channel.payee;
            words[next++] = channel.payer;
            words[next++] = channel.amount;
            words[next++] = channel.unit;
            words[next++] = channel.count;
            words[next++] = channel.expiry;
            words[next++] = channel.salt;
        }
        for (uint256 i = 0; i < chunk.feeLeaves.length; ++i) {
            words[next++] = chunk.feeLeaves[i];
        }
    }
}
