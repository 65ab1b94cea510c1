#!/usr/bin/env python3
"""The recycled records of the rollup contract in Solidity (docs/contract.md, "Words"), on Anvil: what comes before the first
lap's end is written into storage, what follows is done by calls.

usage: records_test.py
"""
import json
import os
import sys

sys.dont_write_bytecode = True
import vectors  # makes tests/ known
from anvil import ROOT, Anvil, encode, ethereum
from contract_smoke_test import GENESIS, NOTHING, State, batch_on
from vectors import keccak256, selector, word

PLACES = 131_072
DAY = 24 * 3600
CHALLENGE, INCLUSION = DAY, DAY // 4
STAKE = 10**18
HEAD, RECORDS, TERMS = 0, 2, 3  # slots: docs/contract.md, "Storage"
FULL = 2**32 - 1
STEADY_GAS = 62_000  # of an append of an empty chunk
CLAIM = "claim(bytes,uint32,address,address,uint128,bytes32[],address,uint256)"


def error_names():
    with open(os.path.join(ROOT, "l1-bridge", "abi", "Rollup.json"), encoding="utf-8") as file:
        return {selector(one["name"] + "()"): one["name"] for one in json.load(file) if one["type"] == "error"}


def slot(key, mapping):
    return int.from_bytes(keccak256(word(key) + word(mapping)), "big")


def header_of(number, last=State()):
    """The header of a batch that was posted long ago."""
    return word(number)[24:] + GENESIS[8:107] + last.encode()


class Suite(vectors.Differences):
    def __init__(self, node):
        super().__init__()
        self.node = node
        self.names = error_names()
        self.sequencer, self.other = node.accounts[:2]
        words = (CHALLENGE, INCLUSION, CHALLENGE + INCLUSION + 7 * DAY, STAKE, 0)
        self.rollup, _ = node.deploy(node.key("deployer"), "Rollup", *words)
        self.now = int(node.l1.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16) + 10 * CHALLENGE
        self.kept = None

    # ---- The contract ----

    def at(self, time):
        """What comes next is at that time."""
        self.now = time
        self.node.l1.rpc("evm_setNextBlockTimestamp", hex(time))

    def send(self, data, sender=None, value=0):
        self.at(self.now + 1)
        return self.node.act(sender or self.sequencer, self.rollup, data, value)

    def refusal(self, data, time=None, sender=None):
        """Name of the error, or "None", of a call at that time."""
        self.at(time or self.now + 1)
        self.node.l1.rpc("evm_mine")
        _, reverted = self.node.call(self.rollup, data, sender=sender or self.sequencer)
        return "None" if reverted is None else self.names.get(reverted, "0x" + reverted.hex())

    def view(self, signature, *words):
        return self.node.l1.call(self.rollup, signature, *words)

    def load(self, at):
        return int(self.node.l1.rpc("eth_getStorageAt", ethereum.hex_of(self.rollup), hex(at), "latest"), 16)

    def store(self, at, value):
        self.node.l1.rpc("anvil_setStorageAt", ethereum.hex_of(self.rollup), hex(at), ethereum.hex_of(word(value)))

    def put_record(self, number, posted, term=0, withdrawals=0, header=None):
        """As if the batch had been appended then."""
        at = slot(number % PLACES, RECORDS)
        self.store(at, keccak256(header or header_of(number)))
        self.store(at + 1, number // PLACES << 224 | withdrawals << 192 | term << 64 | posted)

    def begin(self, head, posted=1, term=0):
        """A seat that was taken now, and a head far up; of the records before it there is only genesis's."""
        if self.kept:
            self.node.l1.rpc("evm_revert", self.kept)
        self.kept = self.node.l1.rpc("evm_snapshot")
        self.send(selector("becomeSequencer()"), value=STAKE)
        self.put_record(head, posted, term)
        self.store(HEAD, self.load(HEAD) >> 64 << 64 | head)

    def batch(self, parent, last=State()):
        """The call that appends a batch of one empty chunk, and its header."""
        batch, header = batch_on(parent, bytes(32), [NOTHING], last.encode())
        return encode("append(bytes)", batch), header

    def append(self, what, parent, last=State()):
        """Its header and its receipt."""
        data, header = self.batch(parent, last)
        receipt = self.send(data)
        number = int.from_bytes(header[:8], "big")
        self.expect(what, (1, [number, int.from_bytes(keccak256(header), "big")]), (receipt["status"], self.view("head()")))
        self.expect(what + ": its record", [int.from_bytes(keccak256(header), "big"), self.now, self.view("currentTerm()")[0]],
                    self.view("batch(uint64)", number))
        return header, receipt

    def expect_batch(self, what, number, kept, final):
        self.expect(f"{what}: batch {number} is kept, final", (kept, final),
                    (self.view("batch(uint64)", number)[0] != 0, self.view("isFinal(uint64)", number)[0] == 1))

    # ---- The cases ----

    def the_first_lap_ends(self):
        self.begin(PLACES - 2)
        posted = self.now
        self.put_record(1, posted)
        self.put_record(2, 1)
        header, receipt = self.append("the last of the first lap needs nothing else to be final", header_of(PLACES - 2))
        fresh = receipt["gasUsed"]
        data, _ = self.batch(header)
        final_at = posted + CHALLENGE
        self.expect("no place yet", "RecordsFull", self.refusal(data, final_at - 1))
        self.expect_batch("no place yet", 0, True, True)
        self.expect("a place", "None", self.refusal(data, final_at))
        header, _ = self.append("the first of the second lap", header)
        self.expect("the lap", 1, self.load(slot(0, RECORDS) + 1) >> 224)
        self.expect_batch("genesis is overwritten", 0, False, True)
        self.expect_batch("genesis is overwritten", 1, True, True)
        self.expect_batch("genesis is overwritten", PLACES, True, False)
        self.expect_batch("above the head", PLACES + 1, False, False)
        self.expect_batch("above the head, of a later lap", 2 * PLACES, False, False)
        self.expect_batch("above the head, of a lap that wraps", 2**49, False, False)
        claim = encode(CLAIM, GENESIS, 0, self.other, bytes(20), 1, [], bytes(20), 0)
        self.expect("claim from a batch that is overwritten", "UnknownBatch", self.refusal(claim))
        self.expect("proof against one", "UnknownBatch", self.refusal(encode("prove(bytes)", GENESIS)))
        _, receipt = self.append("the second of the second lap", header)
        self.expect_batch("another is overwritten", 1, False, True)
        print(f"gas of an append of an empty chunk: {fresh} into a new place, {receipt['gasUsed']} into an old one")
        self.expect("gas of an append", True, receipt["gasUsed"] <= STEADY_GAS)

    def a_hash_is_not_enough(self):
        """The header of a batch long overwritten, whose hash the place may even hold: the lap decides."""
        self.begin(PLACES + 7)
        self.put_record(PLACES + 5, 1, header=header_of(5))
        claim = encode(CLAIM, header_of(5), 0, self.other, bytes(20), 1, [], bytes(20), 0)
        self.expect("the place holds another lap's", "UnknownBatch", self.refusal(claim))
        self.put_record(5, 1)
        self.expect("the place holds this lap's", "WithdrawalPosition", self.refusal(claim))

    def a_full_tree_freezes(self):
        self.begin(PLACES + 7)
        self.put_record(PLACES + 5, 1, withdrawals=FULL)
        self.expect("freeze for a batch that is overwritten", "FreezeTooEarly", self.refusal(encode("freeze(uint64)", 5)))
        self.expect("freeze for the one in its place", "None", self.refusal(encode("freeze(uint64)", PLACES + 5)))
        self.put_record(PLACES + 5, self.now, withdrawals=FULL)
        self.expect("freeze before it is final", "FreezeTooEarly", self.refusal(encode("freeze(uint64)", PLACES + 5)))

    def a_stake_waits_for_its_last_batch(self):
        self.begin(PLACES - 1, posted=self.now, term=1)
        self.send(selector("resign()"))
        self.expect("the term's last batch", PLACES - 1, self.view("term(uint64)", 1)[7])
        take = encode("takeStake(uint64)", 1)
        self.expect("pending", "LastBatchPending", self.refusal(take))
        for head, term, told in ((2 * PLACES - 1, 1, "None"), (PLACES - 2, 1, "None"), (PLACES - 1, 2, "None"),
                                 (PLACES - 1, 1, "LastBatchPending")):
            self.put_record(head, self.now, term)
            self.store(HEAD, self.load(HEAD) >> 64 << 64 | head)
            self.expect(f"last batch {PLACES - 1} of term 1, head {head} of term {term}", told, self.refusal(take))

    def a_full_contract_excuses(self):
        """When an operation that was queued now is overdue, with batch 10 in the way of the next one."""
        cases = (("records full", -1, 0, CHALLENGE - 1 + INCLUSION), ("records filled since", 0, 0, INCLUSION),
                 ("the batch in the way overwritten, and its successor struck", -1, 1, INCLUSION),
                 ("a place had been free before", -CHALLENGE, 0, INCLUSION),
                 ("a place has been free since", 1 - CHALLENGE, 0, INCLUSION + 1))
        for what, posted, lap, overdue in cases:
            self.begin(PLACES + 8, self.now, 1)
            time = self.node.time_of(self.send(encode("depositEth(address)", self.other), value=1))
            self.put_record(10 + PLACES * lap, time + posted)
            evict = selector("evict()")
            self.expect(f"{what}: a second before", "NotOverdue", self.refusal(evict, time + overdue - 1))
            self.expect(f"{what}: then", "None", self.refusal(evict, time + overdue))
        self.begin(PLACES - 2)
        time = self.node.time_of(self.send(encode("depositEth(address)", self.other), value=1))
        self.put_record(0, time - 1, header=GENESIS)
        self.expect("the last of the first lap has a place", "None", self.refusal(selector("evict()"), time + INCLUSION))

    def a_strike_goes_back_over_the_laps_end(self):
        self.begin(PLACES - 1)
        for number in (1, 2, 3):
            self.put_record(number, 1)
        truth, lie = State(), State(counts=(2, 0))
        first, _ = self.append("the first of the second lap, a lie", header_of(PLACES - 1), lie)
        second, _ = self.append("the one behind", first, lie)
        proof = (first + bytes(2) + word(3)[30:] + NOTHING[0] + bytes(2) + keccak256(lie.encode()) + truth.encode())
        self.expect("strike", 1, self.send(encode("prove(bytes)", proof), self.other)["status"])
        self.expect("the head", [PLACES - 1, int.from_bytes(keccak256(header_of(PLACES - 1)), "big")], self.view("head()"))
        for number, final in ((0, True), (1, True), (PLACES, False), (PLACES + 1, False)):
            self.expect_batch("struck over the lap's end", number, False, final)
        self.expect_batch("struck over the lap's end", 2, True, True)
        self.expect("a proof against it again", "UnknownBatch", self.refusal(encode("prove(bytes)", proof)))
        self.expect("a proof against what fell with it", "UnknownBatch", self.refusal(encode("prove(bytes)", second)))
        self.send(selector("becomeSequencer()"), value=STAKE)
        self.put_record(2, self.now)  # pending: it isn't in the way of the first one
        first, _ = self.append("again", header_of(PLACES - 1))
        data, _ = self.batch(first)
        self.expect("of the next one it is", "RecordsFull", self.refusal(data))

    def run_cases(self, *cases):
        for case in cases:
            faults = self.faults
            case()
            print(f"{case.__name__}: {self.faults - faults} wrong")
        return self.faults

    def run(self):
        return self.run_cases(self.the_first_lap_ends, self.a_hash_is_not_enough, self.a_full_tree_freezes,
                              self.a_stake_waits_for_its_last_batch, self.a_full_contract_excuses,
                              self.a_strike_goes_back_over_the_laps_end)


def main():
    with Anvil() as node:
        faults = Suite(node).run()
    sys.exit(f"{faults} wrong" if faults else 0)


if __name__ == "__main__":
    main()
