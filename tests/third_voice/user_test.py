#!/usr/bin/env python3
"""A user with an Ethereum node, a key and the contract's ABI, but without any program of Gavel's: the lines of docs/contract.md,
"With nothing but the ABI", on Anvil, beside a sequencer that serves others, too, and then disappears.

usage: user_test.py BIN_DIR WORK_DIR
"""
import json
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from anvil import ROOT, Anvil, encode, ethereum, npm
from anvil_world import AnvilWorld
from demo_world import Broken
import run as third_voice

ETHER = 10**18
CHALLENGE, INCLUSION = 600, 900
FREEZE = CHALLENGE + INCLUSION + 7 * 86_400
ETH = bytes(20)
USER, NEIGHBOUR, OPERATOR = "user", "neighbour", "operator"
PURSE = ethereum.keccak256(b"purse")[12:]


def address(name):
    return ethereum.address_of(ethereum.key_of(name))


def blocks_of_page():
    """The shell lines of the section, one text for each of its blocks."""
    with open(os.path.join(ROOT, "docs", "contract.md"), encoding="utf-8") as file:
        section = file.read().split("\n## With nothing but the ABI\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    if len(blocks) != 7:
        raise Broken(f"the section has {len(blocks)} blocks of lines, not 7")
    return blocks


def check_signatures(text):
    """That what the lines call is in the ABI."""
    with open(os.path.join(ROOT, "l1-bridge", "abi", "Rollup.json"), encoding="utf-8") as file:
        functions = [one for one in json.load(file) if one["type"] == "function"]
    known = {f"{one['name']}({','.join(given['type'] for given in one['inputs'])})" for one in functions}
    named = set(re.findall(r"'([a-zA-Z]+\([a-z0-9,\[\]]*\))", text)) - {"approve(address,uint256)"}
    named = {one for one in named if one.split("(")[0] not in ("entry", "terms", "domain", "channel")}
    if len(named) < 10 or named - known:
        raise Broken(f"not in the ABI, or too few: {sorted(named - known)} of {len(named)}")


def error_data(name):
    return ethereum.keccak256(f"{name}()".encode())[:4].hex()


class Story:
    def __init__(self, node, world, compiled):
        self.node, self.world = node, world
        self.token = bytes.fromhex(world.gavel(OPERATOR, "dev", "token", "--decimals", 0)["address"][2:])
        for name in (USER, NEIGHBOUR):
            node.send(ethereum.key_of(OPERATOR), self.token, encode("mint(address,uint256)", address(name), 5000))
        given = {"ROLLUP": world.rollup, "ME": address(USER), "TOKEN": self.token, "ETH": ETH, "PURSE": PURSE}
        self.env = {**world.env, **{name: ethereum.checksum(value) for name, value in given.items()}}
        self.env.update(ETH_RPC_URL=node.l1.url, KEY="0x" + ethereum.key_hex(ethereum.key_of(USER)), THIRD_VOICE=compiled)
        self.env["PATH"] = os.path.dirname(npm.cast()) + os.pathsep + self.env["PATH"]

    def type(self, what, lines, fails_with=None):
        """Types the lines into a shell; `fails_with` is what the one that stops them says."""
        command = ["bash", "-e", "-o", "pipefail", "-c", lines]
        done = subprocess.run(command, env=self.env, cwd=ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        refused = done.returncode != 0 and (fails_with or "") in done.stdout
        if refused != bool(fails_with):
            raise Broken(f"{what}: should be {'refused with ' + fails_with if fails_with else 'done'}:\n{lines}\n{done.stdout}")
        print(f"{'refused' if refused else 'done'}: {what}", flush=True)

    def wait_consumed(self):
        """Until a batch on the L1 has consumed the whole queue."""
        if not self.world.wait(30, lambda: self.world.view("waiting()")[1] == 0):
            raise Broken("the queue isn't consumed")

    def neighbours(self):
        """Others who use the rollup with Gavel's programs: the user's leaf and withdrawals aren't alone in their trees."""
        def gavel(*words):
            return self.world.gavel(NEIGHBOUR, *words)

        gavel("deposit", "3", "--wait")
        gavel("deposit", "700", "--token", self.env["TOKEN"], "--wait")
        gavel("send", self.env["ME"], "0.5", "--fee", "0")
        gavel("send", self.env["PURSE"], "0.125", "--fee", "0")
        sent = gavel("withdraw", "0.25", "--fee", "0")
        gavel("tx", sent["hash"], "--wait", "posted", "--timeout", "60s")

    def expect(self, what, wanted, got):
        if wanted != got:
            raise Broken(f"{what}: {got}, not {wanted}")

    def purse(self):
        balance = self.node.l1.number("eth_getBalance", ethereum.hex_of(PURSE), "latest")
        return balance, self.node.l1.call(self.token, "balanceOf(address)", PURSE)[0]

    def run(self):
        deposit, withdraw, define, claim, leave, *of_channels = blocks_of_page()  # the last are typed by another test
        check_signatures(deposit + withdraw + claim + leave + "".join(of_channels))
        self.world.start_sequencer("--eth-fee-percent", "0", "--fee", self.env["TOKEN"] + "=0")
        self.neighbours()
        self.type("deposits", deposit)
        self.wait_consumed()
        self.type("withdrawals through the queue", withdraw)
        self.wait_consumed()
        self.type("claims before the batch is final", define + claim, "no final batch has such a withdrawal")
        self.node.pass_time(CHALLENGE)
        self.type("claims", define + claim)
        self.expect("in the purse, after the claims", (ETHER // 4, 400), self.purse())

        self.world.running["sequencer"].kill()
        self.type("deposits that nobody consumes", deposit)
        self.node.pass_time(FREEZE - 60)
        self.type("a freeze that is too early", define + leave, error_data("FreezeTooEarly"))
        self.node.pass_time(60)
        self.type("a freeze, exits, a refund", define + leave)
        # Deposited, got from the neighbour, not withdrawn before; and the deposit that nobody consumed.
        self.expect("in the purse, at the end", (ETHER + ETHER // 2 + ETHER, 1000), self.purse())
        self.type("exits once more", define + leave.replace("cast send $ROLLUP 'freeze", "# "), error_data("AlreadyExited"))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    os.environ["GAVEL_BIN_DIR"], work = sys.argv[1:]
    began = time.monotonic()
    with Anvil() as node:
        windows = ("--challenge-window", CHALLENGE, "--inclusion-window", INCLUSION, "--stake", 1)
        world = AnvilWorld(node, OPERATOR, (USER, NEIGHBOUR), *windows)

        def story():
            Story(node, world, third_voice.compile_into(work)).run()
            print(f"{time.monotonic() - began:.1f} s")
        world.run_test(story)


if __name__ == "__main__":
    main()
