// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Panic} from "@openzeppelin/contracts/utils/Panic.sol";

/// @title An ERC-20 that anybody may mint: for development chains and tests, never for money.
/// @notice Twin of l1-bridge/chain/test_token.cpp. Errors are ERC-6093's, and BadCalldata. At most 2^128-2 units are ever minted; an
/// allowance above 2^128-1 is one without limit; an amount above 2^128-1 counts as 2^128-1, which nobody has.
contract TestToken is ERC20 {
    /// A text of over 31 bytes, or a call that there isn't. (Arguments that no ABI decoder takes revert without data here.)
    error BadCalldata();

    uint8 private immutable unitDecimals;

    /// @param name_ at most 31 bytes
    /// @param symbol_ at most 31 bytes
    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        require(bytes(name_).length <= 31 && bytes(symbol_).length <= 31, BadCalldata());
        unitDecimals = decimals_;
    }

    fallback() external {
        revert BadCalldata();
    }

    /// @notice Makes `amount` units for `to`. Anybody may call.
    function mint(address to, uint256 amount) external returns (bool) {
        if (to == address(0)) revert ERC20InvalidReceiver(address(0));
        if (clamp(amount) >= type(uint128).max - totalSupply()) Panic.panic(Panic.UNDER_OVERFLOW);
        _update(address(0), to, amount);
        return true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return super.transfer(to, clamp(amount));
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        amount = clamp(amount);
        _spendAllowance(from, _msgSender(), amount);
        if (to == address(0)) revert ERC20InvalidReceiver(address(0));
        _update(from, to, amount);
        return true;
    }

    function decimals() public view override returns (uint8) {
        return unitDecimals;
    }

    function _spendAllowance(address owner, address spender, uint256 amount) internal override {
        uint256 allowed = allowance(owner, spender);
        if (allowed > type(uint128).max) return;
        if (allowed < amount) revert ERC20InsufficientAllowance(spender, allowed, amount);
        if (amount != 0) _approve(owner, spender, allowed - amount, false);
    }

    function clamp(uint256 amount) private pure returns (uint256) {
        return amount > type(uint128).max ? type(uint128).max : amount;
    }
}
