// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Account.sol";
import {Calldata} from "./Calldata.sol";
import {ChannelRules, Terms} from "./ChannelTerms.sol";
import {Freeze} from "./Freeze.sol";
import {Kind} from "./RollupTypes.sol";
import {TypedData} from "./TypedData.sol";

/// @title Channels without a sequencer's help, and after a freeze
/// @notice docs/contract.md, "Channels" and "After a freeze"; what a channel is: docs/protocol.md, "Channels".
abstract contract Channels is Freeze {
    uint256 private constant TERMS_LENGTH = 72;
    uint256 private constant VOUCHER_LENGTH = 64;
    uint256 private constant LONGEST_WAIT = 365 days; // of a frozen channel's payer for the expiry

    /// @notice Has a channel pay its payee what a voucher of its payer gives, without the sequencer's leave. Anybody.
    /// @param terms payer(20) payee(20) unit(16) expiry(8) salt(8)
    /// @param voucher the payer's signature
    /// @dev Frozen, TermsInvalid, CountInvalid, VoucherInvalid; docs/contract.md, "Channels".
    function forceRedeem(bytes calldata terms, address token, uint64 count, bytes calldata voucher) external nonReentrant {
        require(!frozen, Frozen());
        (Terms memory those, address channel) = rightTerms(terms);
        requireVoucher(those.payer, channel, token, count, voucher);
        enqueue(Kind.Redeem, channel, those.payee, token, uint128(those.unit), count);
    }

    /// @notice Has a channel that has expired pay all it holds to its payer, and close. Anybody.
    /// @param terms payer(20) payee(20) unit(16) expiry(8) salt(8)
    /// @dev Frozen, TermsInvalid, NotExpired; docs/contract.md, "Channels".
    function reclaim(bytes calldata terms, address token) external nonReentrant {
        require(!frozen, Frozen());
        (Terms memory those, address channel) = rightTerms(terms);
        require(block.timestamp >= those.expiry, NotExpired());
        enqueue(Kind.Reclaim, channel, those.payer, token, 0, 0);
    }

    /// @notice Pays a channel's payee what a voucher gives of the channel's leaf in the last state, once. Only the payee, who may
    /// name another receiver (zero stands for the payee).
    /// @param leaf the channel's: owner(20) token(20) nonce(8) balance(16) nextOwner(20) nextToken(20)
    /// @param path the siblings of `index` in the account tree of the header's last state (docs/protocol.md, "Trees")
    /// @param terms payer(20) payee(20) unit(16) expiry(8) salt(8)
    /// @param voucher the payer's signature
    /// @param payGas how much gas goes with the payment; 0: all
    /// @dev NotFrozen, HeaderLength, NotOnHead, BatchNotFinal, LeafLength, ExitIndex, AlreadyExited, ExitPath, NotAChannel,
    /// TermsInvalid, NotPayee, AlreadyTaken, CountInvalid, VoucherInvalid, ZeroAmount, VaultShort, PayGasShort, PaymentFailed,
    /// TokenWithoutCode, TokenCallFailed; docs/contract.md, "After a freeze".
    function exitChannel(
        bytes calldata header,
        uint32 index,
        bytes calldata leaf,
        bytes32[] calldata path,
        bytes calldata terms,
        uint64 count,
        bytes calldata voucher,
        address receiver,
        uint256 payGas
    ) external nonReentrant {
        Account memory account = provenAccount(header, index, leaf, path);
        Terms memory those = termsOf(account, terms);
        require(msg.sender == those.payee, NotPayee());
        require(taken[index] == 0, AlreadyTaken());
        requireVoucher(those.payer, account.owner, account.token, count, voucher);
        uint256 units = ChannelRules.unitsDue(account.nonce, account.balance, those.unit, count);
        uint128 amount = uint128(units * those.unit); // within the balance
        require(amount != 0, ZeroAmount());
        receiver = allowedReceiver(receiver, those.payee);
        takeFromVault(account.token, amount);
        taken[index] = amount;
        emit AccountExited(index, account.owner, account.token, amount, receiver);
        payOut(account.token, receiver, amount, payGas);
    }

    /// @notice Pays a channel's payer what is left of the channel's leaf in the last state, once: when the payee has taken his, or
    /// has let his time pass. Anybody; only the payer may name another receiver (or zero, which stands for the payer).
    /// @param leaf the channel's: owner(20) token(20) nonce(8) balance(16) nextOwner(20) nextToken(20)
    /// @param path the siblings of `index` in the account tree of the header's last state (docs/protocol.md, "Trees")
    /// @param terms payer(20) payee(20) unit(16) expiry(8) salt(8)
    /// @param payGas how much gas goes with the payment; 0: all
    /// @dev NotFrozen, HeaderLength, NotOnHead, BatchNotFinal, LeafLength, ExitIndex, AlreadyExited, ExitPath, NotAChannel,
    /// TermsInvalid, RestTooEarly, ZeroAmount, ReceiverNotAllowed, VaultShort, PayGasShort, PaymentFailed, TokenWithoutCode,
    /// TokenCallFailed; docs/contract.md, "After a freeze".
    function exitChannelRest(
        bytes calldata header,
        uint32 index,
        bytes calldata leaf,
        bytes32[] calldata path,
        bytes calldata terms,
        address receiver,
        uint256 payGas
    ) external nonReentrant {
        Account memory account = provenAccount(header, index, leaf, path);
        Terms memory those = termsOf(account, terms);
        uint256 before = taken[index];
        bool nothingToWaitFor = before != 0 || account.nonce == ChannelRules.CLOSED;
        require(nothingToWaitFor || block.timestamp >= payeesEnd(those.expiry), RestTooEarly());
        exitWith(index, account, account.balance - before, those.payer, receiver, payGas);
    }

    /// @dev From when on a payee who hasn't come gets nothing of a frozen channel.
    function payeesEnd(uint256 expiry) private view returns (uint256 end) {
        uint256 frozenSince = frozenAt;
        end = frozenSince + LONGEST_WAIT;
        if (expiry < end) end = expiry;
        uint256 least = frozenSince + CHALLENGE_WINDOW + WEEK;
        if (end < least) end = least;
    }

    // ---- Terms and vouchers ----

    /// @dev The terms, which must be right, and the channel's address.
    function rightTerms(bytes calldata terms) private view returns (Terms memory those, address channel) {
        require(terms.length == TERMS_LENGTH, TermsInvalid());
        uint256 place = Calldata.placeOf(terms);
        those = Terms({
            payer: Calldata.account(place),
            payee: Calldata.account(place + 20),
            unit: Calldata.number(place + 40, 16),
            expiry: Calldata.number(place + 56, 8),
            salt: Calldata.number(place + 64, 8)
        });
        bool people = those.payer != address(0) && those.payee != address(0) && those.payer != those.payee;
        require(people && those.unit != 0, TermsInvalid());
        channel = ChannelRules.addressOf(TypedData.digest(domainSeparator(), ChannelRules.hashTerms(those)));
    }

    /// @dev The terms of a leaf that must be a channel's, and theirs.
    function termsOf(Account memory account, bytes calldata terms) private view returns (Terms memory those) {
        require(account.nonce >= ChannelRules.MARK, NotAChannel());
        address channel;
        (those, channel) = rightTerms(terms);
        require(channel == account.owner, TermsInvalid());
    }

    function requireVoucher(address payer, address channel, address token, uint64 count, bytes calldata voucher) private view {
        require(count != 0 && count <= ChannelRules.MAX_COUNT, CountInvalid());
        require(voucher.length == VOUCHER_LENGTH, VoucherInvalid());
        bytes32 digest = TypedData.digest(domainSeparator(), ChannelRules.hashVoucher(channel, token, count));
        uint256 place = Calldata.placeOf(voucher);
        (uint256 r, uint256 s) = (Calldata.number(place, 32), Calldata.number(place + 32, 32));
        require(TypedData.signer(digest, r, s) == payer, VoucherInvalid());
    }
}
