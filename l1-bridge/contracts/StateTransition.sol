// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Account.sol";
import {Case} from "./Case.sol";
import {ChannelOperations} from "./ChannelOperations.sol";
import {ChannelWords, Chunk, isRedeem, Line, Operation, OperationKind} from "./Chunk.sol";
import {ChunkDecoder} from "./ChunkDecoder.sol";
import {Entry, ProofView} from "./ProofView.sol";
import {Refusal} from "./Refusal.sol";
import {Kind} from "./RollupTypes.sol";
import {Fees} from "./Steps.sol";
import {TypedData} from "./TypedData.sol";

/// @notice `apply` of docs/protocol.md, "Applying a chunk", over the accesses of a proof, read for read and check for check.
abstract contract StateTransition is ChunkDecoder, ChannelOperations {
    using ProofView for Case;

    uint256 private constant WHOLE_BALANCE = type(uint128).max;

    function applyChunk(Case memory c) internal view {
        Chunk memory chunk = decode(c);
        uint256 count = chunk.operations.length;
        if (c.sigsLength != SIGNATURE_LENGTH * (count + chunk.vouchers)) refuse(c, Refusal.SignatureCount);
        if (c.opCount + count > type(uint64).max) refuse(c, Refusal.OpCountOverflow);
        if (c.l1OpsConsumed + chunk.l1 > c.limit) refuse(c, Refusal.L1LimitExceeded);
        applyL1Operations(c, chunk.l1);
        Fees memory fees = Fees(0, new address[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            applyOperation(c, chunk, chunk.operations[i], fees);
        }
        applyFeeLeaves(c, chunk.feeLeaves, fees);
        c.opCount += count;
    }

    // ---- L1 operations ----

    function applyL1Operations(Case memory c, uint256 count) private view {
        uint256 place = c.takeEntries(count);
        for (uint256 i = 0; i < count; ++i) {
            Entry memory entry = ProofView.entryAt(place + i * ProofView.ENTRY_LENGTH);
            if (entry.kind == uint256(Kind.Deposit)) applyDeposit(c, entry);
            else if (entry.kind < uint256(Kind.Redeem)) applyForced(c, entry);
            else applyChannelEntry(c, entry);
        }
        c.l1OpsConsumed += count;
    }

    function applyDeposit(Case memory c, Entry memory entry) private pure {
        (Account memory leaf, bool found) = c.find(entry.to, entry.token);
        if (found && leaf.balance + entry.amount <= MAX_BALANCE) {
            leaf.balance += entry.amount;
            c.write(leaf);
        } else if (!found && c.accounts.count < MAX_ACCOUNTS) {
            insert(c, leaf, entry.to, entry.token, 0, entry.amount);
        } else {
            if (c.withdrawals.count == MAX_WITHDRAWALS) refuse(c, Refusal.WithdrawalTreeFull);
            appendWithdrawal(c, entry.to, entry.token, entry.amount);
        }
    }

    /// What can't be done has no effect.
    function applyForced(Case memory c, Entry memory entry) private pure {
        (Account memory leaf, bool found) = c.find(entry.caller, entry.token);
        if (!found) return;
        uint256 amount = entry.amount == WHOLE_BALANCE ? leaf.balance : entry.amount;
        if (leaf.nonce >= MAX_NONCE || leaf.balance < amount) return;
        bool withdrawal = entry.kind == uint256(Kind.ForcedWithdrawal);
        if (withdrawal && (amount == 0 || c.withdrawals.count == MAX_WITHDRAWALS)) return;
        bytes32 before = c.accounts.root;
        leaf.balance -= amount;
        ++leaf.nonce;
        c.write(leaf);
        if (withdrawal) appendWithdrawal(c, entry.to, entry.token, amount);
        else creditForced(c, entry.to, entry.token, amount, before);
    }

    // ---- Operations ----

    function applyOperation(Case memory c, Chunk memory chunk, Operation memory operation, Fees memory fees) private view {
        Account memory sender = readExisting(c, operation.sender, Refusal.SenderIndex);
        if (isRedeem(operation.kind)) {
            applyRedeem(c, operation, chunk.channels[operation.channel], sender, fees);
            return;
        }
        if (sender.nonce >= MAX_NONCE) refuse(c, Refusal.NonceExhausted);
        debit(c, chunk, operation, sender);
        // The debit has counted the nonce up; what was signed holds the one before.
        uint256 nonce = sender.nonce - 1;
        bytes32 structHash;
        if (operation.kind == OperationKind.Withdrawal) structHash = withdraw(c, chunk, operation, sender.token, nonce);
        else if (operation.kind == OperationKind.Fund) structHash = fund(c, chunk, operation, sender, nonce);
        else structHash = pay(c, chunk, operation, sender.token, nonce);
        if (operation.fee > 0) addFee(c, fees, sender.token, operation.fee);
        requireSigned(c, structHash, sender.owner);
    }

    function debit(Case memory c, Chunk memory chunk, Operation memory operation, Account memory sender) private pure {
        uint256 total = operation.fee; // of at most 96 numbers of 128 bits
        if (operation.lineCount == 0) total += chunk.channels[operation.channel].amount;
        for (uint256 j = 0; j < operation.lineCount; ++j) {
            total += chunk.lines[operation.firstLine + j].amount;
        }
        if (sender.balance < total) refuse(c, Refusal.InsufficientBalance);
        sender.balance -= total;
        ++sender.nonce;
        c.write(sender);
    }

    /// @return structHash of the transfer or payout
    function pay(Case memory c, Chunk memory chunk, Operation memory operation, address token, uint256 nonce)
        private
        pure
        returns (bytes32 structHash)
    {
        bool payout = operation.kind == OperationKind.Payout;
        bytes32[] memory payments = new bytes32[](payout ? operation.lineCount : 0);
        for (uint256 j = 0; j < operation.lineCount; ++j) {
            Line memory line = chunk.lines[operation.firstLine + j];
            address to = line.byAddress
                ? creditNew(c, address(uint160(line.to)), token, line.amount)
                : creditExisting(c, line.to, token, line.amount);
            if (payout) payments[j] = TypedData.hashPayment(to, line.amount);
            else structHash = TypedData.hashTransfer(token, to, line.amount, operation.fee, nonce, operation.memo);
        }
        if (payout) structHash = TypedData.hashPayout(token, payments, operation.fee, nonce, operation.memo);
    }

    /// @return structHash of the fund
    function fund(Case memory c, Chunk memory chunk, Operation memory operation, Account memory sender, uint256 nonce)
        private
        pure
        returns (bytes32 structHash)
    {
        ChannelWords memory words = chunk.channels[operation.channel];
        applyFund(c, words, sender);
        return TypedData.hashFund(sender.token, words, operation.fee, nonce);
    }

    /// @return structHash of the withdrawal
    function withdraw(Case memory c, Chunk memory chunk, Operation memory operation, address token, uint256 nonce)
        private
        pure
        returns (bytes32 structHash)
    {
        Line memory line = chunk.lines[operation.firstLine];
        address to = address(uint160(line.to));
        if (to == address(0)) refuse(c, Refusal.RecipientZero);
        if (line.amount == 0) refuse(c, Refusal.WithdrawalOfZero);
        if (c.withdrawals.count == MAX_WITHDRAWALS) refuse(c, Refusal.WithdrawalTreeFull);
        appendWithdrawal(c, to, token, line.amount);
        return TypedData.hashWithdraw(token, to, line.amount, operation.fee, nonce);
    }

    function applyFeeLeaves(Case memory c, uint256[] memory indexes, Fees memory fees) private pure {
        if (indexes.length < fees.length) refuse(c, Refusal.FeeLeafMissing);
        if (indexes.length > fees.length) refuse(c, Refusal.FeeLeafExtra);
        for (uint256 i = 0; i < indexes.length; ++i) {
            Account memory leaf = readExisting(c, indexes[i], Refusal.FeeLeafIndex);
            if (leaf.token != fees.tokens[i]) refuse(c, Refusal.FeeLeafToken);
            credit(c, leaf, fees.totals[i]);
        }
    }
}
