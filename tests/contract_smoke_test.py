#!/usr/bin/env python3
"""Each call of the Solidity contract once, on Anvil with mainnet's limits, and its gas; and what only a node can show: an
account that has delegated itself to code (EIP-7702), and what gas wallets need to be paid. Whether calls are judged as
docs/contract.md says is for other tests; prover/channel_calls_test.py and channel_exits_test.py make those for channels.

usage: contract_smoke_test.py
"""
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from anvil import ROOT, Anvil, encode, ethereum

ETHER = 10**18
HOUR = 3600
CHALLENGE, INCLUSION = 24 * HOUR, 6 * HOUR
FREEZE = CHALLENGE + INCLUSION + 7 * 24 * HOUR
ETH = bytes(20)
NO_RECEIVER = bytes(20)
EXIT = "exit(bytes,uint32,bytes,bytes32[],address,uint256)"
# docs/contract.md, "What a payment needs": receiver and the least payGas.
PAY_GAS = {"a plain account": 1, "a wallet contract": 1, "a proxy wallet": 3_963, "a delegated account": 1,
           "one that keeps books": 42_130}
keccak = ethereum.keccak256
zeros = [bytes(32)]
while len(zeros) < 33:
    zeros.append(keccak(zeros[-1] * 2))


def number(value, size):
    return value.to_bytes(size, "big")


def first_root(leaf_hash):
    """Root of a tree of depth 32 whose first leaf alone isn't empty."""
    for zero in zeros[:32]:
        leaf_hash = keccak(leaf_hash + zero)
    return leaf_hash


def small_root(leaves):
    width = 1
    while width < len(leaves):
        width *= 2
    leaves = leaves + [bytes(32)] * (width - len(leaves))
    while len(leaves) > 1:
        leaves = [keccak(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


class State:
    """The fields of a state, claimed by whoever posts a batch."""

    def __init__(self, accounts=first_root(keccak(bytes(104))), withdrawals=zeros[32], counts=(1, 0), consumed=0, ops=0):
        self.accounts, self.withdrawals, self.counts, self.consumed, self.ops = accounts, withdrawals, counts, consumed, ops

    def encode(self):
        return (self.accounts + self.withdrawals + number(self.counts[0], 4) + number(self.counts[1], 4)
                + number(self.consumed, 8) + number(self.ops, 8))


GENESIS = bytes(107) + State().encode()
NOTHING = (bytes.fromhex("800000"), b"")  # a chunk of no operations


def batch_on(parent, queue_hash, chunks, last):
    """A batch as docs/protocol.md, "In calldata", posts it, and its header. What chunks but the last lead to is made up."""
    next_number = number(int.from_bytes(parent[:8], "big") + 1, 8)
    claims = [keccak(number(i, 4)) for i in range(len(chunks) - 1)]
    batch = (next_number + parent + queue_hash + number(len(chunks), 2) + last
             + b"".join(number(len(ops), 2) + number(len(sigs), 2) + ops + sigs for ops, sigs in chunks) + b"".join(claims))
    befores, afters = [keccak(parent[107:])] + claims, claims + [keccak(last)]
    leaves = [keccak(keccak(ops) + before + after) for (ops, _), before, after in zip(chunks, befores, afters)]
    header = (next_number + keccak(parent) + number(len(chunks), 2) + bytes(1) + small_root(leaves)
              + small_root([keccak(keccak(sigs)) for _, sigs in chunks]) + last)
    return batch, header


class Test:
    def __init__(self, node):
        self.node = node
        self.operator, self.alice, self.bob = (node.key(name) for name in ("operator", "alice", "bob"))
        self.headers = [GENESIS]
        self.gas = []
        self.token, _ = node.deploy(self.alice, "OddToken", 0, folder="build/contracts")
        words = (CHALLENGE, INCLUSION, FREEZE, 32 * ETHER, 0)
        self.rollup, receipt = node.deploy(self.alice, "Rollup", *words)
        self.tell("deployment", receipt)

    def tell(self, what, receipt):
        if not receipt["status"]:
            sys.exit(f"{what} failed")
        self.gas.append((what, receipt["gasUsed"]))

    def call(self, what, key, signature, *arguments, value=0):
        receipt = self.node.send(key, self.rollup, encode(signature, *arguments), value)
        self.tell(what, receipt)
        return receipt

    def view(self, signature, *words):
        return self.node.l1.call(self.rollup, signature, *words)

    def expect(self, what, signature, *words, first):
        found = self.view(signature, *words)[0]
        if found != first:
            sys.exit(f"{what}: {signature} is {found}, not {first}")

    def batch_on_head(self, chunks, last):
        """The call that appends it, and its header."""
        queue_hash = number(self.view("queueHash(uint64)", last.consumed)[0], 32)
        batch, header = batch_on(self.headers[-1], queue_hash, chunks, last.encode())
        # By hand: a command line takes no argument of more than 128 KiB.
        data = keccak(b"append(bytes)")[:4] + number(32, 32) + number(len(batch), 32) + batch + bytes(-len(batch) % 32)
        return data, header

    def append(self, what, chunks, last):
        data, header = self.batch_on_head(chunks, last)
        self.tell(what, self.node.send(self.operator, self.rollup, data))
        self.headers.append(header)
        self.expect(what, "head()", first=len(self.headers) - 1)
        if self.view("head()")[1] != int.from_bytes(keccak(header), "big"):
            sys.exit(f"{what}: another header's hash")

    def append_delegated(self, last):
        """The operator's account may not post while it is delegated to code, be it the contract's or a token's."""
        data, _ = self.batch_on_head([NOTHING], last)
        for code in (self.rollup, self.token):
            self.node.delegate(self.operator, code)
            _, error = self.node.call(self.rollup, data, sender=ethereum.address_of(self.operator))
            receipt = self.node.send(self.operator, self.rollup, data)
            if error != keccak(b"NotPlainAccount()")[:4] or receipt["status"]:
                sys.exit(f"append by a delegated account: {error}, status {receipt['status']}")
        self.node.delegate(self.operator, bytes(20))

    def measure_payments(self, owner, exit_to):
        """The least payGas with which `owner`'s account can exit to each kind of receiver."""
        wallet, _ = self.node.deploy(self.alice, "Wallet", folder="build/contracts")
        proxy, _ = self.node.deploy(self.alice, "WalletProxy", wallet, folder="build/contracts")
        books, _ = self.node.deploy(self.alice, "WalletWithBooks", folder="build/contracts")
        delegated = self.node.key("delegated")
        self.node.delegate(delegated, wallet)
        short = keccak(b"PayGasShort()")[:4]
        for what, receiver in (("a plain account", ethereum.address_of(self.bob)), ("a wallet contract", wallet),
                               ("a proxy wallet", proxy), ("a delegated account", ethereum.address_of(delegated)),
                               ("one that keeps books", books)):
            def pays(gas, to=receiver):
                return self.node.call(self.rollup, exit_to(to, gas), sender=owner)[1]

            least, enough = 0, 200_000  # 0 would be all
            while enough - least > 1:
                middle = (least + enough) // 2
                least, enough = (least, middle) if pays(middle) is None else (middle, enough)
            print(f"pay gas of {what}: {enough}")
            if enough != PAY_GAS[what] or (enough > 1 and pays(enough - 1) != keccak(b"PaymentFailed()")[:4]):
                sys.exit(f"what a payment to {what} needs is {enough}, not {PAY_GAS[what]}")
            if pays(2**255) != short:
                sys.exit("a payment of more gas than there is isn't refused")

    def run(self):
        alice, bob = (ethereum.address_of(key) for key in (self.alice, self.bob))
        self.call("becomeSequencer, first", self.operator, "becomeSequencer()", value=32 * ETHER)
        self.call("resign", self.operator, "resign()")
        self.call("becomeSequencer, second", self.operator, "becomeSequencer()", value=32 * ETHER)
        for time in ("first", "second"):
            self.call(f"depositEth, {time}", self.alice, "depositEth(address)", alice, value=5 * ETHER)
        self.node.send(self.alice, self.token, encode("mint(address,uint256)", alice, 1000))
        self.call("depositToken", self.alice, "depositToken(address,address,uint256)", self.token, alice, 1000)
        self.call("forceTransfer", self.alice, "forceTransfer(address,address,uint128)", ETH, bob, 1)
        self.call("forceWithdrawal", self.alice, "forceWithdrawal(address,address,uint128)", ETH, bob, 2)

        # A batch whose last state has one withdrawal, of all tokens, and one account but the sentinel, with 3 ether.
        withdrawal = keccak(bob + self.token + number(1000, 16))
        leaf = alice + ETH + number(0, 8) + number(3 * ETHER, 16) + bytes(40)
        sentinel = keccak(bytes(104))
        accounts = keccak(sentinel + keccak(leaf))
        for zero in zeros[1:32]:
            accounts = keccak(accounts + zero)
        state = State(accounts, first_root(withdrawal), (2, 1), 2)
        drawn = random.Random(1)

        def full():
            return drawn.randbytes(420), drawn.randbytes(47 * 64)

        self.append_delegated(state)
        self.append("append, an empty chunk", [NOTHING], state)
        for count in (1, 8, 38):
            self.append(f"append, {count} chunks of 47 payments", [full() for _ in range(count)], state)
        self.append("append, 256 empty chunks", [NOTHING] * 256, state)
        self.node.pass_time(CHALLENGE)
        self.call("claim", self.bob, "claim(bytes,uint32,address,address,uint128,bytes32[],address,uint256)", self.headers[-1], 0,
                  bob, self.token, 1000, [], NO_RECEIVER, 100_000)
        self.expect("claim", "isPaid(uint32)", 0, first=1)

        # A lie: a chunk of nothing that makes an account.
        liar = State(accounts, state.withdrawals, (3, 1), 2)
        self.append("append, a lie", [NOTHING], liar)
        self.node.pass_time(1)
        frontier = withdrawal
        proof = (self.headers[-1] + number(0, 2) + number(3, 2) + NOTHING[0] + number(0, 2) + keccak(liar.encode())
                 + state.encode() + frontier)
        self.call("commitProof", self.bob, "commitProof(bytes32)", keccak(bob + keccak(proof) + number(2, 8)))
        self.node.pass_time(1)
        self.call("prove, an empty chunk", self.bob, "prove(bytes)", proof)
        self.expect("prove", "head()", first=len(self.headers) - 2)
        self.expect("prove", "currentTerm()", first=0)
        self.headers.pop()
        self.node.pass_time(CHALLENGE)
        self.call("takeReward", self.alice, "takeReward(uint64,address)", 2, bob)

        # Another operator is evicted, and nobody follows.
        self.call("becomeSequencer, third", self.alice, "becomeSequencer()", value=32 * ETHER)
        self.node.pass_time(INCLUSION)
        self.call("evict", self.bob, "evict()")
        self.call("takeStake", self.bob, "takeStake(uint64)", 3)
        late = self.call("depositEth, third", self.bob, "depositEth(address)", alice, value=ETHER)
        self.node.pass_time(FREEZE)
        self.call("freeze", self.bob, "freeze(uint64)", 0)

        def exit_to(receiver, gas):
            return encode(EXIT, self.headers[-1], 1, leaf, [sentinel], receiver, gas)

        self.measure_payments(alice, exit_to)
        self.tell("exit", self.node.send(self.alice, self.rollup, exit_to(bob, 50_000)))
        self.expect("exit", "isExited(uint32)", 1, first=1)
        self.expect("exit", "heldTotal(address)", ETH, first=8 * ETHER)
        entry = (number(0, 1) + bob + alice + ETH + number(ETHER, 16) + number(self.node.time_of(late), 8) + number(0, 8))
        self.call("refund", self.alice, "refund(uint64,bytes,address,uint256)", 5, entry, NO_RECEIVER, 0)
        self.expect("refund", "isRefunded(uint64)", 5, first=1)
        self.expect("refund", "heldTotal(address)", ETH, first=7 * ETHER)


def main():
    subprocess.run([os.path.join(ROOT, "scripts", "contracts.sh"), "--tests"], check=True)
    with Anvil() as node:
        test = Test(node)
        test.run()
    for what, gas in test.gas:
        print(f"{what:40}{gas:>12,}")


if __name__ == "__main__":
    main()
