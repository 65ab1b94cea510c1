#!/usr/bin/env python3
"""The prover in Solidity, part by part, on Anvil under Ethereum's limits, against the vectors that the C++ writes: decoding,
words and signatures, chunks applied. Whole proofs are for court_test.py.

usage: prover_test.py EXPORT_VECTORS [--gas]
EXPORT_VECTORS is the program that writes the vectors, or a folder that holds them. --gas also prints what decoding takes.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import vectors  # makes tests/ known
from anvil import Anvil, npm
from vectors import ROOT, bytes_tail, keccak256, of_bytes, raw, selector, word

MAX_CODE = 24_576
KINDS = {"transfer": 0, "withdraw": 1, "payout": 2, "fund": 3}
REDEEMS = {(True, False): 4, (True, True): 5, (False, True): 6}  # by take and close
# Of a chunk wrong for one of these, apply reads no L1 operations: a slot's, the decoder's sixteen, and the three that follow.
LAST_BEFORE_L1 = 20


def refusal_numbers():
    """From the page: the table's order."""
    with open(os.path.join(ROOT, "docs", "protocol.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Refusals\n")[1].split("\n## ")[0]
    names = re.findall(r"^\| (\w+) \|", section, re.MULTILINE)
    return {name: number for number, name in enumerate(["None"] + names[1:])}


PROVE = selector("prove(bytes,bytes32,bytes32,uint64,bytes32[])")
DIGEST = selector("digest(bytes32,uint256,address,uint256[2][],uint256[3])")
CHANNEL_DIGEST = selector("channelDigest(bytes32,uint256,uint256[])")
# What that hashes: its number, and the members in the harness's order.
CHANNEL_WORDS = {"fund": (0, ("token", "fee", "nonce", "payee", "amount", "unit", "expiry", "salt")),
                 "redeem": (1, ("channel", "token", "claimed", "count", "take", "close", "fee")),
                 "terms": (2, ("payer", "payee", "unit", "expiry", "salt")),
                 "voucher": (3, ("channel", "token", "count"))}
SIGNER = selector("signer(bytes32,bytes)")
CODE_SIZE = selector("codeSize()")
CLAIM_IS_TRUE = selector("ClaimIsTrue()")
WRONG = selector("Wrong(uint8)")  # of a prover that tells why a chunk is wrong


def prove_data(proof, domain, record, first, hashes):
    tail = bytes_tail(proof)
    return (PROVE + word(160) + domain + record + word(first) + word(160 + len(tail)) + tail + word(len(hashes))
            + b"".join(hashes))


DOMAIN_TYPE = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
separators = {}


def domain_separator(domain):
    key = (domain["chainId"], domain["rollup"])
    if key not in separators:
        separators[key] = keccak256(DOMAIN_TYPE + keccak256(b"Gavel") + keccak256(b"1") + word(int(key[0])) + word(raw(key[1])))
    return separators[key]


class Suite(vectors.Differences):
    def __init__(self, node, contracts, folder):
        super().__init__()
        self.node = node
        self.folder = folder
        deployer = node.key("deployer")
        self.prover, self.telling, self.parts = (node.deploy(deployer, name, folder=contracts)[0]
                                                 for name in ("ProverCaller", "TellingCaller", "ProverParts"))
        self.numbers = refusal_numbers()

    # ---- Chunks ----

    def decode(self, ops):
        """The words that decodeOps answers."""
        answer, reverted = self.node.call(self.parts, of_bytes("decodeOps(bytes)", ops))
        if reverted is not None:
            return "reverted with 0x" + reverted.hex()
        words = [int.from_bytes(answer[at:at + 32], "big") for at in range(0, len(answer), 32)]
        return words if len(words) == 1 else words[2:]

    def check_chunks(self):
        cases = vectors.cases(self.folder, "chunks")
        for one in cases:
            got = self.decode(raw(one["ops"]))
            if one["kind"] == "refused":
                self.expect(f"chunk: {one['what']}", [self.numbers[one["refusal"]]], got)
            else:
                gas = got.pop(1) if isinstance(got, list) and len(got) > 1 else None
                self.expect(f"chunk: {one['what']}", [0] + self.flat(one["chunk"]), got)
                one["gas"] = gas
        return cases

    @staticmethod
    def flat(chunk):
        """The words that decodeOps answers of such a chunk."""
        words = [chunk["l1"], chunk["weight"], len(chunk["operations"]), len(chunk["feeLeaves"])]
        for one in chunk["operations"]:
            kind = REDEEMS[one["take"], one["close"]] if one["kind"] == "redeem" else KINDS[one["kind"]]
            lines = one.get("payments", [])
            words += [kind, one["sender"], int(one["fee"]), int(one.get("memo", "0"), 16), len(lines)]
            for line in lines:
                words += flat_recipient(line) + [int(line["amount"])]
            if one["kind"] == "fund":
                words += [0, int(one["payee"], 16), 0, int(one["amount"])]
            elif one["kind"] == "redeem":
                words += [*flat_recipient(one["payee"]), one["payer"], 0]
            if not lines:
                words += [int(one["unit"]), int(one.get("count", 0)), int(one["expiry"]), int(one["salt"])]
        return words + chunk["feeLeaves"]

    # ---- Words and signatures ----

    def check_typed_data(self):
        cases = vectors.cases(self.folder, "typed_data")
        for one in cases:
            what = f"{one['kind']}: {one['what']}"
            name = one.get("operation", one["kind"])
            if name in CHANNEL_WORDS:
                number, members = CHANNEL_WORDS[name]
                data = (CHANNEL_DIGEST + raw(one["domainSeparator"]) + word(number) + word(96) + word(len(members))
                        + b"".join(word_of(one[member]) for member in members))
                self.expect(what, (raw(one["digest"]), None), self.node.call(self.parts, data))
            elif name in KINDS:
                payments = b"".join(word(raw(line["to"])) + word(int(line["amount"])) for line in one["payments"])
                data = (DIGEST + raw(one["domainSeparator"]) + word(KINDS[one["operation"]]) + word(raw(one["token"])) + word(224)
                        + word(int(one["fee"])) + word(int(one["nonce"])) + raw(one["memo"]) + word(len(one["payments"]))
                        + payments)
                self.expect(what, (raw(one["digest"]), None), self.node.call(self.parts, data))
            if one["kind"] == "terms":  # nobody signs them; their digest's end is the channel's address
                self.expect(what + ", channel", raw(one["channel"]), raw(one["digest"])[12:])
                continue
            signer = word(0) if one["signer"] == "none" else word(raw(one["signer"]))
            data = SIGNER + raw(one["digest"]) + word(64) + bytes_tail(raw(one["signature"]))
            self.expect(what + ", signer", (signer, None), self.node.call(self.parts, data))
        return cases

    # ---- Chunks applied ----

    def check_applies(self):
        """Of each applied chunk a proof made here, from the page, against its true state after: all but the last check pass."""
        cases = vectors.cases(self.folder, "applies")
        for one in cases:
            data = self.proof_of_apply(one, keccak256(raw(one["after"])))
            self.expect(f"applied, {one['kind']}: {one['what']} ({one['refusal']})", (None, CLAIM_IS_TRUE),
                        self.node.call(self.prover, data))
            if one["refusal"] not in ("None", "SlotLengths"):  # which only a proof about blobs shows: blob_court_test.py
                self.expect(f"reason, {one['kind']}: {one['what']}", (None, WRONG + word(self.numbers[one["refusal"]])),
                            self.node.call(self.telling, data))
        return cases

    def proof_of_apply(self, one, claim):
        """The chunk as the only one of its batch; calldata of `prove`."""
        ops, sigs, before = raw(one["ops"]), raw(one["sigs"]), raw(one["before"])
        consumed = int.from_bytes(before[72:80], "big")
        count = 0 if 0 < self.numbers[one["refusal"]] <= LAST_BEFORE_L1 else gamma_of(ops)
        entries = [raw(entry) for entry in one["l1Operations"][:count]]
        hashes = [bytes(32) if consumed == 0 else keccak256(b"what came before")]
        for entry in entries:
            hashes.append(keccak256(hashes[-1] + keccak256(entry)))
        last = bytes(72) + word(int(one["limit"]))[24:] + bytes(8)
        header = (word(1)[24:] + bytes(32) + word(1)[30:] + bytes(1) + keccak256(keccak256(ops) + keccak256(before) + claim)
                  + keccak256(keccak256(sigs)) + last)
        proof = header + bytes(2) + word(len(ops))[30:] + ops + word(len(sigs))[30:] + sigs + claim + before
        proof += b"".join(map(raw, one["frontier"])) + b"".join(entries)
        for access in one["accesses"]:
            if access["kind"] == "find":
                proof += word(access["index"])[28:]
            proof += (raw(access["leaf"]) if access["kind"] != "append" else b"") + b"".join(map(raw, access["path"]))
        return prove_data(proof, domain_separator(one["domain"]), keccak256(header), consumed, hashes)

    def check_code_size(self):
        size = int.from_bytes(self.node.call(self.prover, CODE_SIZE)[0], "big")
        print(f"prover's code: {size} of {MAX_CODE} bytes")
        self.expect("prover's code fits", True, 0 < size <= MAX_CODE)


def word_of(value):
    """Of an address, a decimal number or a truth."""
    return word(raw(value)) if isinstance(value, str) and value.startswith("0x") else word(int(value))


def flat_recipient(recipient):
    return [1, int(recipient["address"], 16)] if "address" in recipient else [0, recipient["index"]]


def gamma_of(ops):
    """The gamma that `ops` begin with."""
    bits = bin(int.from_bytes(b"\1" + ops[:4], "big"))[3:]
    zeros = bits.index("1")
    return int(bits[zeros:2 * zeros + 1], 2) - 1


def run(folder, exporter, gas):
    npm.install(npm.CONTRACTS)
    contracts = os.path.join(folder, "contracts")
    subprocess.run(["node", os.path.join(npm.CONTRACTS, "compile.mjs"), "tests", contracts], check=True)
    with Anvil() as node:
        suite = Suite(node, contracts, vectors.write(exporter, folder))
        suite.check_code_size()
        for check in (suite.check_chunks, suite.check_typed_data, suite.check_applies):
            start, faults = time.monotonic(), suite.faults
            cases = check()
            print(f"{check.__name__}: {len(cases)} cases, {suite.faults - faults} wrong, {time.monotonic() - start:.1f} s")
            if gas and check == suite.check_chunks:
                for one in sorted((one for one in cases if one.get("gas")), key=lambda one: -one["gas"])[:8]:
                    print(f"  decoding {one['what']}, {len(raw(one['ops']))} bytes: {one['gas']} gas")
    return suite.faults


def main():
    arguments = [one for one in sys.argv[1:] if one != "--gas"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        faults = run(folder, os.path.abspath(arguments[0]), "--gas" in sys.argv)
    sys.exit(f"{faults} wrong" if faults else 0)


if __name__ == "__main__":
    main()
