// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BitStream} from "./BitStream.sol";
import {Case} from "./Case.sol";
import {ChannelWords, Chunk, hasVoucher, isOfChannel, isRedeem, Line, Operation, OperationKind} from "./Chunk.sol";
import {RecentList, RecentLists} from "./RecentList.sol";
import {Refusal} from "./Refusal.sol";

/// The operations of one fee, and what their columns are coded against.
struct FeeClass {
    uint256 fee;
    uint256 operations;
    uint256 lines;
    RecentList accounts;
    RecentList amounts;
    bytes exponents; // newest in front, one byte each
    int256 magnitude;
}

/// What the decoder has to know from one column to the next.
struct Draft {
    uint256 width; // of an account literal
    uint256 literals; // all of them, or-ed: as many bits as the largest
    bool mixed;
    bool byAddress;
    bool addressed; // byAddress has had its reason
    bool memos;
    FeeClass[] classes;
}

/// @notice The chunk codec, column by column as docs/protocol.md, "Chunk codec", numbers them. The first thing wrong refuses.
/// What it does is bounded by the weight, which is known after the kinds: before that it makes at most 63 of anything.
abstract contract ChunkDecoder is BitStream {
    using RecentLists for RecentList;

    uint256 internal constant MAX_WEIGHT = 96;
    uint256 private constant MAX_L1 = 32;
    uint256 private constant EXPONENTS = 39;
    uint256 private constant FIRST_CHANNEL_KIND = 123; // of the numbers in a payout's place, which no chunk has room for
    uint256 private constant FUND_LINES = 2; // as many as it counts
    uint256 private constant REDEEM_LINES = 3;
    int256 private constant FIRST_MAGNITUDE = 64;

    function decode(Case memory c) internal pure returns (Chunk memory chunk) {
        Draft memory draft;
        chunk.l1 = gamma(c, 0);
        if (chunk.l1 > MAX_L1) refuse(c, Refusal.OverWeight);
        chunk.operations = new Operation[](bits(c, 6));
        chunk.feeLeaves = new uint256[](bits(c, 6));
        draft.width = bits(c, 5) + 1;
        draft.mixed = flag(c);
        draft.byAddress = flag(c);
        draft.memos = flag(c);
        readKinds(c, chunk, draft);
        if (chunk.operations.length > 0) {
            readFeeTable(c, draft);
            readClasses(c, chunk, draft);
        }
        readSenders(c, chunk, draft);
        readRecipients(c, chunk, draft);
        readAmounts(c, chunk, draft);
        if (draft.memos) readMemos(c, chunk);
        if (chunk.channels.length > 0) readTerms(c, chunk);
        for (uint256 i = 0; i < chunk.feeLeaves.length; ++i) {
            chunk.feeLeaves[i] = accountLiteral(c, draft);
        }
        readEnd(c, draft);
    }

    // 3
    function readKinds(Case memory c, Chunk memory chunk, Draft memory draft) private pure {
        uint256 lines = 0;
        uint256 channels = 0;
        bool idle = draft.mixed;
        chunk.weight = 3 * chunk.l1 + chunk.feeLeaves.length + chunk.operations.length;
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            operation.firstLine = lines;
            operation.lineCount = 1;
            if (draft.mixed && flag(c)) {
                idle = false;
                if (!flag(c)) operation.kind = OperationKind.Withdrawal;
                else if (readLongKind(c, chunk, operation)) operation.channel = channels++;
            }
            lines += operation.lineCount;
        }
        chunk.weight += lines;
        if (chunk.weight > MAX_WEIGHT) refuse(c, Refusal.OverWeight);
        if (idle) refuse(c, Refusal.IdleFlag);
        chunk.lines = new Line[](lines);
        chunk.channels = new ChannelWords[](channels);
    }

    /// @return Whether it is a channel's.
    function readLongKind(Case memory c, Chunk memory chunk, Operation memory operation) private pure returns (bool) {
        uint256 word = gamma(c, 0); // at most 126
        if (word < FIRST_CHANNEL_KIND) {
            operation.kind = OperationKind.Payout;
            operation.lineCount = word + 1;
            return false;
        }
        operation.kind = OperationKind(uint256(OperationKind.Fund) + word - FIRST_CHANNEL_KIND);
        operation.lineCount = 0;
        chunk.weight += operation.kind == OperationKind.Fund ? FUND_LINES : REDEEM_LINES;
        if (hasVoucher(operation.kind)) ++chunk.vouchers;
        return true;
    }

    // 4
    function readFeeTable(Case memory c, Draft memory draft) private pure {
        draft.classes = new FeeClass[](bits(c, 6) + 1);
        uint256 mantissaWidth = bits(c, 8);
        uint256 exponentWidth = bits(c, 3);
        if (mantissaWidth > 128 || exponentWidth > 6) refuse(c, Refusal.BadFeeWidth);
        uint256 mantissas = 0; // or-ed
        uint256 exponents = 0;
        for (uint256 k = 0; k < draft.classes.length; ++k) {
            uint256 exponent = bits(c, exponentWidth);
            uint256 mantissa = bits(c, mantissaWidth);
            uint256 fee = number(c, mantissa, exponent);
            for (uint256 j = 0; j < k; ++j) {
                if (draft.classes[j].fee == fee) refuse(c, Refusal.RepeatedFee);
            }
            draft.classes[k].fee = fee;
            mantissas |= mantissa;
            exponents |= exponent;
        }
        if (bitLength(mantissas) != mantissaWidth || bitLength(exponents) != exponentWidth) refuse(c, Refusal.LooseWidth);
    }

    function readClasses(Case memory c, Chunk memory chunk, Draft memory draft) private pure {
        bool channels = chunk.channels.length > 0;
        uint256 count = draft.classes.length;
        RecentList memory seen = RecentLists.make(count);
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            if (seen.length == 0) {
                seen.put(0);
            } else if (count > 1 && flag(c)) {
                if (seen.length == 1 || (seen.length < count && !flag(c))) {
                    seen.put(seen.length);
                } else {
                    takeReferred(c, seen, gamma(c, 0) + 1);
                }
            }
            Operation memory operation = chunk.operations[i];
            operation.feeClass = seen.items[0];
            FeeClass memory class = draft.classes[operation.feeClass];
            operation.fee = class.fee;
            ++class.operations;
            class.lines += operation.lineCount;
            if (channels && isOfChannel(operation.kind)) class.lines += REDEEM_LINES;
        }
        if (seen.length < count) refuse(c, Refusal.UnusedFee);
        for (uint256 k = 0; k < count; ++k) {
            FeeClass memory class = draft.classes[k];
            class.accounts = RecentLists.make(class.operations + class.lines);
            class.amounts = RecentLists.make(class.lines);
            class.exponents = hex"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526";
            class.magnitude = FIRST_MAGNITUDE;
        }
    }

    // 5
    function readSenders(Case memory c, Chunk memory chunk, Draft memory draft) private pure {
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            operation.sender = readAccount(c, draft, operation);
        }
    }

    // 6
    function readRecipients(Case memory c, Chunk memory chunk, Draft memory draft) private pure {
        bool channels = chunk.channels.length > 0;
        bool byAddress = draft.byAddress;
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            for (uint256 j = 0; j < operation.lineCount; ++j) {
                Line memory line = chunk.lines[operation.firstLine + j];
                line.byAddress = operation.kind == OperationKind.Withdrawal || (byAddress && readByAddress(c, chunk, draft));
                line.to = line.byAddress ? bits(c, 160) : readAccount(c, draft, operation);
            }
            if (!channels || !isRedeem(operation.kind)) continue;
            ChannelWords memory words = chunk.channels[operation.channel];
            words.byAddress = byAddress && readByAddress(c, chunk, draft);
            words.payee = words.byAddress ? bits(c, 160) : readAccount(c, draft, operation);
            words.payer = readAccount(c, draft, operation);
        }
        if (byAddress && !draft.addressed) refuse(c, Refusal.IdleFlag);
    }

    function readByAddress(Case memory c, Chunk memory chunk, Draft memory draft) private pure returns (bool byAddress) {
        byAddress = flag(c);
        if (!byAddress) return false;
        draft.addressed = true;
        if (++chunk.weight > MAX_WEIGHT) refuse(c, Refusal.OverWeight);
    }

    // 7
    function readAmounts(Case memory c, Chunk memory chunk, Draft memory draft) private pure {
        bool channels = chunk.channels.length > 0;
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            FeeClass memory class = draft.classes[operation.feeClass];
            for (uint256 j = 0; j < operation.lineCount; ++j) {
                chunk.lines[operation.firstLine + j].amount = readAmount(c, class);
            }
            if (!channels || !isOfChannel(operation.kind)) continue;
            ChannelWords memory words = chunk.channels[operation.channel];
            if (operation.kind == OperationKind.Fund) words.amount = readAmount(c, class);
            words.unit = readAmount(c, class);
            if (hasVoucher(operation.kind)) words.count = readAmount(c, class);
        }
    }

    // 8
    function readMemos(Case memory c, Chunk memory chunk) private pure {
        bool idle = true;
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            bool none = operation.kind == OperationKind.Withdrawal || isOfChannel(operation.kind);
            if (none || !flag(c)) continue;
            idle = false;
            uint256 high = bits(c, 128);
            operation.memo = bytes32((high << 128) | bits(c, 128));
            if (operation.memo == 0) refuse(c, Refusal.ZeroMemo);
        }
        if (idle) refuse(c, Refusal.IdleFlag);
    }

    // 9
    function readTerms(Case memory c, Chunk memory chunk) private pure {
        for (uint256 i = 0; i < chunk.operations.length; ++i) {
            Operation memory operation = chunk.operations[i];
            if (!isOfChannel(operation.kind)) continue;
            ChannelWords memory words = chunk.channels[operation.channel];
            if (operation.kind == OperationKind.Fund) words.payee = bits(c, 160);
            words.expiry = bits(c, 64);
            words.salt = bits(c, 64);
        }
    }

    // 11
    function readEnd(Case memory c, Draft memory draft) private pure {
        uint256 needed = draft.literals == 0 ? 1 : bitLength(draft.literals);
        if (draft.width != needed) refuse(c, Refusal.LooseWidth);
        uint256 left = c.bitsEnd - c.bit;
        if (left >= 8) refuse(c, Refusal.TrailingByte);
        if (bits(c, left) != 0) refuse(c, Refusal.NonzeroPadding);
    }

    // ---- Items ----

    function isReference(Case memory c, RecentList memory list) private pure returns (bool) {
        return list.length > 0 && flag(c);
    }

    function takeReferred(Case memory c, RecentList memory list, uint256 position) private pure returns (uint256) {
        if (position >= list.length) refuse(c, Refusal.BadReference);
        return list.take(position);
    }

    function putLiteral(Case memory c, RecentList memory list, uint256 value) private pure returns (uint256) {
        if (list.put(value)) refuse(c, Refusal.RepeatedLiteral);
        return value;
    }

    function readAccount(Case memory c, Draft memory draft, Operation memory operation) private pure returns (uint256) {
        RecentList memory list = draft.classes[operation.feeClass].accounts;
        if (isReference(c, list)) return takeReferred(c, list, gamma(c, 0));
        return putLiteral(c, list, accountLiteral(c, draft));
    }

    function accountLiteral(Case memory c, Draft memory draft) private pure returns (uint256 index) {
        index = bits(c, draft.width);
        draft.literals |= index;
    }

    function readAmount(Case memory c, FeeClass memory class) private pure returns (uint256) {
        if (isReference(c, class.amounts)) return takeReferred(c, class.amounts, gamma(c, 0));
        uint256 exponent = readExponent(c, class.exponents);
        uint256 change = gamma(c, 2);
        unchecked {
            // Small numbers all: the magnitude is never below 0 or above 128 + 126 after an amount that isn't refused.
            class.magnitude += change & 1 == 0 ? int256(change / 2) : -int256((change + 1) / 2);
            int256 length = class.magnitude - int256(3402 * exponent / 1024);
            if (length < 0 || length > 128) refuse(c, Refusal.BadMagnitude);
            uint256 low = uint256(length) - 1; // bits below the mantissa's top one
            uint256 mantissa = length == 0 ? 0 : (1 << low) | bits(c, low);
            return putLiteral(c, class.amounts, number(c, mantissa, exponent));
        }
    }

    function readExponent(Case memory c, bytes memory exponents) private pure returns (uint256 exponent) {
        uint256 position = gamma(c, 0);
        if (position >= EXPONENTS) refuse(c, Refusal.BadReference);
        exponent = uint8(exponents[position]);
        assembly ("memory-safe") {
            let first := add(exponents, 32)
            mcopy(add(first, 1), first, position)
            mstore8(first, exponent)
        }
    }

    /// mantissa < 2^128, exponent < 64
    function number(Case memory c, uint256 mantissa, uint256 exponent) private pure returns (uint256 value) {
        if (mantissa == 0 ? exponent > 0 : mantissa % 10 == 0) refuse(c, Refusal.LooseNumber);
        if (exponent > 38) refuse(c, Refusal.NumberTooLarge);
        value = mantissa * 10 ** exponent; // below 2^255
        if (value > type(uint128).max) refuse(c, Refusal.NumberTooLarge);
    }
}
