#!/usr/bin/env python3
"""Every exported fraud proof before the rollup contract itself, on Anvil under Ethereum's limits.

For each batch of proofs.json the contract stands where its signatures say, with the state before as its head and the queue's
hashes stored, as if there had been a history: both are written into its storage. The rest is calls. A sequencer takes the seat
and appends the batch; a proof that proves nothing is refused by name; one that holds is committed to and sent, and strikes. What
a batch in blobs leaves in storage is written there, since its transaction would need the blobs.

usage: court_test.py EXPORT_VECTORS
EXPORT_VECTORS is the program that writes the vectors, or a folder that holds them.
"""
import collections
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import vectors  # makes tests/ known
from anvil import TX_GAS, Anvil, ethereum
from vectors import keccak256, of_bytes, raw, selector, word

WEEK = 7 * 24 * 3600
STAKE = 10**18
MEMPOOL_BYTES = 128 * 1024
ORDINARY_GAS, ORDINARY_BYTES = 4_000_000, 100_000
ERRORS = ("Truncated", "UnknownBatch", "ChunkIndex", "OpsPath", "SigsPath", "DataRoot", "Element", "Opening", "BeforeState",
          "Frontier", "L1Operations", "HintRange", "LeafPath", "Lookup", "TrailingBytes", "ClaimIsTrue")
ERROR_NAMES = {selector(name + "()"): name for name in ERRORS}
# docs/contract.md, "Storage".
HEAD, RECORDS, QUEUE_HASHES, QUEUE_TIMES = 0, 2, 4, 5
PLACES = 131_072
IN_BLOBS = 1
HEADER = 195


def number(data):
    return int.from_bytes(data, "big")


def slot(key, mapping):
    return number(keccak256(word(key) + word(mapping)))


class Suite(vectors.Differences):
    def __init__(self, node):
        super().__init__()
        self.node = node
        self.sequencer, self.prover = node.accounts[:2]
        deployed, _ = node.deploy(node.key("deployer"), "Rollup", WEEK, WEEK, 3 * WEEK, STAKE, 0)
        self.code = node.l1.rpc("eth_getCode", ethereum.hex_of(deployed), "latest")
        node.l1.rpc("anvil_setBlockTimestampInterval", 1)
        self.rollup = None
        self.kept = node.l1.rpc("evm_snapshot")
        self.counts = collections.Counter()

    # ---- The contract ----

    def store(self, at, value):
        self.node.l1.rpc("anvil_setStorageAt", ethereum.hex_of(self.rollup), hex(at), ethereum.hex_of(word(value)))

    def begin(self, rollup, batch, queue_hashes):
        """A contract on which `batch` comes next."""
        self.node.l1.rpc("evm_revert", self.kept)
        self.kept = self.node.l1.rpc("evm_snapshot")
        self.rollup = rollup
        self.node.l1.rpc("anvil_setCode", ethereum.hex_of(rollup), self.code)
        parent = batch[8:8 + HEADER]
        self.put_record(keccak256(parent), number(parent[:8]), parent[107:], 0, 0)
        self.store(HEAD, number(parent[:8]))
        for index, stored in queue_hashes.items():
            if index > 0:
                self.store(slot(index, QUEUE_HASHES), stored)
        self.store(QUEUE_TIMES, max(queue_hashes, default=0))

    def put_record(self, batch_hash, batch, last, posted, term):
        at = slot(batch % PLACES, RECORDS)
        self.store(at, batch_hash)
        counters = number(last[68:72]) << 64 | number(last[72:80])  # withdrawalCount, l1OpsConsumed
        self.store(at + 1, batch // PLACES << 224 | counters << 128 | term << 64 | posted)

    def view(self, signature, *words):
        return self.node.l1.call(self.rollup, signature, *words)

    def send(self, sender, data, value=0):
        return self.node.act(sender, self.rollup, data, value)

    def post(self, what, batch):
        """Appends the case's batch, of term 1."""
        posted = raw(batch["bytes"])
        seat = self.send(self.sequencer, selector("becomeSequencer()"), STAKE)
        self.expect(f"{what}: the seat is taken", 1, seat["status"])
        if batch["source"] == IN_BLOBS:
            self.post_blobs(what, batch, posted, self.node.time_of(seat))
        else:
            appended = self.send(self.sequencer, of_bytes("append(bytes)", posted))
            self.expect(f"{what}: the batch is appended", 1, appended["status"])
        head = [number(posted[:8]), number(raw(batch["hash"]))]
        self.expect(f"{what}: the batch stands", head, self.view("head()"))
        self.expect(f"{what}: the batch's header", batch["hash"], ethereum.hex_of(keccak256(raw(batch["header"]))))

    def post_blobs(self, what, batch, posted, time):
        """Stores what appendBlobs would, in a transaction with blobs of these versioned hashes."""
        parent, end = posted[8:8 + HEADER], posted[8 + HEADER + 32:]
        count, last = end[:2], end[2:]
        data_root = keccak256(b"".join(map(raw, batch["blobHashes"])))
        header = posted[:8] + keccak256(parent) + count + b"\1" + data_root + keccak256(parent[107:]) + last
        self.expect(f"{what}: header of a batch in blobs", batch["header"], ethereum.hex_of(header))
        self.expect(f"{what}: blobs", -(-number(count) // 32), len(batch["blobHashes"]))
        self.put_record(keccak256(header), number(posted[:8]), last, time, 1)
        self.store(HEAD, 1 << 64 | number(posted[:8]))

    def judge(self, proof, gas=TX_GAS):
        """Name of the error, or "None"."""
        _, reverted = self.node.call(self.rollup, of_bytes("prove(bytes)", proof), gas)
        return "None" if reverted is None else ERROR_NAMES.get(reverted, "0x" + reverted.hex())

    def strike(self, what, parent, proof):
        """Commits to the proof and sends it; the receipt. `parent` is the header of the batch before."""
        commitment = keccak256(self.prover + keccak256(proof) + (1).to_bytes(8, "big"))  # of term 1
        self.send(self.prover, selector("commitProof(bytes32)") + commitment)
        receipt = self.send(self.prover, of_bytes("prove(bytes)", proof))
        events = [log["topics"][0] for log in receipt["logs"]]
        told = ["0x" + keccak256(event).hex()
                for event in (b"BatchStruck(uint64,bytes32,uint64,address)", b"TermEnded(uint64,uint8)")]
        self.expect(f"{what}: struck", (1, told), (receipt["status"], events))
        self.expect(f"{what}: head", [number(parent[:8]), number(keccak256(parent))], self.view("head()"))
        self.expect(f"{what}: the seat is free", [0], self.view("currentTerm()"))
        _, stake, _, _, slashed, _, last_prover, *_ = self.view("term(uint64)", 1)
        self.expect(f"{what}: the term", (0, 1, number(self.prover)), (stake, slashed, last_prover))
        self.expect(f"{what}: burned", [STAKE - STAKE // 4], self.view("burned()"))
        return receipt

    # ---- The cases ----

    def check_batch(self, cases):
        """The proofs about one batch: those that prove nothing first."""
        one, stands = cases[0], False
        batch = raw(one["batch"]["bytes"])
        queue_hashes = {int(index): raw(stored) for index, stored in one["queueHashes"].items()}
        for case in sorted(cases, key=lambda case: case["error"] == "None"):
            what, proof = f"{case['kind']}: {case['what']}", raw(case["proof"])
            if not stands:
                self.begin(raw(one["domain"]["rollup"]), batch, queue_hashes)
                self.post(what, one["batch"])
            self.counts[case["error"]] += 1
            self.expect(what, case["error"], self.judge(proof))
            stands = case["error"] != "None"
            if stands:
                continue
            receipt = self.strike(what, batch[8:8 + HEADER], proof)
            if case["kind"] in ("ordinary", "worst"):
                self.check_size(case, proof, receipt["gasUsed"])

    def check_size(self, case, proof, used):
        calldata = of_bytes("prove(bytes)", proof)
        fields = [31337, 2**40, 2**40, 2**40, TX_GAS, bytes(20), 0, calldata, [], 1, 2**255, 2**255]
        envelope = len(ethereum.rlp(fields)) + 1
        floor_later = 21_000 + 64 * len(calldata)  # EIP-7976
        print(f"{case['kind']}, {case['what']}: proof {len(proof)} bytes, transaction {envelope} bytes, {used} gas; "
              f"floor at 64 a byte {floor_later}")
        if case["kind"] == "ordinary":
            self.expect("ordinary proof: within its bounds", True, used <= ORDINARY_GAS and len(calldata) <= ORDINARY_BYTES)
        self.expect(f"{case['what']}: within bounds", True,
                    used < TX_GAS and floor_later < TX_GAS and envelope <= MEMPOOL_BYTES)

    def check_gas_left(self, case):
        """Whoever sends a proof chooses its gas. However little there is, a true claim is never proven false."""
        proof = raw(case["proof"])
        least = 21_000 + 40 * len(of_bytes("prove(bytes)", proof))  # EIP-7623: less, and there is no call
        verdicts = {self.judge(proof, gas) for gas in range(least, least + 300_000, 701)}
        allowed = {"0x", "ClaimIsTrue", "Opening"} if case["batch"]["source"] == IN_BLOBS else {"0x", "ClaimIsTrue"}
        self.expect(f"{case['what']}, with less and less gas", (True, set()), ("ClaimIsTrue" in verdicts, verdicts - allowed))

    def run(self, cases):
        groups = collections.defaultdict(list)
        for case in cases:
            groups[case["domain"]["rollup"], case["batch"]["bytes"], case["batch"]["hash"]].append(case)
        tried = 0
        for group in groups.values():
            self.check_batch(group)
            if group[0]["what"] in ("the truth", "everything at once") and group[0]["error"] == "ClaimIsTrue":
                self.check_gas_left(group[0])
                tried += 1
        self.expect("cases for the gas", True, tried >= 2)
        for name in ("None", *ERRORS):
            self.expect(f"{name} comes up", True, self.counts[name] > 0)
        print(f"{len(cases)} proofs about {len(groups)} batches, {self.counts['None']} struck, {self.faults} wrong")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Anvil() as node:
        suite = Suite(node)
        suite.run(vectors.cases(vectors.write(os.path.abspath(sys.argv[1]), folder), "proofs"))
    print(f"{time.monotonic() - start:.1f} s")
    sys.exit(f"{suite.faults} wrong" if suite.faults else 0)


if __name__ == "__main__":
    main()
