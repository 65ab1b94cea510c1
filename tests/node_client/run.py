#!/usr/bin/env python3
"""Runs client.mjs, as docs/grpc.md shows it, against an L1 and a sequencer.

usage: run.py BIN_DIR
Fails unless docs/grpc.md holds client.mjs word for word.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
import ethereum
import npm
from demo_world import Broken, World


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def check_page():
    shown = re.search(r"^```js\n(.*?)^```$", read(ROOT, "docs", "grpc.md"), re.MULTILINE | re.DOTALL)
    if not shown or shown.group(1) != read(HERE, "client.mjs"):
        raise Broken("docs/grpc.md's example isn't tests/node_client/client.mjs; put the file's text between ```js and ```")


def address(name):
    return ethereum.checksum(ethereum.address_of(ethereum.key_of(name)))


def start(world):
    users = [flag for name in ("wallet", "operator") for flag in ("--fund", address(name) + "=1000")]
    world.start("L1", "gavel-l1", r"listening on \S+ port (\d+)", "--listen", "127.0.0.1:0", "--block-time", "1", *users)
    world.l1 = ethereum.L1(f"http://127.0.0.1:{world.ports['L1']}")
    deployed = world.gavel("operator", "deploy", "--home-operator", "none", "--challenge-window", 5,
                           "--inclusion-window", "10m", "--stake", 1)
    world.start("sequencer", "gavel-sequencer", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                world.path("sequencer"), "--l1", world.l1.url, "--rollup", deployed["address"], "--key-file",
                world.key_file("operator"), "--l1-confirmations", "1", "--batch-age", "1s", "--poll", "100ms")
    world.wait_until_sequencing()


def check_output(text):
    """What the client says, in its order."""
    at = 0
    for line in ("deposit of 1 ETH on the L1", "credited", "refused, INSUFFICIENT_BALANCE", "payment of 0.25 ETH",
                 "withdrawal of 0.5 ETH", "payment is", "posted", "final", "withdrawal is", "final",
                 "claimed on the L1: 0.5 ETH; after the gas, 0.49"):
        found = text.find(line, at)
        if found < 0:
            raise Broken(f"the client doesn't say '{line}':\n{text}")
        at = found + len(line)


def run_client(world):
    check_page()
    npm.install(HERE)
    start(world)
    command = [shutil.which("node") or "node", os.path.join(HERE, "client.mjs"), world.l1.url,
               f"127.0.0.1:{world.ports['sequencer']}", "0x" + ethereum.key_hex(ethereum.key_of("wallet")), address("payee")]
    done = subprocess.run(command, env=world.env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=200)
    print(done.stdout, end="")
    if done.returncode != 0:
        raise Broken(f"the client ended with {done.returncode}")
    check_output(done.stdout)
    if world.gavel("wallet", "balance", address("payee"))["balances"][0]["balance"] != str(10**18 // 4):
        raise Broken("the payee hasn't got 0.25 ETH")
    world.stop("sequencer")
    world.stop("L1")


def main():
    os.environ["GAVEL_BIN_DIR"] = sys.argv[1]
    world = World(keep=False)
    world.run_test(lambda: run_client(world))


if __name__ == "__main__":
    main()
