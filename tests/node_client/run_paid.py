#!/usr/bin/env python3
"""Runs paid_client.mjs, the page-long client of a paid HTTP service, against 'gavel channel serve'.

usage: run_paid.py BIN_DIR
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
import ethereum
import npm
from demo_channels import Story
from demo_world import Broken, address


def pay(story, url, terms, expected):
    """One paid request by the client; `expected`: the count that it must come to."""
    world = story.world
    command = [shutil.which("node") or "node", os.path.join(HERE, "paid_client.mjs"), url, terms,
               "0x" + ethereum.key_hex(ethereum.key_of("alice")), world.path("node-book")]
    done = subprocess.run(command, env=world.env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    print(done.stderr + done.stdout, end="")
    if done.returncode != 0 or done.stdout != "sun\n\n" or f"count {expected}, credit 0" not in done.stderr:
        raise Broken(f"the client ended with {done.returncode}")


def run_client(story):
    world = story.world
    npm.install(HERE)
    story.start()
    bob = ethereum.checksum(address("bob"))
    opened = story.channel("alice", "open", bob, "0.01", "--unit", story.price())
    story.posted_bytes(opened)
    if not world.wait(60, lambda: story.verified(opened["channel"])):
        raise Broken("the verifier doesn't see the channel")
    url = story.serve(story.start_weather())
    pay(story, url, opened["terms"], 1)
    pay(story, url + "?town=2", opened["terms"], 2)
    world.stop("service")
    closed = story.channel("bob", "close", opened["channel"])
    if closed["units"] != "2":
        raise Broken(f"two requests were paid, and {closed['units']} units are redeemed")


def main():
    os.environ["GAVEL_BIN_DIR"] = sys.argv[1]
    story = Story(argparse.Namespace(l1="simulated", requests=0, keep=False))
    story.world.run_test(lambda: run_client(story))


if __name__ == "__main__":
    main()
