// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Callers and receivers for tests: twins of those in tests/contract/stand_ins.cpp.

/// @dev Calls, and reverts with what the call reverted with.
function callOn(address target, uint256 value, bytes memory data) returns (bytes memory answer) {
    bool success;
    (success, answer) = target.call{value: value}(data);
    if (!success) {
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// @notice Takes ETH. Other calldata is target(20) and the calldata for it: value is passed on, the answer or refusal passed
/// back. As an account's delegate (EIP-7702) it makes that account a contract.
contract Forwarder {
    receive() external payable virtual {}

    fallback() external payable {
        bytes memory answer = callOn(address(bytes20(msg.data[:20])), msg.value, msg.data[20:]);
        assembly {
            return(add(answer, 32), mload(answer))
        }
    }

    /// @notice Several calls in one transaction, all or none.
    function inOne(address[] calldata targets, bytes[] calldata datas) external {
        for (uint256 i = 0; i < targets.length; ++i) {
            callOn(targets[i], 0, datas[i]);
        }
    }
}

/// @notice A forwarder that refuses plain ETH.
contract Refuser is Forwarder {
    receive() external payable override {
        revert();
    }
}

/// @notice A forwarder that on plain ETH makes the call that it was told to, and keeps the first word of the answer in slot 0: 1
/// in the first byte for a success.
contract Reenterer is Forwarder {
    bytes32 public told; // slot 0
    address private target;
    bytes private data;

    function keep(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    receive() external payable override {
        (bool success, bytes memory answer) = target.call(data);
        told = success ? bytes32(bytes1(0x01)) : bytes32(answer);
    }
}

/// @notice Makes one call while it is being made itself, when it has no code yet.
contract ConstructorCaller {
    constructor(address target, bytes memory data) payable {
        callOn(target, msg.value, data);
    }
}
