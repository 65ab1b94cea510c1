// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Account, Accounts} from "./Account.sol";
import {Bank} from "./Bank.sol";
import {Calldata} from "./Calldata.sol";
import {ChannelRules} from "./ChannelTerms.sol";
import {Hash} from "./Hash.sol";
import {Header} from "./Header.sol";
import {Kind, TermEnd} from "./RollupTypes.sol";
import {Trees} from "./Trees.sol";

/// @title After a freeze: everybody takes out what is theirs
/// @notice docs/contract.md, "After a freeze"
abstract contract Freeze is Bank {
    using BitMaps for BitMaps.BitMap;

    uint256 private constant ENTRY_LENGTH = 93;

    /// @notice Freezes the contract for ever: once an L1 operation has waited for the freeze age, or batch `number` is final and
    /// has no place for another withdrawal. Anybody.
    /// @dev Frozen, FreezeTooEarly; docs/contract.md, "After a freeze".
    function freeze(uint64 number) external nonReentrant {
        require(!frozen, Frozen());
        (bool exists,, uint64 time) = waitingOperation();
        bool waitedTooLong = exists && block.timestamp >= uint256(time) + FREEZE_AGE;
        require(waitedTooLong || isFull(number), FreezeTooEarly());
        frozen = true;
        frozenAt = uint64(block.timestamp);
        emit RollupFrozen();
        if (currentTerm != 0) endDutifully(TermEnd.Frozen);
    }

    /// @notice Pays the whole balance of a leaf of the last state that isn't a channel's, once. Anybody; only the leaf's owner may
    /// name another receiver than itself (or zero, which stands for it).
    /// @param leaf owner(20) token(20) nonce(8) balance(16) nextOwner(20) nextToken(20)
    /// @param path the siblings of `index` in the account tree of the header's last state (docs/protocol.md, "Trees")
    /// @param payGas how much gas goes with the payment; 0: all
    /// @dev NotFrozen, HeaderLength, NotOnHead, BatchNotFinal, LeafLength, ExitIndex, AlreadyExited, ExitPath, ChannelLeaf, ZeroAmount,
    /// ReceiverNotAllowed, VaultShort, PayGasShort, PaymentFailed, TokenWithoutCode, TokenCallFailed; docs/contract.md, "After a
    /// freeze".
    function exit(
        bytes calldata header,
        uint32 index,
        bytes calldata leaf,
        bytes32[] calldata path,
        address receiver,
        uint256 payGas
    ) external nonReentrant {
        Account memory account = provenAccount(header, index, leaf, path);
        require(account.nonce < ChannelRules.MARK, ChannelLeaf());
        exitWith(index, account, account.balance, account.owner, receiver, payGas);
    }

    /// @notice Pays a deposit that was never consumed to whom it was made for, once. Anybody; only they may name another receiver
    /// (or zero, which stands for them).
    /// @param entry kind(1) caller(20) to(20) token(20) amount(16) time(8) count(8) of L1 operation `index`
    /// @param payGas how much gas goes with the payment; 0: all
    /// @dev NotFrozen, BatchNotFinal, EntryLength, EntryIndex, AlreadyRefunded, EntryHash, NotADeposit, ReceiverNotAllowed,
    /// VaultShort, PayGasShort, PaymentFailed, TokenWithoutCode, TokenCallFailed; docs/contract.md, "After a freeze".
    function refund(uint64 index, bytes calldata entry, address receiver, uint256 payGas) external nonReentrant {
        require(frozen, NotFrozen());
        require(isFinalSince(recordOf(headNumber).postedAt), BatchNotFinal());
        require(entry.length == ENTRY_LENGTH, EntryLength());
        require(index >= recordOf(headNumber).l1OpsConsumed && index < queueTimes.length, EntryIndex());
        require(!refunded.get(index), AlreadyRefunded());
        bytes32 next = Hash.keccak(queueHashes[index], Hash.keccak(entry));
        require(next == queueHashes[uint256(index) + 1], EntryHash());
        require(uint8(entry[0]) == uint8(Kind.Deposit), NotADeposit());
        (address to, address token) = (address(bytes20(entry[21:41])), address(bytes20(entry[41:61])));
        uint128 amount = uint128(bytes16(entry[61:77]));
        receiver = allowedReceiver(receiver, to);
        takeFromVault(token, amount);
        refunded.set(index);
        emit DepositRefunded(index, to, token, amount, receiver);
        payOut(token, receiver, amount, payGas);
    }

    /// @dev The leaf at `index` of the last state, which is final, and whose money is there: docs/contract.md, "After a freeze",
    /// exit, 2 to 9.
    function provenAccount(bytes calldata header, uint32 index, bytes calldata leaf, bytes32[] calldata path)
        internal
        view
        returns (Account memory)
    {
        require(frozen, NotFrozen());
        require(header.length == Header.LENGTH, HeaderLength());
        require(Hash.keccak(header) == recordOf(headNumber).hash, NotOnHead());
        require(isFinalSince(recordOf(headNumber).postedAt), BatchNotFinal());
        require(leaf.length == Accounts.LENGTH, LeafLength());
        bytes calldata last = Header.last(header);
        uint256 count = Header.accountCount(last);
        require(index != 0 && index < count, ExitIndex());
        require(!exited.get(index), AlreadyExited());
        require(Trees.holds(Header.accountsRoot(last), count, index, Hash.keccak(leaf), path), ExitPath());
        return Accounts.read(Calldata.placeOf(leaf));
    }

    /// @dev Pays `amount`, which leaves the account with nothing, to whom it is due, or a receiver that they name.
    function exitWith(uint32 index, Account memory account, uint256 amount, address due, address receiver, uint256 payGas)
        internal
    {
        require(amount != 0, ZeroAmount());
        receiver = allowedReceiver(receiver, due);
        takeFromVault(account.token, uint128(amount));
        exited.set(index);
        emit AccountExited(index, account.owner, account.token, uint128(amount), receiver);
        payOut(account.token, receiver, uint128(amount), payGas);
    }

    /// @dev Whether that batch is kept, and final, and its withdrawal tree at its end.
    function isFull(uint64 number) private view returns (bool) {
        return isKept(number) && isFinalSince(recordOf(number).postedAt) && recordOf(number).withdrawalCount == type(uint32).max;
    }
}
