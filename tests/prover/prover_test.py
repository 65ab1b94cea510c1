#!/usr/bin/env python3
"""The prover in Solidity, on Anvil under Ethereum's limits, against the vectors that the C++ writes.

usage: prover_test.py EXPORT_VECTORS [--gas]
EXPORT_VECTORS is the program that writes the vectors, or a folder that holds them. --gas also prints what decoding takes.
"""
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
import npm  # noqa: E402
from ethereum import keccak256, rlp  # noqa: E402

TX_GAS = 2**24
MEMPOOL_BYTES = 128 * 1024
ORDINARY_GAS, ORDINARY_BYTES = 4_000_000, 100_000
MAX_CODE = 24_576
KINDS = {"transfer": 0, "withdraw": 1, "payout": 2}
PROOF_ERRORS = ("Truncated", "UnknownBatch", "ChunkIndex", "OpsPath", "SigsPath", "Frontier", "L1Operations", "HintRange",
                "LeafPath", "Lookup", "TrailingBytes", "ClaimIsTrue")
# Of a chunk wrong for one of these, apply reads no L1 operations: the decoder's sixteen, and the three that follow.
LAST_BEFORE_L1 = 19


class Wrong(Exception):
    pass


def raw(text):
    return bytes.fromhex(text[2:])


def word(value):
    return (value if isinstance(value, int) else int.from_bytes(value, "big")).to_bytes(32, "big")


def refusal_numbers():
    """From the page: the table's order."""
    with open(os.path.join(ROOT, "docs", "protocol.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Refusals\n")[1].split("\n## ")[0]
    names = re.findall(r"^\| (\w+) \|", section, re.MULTILINE)
    return {name: number for number, name in enumerate(["None"] + names[1:])}


class Node:
    """Anvil, on a port of its own choice, with the contracts of tests/contracts/ on it."""

    def __init__(self, folder):
        flags = ["--hardfork", "osaka", "--enable-tx-gas-limit", "--port", "0", "--chain-id", "31337"]
        self.log = os.path.join(folder, "anvil.log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([npm.anvil(), *flags], stdout=log, stderr=subprocess.STDOUT)
        self.connection = http.client.HTTPConnection("127.0.0.1", self._port(), timeout=60)
        self.account = self.rpc("eth_accounts")[0]

    def _port(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, encoding="utf-8") as log:
                found = re.search(r"Listening on \S+:(\d+)", log.read())
            if found:
                return int(found.group(1))
            time.sleep(0.05)
        raise Wrong("Anvil doesn't start: " + self.log)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(self.connection.getresponse().read())

    def rpc(self, method, *params):
        answer = self.ask(method, *params)
        if "error" in answer:
            raise Wrong(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, **fields):
        """The receipt of a transaction that succeeded."""
        tx = self.rpc("eth_sendTransaction", {"from": self.account, "gas": hex(TX_GAS), **fields})
        end = time.monotonic() + 60
        while time.monotonic() < end:
            receipt = self.rpc("eth_getTransactionReceipt", tx)
            if receipt and receipt["status"] == "0x1":
                return receipt
            if receipt:
                raise Wrong(f"transaction {tx} fails")
            time.sleep(0.05)
        raise Wrong(f"transaction {tx} is in no block")

    def deploy(self, folder, name):
        with open(os.path.join(folder, name + ".creation.hex"), encoding="ascii") as file:
            return self.send(data="0x" + file.read().strip())["contractAddress"]

    def call(self, to, data, gas=TX_GAS):
        """(answer, None), or (None, what it reverted with)."""
        answer = self.ask("eth_call", {"from": self.account, "to": to, "data": "0x" + data.hex(), "gas": hex(gas)}, "latest")
        if "error" not in answer:
            return raw(answer["result"]), None
        reverted = answer["error"].get("data")
        if reverted is None and "OutOfGas" in answer["error"]["message"]:
            return None, b""
        if reverted is None:
            raise Wrong(f"eth_call: {answer['error']}")
        return None, raw(reverted)


def selector(signature):
    return keccak256(signature.encode())[:4]


def bytes_tail(data):
    return word(len(data)) + data + bytes(-len(data) % 32)


PROVE = selector("prove(bytes,bytes32,bytes32,uint64,bytes32[])")
DECODE = selector("decodeOps(bytes)")
DIGEST = selector("digest(bytes32,uint256,address,uint256[2][],uint256[3])")
SIGNER = selector("signer(bytes32,bytes)")
CODE_SIZE = selector("codeSize()")
ERROR_NAMES = {selector(name + "()"): name for name in PROOF_ERRORS}


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


class Suite:
    def __init__(self, node, contracts, vectors):
        self.node = node
        self.vectors = vectors
        self.prover = node.deploy(contracts, "ProverCaller")
        self.parts = node.deploy(contracts, "ProverParts")
        self.numbers = refusal_numbers()
        self.faults = 0

    def cases(self, name):
        with open(os.path.join(self.vectors, name + ".json"), encoding="utf-8") as file:
            return json.load(file)["cases"]

    def expect(self, what, wanted, got):
        if wanted != got:
            self.faults += 1
            if self.faults <= 40:
                print(f"{what}: expected {wanted}, got {got}")

    # ---- Chunks ----

    def decode(self, ops):
        """The words that decodeOps answers."""
        answer, reverted = self.node.call(self.parts, DECODE + word(32) + bytes_tail(ops))
        if reverted is not None:
            return "reverted with 0x" + reverted.hex()
        words = [int.from_bytes(answer[at:at + 32], "big") for at in range(0, len(answer), 32)]
        return words if len(words) == 1 else words[2:]

    def check_chunks(self):
        cases = self.cases("chunks")
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
        words = [chunk["l1"], chunk["weight"], len(chunk["operations"]), len(chunk["feeLeaves"])]
        for one in chunk["operations"]:
            words += [KINDS[one["kind"]], one["sender"], int(one["fee"]), int(one["memo"], 16), len(one["payments"])]
            for line in one["payments"]:
                to = [1, int(line["address"], 16)] if "address" in line else [0, line["index"]]
                words += to + [int(line["amount"])]
        return words + chunk["feeLeaves"]

    # ---- Words and signatures ----

    def check_typed_data(self):
        cases = self.cases("typed_data")
        for one in cases:
            what = f"{one['kind']}: {one['what']}"
            if one["kind"] == "operation":
                payments = b"".join(word(raw(line["to"])) + word(int(line["amount"])) for line in one["payments"])
                data = (DIGEST + raw(one["domainSeparator"]) + word(KINDS[one["operation"]]) + word(raw(one["token"])) + word(224)
                        + word(int(one["fee"])) + word(int(one["nonce"])) + raw(one["memo"]) + word(len(one["payments"]))
                        + payments)
                self.expect(what, (raw(one["digest"]), None), self.node.call(self.parts, data))
            signer = word(0) if one["signer"] == "none" else word(raw(one["signer"]))
            data = SIGNER + raw(one["digest"]) + word(64) + bytes_tail(raw(one["signature"]))
            self.expect(what + ", signer", (signer, None), self.node.call(self.parts, data))
        return cases

    # ---- Proofs ----

    def judge(self, data, gas=TX_GAS):
        """(the name of the error, or "None"; the gas of the check if there is none)."""
        answer, reverted = self.node.call(self.prover, data, gas)
        if reverted is None:
            return "None", int.from_bytes(answer, "big")
        return ERROR_NAMES.get(reverted, "0x" + reverted.hex()), None

    @staticmethod
    def data_of_proof(one):
        first = min(map(int, one["queueHashes"]), default=0)
        hashes = [raw(one["queueHashes"][str(first + i)]) for i in range(len(one["queueHashes"]))]
        return prove_data(raw(one["proof"]), domain_separator(one["domain"]), raw(one["batch"]["hash"]), first, hashes)

    def check_proofs(self):
        cases = self.cases("proofs")
        for one in cases:
            data = self.data_of_proof(one)
            error, gas = self.judge(data)
            self.expect(f"proof, {one['kind']}: {one['what']}", one["error"], error)
            if one["kind"] in ("ordinary", "worst") and error == "None":
                self.check_size(one, data, gas)
                true = with_claim(raw(one["proof"]), keccak256(raw(one["result"])))
                told = {"proof": "0x" + true.hex(), "batch": {"hash": "0x" + keccak256(true[:194]).hex()}}
                self.expect(f"proof, {one['kind']}, of the true claim: {one['what']}", "ClaimIsTrue",
                            self.judge(self.data_of_proof({**one, **told}))[0])
        return cases

    def check_size(self, one, data, gas):
        used = int(self.node.send(to=self.prover, data="0x" + data.hex())["gasUsed"], 16)
        # A signed transaction around the rollup contract's call prove(bytes).
        proof = raw(one["proof"])
        calldata = bytes(4) + word(32) + bytes_tail(proof)
        envelope = len(rlp([31337, 2**40, 2**40, 2**40, TX_GAS, bytes(20), 0, calldata, [], 1, 2**255, 2**255])) + 1
        floor_later = 21_000 + 64 * len(calldata)
        print(f"{one['kind']}, {one['what']}: proof {len(proof)} bytes, transaction {envelope} bytes, check {gas} gas, "
              f"transaction {used} gas; floor at 64 a byte {floor_later}")
        if one["kind"] == "ordinary":
            self.expect("ordinary proof: within its bounds", True, used <= ORDINARY_GAS and len(calldata) <= ORDINARY_BYTES)
        self.expect(f"{one['what']}: within bounds", True,
                    used < TX_GAS and floor_later < TX_GAS and envelope <= MEMPOOL_BYTES)

    def check_gas_left(self):
        """Whoever sends a proof chooses its gas. However little there is, a true claim is never proven false."""
        names = ("the truth", "everything at once")
        cases = [one for one in self.cases("proofs") if one["what"] in names and one["error"] == "ClaimIsTrue"]
        self.expect("cases for the gas", len(names), len(cases))
        for one in cases:
            data = self.data_of_proof(one)
            least = 21_000 + 40 * len(data)  # EIP-7623: less than the calldata's own and there is no call
            verdicts = {self.judge(data, gas)[0] for gas in range(least, least + 300_000, 701)}
            self.expect(f"{one['what']}, with less and less gas", {"0x", "ClaimIsTrue"}, verdicts)
        return cases

    # ---- Chunks applied ----

    def check_applies(self):
        """Of each applied chunk a proof made here, from the page, against its true state after: all but the last check pass."""
        cases = self.cases("applies")
        for one in cases:
            self.expect(f"applied, {one['kind']}: {one['what']} ({one['refusal']})", "ClaimIsTrue",
                        self.judge(self.proof_of_apply(one, keccak256(raw(one["after"]))))[0])
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
        header = (word(1)[24:] + bytes(32) + word(1)[30:] + keccak256(keccak256(ops) + keccak256(before) + claim)
                  + keccak256(keccak256(sigs)) + last)
        proof = header + bytes(2) + word(len(ops))[30:] + ops + word(len(sigs))[30:] + sigs + before + claim
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


def with_claim(proof, claim):
    """The proof, its batch claiming `claim` after the chunk."""
    index, place = int.from_bytes(proof[194:196], "big"), 196
    parts = []  # ops, sigs
    for _ in range(2):
        end = place + 2 + int.from_bytes(proof[place:place + 2], "big")
        parts.append(proof[place + 2:end])
        place = end
    depth = (int.from_bytes(proof[40:42], "big") - 1).bit_length()
    path, before = place, place + 64 * depth
    node = keccak256(keccak256(parts[0]) + keccak256(proof[before:before + 88]) + claim)
    for h in range(depth):
        sibling = proof[path + 32 * h:path + 32 * h + 32]
        node = keccak256(sibling + node if index >> h & 1 else node + sibling)
    return proof[:42] + node + proof[74:before + 88] + claim + proof[before + 120:]


def gamma_of(ops):
    """The gamma that `ops` begin with."""
    bits = bin(int.from_bytes(b"\1" + ops[:4], "big"))[3:]
    zeros = bits.index("1")
    return int(bits[zeros:2 * zeros + 1], 2) - 1


def run(folder, vectors, gas):
    if os.path.isfile(vectors):
        made = os.path.join(folder, "vectors")
        os.mkdir(made)
        subprocess.run([vectors, made], check=True, stdout=subprocess.DEVNULL)
        vectors = made
    npm.install(npm.CONTRACTS)
    contracts = os.path.join(folder, "contracts")
    subprocess.run(["node", os.path.join(npm.CONTRACTS, "compile.mjs"), "tests", contracts], check=True)
    node = Node(folder)
    try:
        suite = Suite(node, contracts, vectors)
        suite.check_code_size()
        for check in (suite.check_chunks, suite.check_typed_data, suite.check_applies, suite.check_proofs, suite.check_gas_left):
            start, faults = time.monotonic(), suite.faults
            cases = check()
            print(f"{check.__name__}: {len(cases)} cases, {suite.faults - faults} wrong, {time.monotonic() - start:.1f} s")
            if gas and check == suite.check_chunks:
                for one in sorted((one for one in cases if one.get("gas")), key=lambda one: -one["gas"])[:8]:
                    print(f"  decoding {one['what']}, {len(raw(one['ops']))} bytes: {one['gas']} gas")
    finally:
        node.stop()
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
