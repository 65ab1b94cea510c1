#!/usr/bin/env python3
"""Starts Anvil under Ethereum's limits, and gavel-bench-gas against it.

usage: gas.py GAVEL_BENCH_GAS [its options]
Writes bench/results/gas.json, unless --json names another file.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from measured import ROOT, Measured
sys.path.insert(0, os.path.join(ROOT, "tests"))
import anvil


def main():
    gas = Measured("gas", __doc__)
    subprocess.run([os.path.join(ROOT, "scripts", "contracts.sh"), "--tests"], check=True)
    caller = os.path.join(ROOT, "build", "contracts", "ProverCaller.creation.hex")
    with anvil.Anvil() as node:
        status = gas.run("--url", node.l1.url, "--prover-caller", caller)
    sys.exit(status)


if __name__ == "__main__":
    main()
