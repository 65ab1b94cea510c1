"""The daemons of scripts/bench.sh speed: started, loaded, looked at."""
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import ethereum
from demo_world import ETHER, Broken, World, address, key

L1_GAS = 1_000_000_000  # of a block: the L1's room isn't what is measured
MORE_GAS = 100          # ether on the L1 for who posts and who pays accounts


class SpeedWorld:
    """An L1, a rollup on it, a sequencer, and a verifier when one is wanted; each a process of its own, on the loopback."""

    def __init__(self, options):
        self.options = options
        self.world = World(options.keep)
        self.program = options.program
        self.nonces = self.world.path("nonces")

    def say(self, text):
        print(f"[{time.monotonic() - self.world.began:4.0f} s] {text}", file=sys.stderr, flush=True)

    # ---- Daemons ----

    def begin(self, accounts):
        world = self.world
        world.start("L1", "gavel-l1", r"listening on \S+ port (\d+)", "--listen", "127.0.0.1:0", "--data-dir", world.path("L1"),
                    "--block-time", "1", "--block-gas-limit", str(L1_GAS))
        world.l1 = ethereum.L1(f"http://127.0.0.1:{world.ports['L1']}")
        for name in ("bank", "operator"):
            world.l1.rpc("anvil_setBalance", ethereum.hex_of(address(name)), hex(10_000 * ETHER))
        rollup = world.gavel("bank", "deploy", "--home-operator", "none", "--challenge-window", 5, "--inclusion-window", "1d",
                             "--stake", 1)
        world.rollup = bytes.fromhex(rollup["address"][2:])
        self.start_sequencer()
        world.gavel("bank", "deposit", MORE_GAS, "--wait")
        world.gavel("bank", "deposit", 1, "--to", ethereum.checksum(address("operator")), "--wait")  # it takes the fees there
        self.grow(accounts)

    def start_sequencer(self, port=0):
        """Its batches go out when they are full, or after half a second, so that what is confirmed is posted soon after a load's
        end. Each round with the L1 posts one batch, so the pause between rounds is short."""
        world = self.world
        world.start("sequencer", "gavel-sequencer", r"grpc_port=(\d+)", "--listen", f"[::]:{port}", "--data-dir",
                    world.path("sequencer"),
                    "--l1", world.l1.url, "--rollup", ethereum.checksum(world.rollup), "--key-file", world.key_file("operator"),
                    "--l1-confirmations", "1", "--batch-age", "500ms", "--poll", "30ms", "--data", self.options.data,
                    "--max-in-flight", "64", "--eth-fee-percent", "0", "--snapshot-every", "0")
        world.wait_until_sequencing()

    def start_verifier(self, folder="verifier", *more, snapshot_every="0"):
        world = self.world
        world.start("verifier", "gavel-verifier", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir", world.path(folder),
                    "--l1", world.l1.url, "--rollup", ethereum.checksum(world.rollup), "--poll", "100ms",
                    "--snapshot-every", snapshot_every, *more)

    def pid(self, name):
        return self.world.running[name].pid

    def at(self, name):
        return f"127.0.0.1:{self.world.ports[name]}"

    # ---- The load generator ----

    def ask(self, *arguments):
        """What gavel-bench-speed prints. Its progress goes to the terminal."""
        return self.answer_of(self.begin_asking(*arguments))

    def begin_asking(self, *arguments):
        return subprocess.Popen([self.program, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=self.world.env)

    @staticmethod
    def answer_of(asked):
        said = asked.communicate()[0]
        if asked.returncode != 0:
            raise Broken("gavel-bench-speed failed")
        return json.loads(said)

    def at_sequencer(self):
        return ["--sequencer", self.at("sequencer"), "--nonces", self.nonces, "--seed", self.options.seed]

    def grow(self, accounts):
        return self.ask("accounts", *self.at_sequencer(), "--payer", ethereum.key_hex(key("bank")), "--count", accounts)

    def load(self, shapes, rounds, seconds, limit_seconds=1.0):
        """`shapes`: {name: the rest of its text}. Runs by name."""
        command = ["load", *self.at_sequencer(), "--rounds", rounds, "--seconds", seconds, "--limit-seconds", limit_seconds]
        for name in ("sequencer", "verifier", "L1"):
            if name in self.world.running:
                command += ["--process", f"{name}={self.pid(name)}"]
        if "verifier" in self.world.running:
            command += ["--verifier", self.at("verifier")]
        for name, rest in shapes.items():
            command += ["--shape", f"name={name}" + ("," + rest if rest else "")]
        return self.ask(*command)

    # ---- What is on disk and in memory ----

    def folder_bytes(self, name):
        total = 0
        for base, _, files in os.walk(self.world.path(name)):
            for file in files:
                try:
                    total += os.path.getsize(os.path.join(base, file))
                except FileNotFoundError:  # compacted meanwhile
                    continue
        return total

    def memory_bytes(self, name):
        with open(f"/proc/{self.pid(name)}/status") as status:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def cpu_seconds(self, name):
        with open(f"/proc/{self.pid(name)}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime

    def count(self, name):
        return self.ask("count", "--at", self.at(name))

    def op_count(self, name):
        return self.count(name)["operations"]
