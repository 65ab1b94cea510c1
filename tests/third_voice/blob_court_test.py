#!/usr/bin/env python3
"""Batches in real transactions with blobs before the rollup contract on Anvil, and proofs against them, made in TypeScript:
chunks in every class of place, what slots may hold, proofs that prove nothing, what appendBlobs refuses.

usage: blob_court_test.py WORK_DIR [PART...]
Without a part (places, slots, lies, posts) all of them.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from anvil import ROOT, Anvil, npm
import run as third_voice

CREATION = os.path.join(ROOT, "l1-bridge", "artifacts", "Rollup.creation.hex")
ABI = os.path.join(ROOT, "l1-bridge", "abi", "Rollup.json")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        program = os.path.join(third_voice.compile_into(os.path.abspath(sys.argv[1])), "court_main.js")
        with Anvil() as node:
            subprocess.run([third_voice.NODE, program, node.l1.url, CREATION, ABI, *sys.argv[2:]], check=True)
    except (npm.InstallFailed, subprocess.CalledProcessError) as why:
        sys.exit(f"FAILED: {why}")


if __name__ == "__main__":
    main()
