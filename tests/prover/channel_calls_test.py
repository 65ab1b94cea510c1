#!/usr/bin/env python3
"""What the rollup contract in Solidity queues for channels (docs/contract.md, "Channels"), on Anvil: both calls, each of their
refusals by name, times at their edges; what is refunded; and what a payee types who has nothing but a voucher.

usage: channel_calls_test.py
"""
import collections
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from vectors import bytes_tail, keccak256, selector, word  # makes tests/ known
from anvil import ROOT, Anvil, ethereum, npm
from channels import CLOSED, ETH, MAX_COUNT, Channel, digest, number, separator, sign
from records_test import CHALLENGE, DAY, INCLUSION, Suite, slot

ETHER = 10**18
WEEK, YEAR = 7 * DAY, 365 * DAY
FREEZE_AGE = CHALLENGE + INCLUSION + WEEK
QUEUE_HASHES = 4  # slot: docs/contract.md, "Storage"
NUMBER = 1  # of the head
UNIT = ETHER // 1000
NOBODY = bytes(20)
TOKEN = bytes(19) + b"\7"
TYPIST = ethereum.key_of("payee")
QUEUED = keccak256(b"L1OperationQueued(uint64,uint8,address,address,address,uint128,uint64,uint64)")


def call(signature, *arguments):
    """The ABI's encoding; addresses are bytes of 20, bytes32[] a list."""
    types = signature[signature.index("(") + 1:-1].split(",")
    heads, tail = b"", b""
    for kind, value in zip(types, arguments, strict=True):
        if kind not in ("bytes", "bytes32[]"):
            heads += word(value)
            continue
        heads += word(32 * len(types) + len(tail))
        tail += bytes_tail(value) if kind == "bytes" else word(len(value)) + b"".join(value)
    return selector(signature) + heads + tail


def force_redeem(terms, count, voucher, token=ETH):
    return call("forceRedeem(bytes,address,uint64,bytes)", terms, token, count, voucher)


def reclaim(terms, token=ETH):
    return call("reclaim(bytes,address)", terms, token)


def lines_of_page():
    """docs/contract.md, "With nothing but the ABI": its last two blocks."""
    with open(os.path.join(ROOT, "docs", "contract.md"), encoding="utf-8") as file:
        section = file.read().split("\n## With nothing but the ABI\n")[1].split("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[-2:]


class Calls(Suite):
    def __init__(self, node):
        super().__init__(node)
        self.payer_key = ethereum.key_of("payer")
        self.payer = ethereum.address_of(self.payer_key)
        self.payee, self.stranger = node.accounts[2:4]
        node.key("payer")
        node.l1.rpc("anvil_impersonateAccount", ethereum.hex_of(self.payer))
        self.domain = separator(31337, self.rollup)
        self.gas = collections.defaultdict(set)

    def channel(self, **terms):
        return Channel(self.domain, self.payer_key, terms.pop("payee", self.payee), terms.pop("unit", UNIT), **terms)

    def refusals(self, *cases, sender=None):
        for what, name, data in cases:
            self.expect(what, name, self.refusal(data, sender=sender or self.stranger))

    # ---- The queue ----

    def expect_queued(self, what, data, entry):
        """A stranger's call queues this, `entry` being without its time."""
        receipt = self.send(data, self.stranger)
        index = self.view("queueLength()")[0] - 1
        kind, caller, to, token, amount, count = entry
        queued = (number(kind, 1) + caller + to + token + number(amount, 16) + number(self.now, 8) + number(count, 8))
        self.expect(f"{what}: length of an entry", 93, len(queued))
        before = self.load(slot(index, QUEUE_HASHES))
        self.expect(f"{what}: the queue's hash", keccak256(word(before) + keccak256(queued)),
                    word(self.load(slot(index + 1, QUEUE_HASHES))))
        data = b"".join(map(word, (kind, caller, to, token, amount, self.now, count)))
        self.expect(f"{what}: event", [([QUEUED, word(index)], data)], self.events(receipt))
        return receipt["gasUsed"]

    @staticmethod
    def events(receipt):
        return [([bytes.fromhex(topic[2:]) for topic in log["topics"]],
                 bytes.fromhex(log["data"][2:])) for log in receipt["logs"]]

    def redeems_are_queued(self):
        self.begin(NUMBER)
        one, late = self.channel(), self.channel(expiry=self.now - 1, salt=2**64 - 1)
        for what, channel, count, token in (("a voucher", one, 7, ETH), ("an old one", one, 1, ETH),
                                            ("the largest", one, MAX_COUNT, ETH), ("of a token", one, 7, TOKEN),
                                            ("after the expiry", late, 7, ETH)):
            self.gas["forceRedeem"].add(self.expect_queued(
                what, force_redeem(channel.terms, count, channel.voucher(count, token), token),
                (3, channel.address, channel.payee, token, UNIT, count)))
        wide = self.channel(unit=2**128 - 1)
        self.expect_queued("the largest unit", force_redeem(wide.terms, 1, wide.voucher(1)),
                           (3, wide.address, wide.payee, ETH, 2**128 - 1, 1))

    def redeems_are_refused(self):
        self.begin(NUMBER)
        one, other = self.channel(), self.channel(salt=1)
        good = one.voucher(7)
        payees = ethereum.key_of("payee")
        mirrored = word(good[:32]) + self.other_s(good)
        cases = [("a voucher", "None", one.terms, 7, good),
                 ("another channel's", "VoucherInvalid", one.terms, 7, other.voucher(7)),
                 ("another token's", "VoucherInvalid", one.terms, 7, one.voucher(7, TOKEN)),
                 ("another chain's", "VoucherInvalid", one.terms, 7, one.voucher(7, domain=separator(1, self.rollup))),
                 ("another contract's", "VoucherInvalid", one.terms, 7, one.voucher(7, domain=separator(31337, TOKEN))),
                 ("another count's", "VoucherInvalid", one.terms, 8, good),
                 ("a smaller count's", "VoucherInvalid", one.terms, 6, good),
                 ("the payee's own", "VoucherInvalid", one.terms, 7, one.voucher(7, key=payees)),
                 ("a byte too few", "VoucherInvalid", one.terms, 7, good[:-1]),
                 ("a byte more", "VoucherInvalid", one.terms, 7, good + b"\0"), ("none", "VoucherInvalid", one.terms, 7, b""),
                 ("zeros", "VoucherInvalid", one.terms, 7, bytes(64)), ("the other s", "VoucherInvalid", one.terms, 7, mirrored),
                 ("the other parity", "VoucherInvalid", one.terms, 7, good[:32] + bytes([good[32] ^ 128]) + good[33:]),
                 ("count 0", "CountInvalid", one.terms, 0, one.voucher(0)),
                 ("count 2^63-1", "CountInvalid", one.terms, MAX_COUNT + 1, one.voucher(MAX_COUNT + 1)),
                 ("count 2^64-1", "CountInvalid", one.terms, CLOSED, one.voucher(CLOSED)),
                 ("count before voucher", "CountInvalid", one.terms, 0, b""), ("terms before count", "TermsInvalid", b"", 0, b"")]
        cases += [(what, "TermsInvalid", terms, 7, good) for what, terms in self.bad_terms(one)]
        for what, name, terms, count, voucher in cases:
            self.refusals((f"forceRedeem, {what}", name, force_redeem(terms, count, voucher)))
        signed = digest(self.domain, "Transfer", token=ETH, to=one.address, amount=7, fee=0, nonce=0, memo=bytes(32))
        self.refusals(("forceRedeem, the payer's signature over a transfer", "VoucherInvalid",
                       force_redeem(one.terms, 7, sign(self.payer_key, signed))))

    @staticmethod
    def other_s(signature):
        """The same signature as nobody may write it: n - s, and the other parity."""
        parity, s = signature[32] >> 7, int.from_bytes(signature[32:], "big") & 2**255 - 1
        return word((1 - parity) << 255 | (ethereum.N - s) & 2**255 - 1)

    @staticmethod
    def bad_terms(one):
        payer, payee, rest = one.payer, one.payee, one.terms[40:]
        return (("terms a byte too short", one.terms[:-1]), ("terms a byte too long", one.terms + b"\0"),
                ("no payer", NOBODY + payee + rest), ("no payee", payer + NOBODY + rest), ("nobody", bytes(40) + rest),
                ("payer = payee", payer + payer + rest), ("no unit", payer + payee + bytes(16) + rest[16:]))

    def reclaims_wait_for_the_expiry(self):
        self.begin(NUMBER)
        expiry = self.now + 1000
        one = self.channel(expiry=expiry)
        for what, time, name in (("a second before", expiry - 1, "NotExpired"), ("then", expiry, "None"),
                                 ("later", expiry + DAY, "None")):
            self.expect(f"reclaim {what}", name, self.refusal(reclaim(one.terms), time, self.stranger))
        for token in (ETH, TOKEN):
            self.gas["reclaim"].add(self.expect_queued("reclaim", reclaim(one.terms, token),
                                                       (4, one.address, one.payer, token, 0, 0)))
        always, never = self.channel(), self.channel(expiry=2**64 - 1)
        self.refusals(("reclaim, expiry 0", "None", reclaim(always.terms)),
                      ("reclaim, the last expiry", "NotExpired",
                       reclaim(never.terms)), *((f"reclaim, {what}", "TermsInvalid", reclaim(terms)) for what,
                                                terms in self.bad_terms(never)))

    def refunds_are_of_deposits(self):
        self.begin(NUMBER)
        one = self.channel()
        self.send(call("depositEth(address)", one.address), self.stranger, 5)
        deposit = bytes(1) + self.stranger + one.address + ETH + number(5, 16) + number(self.now, 8) + bytes(8)
        self.send(force_redeem(one.terms, 7, one.voucher(7)), self.stranger)
        redeem = number(3, 1) + one.address + one.payee + ETH + number(UNIT, 16) + number(self.now, 8) + number(7, 8)
        self.send(reclaim(one.terms), self.stranger)
        back = number(4, 1) + one.address + one.payer + ETH + bytes(16) + number(self.now, 8) + bytes(8)
        self.at(self.now + FREEZE_AGE)
        self.node.act(self.stranger, self.rollup, call("freeze(uint64)", 0))
        refund = "refund(uint64,bytes,address,uint256)"
        self.refusals(("refund of a deposit", "None", call(refund, 0, deposit, NOBODY, 0)),
                      ("refund, the time at its end", "EntryLength", call(refund, 0, deposit[:85], NOBODY, 0)),
                      ("refund, another count", "EntryHash", call(refund, 0, deposit[:-1] + b"\1", NOBODY, 0)),
                      ("refund of a redeem", "NotADeposit", call(refund, 1, redeem, NOBODY, 0)),
                      ("refund of a reclaim", "NotADeposit", call(refund, 2, back, NOBODY, 0)))

    # ---- Typed ----

    def balance(self, account):
        return int(self.node.l1.rpc("eth_getBalance", ethereum.hex_of(account), "latest"), 16)

    def type(self, lines, channel, count, proof=()):
        """Types the lines into a shell, in which `leave` tells that proof; what comes to the purse."""
        purse = keccak256(b"purse")[12:]
        given = {"ROLLUP": self.rollup, "ME": channel.payee, "PAYER": channel.payer, "ETH": ETH, "PURSE": purse,
                 "VOUCHER": channel.voucher(count)}
        env = {**os.environ, **{name: ethereum.hex_of(value) for name, value in given.items()}}
        env.update(ETH_RPC_URL=self.node.l1.url, KEY="0x" + ethereum.key_hex(TYPIST), UNIT=str(channel.unit), COUNT=str(count),
                   EXPIRY=str(channel.expiry), SALT=str(channel.salt))
        env["PATH"] = os.path.dirname(npm.cast()) + os.pathsep + env["PATH"]
        texts = [f"[{','.join(map(ethereum.hex_of, one))}]" if isinstance(one, list)
                 else str(one) if isinstance(one, int) else ethereum.hex_of(one) for one in proof]
        # The channel's address is what the lines have to find out.
        leave = f'leave() {{ test "$*" = "exit {ethereum.hex_of(channel.address)} $ETH" && echo {" ".join(texts)}; }}\n'
        had = self.balance(purse)
        done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", leave + lines], env=env, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        self.expect("typed", (0, ""), (done.returncode, "" if done.returncode == 0 else done.stdout))
        return self.balance(purse) - had

    def a_payee_types_a_redeem(self):
        redeem, _ = lines_of_page()
        self.begin(NUMBER)
        self.node.key("payee")
        one = self.channel(payee=ethereum.address_of(TYPIST), expiry=self.now + DAY, salt=9)
        self.type(redeem, one, 7)
        latest = self.node.l1.rpc("eth_getBlockByNumber", "latest", True)
        log = self.node.l1.rpc("eth_getTransactionReceipt", latest["transactions"][0]["hash"])["logs"][0]["data"]
        self.expect("typed: queued", [word(3), word(one.address), word(one.payee), word(ETH), word(UNIT), word(7)],
                    [bytes.fromhex(log[2:])[32 * i:32 * i + 32] for i in (0, 1, 2, 3, 4, 6)])

    def run(self):
        self.run_cases(self.redeems_are_queued, self.redeems_are_refused, self.reclaims_wait_for_the_expiry,
                       self.refunds_are_of_deposits, self.a_payee_types_a_redeem)
        return self.told_gas()

    def told_gas(self):
        for name, gas in self.gas.items():
            print(f"gas of {name}: {min(gas)} to {max(gas)}")
        return self.faults


def main():
    with Anvil() as node:
        faults = Calls(node).run()
    sys.exit(f"{faults} wrong" if faults else 0)


if __name__ == "__main__":
    main()
