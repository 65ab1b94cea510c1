// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Hash} from "./Hash.sol";
import {Header} from "./Header.sol";
import {RollupState} from "./RollupState.sol";
import {Kind} from "./RollupTypes.sol";
import {Trees} from "./Trees.sol";

/// @title The bank: deposits, forced operations, withdrawals
/// @notice docs/contract.md, "The bank"
abstract contract Bank is RollupState {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    address internal constant ETH = address(0);
    /// @dev Gas kept back from a payment of limited gas: more than the call to an account with code costs by itself.
    uint256 private constant PAY_RESERVE = 20_000;

    /// @notice Deposits the ETH that is sent, for `to`'s account. Anybody.
    /// @dev Frozen, ZeroAddress, ZeroAmount, DepositCapExceeded; docs/contract.md, "The bank".
    function depositEth(address to) external payable nonReentrant {
        require(!frozen, Frozen());
        require(to != address(0), ZeroAddress());
        require(msg.value != 0, ZeroAmount());
        credit(ETH, to, msg.value);
    }

    /// @notice Takes `amount` of a token from the caller, who has approved it, and deposits what arrives, for `to`'s account.
    /// Anybody.
    /// @dev Frozen, ZeroAddress, ZeroAmount, TokenWithoutCode, TokenCallFailed, DepositCapExceeded, NothingReceived;
    /// docs/contract.md, "The bank".
    function depositToken(address token, address to, uint256 amount) external nonReentrant {
        require(!frozen, Frozen());
        require(to != address(0), ZeroAddress());
        require(amount != 0, ZeroAmount());
        require(token.code.length != 0, TokenWithoutCode());
        uint256 before = balanceOf(token);
        require(IERC20(token).trySafeTransferFrom(msg.sender, address(this), amount), TokenCallFailed());
        uint256 balance = balanceOf(token);
        require(balance > before, NothingReceived());
        credit(token, to, balance - before);
    }

    /// @notice Has the caller's account pay `to` on L2 without the sequencer's leave; amount 2^128-1 is the whole balance.
    /// Anybody, for their own account.
    /// @dev Frozen, ZeroAddress; docs/contract.md, "The bank".
    function forceTransfer(address token, address to, uint128 amount) external nonReentrant {
        require(!frozen, Frozen());
        require(to != address(0), ZeroAddress());
        enqueue(Kind.ForcedTransfer, msg.sender, to, token, amount, 0);
    }

    /// @notice Has the caller's account withdraw to `to` on L1 without the sequencer's leave; amount 2^128-1 is the whole
    /// balance. Anybody, for their own account.
    /// @dev Frozen, ZeroAddress, ZeroAmount; docs/contract.md, "The bank".
    function forceWithdrawal(address token, address to, uint128 amount) external nonReentrant {
        require(!frozen, Frozen());
        require(to != address(0), ZeroAddress());
        require(amount != 0, ZeroAmount());
        enqueue(Kind.ForcedWithdrawal, msg.sender, to, token, amount, 0);
    }

    /// @notice Pays a withdrawal of a final batch, once. Anybody; only the recipient may name another receiver than itself (or
    /// zero, which stands for it).
    /// @param path the siblings of `position` in the withdrawal tree of the header's last state (docs/protocol.md, "Trees")
    /// @param payGas how much gas goes with the payment; 0: all
    /// @dev HeaderLength, UnknownBatch, BatchNotFinal, WithdrawalPosition, AlreadyPaid, WithdrawalPath, ReceiverNotAllowed,
    /// VaultShort, PayGasShort, PaymentFailed, TokenWithoutCode, TokenCallFailed; docs/contract.md, "The bank".
    function claim(
        bytes calldata header,
        uint32 position,
        address recipient,
        address token,
        uint128 amount,
        bytes32[] calldata path,
        address receiver,
        uint256 payGas
    ) external nonReentrant {
        require(header.length == Header.LENGTH, HeaderLength());
        require(isFinalSince(recordOf(standing(header)).postedAt), BatchNotFinal());
        bytes calldata last = Header.last(header);
        uint256 count = Header.withdrawalCount(last);
        require(position < count, WithdrawalPosition());
        require(!paid.get(position), AlreadyPaid());
        bytes32 leaf = keccak256(abi.encodePacked(recipient, token, amount));
        require(Trees.holds(Header.withdrawalsRoot(last), count, position, leaf, path), WithdrawalPath());
        receiver = allowedReceiver(receiver, recipient);
        takeFromVault(token, amount);
        paid.set(position);
        emit WithdrawalClaimed(position, recipient, token, amount, receiver);
        payOut(token, receiver, amount, payGas);
    }

    // ---- In ----

    function credit(address token, address to, uint256 amount) private {
        uint128 before = held[token];
        require(amount <= type(uint128).max - before, DepositCapExceeded());
        held[token] = before + uint128(amount);
        enqueue(Kind.Deposit, msg.sender, to, token, uint128(amount), 0);
    }

    function enqueue(Kind kind, address caller, address to, address token, uint128 amount, uint64 count) internal {
        uint64 index = uint64(queueTimes.length);
        uint64 time = uint64(block.timestamp);
        bytes32 entry = keccak256(abi.encodePacked(kind, caller, to, token, amount, time, count));
        queueHashes[uint256(index) + 1] = Hash.keccak(queueHashes[index], entry);
        queueTimes.push(time);
        emit L1OperationQueued(index, kind, caller, to, token, amount, time, count);
    }

    function balanceOf(address token) private view returns (uint256) {
        (bool success, bytes32 balance,) =
            LowLevelCall.staticcallReturn64Bytes(token, abi.encodeCall(IERC20.balanceOf, (address(this))));
        require(success && LowLevelCall.returnDataSize() >= 32, TokenCallFailed());
        return uint256(balance);
    }

    // ---- Out ----

    /// @dev Zero stands for the owner; only the owner may name somebody else.
    function allowedReceiver(address receiver, address owner) internal view returns (address) {
        if (receiver == address(0)) return owner;
        require(receiver == owner || msg.sender == owner, ReceiverNotAllowed());
        return receiver;
    }

    function takeFromVault(address token, uint128 amount) internal {
        require(amount <= held[token], VaultShort());
        held[token] -= amount;
    }

    /// @dev The last thing that a call does. `payGas` above zero: with so much gas, neither more nor less. (EIP-150 would pass
    /// on less than is asked for without a word, and the receiver would seem to fail.)
    function payOut(address token, address receiver, uint128 amount, uint256 payGas) internal {
        uint256 passed = gasleft(); // too much: a call passes on all but a 64th
        if (payGas != 0) {
            uint256 left = passed < PAY_RESERVE ? 0 : passed - PAY_RESERVE;
            require(left - left / 64 >= payGas, PayGasShort());
            passed = payGas;
        }
        if (token == ETH) {
            (bool success,,) = callOn(receiver, amount, "", passed);
            require(success, PaymentFailed());
        } else {
            require(token.code.length != 0, TokenWithoutCode());
            bytes memory transfer = abi.encodeCall(IERC20.transfer, (receiver, amount));
            (bool success, uint256 size, uint256 word) = callOn(token, 0, transfer, passed);
            require(success && (size == 0 || (size >= 32 && word == 1)), TokenCallFailed());
        }
    }

    /// @dev Calls with at most `passed` gas. Of what comes back only the size and the first word are looked at.
    function callOn(address target, uint256 value, bytes memory data, uint256 passed)
        private
        returns (bool success, uint256 size, uint256 word)
    {
        assembly ("memory-safe") {
            success := call(passed, target, value, add(data, 32), mload(data), 0x00, 0x20)
            size := returndatasize()
            word := mload(0x00)
        }
    }
}
