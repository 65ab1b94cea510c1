#!/usr/bin/env python3
"""Batches in blobs, posted by real transactions, and proofs about them, before the rollup contract in Solidity on Anvil. The
blobs are constant (constant_blobs.py); proofs about others are among the vectors.

usage: blob_batches_test.py
"""
import sys

sys.dont_write_bytecode = True
from vectors import keccak256, of_bytes, word  # makes tests/ known
import constant_blobs
from anvil import TX_GAS, Anvil, ethereum
from constant_blobs import R, Blob, opening
from contract_smoke_test import State
from records_test import CHALLENGE, PLACES, Suite, header_of

APPEND_GAS = 80_000  # of a transaction with 96 chunks, calldata and all
HEAD = PLACES + 10
TRUTH, LIE = State(), State(counts=(2, 0))
# Slots of these: after is whatever; then three bytes of ops, no sigs, and the ops of an empty chunk.
NOTHING = Blob(int.from_bytes(bytes([0, 0]) + bytes.fromhex("0003" "0000" "800000") + bytes(23), "big"))
ZERO, ONE, LARGEST = Blob(0), Blob(1), Blob(R - 1)  # LARGEST: lengths that are too large


def chained():
    """A state, and a blob in each slot of which `after` is its hash, and the lengths are too large."""
    for ops in range(1 << 16):
        state = State(ops=ops)
        after = keccak256(state.encode())
        if after[31] == after[0] and after[1] >= 16:
            return state, Blob(int.from_bytes(b"\0" + after[:31], "big"))
    raise AssertionError("none is found")


class BlobSuite(Suite):
    def __init__(self, node):
        super().__init__(node)
        self.key = node.key("sequencer")
        self.sequencer = ethereum.address_of(self.key)
        node.l1.rpc("anvil_impersonateAccount", ethereum.hex_of(self.sequencer))
        self.state, self.chained = chained()

    # ---- Batches ----

    def batch(self, blobs, count, last=TRUTH, **other):
        """The bytes and the header."""
        parent = other.get("parent", header_of(HEAD))
        head = word(int.from_bytes(parent[:8], "big") + 1)[24:]
        data_root = keccak256(b"".join(one.versioned_hash for one in blobs))
        batch = head + parent + bytes(32) + word(count)[30:] + last.encode()
        header = head + keccak256(parent) + word(count)[30:] + b"\1" + data_root + keccak256(parent[107:]) + last.encode()
        return batch, header

    def post(self, batch, blobs):
        self.at(self.now + 1)
        data = of_bytes("appendBlobs(bytes)", batch)
        return constant_blobs.transaction(self.node.l1, self.key, self.rollup, data, blobs, 1_000_000)

    def stand(self, blobs, count, last=TRUTH, parent=State()):
        """On a new contract, one batch; its header."""
        self.begin(HEAD)
        parent = header_of(HEAD, parent)
        self.put_record(HEAD, 1, header=parent)
        for number in range(HEAD + 1, HEAD + 4):
            self.put_record(number - PLACES, 1)
        batch, header = self.batch(blobs, count, last, parent=parent)
        self.last = self.post(batch, blobs)
        self.expect(f"{count} chunks: the head", (1, [HEAD + 1, int.from_bytes(keccak256(header), "big")]),
                    (self.last["status"], self.view("head()")))
        return header

    def told(self, batch, hashes, data=None):
        """Name of the error of a call with these versioned hashes."""
        self.at(self.now + 1)
        self.node.l1.rpc("evm_mine")
        fields = {"from": ethereum.hex_of(self.sequencer), "to": ethereum.hex_of(self.rollup), "gas": hex(TX_GAS),
                  "data": ethereum.hex_of(data or of_bytes("appendBlobs(bytes)", batch))}
        if hashes:
            fields |= {"type": "0x3", "blobVersionedHashes": [ethereum.hex_of(one) for one in hashes],
                       "maxFeePerBlobGas": hex(10**12)}
        try:
            self.node.l1.rpc("eth_call", fields, "latest")
            return "None"
        except ethereum.RpcError as refused:
            return self.names.get(bytes.fromhex(refused.error.get("data", "0x")[2:]), str(refused))

    # ---- The cases ----

    def batches_stand(self):
        for blobs, count in (([NOTHING], 1), ([ONE], 32), ([ZERO, ONE, LARGEST], 96), ([ONE, ONE], 33),
                             ([ZERO, ONE, LARGEST, NOTHING, ZERO, ONE], 192)):
            self.stand(blobs, count)
            print(f"gas of an append of {count} chunks in {len(blobs)} blobs into an old place: {self.last['gasUsed']}")
            self.expect(f"{count} chunks: gas", True, self.last["gasUsed"] <= APPEND_GAS)

    def others_are_refused(self):
        self.begin(HEAD)
        one, two, three = (blob.versioned_hash for blob in (ZERO, ONE, LARGEST))
        batch, _ = self.batch([ZERO, ONE], 64)

        def of(count):
            return self.batch([], count)[0]

        cases = (("as it should be", batch, [one, two], "None"), ("a byte too few", batch[:-1], [one, two], "Truncated"),
                 ("a byte more", batch + b"\0", [one, two], "TrailingBytes"), ("no chunk", of(0), [one], "ChunkCount"),
                 ("no chunk, a byte more", of(0) + b"\0", [one], "ChunkCount"),
                 ("193 chunks", of(193), [one] * 6, "ChunkCount"), ("192 chunks", of(192), [one] * 6, "None"),
                 ("no blob", batch, [], "BlobHashes"), ("a blob too few", batch, [one], "BlobHashes"),
                 ("a blob too many", batch, [one, two, three], "BlobHashes"),
                 ("a chunk too many", of(65), [one, two], "BlobHashes"),
                 ("a chunk less", of(63), [one, two], "None"), ("32 chunks less", of(32), [one, two], "BlobHashes"),
                 ("another number, and no blob", word(1)[24:] + batch[8:], [], "BlobHashes"),
                 ("another number", word(1)[24:] + batch[8:], [one, two], "BatchNumber"),
                 ("another parent", batch[:8] + bytes(195) + batch[203:], [one, two], "NotOnHead"),
                 ("another queue", batch[:203] + word(1) + batch[235:], [one, two], "QueueHash"))
        for what, data, hashes, name in cases:
            self.expect(what, name, self.told(data, hashes))
        exact = of_bytes("appendBlobs(bytes)", batch)
        self.expect("a word more", "CalldataNotExact", self.told(batch, [one, two], exact + bytes(32)))
        self.put_record(HEAD + 1 - PLACES + 1, self.now)
        self.expect("no place", "RecordsFull", self.told(batch, [one, two]))
        receipt = self.post(batch, [ZERO])
        self.expect("a real transaction with a blob too few", 0, receipt["status"])

    # ---- Proofs ----

    def judge(self, proof, gas=TX_GAS):
        _, reverted = self.node.call(self.rollup, of_bytes("prove(bytes)", proof), gas)
        return "None" if reverted is None else self.names.get(reverted, "0x" + reverted.hex())

    @staticmethod
    def proof(header, blobs, index, before, **other):
        hashes = b"".join(one.versioned_hash for one in blobs)
        parts = {"index": word(index)[30:], "hashes": hashes, "opening": b"", "before": before.encode(), "frontier": b"", **other}
        parts["opening"] = parts["opening"] or opening(blobs, index)
        return header + b"".join(parts.values())

    def strikes(self, what, proof):
        self.expect(what, "None", self.judge(proof))
        receipt = self.node.act(self.other, self.rollup, of_bytes("prove(bytes)", proof))
        print(f"gas of a proof, {what}: {receipt['gasUsed']}, {len(proof)} bytes")
        self.expect(what, (1, HEAD), (receipt["status"], self.view("head()")[0]))

    def claims_are_judged(self):
        s, c = self.state, self.chained
        # what, blobs, chunks, last, parent's last, chunk, before, whether the claim about it is true
        cases = (("an empty chunk", [NOTHING], 1, TRUTH, TRUTH, 0, TRUTH, True),
                 ("an empty chunk that leads elsewhere", [NOTHING], 1, LIE, TRUTH, 0, TRUTH, False),
                 ("no ops, the claim in the slot", [ZERO], 2, TRUTH, TRUTH, 0, TRUTH, False),
                 ("lengths too large", [LARGEST], 1, TRUTH, TRUTH, 0, TRUTH, True),
                 ("lengths too large that lead elsewhere", [LARGEST], 1, LIE, TRUTH, 0, TRUTH, False),
                 ("the first of many", [c], 3, LIE, s, 0, s, True),
                 ("amid", [c], 3, LIE, TRUTH, 1, s, True),
                 ("the last", [c], 3, s, TRUTH, 2, s, True),
                 ("the last that leads elsewhere", [c], 3, LIE, TRUTH, 2, s, False),
                 ("the first of the second blob", [c, ONE], 33, s, TRUTH, 32, s, True),
                 ("the first of the second blob, not the last", [c, ONE], 34, s, TRUTH, 32, s, False),
                 ("the second of the second blob", [ONE, c], 34, LIE, TRUTH, 33, s, False),
                 ("the last of the third", [ZERO, ONE, c], 96, s, TRUTH, 95, s, True),
                 ("the first of the third", [ZERO, c, c], 96, s, TRUTH, 64, s, True),
                 ("the first of the third that leads elsewhere", [ZERO, c, LARGEST], 65, LIE, TRUTH, 64, s, False))
        for what, blobs, count, last, parent, index, before, true in cases:
            proof = self.proof(self.stand(blobs, count, last, parent), blobs, index, before)
            if true:
                self.expect(what, "ClaimIsTrue", self.judge(proof))
            else:
                self.strikes(what, proof)

    def proofs_are_checked(self):
        s, blobs = self.state, [self.chained, ZERO, ONE]
        header = self.stand(blobs, 70, LIE)

        def proof(index=32, before=s, **other):
            return self.judge(self.proof(header, blobs, index, before, **other))

        true = self.proof(header, blobs, 32, s)
        hashes = [one.versioned_hash for one in blobs]
        opened = opening(blobs, 32)
        slot = 3 * 48
        other = State(counts=(1, 1))  # with a withdrawal
        wrong = {"before": other, "frontier": word(1)}  # whose frontier is another
        self.expect("the proof", "None", self.judge(true))
        for end in (195, 196, 197, 197 + 95, 197 + 96, len(true) - 89, len(true) - 88, len(true) - 1):
            self.expect(f"{end} bytes of it", "Truncated", self.judge(true[:end]))
        self.expect("a byte more", "TrailingBytes", self.judge(true + b"\0"))
        self.expect("a chunk that isn't there", "ChunkIndex", proof(70, opening=opening(blobs, 70), hashes=bytes(96)))
        self.expect("one of a blob that isn't there", "ChunkIndex", proof(96, opening=opened))
        self.expect("other hashes", "DataRoot", proof(hashes=hashes[0] + hashes[2] + hashes[1]))
        self.expect("other hashes, another opening", "DataRoot", proof(hashes=bytes(96), opening=bytes(len(opened))))
        for at in (slot, slot + 32 * 127, slot + 4096, slot + 4096 + 32):
            beyond = opened[:at] + word(R + int.from_bytes(opened[at:at + 32], "big")) + opened[at + 32:]
            changed = opened[:at] + word(1 + int.from_bytes(opened[at:at + 32], "big")) + opened[at + 32:]
            self.expect(f"an element not below r at {at}", "Element", proof(opening=beyond, **wrong))
            self.expect(f"another element at {at}", "Opening", proof(opening=changed, **wrong))
        self.expect("another state before", "BeforeState", proof(before=TRUTH))
        self.expect("another state before, and no frontier", "BeforeState", proof(**wrong))
        self.expect("another state before the first chunk", "BeforeState", proof(index=0, before=s, opening=opening(blobs, 0)))
        self.expect("the first chunk", "None", proof(index=0, before=TRUTH, opening=opening(blobs, 0)))
        self.expect("a source that no batch has", "UnknownBatch", self.judge(true[:42] + b"\2" + true[43:]))
        self.expect("the source calldata", "UnknownBatch", self.judge(true[:42] + b"\0" + true[43:]))
        header = self.stand([LARGEST], 1, LIE, other)
        self.expect("another frontier, before the lengths", "Frontier",
                    self.judge(self.proof(header, [LARGEST], 0, **wrong)))
        self.expect("final", "BatchFinal", self.refusal(of_bytes("prove(bytes)", header), self.now + CHALLENGE))

    def gas_left_is_no_verdict(self):
        """Whoever sends a proof chooses its gas. However little there is, a true claim is never proven false."""
        blobs = [ONE, self.chained]
        header = self.stand([self.chained, ONE], 33, self.state)
        proof = self.proof(header, [self.chained, ONE], 32, self.state)
        least = 21_000 + 40 * len(of_bytes("prove(bytes)", proof))
        verdicts = {self.judge(proof, gas) for gas in range(least, least + 300_000, 1_703)}
        self.expect("with less and less gas", True, {"Opening", "ClaimIsTrue"} <= verdicts <= {"0x", "Opening", "ClaimIsTrue"})
        self.expect("the blobs in another order", "DataRoot", self.judge(self.proof(header, blobs, 32, self.state)))

    def run(self):
        return self.run_cases(self.batches_stand, self.others_are_refused, self.claims_are_judged, self.proofs_are_checked,
                              self.gas_left_is_no_verdict)


def main():
    with Anvil() as node:
        faults = BlobSuite(node).run()
    sys.exit(f"{faults} wrong" if faults else 0)


if __name__ == "__main__":
    main()
