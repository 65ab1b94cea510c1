// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Account.sol";
import {Case} from "./Case.sol";
import {Calldata} from "./Calldata.sol";
import {Chunk, Line, Operation, OperationKind} from "./Chunk.sol";
import {ChunkDecoder} from "./ChunkDecoder.sol";
import {ProofView} from "./ProofView.sol";
import {Refusal} from "./Refusal.sol";
import {TypedData} from "./TypedData.sol";
import {WithdrawalTree, WithdrawalTrees} from "./WithdrawalTree.sol";

/// What each token's operations have paid, in the order of the first that paid.
struct Fees {
    uint256 length;
    address[] tokens;
    uint256[] totals;
}

/// @notice `apply` of docs/protocol.md, "Applying a chunk", over the accesses of a proof, read for read and check for check.
abstract contract StateTransition is ChunkDecoder {
    using ProofView for Case;
    using WithdrawalTrees for WithdrawalTree;

    uint256 private constant MAX_ACCOUNTS = type(uint32).max;
    uint256 private constant MAX_WITHDRAWALS = type(uint32).max;
    uint256 private constant MAX_BALANCE = type(uint128).max;
    uint256 private constant WHOLE_BALANCE = type(uint128).max;
    uint256 private constant MAX_NONCE = type(uint64).max;
    uint256 private constant SIGNATURE_LENGTH = 64;

    function applyChunk(Case memory c) internal view {
        Chunk memory chunk = decode(c);
        uint256 count = chunk.operations.length;
        if (c.sigsLength != SIGNATURE_LENGTH * count) refuse(c, Refusal.SignatureCount);
        if (c.opCount + count > type(uint64).max) refuse(c, Refusal.OpCountOverflow);
        if (c.l1OpsConsumed + chunk.l1 > c.limit) refuse(c, Refusal.L1LimitExceeded);
        applyL1Operations(c, chunk.l1);
        Fees memory fees = Fees(0, new address[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            applyOperation(c, chunk, chunk.operations[i], c.sigs + i * SIGNATURE_LENGTH, fees);
        }
        applyFeeLeaves(c, chunk.feeLeaves, fees);
        c.opCount += count;
    }

    // ---- L1 operations ----

    function applyL1Operations(Case memory c, uint256 count) private view {
        uint256 place = c.takeEntries(count);
        for (uint256 i = 0; i < count; ++i) {
            (uint256 kind, address caller, address to, address token, uint256 amount) =
                ProofView.entryAt(place + i * ProofView.ENTRY_LENGTH);
            if (kind == 0) applyDeposit(c, to, token, amount);
            else applyForced(c, kind == 2, caller, to, token, amount);
        }
        c.l1OpsConsumed += count;
    }

    function applyDeposit(Case memory c, address to, address token, uint256 amount) private pure {
        (Account memory leaf, bool found) = c.find(to, token);
        if (found && leaf.balance + amount <= MAX_BALANCE) {
            leaf.balance += amount;
            c.write(leaf);
        } else if (!found && c.accounts.count < MAX_ACCOUNTS) {
            insert(c, leaf, to, token, amount);
        } else {
            if (c.withdrawals.count == MAX_WITHDRAWALS) refuse(c, Refusal.WithdrawalTreeFull);
            appendWithdrawal(c, to, token, amount);
        }
    }

    /// What can't be done has no effect.
    function applyForced(Case memory c, bool withdrawal, address caller, address to, address token, uint256 amount) private pure {
        (Account memory leaf, bool found) = c.find(caller, token);
        if (!found) return;
        if (amount == WHOLE_BALANCE) amount = leaf.balance;
        if (leaf.nonce == MAX_NONCE || leaf.balance < amount) return;
        if (withdrawal && (amount == 0 || c.withdrawals.count == MAX_WITHDRAWALS)) return;
        bytes32 saved = c.accounts.root;
        leaf.balance -= amount;
        ++leaf.nonce;
        c.write(leaf);
        if (withdrawal) {
            appendWithdrawal(c, to, token, amount);
        } else if (!creditForced(c, to, token, amount)) {
            c.accounts.root = saved;
        }
    }

    function creditForced(Case memory c, address to, address token, uint256 amount) private pure returns (bool) {
        (Account memory leaf, bool found) = c.find(to, token);
        if (found) {
            if (leaf.balance + amount > MAX_BALANCE) return false;
            leaf.balance += amount;
            c.write(leaf);
        } else {
            if (c.accounts.count == MAX_ACCOUNTS) return false;
            insert(c, leaf, to, token, amount);
        }
        return true;
    }

    /// @param low the leaf given last
    function insert(Case memory c, Account memory low, address owner, address token, uint256 balance) private pure {
        Account memory made = Account(owner, token, 0, balance, low.nextOwner, low.nextToken);
        low.nextOwner = owner;
        low.nextToken = token;
        c.write(low);
        c.append(made);
    }

    function appendWithdrawal(Case memory c, address to, address token, uint256 amount) private pure {
        c.withdrawals.append(keccak256(abi.encodePacked(to, token, uint128(amount))));
    }

    // ---- Operations ----

    function applyOperation(Case memory c, Chunk memory chunk, Operation memory operation, uint256 sig, Fees memory fees)
        private
        view
    {
        Account memory sender = readExisting(c, operation.sender, Refusal.SenderIndex);
        if (sender.nonce == MAX_NONCE) refuse(c, Refusal.NonceExhausted);
        debit(c, chunk, operation, sender);
        // The debit has counted the nonce up; what was signed holds the one before.
        bytes32 structHash = operation.kind == OperationKind.Withdrawal
            ? withdraw(c, chunk, operation, sender.token, sender.nonce - 1)
            : pay(c, chunk, operation, sender.token, sender.nonce - 1);
        if (operation.fee > 0) addFee(c, fees, sender.token, operation.fee);
        address signer = TypedData.signer(TypedData.digest(c.domain, structHash), sig);
        if (signer == address(0)) refuse(c, Refusal.SignatureInvalid);
        if (signer != sender.owner) refuse(c, Refusal.SignerNotOwner);
    }

    function debit(Case memory c, Chunk memory chunk, Operation memory operation, Account memory sender) private pure {
        uint256 total = operation.fee; // of at most 96 numbers of 128 bits
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

    /// @return The owner of the leaf.
    function creditExisting(Case memory c, uint256 index, address token, uint256 amount) private pure returns (address) {
        Account memory leaf = readExisting(c, index, Refusal.RecipientIndex);
        if (leaf.token != token) refuse(c, Refusal.RecipientToken);
        credit(c, leaf, amount);
        return leaf.owner;
    }

    function creditNew(Case memory c, address to, address token, uint256 amount) private pure returns (address) {
        if (to == address(0)) refuse(c, Refusal.RecipientZero);
        if (c.accounts.count == MAX_ACCOUNTS) refuse(c, Refusal.AccountTreeFull);
        (Account memory leaf, bool found) = c.find(to, token);
        if (found) refuse(c, Refusal.RecipientHasLeaf);
        insert(c, leaf, to, token, amount);
        return to;
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

    // ---- Fees ----

    function addFee(Case memory c, Fees memory fees, address token, uint256 fee) private pure {
        uint256 i = 0;
        while (i < fees.length && fees.tokens[i] != token) ++i;
        if (i == fees.length) {
            fees.tokens[i] = token;
            ++fees.length;
        }
        fees.totals[i] += fee;
        if (fees.totals[i] > MAX_BALANCE) refuse(c, Refusal.FeeOverflow);
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

    // ---- Leaves ----

    function readExisting(Case memory c, uint256 index, Refusal otherwise) private pure returns (Account memory) {
        if (index == 0 || index >= c.accounts.count) refuse(c, otherwise);
        return c.read(index);
    }

    function credit(Case memory c, Account memory leaf, uint256 amount) private pure {
        if (leaf.balance + amount > MAX_BALANCE) refuse(c, Refusal.BalanceOverflow);
        leaf.balance += amount;
        c.write(leaf);
    }
}
