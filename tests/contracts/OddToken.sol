// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A token that misbehaves in one way: twin of odd_token in tests/contract/stand_ins.cpp, mode by mode, slot by slot, and
/// Shrinks. It keeps no allowances.
contract OddToken {
    enum Mode {
        Plain, // answers true
        Silent, // answers nothing, as old tokens do
        Fee, // keeps a tenth of what is moved
        False, // moves nothing and says no
        Two, // moves, and answers 2
        ShortAnswer, // moves, and answers one byte
        Reverts, // on every move
        TakesNothing, // says yes and moves nothing
        ShortBalance, // balanceOf answers 31 bytes
        HugeGrowth, // balanceOf grows by 2^192 at each move
        Reenters, // calls its caller back with the calldata kept in it, and keeps the refusal
        Shrinks // takes from the receiver, too, what it moves
    }

    error No();
    error TooLittle();

    Mode private immutable MODE;
    uint256 private moves; // slot 0
    mapping(address => uint256) private balances; // slot 1
    bytes private kept; // slot 2
    /// @notice The first word of what the call back answered; 1 in the first byte for a success.
    bytes32 public told; // slot 3

    constructor(Mode mode) {
        MODE = mode;
    }

    function mint(address to, uint256 amount) external {
        balances[to] += amount;
    }

    /// @notice For Reenters: what to call back with.
    function keep(bytes calldata data) external {
        kept = data;
    }

    function balanceOf(address owner) external view returns (uint256 units) {
        units = balances[owner];
        if (MODE == Mode.HugeGrowth) units |= uint256(uint8(moves)) << 192;
        if (MODE == Mode.ShortBalance) {
            assembly {
                mstore(0, units)
                return(0, 31)
            }
        }
    }

    function transfer(address to, uint256 amount) external {
        move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        move(from, to, amount);
    }

    function move(address from, address to, uint256 amount) private {
        if (MODE == Mode.Reenters && kept.length != 0) {
            (bool success, bytes memory answer) = msg.sender.call(kept);
            told = success ? bytes32(bytes1(0x01)) : bytes32(answer);
        }
        require(MODE != Mode.Reverts, No());
        if (MODE != Mode.False && MODE != Mode.TakesNothing) {
            require(balances[from] >= amount, TooLittle());
            balances[from] -= amount;
            if (MODE == Mode.Shrinks) balances[to] -= amount < balances[to] ? amount : balances[to];
            else balances[to] += MODE == Mode.Fee ? amount - amount / 10 : amount;
            ++moves;
        }
        if (MODE == Mode.Silent) return;
        uint256 word = MODE == Mode.False ? 0 : MODE == Mode.Two ? 2 : 1;
        bool short = MODE == Mode.ShortAnswer;
        assembly {
            mstore(0, word)
            if short {
                mstore8(0, 1)
                return(0, 1)
            }
            return(0, 32)
        }
    }
}
