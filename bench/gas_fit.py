#!/usr/bin/env python3
"""Fits the constants of l1-bridge/chain/rollup_gas.hpp to what bench/gas.py has measured, and prints them.

usage: gas_fit.py [bench/results/gas.json]
Least squares of the relative error, over the rows whose execution shows above the calldata's floor, but for those held out.
What the formulas have charged in the simulated chain is taken off first: what they should have is what is left to the real gas.
"""
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Of each call the sizes that its formula multiplies, and what it adds besides.
APPEND = ({"kAppend": None, "kChunk": "chunks", "kTreeNode": "nodes", "kHashedWord": "words"}, lambda work: 0)
APPEND_BLOBS = ({"kAppendBlobs": None, "kBlob": "blobs"}, lambda work: 0)
PROVE = ({"kProve": None, "kClass": "classes", "kListStep": "listSteps", "kAccess": "accesses", "kOperation": "operations",
          "kLine": "lines", "kL1Operation": "l1Operations", "kOpening": "openings", "kEvaluation": "evaluations"},
         lambda work: 6 * work["proofWords"] + work["proofWords"] ** 2 // 512)
CLAIM = ({"kClaim": None, "kClaimSibling": "siblings"}, lambda work: 0)
EXIT = ({"kExit": None, "kExitSibling": "siblings"}, lambda work: 0)
FORMULAS = {"append": APPEND, "appendBlobs": APPEND_BLOBS, "prove": PROVE, "claim": CLAIM, "exit": EXIT}


def solve(rows, goals, weights):
    """The vector x with the least sum of (weight * (row . x - goal))^2, by the normal equations."""
    size = len(rows[0])
    lines = []
    for i in range(size):
        line = [sum(w * w * row[i] * row[j] for row, w in zip(rows, weights)) for j in range(size)]
        lines.append(line + [sum(w * w * row[i] * goal for row, goal, w in zip(rows, goals, weights))])
    for i in range(size):
        best = max(range(i, size), key=lambda k: abs(lines[k][i]))
        lines[i], lines[best] = lines[best], lines[i]
        for k in range(size):
            if k != i:
                factor = lines[k][i] / lines[i][i]
                lines[k] = [a - factor * b for a, b in zip(lines[k], lines[i])]
    return [lines[i][size] / lines[i][i] for i in range(size)]


def fit(call, rows):
    names, rest = FORMULAS[call]
    shown = [row for row in rows if row["call"] == call and min(row["gas"], row["simulated"]) > row["floor"]]
    used = [row for row in shown if not row["heldOut"]]
    sizes = [[1 if name is None else row["work"][name] for name in names.values()] for row in used]
    goals = [row["gas"] - row["simulated"] + row["work"]["charged"] - rest(row["work"]) for row in used]
    found = solve(sizes, goals, [1 / row["gas"] for row in used])
    print(f"{call}, {len(used)} rows:")
    for name, value in zip(names, found):
        print(f"  {name} = {value:.0f}")
    for row in shown:
        size = [1 if name is None else row["work"][name] for name in names.values()]
        would = rest(row["work"]) + sum(a * b for a, b in zip(size, found))
        off = (row["simulated"] - row["work"]["charged"] + would - row["gas"]) / row["gas"]
        print(f"  {100 * off:+.2f}% {'(held out) ' if row['heldOut'] else ''}{row['name']}")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "bench", "results", "gas.json")
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    for call in FORMULAS:
        fit(call, rows)


if __name__ == "__main__":
    main()
