// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Account.sol";
import {Case, Refusing} from "./Case.sol";
import {ProofView} from "./ProofView.sol";
import {Refusal} from "./Refusal.sol";
import {TypedData} from "./TypedData.sol";
import {WithdrawalTree, WithdrawalTrees} from "./WithdrawalTree.sol";

/// What each token's operations have paid, in the order of the first that paid.
struct Fees {
    uint256 length;
    address[] tokens;
    uint256[] totals;
}

/// @notice What several operations of docs/protocol.md, "Applying a chunk", do: reading leaves, crediting them, making them;
/// withdrawals, fees, signatures.
abstract contract Steps is Refusing {
    using ProofView for Case;
    using WithdrawalTrees for WithdrawalTree;

    uint256 internal constant MAX_ACCOUNTS = type(uint32).max;
    uint256 internal constant MAX_WITHDRAWALS = type(uint32).max;
    uint256 internal constant MAX_BALANCE = type(uint128).max;
    /// @dev With it, or more, a leaf sends nothing: it is spent, or a channel's.
    uint256 internal constant MAX_NONCE = (1 << 63) - 1;
    uint256 internal constant SIGNATURE_LENGTH = 64;

    // ---- Leaves ----

    function readExisting(Case memory c, uint256 index, Refusal otherwise) internal pure returns (Account memory) {
        if (index == 0 || index >= c.accounts.count) refuse(c, otherwise);
        return c.read(index);
    }

    function credit(Case memory c, Account memory leaf, uint256 amount) internal pure {
        if (leaf.balance + amount > MAX_BALANCE) refuse(c, Refusal.BalanceOverflow);
        leaf.balance += amount;
        c.write(leaf);
    }

    /// @param low the leaf given last
    function insert(Case memory c, Account memory low, address owner, address token, uint256 nonce, uint256 balance)
        internal
        pure
    {
        Account memory made = Account(owner, token, nonce, balance, low.nextOwner, low.nextToken);
        low.nextOwner = owner;
        low.nextToken = token;
        c.write(low);
        c.append(made);
    }

    // ---- Payments ----

    /// @return The owner of the leaf.
    function creditExisting(Case memory c, uint256 index, address token, uint256 amount) internal pure returns (address) {
        Account memory leaf = readExisting(c, index, Refusal.RecipientIndex);
        if (leaf.token != token) refuse(c, Refusal.RecipientToken);
        credit(c, leaf, amount);
        return leaf.owner;
    }

    function creditNew(Case memory c, address to, address token, uint256 amount) internal pure returns (address) {
        if (to == address(0)) refuse(c, Refusal.RecipientZero);
        if (c.accounts.count == MAX_ACCOUNTS) refuse(c, Refusal.AccountTreeFull);
        (Account memory leaf, bool found) = c.find(to, token);
        if (found) refuse(c, Refusal.RecipientHasLeaf);
        insert(c, leaf, to, token, 0, amount);
        return to;
    }

    /// @notice Of an L1 operation: what can't be done has no effect.
    /// @param before the root if it can't be done
    function creditForced(Case memory c, address to, address token, uint256 amount, bytes32 before) internal pure {
        (Account memory leaf, bool found) = c.find(to, token);
        if (found && leaf.balance + amount <= MAX_BALANCE) {
            leaf.balance += amount;
            c.write(leaf);
        } else if (!found && c.accounts.count < MAX_ACCOUNTS) {
            insert(c, leaf, to, token, 0, amount);
        } else {
            c.accounts.root = before;
        }
    }

    function appendWithdrawal(Case memory c, address to, address token, uint256 amount) internal pure {
        c.withdrawals.append(keccak256(abi.encodePacked(to, token, uint128(amount))));
    }

    function addFee(Case memory c, Fees memory fees, address token, uint256 fee) internal pure {
        uint256 i = 0;
        while (i < fees.length && fees.tokens[i] != token) ++i;
        if (i == fees.length) {
            fees.tokens[i] = token;
            ++fees.length;
        }
        fees.totals[i] += fee;
        if (fees.totals[i] > MAX_BALANCE) refuse(c, Refusal.FeeOverflow);
    }

    // ---- Signatures ----

    /// @notice The next of the chunk's signatures is `owner`'s, over that.
    function requireSigned(Case memory c, bytes32 structHash, address owner) internal view {
        address signer = TypedData.signer(TypedData.digest(c.domain, structHash), c.sigs);
        c.sigs += SIGNATURE_LENGTH;
        if (signer == address(0)) refuse(c, Refusal.SignatureInvalid);
        if (signer != owner) refuse(c, Refusal.SignerNotOwner);
    }
}
