#!/usr/bin/env python3
"""Starts Anvil under Ethereum's limits, and gavel-bench-gas against it.

usage: gas.py GAVEL_BENCH_GAS [its options]
Writes bench/results/gas.json, unless --json names another file.
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))
sys.dont_write_bytecode = True
import anvil  # noqa: E402


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, options = sys.argv[1], sys.argv[2:]
    if {"--help", "-h"} & set(options):
        sys.exit(subprocess.run([program, "--help"]).returncode)
    subprocess.run([os.path.join(ROOT, "scripts", "contracts.sh"), "--tests"], check=True)
    results = os.path.join(ROOT, "bench", "results")
    os.makedirs(results, exist_ok=True)
    if "--json" not in options:
        options += ["--json", os.path.join(results, "gas.json")]
    caller = os.path.join(ROOT, "build", "contracts", "ProverCaller.creation.hex")
    with anvil.Anvil() as node:
        done = subprocess.run([program, "--url", node.l1.url, "--prover-caller", caller, *options])
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
