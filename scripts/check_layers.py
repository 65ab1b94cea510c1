#!/usr/bin/env python3
"""Fails when an include crosses a layer (docs/architecture.md, "Layers"), naming file, line and rule."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What each folder may include of the others.
ALLOWED = {
    "protocol": set(),
    "node": set(),
    "l1-bridge": {"protocol", "node"},
    "proto": {"protocol", "node", "ledger"},  # conversions between the wire's types and the domain's
    "ledger": {"protocol", "node", "l1-bridge", "proto"},
    "sequencer": {"protocol", "node", "l1-bridge", "ledger", "proto"},
    "verifier": {"protocol", "node", "l1-bridge", "ledger", "proto"},
    "cli": {"protocol", "node", "l1-bridge", "ledger", "proto"},
    "bench": {"protocol", "node", "l1-bridge", "ledger", "sequencer", "cli", "proto"},
    "tests": None,  # may see everything, but for the rule of the model below
}
# Of l1-bridge, all but l1-bridge itself, tests and bench see the client side only.
CLIENT_SIDE = re.compile(r"^l1-bridge/(l1_client|l1_wallet|deployment|l1_types|l1_follower|rollup_client|rollup_abi|abi|rlp|"
                         r"transaction|json_rpc_client|l1_sources|key_file)\.hpp$")
# Generated code and gRPC are met only at the rim.
GRPC = re.compile(r"^(grpc|grpcpp|google/protobuf)/|\.pb\.h$")
RIM = re.compile(r"grpc|_main\.cpp$")
# What the pure layer may not touch: I/O, threads, clocks.
IMPURE = re.compile(r"^(iostream|fstream|thread|mutex|shared_mutex|condition_variable|future|atomic|chrono|filesystem|random|"
                    r"unistd\.h|sys/.*|spdlog/.*|leveldb/.*)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def folder_of(path):
    return path.split("/", 1)[0]


def faults_of(path, included):
    here, there = folder_of(path), folder_of(included)
    allowed = ALLOWED[here]
    if there in ALLOWED and there != here and allowed is not None:
        if there not in allowed:
            yield f"{here}/ may not include {there}/"
        elif there == "l1-bridge" and here != "bench" and not CLIENT_SIDE.match(included):
            yield f"{here}/ sees only the client side of l1-bridge/"
    if path.startswith("tests/model/") and there in ALLOWED and not included.startswith("tests/model/"):
        yield "the naive model shares nothing with the code that it checks"
    if GRPC.match(included) or included.endswith(".pb.h"):
        if here not in ("tests", "cli") and not RIM.search(os.path.basename(path)):
            yield "gRPC and generated code are included only by *grpc* files and daemons' mains"
        if here == "cli" and not RIM.search(os.path.basename(path)):
            yield "gRPC and generated code are included only by *grpc* files"
    if here == "protocol" and IMPURE.match(included):
        yield "protocol/ is pure: no I/O, threads, clock"


def main():
    faults = checked = 0
    for folder in ALLOWED:
        for base, folders, files in os.walk(os.path.join(ROOT, folder)):
            folders[:] = [name for name in folders if name != "node_modules"]
            for name in files:
                if not name.endswith((".hpp", ".cpp", ".h")):
                    continue
                path = os.path.relpath(os.path.join(base, name), ROOT)
                checked += 1
                with open(os.path.join(ROOT, path), encoding="utf-8") as source:
                    for number, line in enumerate(source, 1):
                        match = INCLUDE.match(line)
                        for fault in faults_of(path, match.group(1)) if match else ():
                            print(f"{path}:{number}: {line.strip()}: {fault}")
                            faults += 1
    print(f"layers: {checked} files, {faults} faults")
    return 1 if faults or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
