// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calldata} from "./Calldata.sol";

/// A leaf of the tree of accounts (docs/protocol.md, "Accounts"). owner || token is its key.
struct Account {
    address owner;
    address token;
    uint256 nonce; // 8 bytes
    uint256 balance; // 16 bytes
    address nextOwner; // the next larger key in use; zeros at the end of the list
    address nextToken;
}

library Accounts {
    uint256 internal constant LENGTH = 104;

    function read(uint256 place) internal pure returns (Account memory) {
        return Account({
            owner: Calldata.account(place),
            token: Calldata.account(place + 20),
            nonce: Calldata.number(place + 40, 8),
            balance: Calldata.number(place + 48, 16),
            nextOwner: Calldata.account(place + 64),
            nextToken: Calldata.account(place + 84)
        });
    }

    function hash(Account memory leaf) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            // Each field's word ends in zeros that the next field overwrites.
            let free := mload(0x40)
            mstore(free, shl(96, mload(leaf)))
            mstore(add(free, 20), shl(96, mload(add(leaf, 0x20))))
            mstore(add(free, 40), shl(192, mload(add(leaf, 0x40))))
            mstore(add(free, 48), shl(128, mload(add(leaf, 0x60))))
            mstore(add(free, 64), shl(96, mload(add(leaf, 0x80))))
            mstore(add(free, 84), shl(96, mload(add(leaf, 0xa0))))
            result := keccak256(free, 104)
        }
    }

    function isKey(Account memory leaf, address owner, address token) internal pure returns (bool) {
        return leaf.owner == owner && leaf.token == token;
    }

    /// @return Whether `leaf` is the low leaf of a key that has no leaf.
    function isLowOf(Account memory leaf, address owner, address token) internal pure returns (bool) {
        return isLess(leaf.owner, leaf.token, owner, token)
            && ((leaf.nextOwner == address(0) && leaf.nextToken == address(0))
                || isLess(owner, token, leaf.nextOwner, leaf.nextToken));
    }

    function isLess(address owner, address token, address thanOwner, address thanToken) private pure returns (bool) {
        return owner < thanOwner || (owner == thanOwner && token < thanToken);
    }
}
