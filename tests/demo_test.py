#!/usr/bin/env python3
"""Runs scripts/demo.sh, and demands that it ends well, or, with its world broken, that it says so and doesn't.

usage: demo_test.py BIN_DIR L1 LIE [BREAK PROMISE]
With BREAK (see scripts/demo.sh) the demo must name a broken promise that contains PROMISE, and its exit status must be 1.
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    bin_dir, l1, lie, *broken = sys.argv[1:]
    environment = {**os.environ, "GAVEL_BIN_DIR": os.path.abspath(bin_dir), "DEMO_WINDOW": "10",
                   "DEMO_BREAK": broken[0] if broken else ""}
    command = [os.path.join(ROOT, "scripts", "demo.sh"), "--l1", l1, "--payments", "300", "--lie", lie]
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, timeout=400)
    print(done.stdout)
    promises = done.stdout.partition("promises broken:\n")[2].splitlines()
    if broken:
        right = done.returncode == 1 and any(broken[1] in promise for promise in promises)
        print("" if right else f"FAILED: status {done.returncode}, and not broken: {broken[1]}")
    else:
        right = done.returncode == 0 and "Every promise was kept." in done.stdout
        print("" if right else f"FAILED: status {done.returncode}")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
