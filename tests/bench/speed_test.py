#!/usr/bin/env python3
"""Fails if Gavel has become slower beside what is measured in turns with it, by more than a third of what is committed.

usage: speed_test.py GAVEL_BENCH_SPEED BUILD JSON [--commit]
Runs the short form of scripts/bench.sh speed. BUILD is a key of speed.json beside this file: sanitizers make another program of
it. Times and rates aren't compared, only ratios of slices that were neighbours; one that has fallen is measured a second time,
and the better counts. --commit writes what was measured into speed.json.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench")
sys.path.insert(0, BENCH)
import speed_report

COMMITTED = os.path.join(HERE, "speed.json")
LEAST = 2 / 3  # of the committed ratio


def measured(program, path, parts):
    """The ratios of these parts. Ends the test if something was lost, or didn't run."""
    command = [sys.executable, os.path.join(BENCH, "speed.py"), program, "--short", "--only", ",".join(parts), "--json", path]
    done = subprocess.run(command)
    if done.returncode != 0:
        sys.exit("the benchmark failed")
    with open(path, encoding="utf-8") as file:
        return speed_report.ratios(json.load(file)["parts"])


def main():
    program, build, path = sys.argv[1], sys.argv[2].strip(), sys.argv[3]
    with open(COMMITTED, encoding="utf-8") as file:
        committed = json.load(file)
    wanted = committed.get(build)
    is_compared = wanted and wanted["cores"] == os.cpu_count()
    parts = speed_report.PARTS_WITH_RATIOS if is_compared or "--commit" in sys.argv else ["end"]
    found = measured(program, path, parts)
    if "--commit" in sys.argv:
        committed[build] = {"cores": os.cpu_count(), "ratios": {name: round(ratio, 3) for name, ratio in found.items()}}
        with open(COMMITTED, "w", encoding="utf-8") as file:
            json.dump(committed, file, indent=2)
            file.write("\n")
        return
    if not is_compared:
        print(f"nothing is committed for the build '{build}' on {os.cpu_count()} cores: it ran, and nothing is compared")
        return
    wanted = wanted["ratios"]

    def fallen():
        return [name for name in wanted if found.get(name, 0) < LEAST * wanted[name]]
    if fallen():
        print(f"fell by over a third: {', '.join(fallen())}; once more", flush=True)
        again = measured(program, path, sorted({name.split(":")[0] for name in fallen()}))
        found.update({name: max(ratio, found.get(name, 0)) for name, ratio in again.items()})
    for name, ratio in wanted.items():
        print(f"{'ok  ' if name not in fallen() else 'FELL'} {name}: {found.get(name, 0):.3f}, committed {ratio:.3f}")
    sys.exit(1 if fallen() else 0)


if __name__ == "__main__":
    main()
