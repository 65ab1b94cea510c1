#!/usr/bin/env python3
"""Starts Anvil under Ethereum's limits, and gavel-bench-gas against it.

usage: gas.py GAVEL_BENCH_GAS [its options]
Writes bench/results/gas.json, unless --json names another file.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
import npm  # noqa: E402

# Its limit of code size is on unless it is told otherwise.
LIMITS = ["--hardfork", "osaka", "--enable-tx-gas-limit"]


def start_anvil(log):
    """The process and its URL, on a port of its own choice."""
    with open(log, "w", encoding="utf-8") as output:
        anvil = subprocess.Popen([npm.anvil(), *LIMITS, "--port", "0"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    end = time.monotonic() + 30
    while time.monotonic() < end and anvil.poll() is None:
        with open(log, encoding="utf-8") as said:
            found = re.search(r"Listening on (\S+)", said.read())
        if found:
            return anvil, "http://" + found.group(1)
        time.sleep(0.05)
    anvil.kill()
    sys.exit("Anvil doesn't start")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, options = sys.argv[1], sys.argv[2:]
    if not {"--help", "-h"} & set(options):
        subprocess.run([os.path.join(ROOT, "scripts", "contracts.sh"), "--tests"], check=True)
    results = os.path.join(ROOT, "bench", "results")
    os.makedirs(results, exist_ok=True)
    if "--json" not in options:
        options += ["--json", os.path.join(results, "gas.json")]
    with tempfile.TemporaryDirectory() as folder:
        anvil, url = start_anvil(os.path.join(folder, "anvil.log"))
        try:
            done = subprocess.run([program, "--url", url, "--artifacts", os.path.join(ROOT, "l1-bridge", "artifacts"),
                                   "--prover-caller", os.path.join(ROOT, "build", "contracts", "ProverCaller.creation.hex"),
                                   *options])
        finally:
            anvil.kill()
            anvil.wait()
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
