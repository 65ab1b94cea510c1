#!/usr/bin/env python3
"""Fails if docs/security.md names a test or a file of tests that isn't there. usage: check_docs.py"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def tests():
    """The source of every test in C++, by the file's name."""
    out = {}
    for folder, _, names in os.walk(os.path.join(ROOT, "tests")):
        if "node_modules" not in folder:
            out.update({name: read(folder, name) for name in names if name.endswith(".cpp")})
    return out


def main():
    attacks = read("docs", "security.md").split("## Attacks", 1)[1].split("\n## ", 1)[0]
    sources = tests()
    cases = set(re.findall(r'TEST_CASE\(\s*"([^"]+)"', "\n".join(sources.values())))
    named = re.findall(r'"([^"]+)"', attacks)
    files = re.findall(r"`([^`]+)`", attacks)
    faults = [f'no test is called "{name}"' for name in named if name not in cases]
    faults += [f"no such file: {name}" for name in files if name not in sources and not os.path.exists(os.path.join(ROOT, name))]
    for fault in faults:
        print("docs/security.md: " + fault)
    print(f"docs/security.md: {len(named)} tests named, {len(faults)} faults")
    sys.exit(1 if faults or not named else 0)


if __name__ == "__main__":
    main()
