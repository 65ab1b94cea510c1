"""Chunks with channels whose outcome another hand has made: those of tests/prover/channel_chunks_test.py, and random ones by its
model (channel_model.py), which is written from docs/protocol.md, too. A file of them as tests/export/ has it."""
import json
import os
import random
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "prover"))
from vectors import keccak256  # makes tests/ known
from channel_chunks_test import Suite
from channel_model import DEPOSIT, FORCED_TRANSFER, MAX_NONCE, RECLAIM, REDEEM, WHOLE, Chunk, entry
from channel_suite import (CHANNEL, CHANNELS, DOMAIN, FEES, MUCH, NEXT, OTHER, OTHERS, PAYEE, PAYEE_KEY, PAYEES, PAYER, PAYER_KEY,
                           PAYERS, TOKENS, UNIT, address_of, forced, fund, redeem, state, transfer, without_channel)
from channels import CLOSED, MARK, MAX_COUNT
from prover_test import refusal_numbers

RANDOM_CHUNKS = 150


def hexed(data):
    return "0x" + data.hex()


def chunk_cases(what, chunk, refusal, of_lie="None"):
    """A proof against the truth, and one against a lie."""
    for claim, error in ((keccak256(chunk.after), "ClaimIsTrue"), (keccak256(b"a lie"), of_lie)):
        proof, header, hashes = chunk.proof(claim)
        yield {"kind": "proof", "what": what, "domain": {"chainId": "1", "rollup": hexed(bytes(19) + b"\1")},
               "batch": {"header": hexed(header), "hash": hexed(keccak256(header)), "source": 0}, "proof": hexed(proof),
               "queueHashes": {str(i): hexed(one) for i, one in enumerate(hashes)}, "error": error, "refusal": refusal,
               "result": hexed(chunk.after)}


class Recorder(Suite):
    """Takes down what the suite would show the prover."""

    def __init__(self):  # without a node
        self.cases, self.faults, self.count, self.prover = [], 0, 0, None
        self.numbers = {name: name for name in refusal_numbers()}

    def check(self, what, leaves, operations=(), refusal="None", leads_to=None, **other):
        chunk = Chunk(DOMAIN, leaves, operations, **other)
        self.count += 1
        self.cases += chunk_cases(what, chunk, refusal)
        return chunk, 0

    def decode(self, ops):
        return ops

    def prove(self, prover, chunk, claim):
        return chunk

    def expect(self, what, wanted, got):
        """Of what isn't asked by `check`: `got` is what would be decoded, or proven."""
        if isinstance(got, Chunk):
            self.cases += list(chunk_cases(what, got, "None", "L1Operations"))[1:]
        elif len(wanted) == 1:
            self.cases.append({"kind": "ops", "what": what, "ops": hexed(got), "refusal": wanted[0]})

    def run(self):
        for part in (self.funds, self.funds_that_are_wrong, self.redeems, self.redeems_that_are_wrong, self.several_in_one_chunk,
                     self.weights, self.kinds, self.l1_redeems, self.reclaims, self.other_l1_operations, self.closes_short):
            part()

    def closes_short(self):
        """Take and close with less there than the voucher is for."""
        for what, left, refusal in (("all", 3 * UNIT, "None"), ("a wei less", 3 * UNIT - 1, "InsufficientBalance"),
                                    ("one unit", UNIT, "InsufficientBalance"), ("none", UNIT - 1, "NothingToRedeem")):
            self.check(f"take and close, {what} there", state(balance=left), [redeem("takeAndClose")], refusal)
        self.check("take and close before the fund", state(balance=UNIT), [redeem("takeAndClose"), fund()], "InsufficientBalance")
        self.check("take and close behind the fund", state(balance=UNIT), [fund(), redeem("takeAndClose")])


class Dice:
    """Random chunks: mostly right ones, with values from the edges among them."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def one(self, *values):
        return self.random.choice(values)

    def start(self):
        balance = self.one(0, UNIT - 1, UNIT, 10 * UNIT + 3, 10 * UNIT + 3, 2**128 - 1, 2**128 - 5 * UNIT)
        claimed = self.one(0, 2, 2, 2, 2, 4, 4, MAX_COUNT - 1, MAX_COUNT, CLOSED - MARK)
        marked = self.chance(85)
        if not marked:
            claimed = self.one(0, 0, 1, MAX_NONCE)
        payers = self.one(MUCH, MUCH, MUCH, 0, 2**128 - 1)
        nonce = self.one(0, 0, 0, 7, MAX_NONCE - 1, MAX_NONCE)
        make = without_channel if self.chance(20) else state
        return make(claimed=claimed, balance=balance, marked=marked, payers=payers, nonce=nonce)

    def changed(self, percent, **choices):
        """A member or two of them, now and then."""
        return {name: self.one(*values) for name, values in choices.items() if self.chance(percent)}

    def operation(self):
        kind = self.one("fund", "transfer", "take", "take", "takeAndClose", "close")
        if kind == "fund":
            return fund(**self.changed(6, amount=(0, 1, MUCH, MUCH + 1), unit=(0, 1, UNIT + 1, 2**128 - 1), salt=(6, 2**64 - 1),
                                       payee=(OTHER, PAYER, bytes(20), CHANNEL.address), key=(PAYEE_KEY,),
                                       sender=(CHANNELS, OTHERS, TOKENS, 0, NEXT), says=({"nonce": 1}, {"unit": 7})))
        if kind == "transfer":
            return transfer(**self.changed(20, to=(PAYEES, PAYERS, FEES, NEXT, CHANNEL.address, address_of("new")),
                                           memo=(bytes(31) + b"\5",),
                                           amount=(0, UNIT, MUCH)))
        made = redeem(kind, **self.changed(5, unit=(0, 1, UNIT + 1), salt=(6,), payer=(PAYEES, CHANNELS, TOKENS, 0, NEXT),
                                           to=(PAYERS, OTHERS, TOKENS, 0, NEXT, PAYEE, bytes(20), address_of("new")),
                                           key=(PAYER_KEY,), voucher_key=(PAYEE_KEY,), sender=(NEXT, NEXT, PAYEES),
                                           says=({"claimed": 2}, {"claimed": 5}, {"fee": 1})))
        if kind != "close":
            made["count"] = self.one(5, 6, 7, 9, 12, MAX_COUNT, *((0, 2, MAX_COUNT + 1, 2**128 - 1) if self.chance(30) else ()))
        return made

    def entry(self):
        kind = self.one(DEPOSIT, FORCED_TRANSFER, REDEEM,  # the model has no withdrawals
                        REDEEM, REDEEM, REDEEM, RECLAIM)
        if kind == REDEEM:
            return forced(kind, self.one(UNIT, UNIT, UNIT, 0, 1, 2**128 - 1), self.one(3, 5, 6, 9, MAX_COUNT, MAX_COUNT + 1, 0),
                          **self.changed(15, to=(address_of("new"), CHANNEL.address, PAYER), caller=(OTHER, PAYEE)))
        if kind == RECLAIM:
            return forced(kind, **self.changed(15, to=(address_of("new"), CHANNEL.address, PAYEE), caller=(OTHER, PAYER)))
        if kind == DEPOSIT:
            return entry(kind, OTHER, self.one(CHANNEL.address, PAYEE), self.one(1, UNIT))
        return entry(kind, self.one(CHANNEL.address, OTHER, PAYER, address_of("nobody")),
                     self.one(CHANNEL.address, PAYEE, address_of("new")), self.one(0, 1, MUCH, WHOLE))

    def chunk(self):
        entries = [self.entry() for _ in range(self.one(0, 0, 0, 1, 2, 3))]
        operations = [self.operation() for _ in range(self.one(1, 1, 2, 3, 5, 8))]
        with_fee = self.chance(30)
        return Chunk(DOMAIN, self.start(), operations, entries, fee=self.one(1, UNIT, 10**12) if with_fee else 0,
                     fee_leaves=[FEES] if with_fee else [])


def all_cases():
    recorder = Recorder()
    recorder.run()
    dice = Dice(11)
    for number in range(RANDOM_CHUNKS):
        chunk = dice.chunk()
        recorder.cases += chunk_cases(f"random {number}", chunk, chunk.refusal)
    return recorder.cases


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"cases": all_cases()}, file)
