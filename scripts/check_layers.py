#!/usr/bin/env python3
"""Fails when an include crosses a layer, naming file, line and rule. The layers are the table of docs/architecture.md, "Rooms":
its first column names a folder, its last the folders that may be included from there. usage: check_layers.py"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = "docs/architecture.md"

# Generated code and gRPC are met only at the rim.
GRPC = re.compile(r"^(grpc|grpcpp|google/protobuf)/|\.pb\.h$")
RIM = re.compile(r"grpc|_main\.cpp$")
# The KZG library's headers are met once: they name types and macros as if they were alone.
KZG = re.compile(r"^(ckzg|blst|blst_aux)\.h$|^(common|eip4844|eip7594|setup)/\w+\.h$")
KZG_USERS = ("protocol/kzg.cpp", "protocol/field.cpp")
# What the pure layer may not touch: I/O, threads, clocks.
IMPURE = re.compile(r"^(iostream|fstream|thread|mutex|shared_mutex|condition_variable|future|atomic|chrono|filesystem|random|"
                    r"unistd\.h|sys/.*|spdlog/.*|leveldb/.*)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def read_rooms(page):
    """What each room may include: {folder: set of folders, or None for everything}, in the page's order."""
    table = page.split("\n## Rooms\n", 1)[1].split("\n## ", 1)[0]
    rooms = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            named = set(re.findall(r"`([^`]+)/`", cells[2]))
            rooms[cells[0].strip("`").rstrip("/")] = None if cells[2] == "everything" else named
    return rooms


def faults_of_table(rooms):
    if not rooms:
        yield "no table of rooms"
    done = set()  # rooms that are above those listed so far would make a cycle possible
    for room, allowed in rooms.items():
        for other in sorted(allowed or ()):
            if other not in rooms:
                yield f"{room}/ may include {other}/, which is no room"
            elif other not in done:
                yield f"{room}/ may include {other}/, which is listed below it: arrows go up the table only"
        done.add(room)
    for folder in sorted(os.listdir(ROOT)):
        path = os.path.join(ROOT, folder)
        if os.path.isdir(path) and any(name.endswith(".cpp") for _, _, names in os.walk(path) for name in names):
            if folder not in ("build",) and not any(room.split("/")[0] == folder for room in rooms):
                yield f"{folder}/ isn't in the table"


def room_of(path, rooms):
    return max((room for room in rooms if path.startswith(room + "/")), key=len, default=None)


def faults_of(path, included, rooms):
    here, there = room_of(path, rooms), room_of(included, rooms)
    allowed = rooms[here]
    if there and there != here and allowed is not None and there not in allowed:
        yield f"{here}/ may not include {there}/"
    if path.startswith("tests/model/") and there and not included.startswith("tests/model/"):
        yield "the naive model shares nothing with the code that it checks"
    if GRPC.search(included) and here != "tests" and not RIM.search(os.path.basename(path)):
        yield "gRPC and generated code are included only by *grpc* files and daemons' mains"
    if KZG.search(included) and path not in KZG_USERS:
        yield f"c-kzg and blst are included only by {' and '.join(KZG_USERS)}"
    if here == "protocol" and IMPURE.match(included):
        yield "protocol/ is pure: no I/O, threads, clock"


def sources(rooms):
    for top in sorted({room.split("/")[0] for room in rooms}):
        for base, folders, files in os.walk(os.path.join(ROOT, top)):
            folders[:] = [name for name in folders if name != "node_modules"]
            for name in sorted(files):
                if name.endswith((".hpp", ".cpp", ".h")):
                    yield os.path.relpath(os.path.join(base, name), ROOT)


def main():
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as page:
        rooms = read_rooms(page.read())
    faults = [f"{PAGE}: {fault}" for fault in faults_of_table(rooms)]
    checked = 0
    for path in sources(rooms):
        checked += 1
        if room_of(path, rooms) is None:
            faults.append(f"{path}: in no room")
            continue
        with open(os.path.join(ROOT, path), encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                match = INCLUDE.match(line)
                if match:
                    faults += [f"{path}:{number}: {line.strip()}: {fault}" for fault in faults_of(path, match.group(1), rooms)]
    for fault in faults:
        print(fault)
    print(f"layers: {len(rooms)} rooms, {checked} files, {len(faults)} faults")
    return 1 if faults or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
