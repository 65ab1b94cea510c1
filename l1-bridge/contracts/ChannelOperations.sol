// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Account.sol";
import {Case} from "./Case.sol";
import {ChannelRules, Terms} from "./ChannelTerms.sol";
import {ChannelWords, hasVoucher, Operation, OperationKind} from "./Chunk.sol";
import {Entry, ProofView} from "./ProofView.sol";
import {Refusal} from "./Refusal.sol";
import {Kind} from "./RollupTypes.sol";
import {Fees, Steps} from "./Steps.sol";
import {TypedData} from "./TypedData.sol";

/// @notice What moves the money of channels: docs/protocol.md, "Applying a chunk", applyFund, applyRedeem, and redeem and reclaim
/// of applyL1.
abstract contract ChannelOperations is Steps {
    using ProofView for Case;

    /// @param sender the payer's leaf, debited
    function applyFund(Case memory c, ChannelWords memory words, Account memory sender) internal pure {
        address payee = address(uint160(words.payee));
        if (words.unit == 0 || payee == address(0) || payee == sender.owner) refuse(c, Refusal.ChannelTerms);
        if (words.amount == 0) refuse(c, Refusal.FundOfZero);
        address channel = channelOf(c, words, sender.owner, payee);
        (Account memory leaf, bool found) = c.find(channel, sender.token);
        if (found) {
            bool marked = leaf.nonce >= ChannelRules.MARK;
            if (marked ? leaf.nonce == ChannelRules.CLOSED : leaf.nonce > 0) refuse(c, Refusal.ChannelNotOpen);
            if (!marked) leaf.nonce = ChannelRules.MARK;
            credit(c, leaf, words.amount);
        } else {
            if (c.accounts.count == MAX_ACCOUNTS) refuse(c, Refusal.AccountTreeFull);
            insert(c, leaf, channel, sender.token, ChannelRules.MARK, words.amount);
        }
    }

    /// @param leaf the channel's
    function applyRedeem(
        Case memory c,
        Operation memory operation,
        ChannelWords memory words,
        Account memory leaf,
        Fees memory fees
    ) internal view {
        if (leaf.nonce < ChannelRules.MARK || leaf.nonce == ChannelRules.CLOSED) {
            refuse(c, Refusal.ChannelNotOpen);
        }
        bytes32 structHash = hashRedeem(operation, words, leaf); // as the leaf was
        (uint256 taken, uint256 rest) = takeOut(c, operation, words, leaf);
        address payee = words.byAddress
            ? creditNew(c, address(uint160(words.payee)), leaf.token, taken - operation.fee)
            : creditExisting(c, words.payee, leaf.token, taken - operation.fee);
        address payer = creditExisting(c, words.payer, leaf.token, rest);
        if (operation.fee > 0) addFee(c, fees, leaf.token, operation.fee);
        if (channelOf(c, words, payer, payee) != leaf.owner) refuse(c, Refusal.ChannelTerms);
        requireSigned(c, structHash, payee);
        if (!hasVoucher(operation.kind)) return;
        requireSigned(c, ChannelRules.hashVoucher(leaf.owner, leaf.token, words.count), payer);
    }

    /// @return taken what the payee's units come to
    /// @return rest what is left to the payer if the channel closes, else zero
    function takeOut(Case memory c, Operation memory operation, ChannelWords memory words, Account memory leaf)
        private
        pure
        returns (uint256 taken, uint256 rest)
    {
        if (words.unit == 0) refuse(c, Refusal.ChannelTerms);
        if (hasVoucher(operation.kind)) {
            if (words.count > ChannelRules.MAX_COUNT) refuse(c, Refusal.ChannelCount);
            uint256 units = ChannelRules.unitsDue(leaf.nonce, leaf.balance, words.unit, words.count);
            if (units == 0) refuse(c, Refusal.NothingToRedeem);
            bool isShort = units < words.count - (leaf.nonce - ChannelRules.MARK);
            if (isShort && operation.kind != OperationKind.Take) refuse(c, Refusal.InsufficientBalance);
            taken = units * words.unit;
            leaf.nonce += units;
        }
        if (operation.fee > taken) refuse(c, Refusal.InsufficientBalance);
        leaf.balance -= taken;
        if (operation.kind != OperationKind.Take) {
            rest = leaf.balance;
            leaf.balance = 0;
            leaf.nonce = ChannelRules.CLOSED;
        }
        c.write(leaf);
    }

    /// @notice A redeem or reclaim that the contract has queued. What can't be done has no effect.
    function applyChannelEntry(Case memory c, Entry memory entry) internal pure {
        (Account memory leaf, bool found) = c.find(entry.caller, entry.token);
        if (!found || leaf.nonce < ChannelRules.MARK) return;
        uint256 amount = leaf.balance;
        uint256 nonce = ChannelRules.CLOSED;
        if (entry.kind == uint256(Kind.Redeem)) {
            if (entry.amount == 0 || entry.count > ChannelRules.MAX_COUNT) return;
            uint256 units = ChannelRules.unitsDue(leaf.nonce, leaf.balance, entry.amount, entry.count); // a closed one's are zero
            if (units == 0) return;
            amount = units * entry.amount;
            nonce = leaf.nonce + units;
        }
        bytes32 before = c.accounts.root;
        leaf.balance -= amount;
        leaf.nonce = nonce;
        c.write(leaf);
        if (amount > 0) creditForced(c, entry.to, entry.token, amount, before);
    }

    function hashRedeem(Operation memory operation, ChannelWords memory words, Account memory leaf)
        private
        pure
        returns (bytes32)
    {
        bool take = hasVoucher(operation.kind);
        bool close = operation.kind != OperationKind.Take;
        uint256 claimed = leaf.nonce - ChannelRules.MARK;
        return TypedData.hashRedeem(leaf.owner, leaf.token, claimed, words.count, take, close, operation.fee);
    }

    function channelOf(Case memory c, ChannelWords memory words, address payer, address payee) private pure returns (address) {
        Terms memory terms = Terms(payer, payee, words.unit, words.expiry, words.salt);
        return ChannelRules.addressOf(TypedData.digest(c.domain, ChannelRules.hashTerms(terms)));
    }
}
