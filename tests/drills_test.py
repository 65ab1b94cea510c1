#!/usr/bin/env python3
"""Each lie of gavel-drill on Anvil: seen by a verifier without a key, proven by hand from the L1 alone, struck. Before that the
proof is tried with each of its bytes turned: the contract refuses it by name.

usage: drills_test.py BIN_DIR
"""
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from anvil import Anvil, ethereum
from anvil_world import AnvilWorld
from demo_world import Broken

ERRORS = ("Truncated", "UnknownBatch", "ChunkIndex", "OpsPath", "SigsPath", "Frontier", "L1Operations", "HintRange", "LeafPath",
          "Lookup")
NAMED = {ethereum.keccak256(f"{name}()".encode())[:4] for name in ERRORS}


def kinds(bin_dir):
    told = subprocess.run([os.path.join(bin_dir, "gavel-drill"), "--help"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.search(r"--lie (\S+)", told).group(1).split("|")


class Drills:
    def __init__(self, node, world):
        self.node, self.world = node, world
        node.l1.rpc("anvil_setBlockTimestampInterval", 1)  # a commit counts in a later second

    @staticmethod
    def prove_data(proof):
        head = ethereum.keccak256(b"prove(bytes)")[:4] + (32).to_bytes(32, "big") + len(proof).to_bytes(32, "big")
        return head + proof + bytes(-len(proof) % 32)

    def prepare(self):
        """An honest batch with what the lies are about: somebody's ether, and a payment with a fee, as nearly all are."""
        world = self.world
        world.start_sequencer()
        world.gavel("alice", "deposit", "3", "--wait")
        paid = world.gavel("alice", "send", ethereum.checksum(ethereum.address_of(ethereum.key_of("bob"))), "1")
        world.gavel("alice", "tx", paid["hash"], "--wait", "posted", "--timeout", "60s")
        world.stop("sequencer")
        world.gavel("operator", "sequencer", "resign")
        world.start("verifier", "gavel-verifier", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                    world.path("verifier"), "--l1", world.l1.url, "--rollup", ethereum.checksum(world.rollup), "--poll", "100ms")

    def make(self, number, *flags):
        """The proof against that batch, by the verifier or, with a flag, from the L1."""
        path = self.world.path("proof.hex")
        self.world.gavel("prover", "proof", "make", number, "--out", path, *flags)
        with open(path, encoding="ascii") as file:
            return bytes.fromhex(file.read().strip().removeprefix("0x"))

    def verifier_makes(self, number, proof):
        """Whether that becomes the verifier's proof: until it has seen the batch, it has none, or that against the lie before."""
        def made():
            try:
                return self.make(number) == proof
            except Broken:
                return False
        return self.world.wait(20, made)

    def run(self, kind):
        world = self.world
        head = world.view("head()")
        world.drill(kind, "operator", "--take-seat")
        number = head[0] + 1
        proof = self.make(number, "--from-l1")
        if not self.verifier_makes(number, proof):
            raise Broken(f"{kind}: the verifier has another proof, or none")
        for at in range(len(proof)):
            turned = proof[:at] + bytes([proof[at] ^ 1 << at % 8]) + proof[at + 1:]
            _, error = self.node.call(world.rollup, self.prove_data(turned))
            if error not in NAMED:
                raise Broken(f"{kind}: with byte {at} turned the answer is {error}")
        sent = world.gavel("prover", "proof", "send", world.path("proof.hex"))
        term = world.view("termCount()")[0]
        slashed = world.view("term(uint64)", term)[4]
        if world.view("head()") != head or not slashed or not sent["reward"]:
            raise Broken(f"{kind}: not struck: {sent}")
        print(f"struck: {kind}, a proof of {len(proof)} bytes, {sent['gas_used']} gas", flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ["GAVEL_BIN_DIR"] = sys.argv[1]
    began = time.monotonic()
    with Anvil() as node:
        world = AnvilWorld(node, "operator", ("alice", "prover"), "--challenge-window", "1h", "--stake", 1)

        def story():
            drills = Drills(node, world)
            drills.prepare()
            for kind in kinds(sys.argv[1]):
                drills.run(kind)
            print(f"{time.monotonic() - began:.1f} s")
        world.run_test(story)


if __name__ == "__main__":
    main()
