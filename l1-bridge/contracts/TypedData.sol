// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelWords} from "./Chunk.sol";

/// @notice EIP-712 digests of what users sign (docs/protocol.md, "Operations"), and who signed (there, "Keys and signatures").
/// Terms and vouchers are in ChannelTerms.sol.
library TypedData {
    bytes32 private constant TRANSFER =
        keccak256("Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)");
    bytes32 private constant WITHDRAW = keccak256("Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)");
    bytes32 private constant PAYOUT = keccak256(
        "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)Payment(address to,uint128 amount)"
    );
    bytes32 private constant PAYMENT = keccak256("Payment(address to,uint128 amount)");
    bytes32 private constant FUND = keccak256(
        "Fund(address token,address payee,uint128 unit,uint64 expiry,uint64 salt,uint128 amount,uint128 fee,uint64 nonce)"
    );
    bytes32 private constant REDEEM =
        keccak256("Redeem(address channel,address token,uint64 claimed,uint64 count,bool take,bool close,uint128 fee)");

    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function hashTransfer(address token, address to, uint256 amount, uint256 fee, uint256 nonce, bytes32 memo)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(TRANSFER, token, to, amount, fee, nonce, memo));
    }

    function hashWithdraw(address token, address to, uint256 amount, uint256 fee, uint256 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW, token, to, amount, fee, nonce));
    }

    function hashPayment(address to, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(PAYMENT, to, amount));
    }

    /// @param payments of each the hash
    function hashPayout(address token, bytes32[] memory payments, uint256 fee, uint256 nonce, bytes32 memo)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(PAYOUT, token, keccak256(abi.encodePacked(payments)), fee, nonce, memo));
    }

    /// @param words a fund's
    function hashFund(address token, ChannelWords memory words, uint256 fee, uint256 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(FUND, token, words.payee, words.unit, words.expiry, words.salt, words.amount, fee, nonce));
    }

    function hashRedeem(address channel, address token, uint256 claimed, uint256 count, bool take, bool close, uint256 fee)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(REDEEM, channel, token, claimed, count, take, close, fee));
    }

    function digest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @param place where in memory the signature is: r(32), s(32) with the parity of R's y in its top bit
    /// @return Zero if the signature is none. That r and s aren't zero and r is below the order the precompile checks itself.
    function signer(bytes32 digest_, uint256 place) internal view returns (address) {
        (uint256 r, uint256 s) = (0, 0);
        assembly ("memory-safe") {
            r := mload(place)
            s := mload(add(place, 32))
        }
        return signer(digest_, r, s);
    }

    /// @dev As above, of the signature's two words.
    function signer(bytes32 digest_, uint256 r, uint256 s) internal view returns (address) {
        uint256 parity = s >> 255;
        s &= type(uint256).max >> 1;
        if (s > HALF_ORDER) return address(0);
        return recover(digest_, 27 + parity, r, s);
    }

    /// Fails if the precompile does, for want of gas: nothing else makes it fail, and that must not pass for a wrong signature.
    function recover(bytes32 digest_, uint256 v, uint256 r, uint256 s) private view returns (address answer) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, digest_)
            mstore(add(free, 0x20), v)
            mstore(add(free, 0x40), r)
            mstore(add(free, 0x60), s)
            mstore(0x00, 0)
            if iszero(staticcall(gas(), 1, free, 0x80, 0x00, 0x20)) { revert(0, 0) }
            answer := mload(0x00)
        }
    }
}
