// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Wallets as many people have them, as far as being paid ETH goes: what gas does that need?

/// @notice What stands behind proxies and delegated accounts: tells of what it receives.
contract Wallet {
    event Received(address indexed from, uint256 amount);

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }
}

/// @notice A proxy like Safe's: everything goes to the contract in slot 0.
contract WalletProxy {
    address private implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    fallback() external payable {
        address target = implementation;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), target, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch success
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }

    receive() external payable {
        (bool success,) = implementation.delegatecall("");
        require(success);
    }
}

/// @notice One that keeps books of what it receives: two words that were zero.
contract WalletWithBooks {
    uint256 private total;
    mapping(address => uint256) private from;

    receive() external payable {
        total += msg.value;
        from[msg.sender] += msg.value;
    }
}
