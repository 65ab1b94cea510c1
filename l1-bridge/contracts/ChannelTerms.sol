// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A channel's terms: docs/protocol.md, "Channels".
struct Terms {
    address payer;
    address payee;
    uint256 unit; // 16 bytes
    uint256 expiry; // 8 bytes, as salt
    uint256 salt;
}

/// @notice What prover and rollup both know of channels.
library ChannelRules {
    bytes32 private constant CHANNEL = keccak256("Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)");
    bytes32 private constant VOUCHER = keccak256("Voucher(address channel,address token,uint64 count)");

    /// @dev The nonce of a channel's leaf is MARK + claimed, the units that its payee has been paid; CLOSED of one that is closed.
    uint256 internal constant MARK = 1 << 63;
    uint256 internal constant CLOSED = type(uint64).max;
    /// @dev Of a voucher; below the claimed of a closed channel.
    uint256 internal constant MAX_COUNT = MARK - 2;

    function hashTerms(Terms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(CHANNEL, terms));
    }

    function hashVoucher(address channel, address token, uint256 count) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOUCHER, channel, token, count));
    }

    /// @param digest of the terms
    /// @return The channel's address.
    function addressOf(bytes32 digest) internal pure returns (address) {
        return address(uint160(uint256(digest)));
    }

    /// @param nonce of a marked leaf
    /// @param unit above zero
    /// @param count at most MAX_COUNT
    /// @return How many units a voucher for `count` takes from the leaf; their sum is at most its balance.
    function unitsDue(uint256 nonce, uint256 balance, uint256 unit, uint256 count) internal pure returns (uint256) {
        uint256 claimed = nonce - MARK;
        if (count <= claimed) return 0;
        uint256 covered = balance / unit;
        return count - claimed < covered ? count - claimed : covered;
    }
}
