#!/usr/bin/env python3
"""Fails if a file of code has over 400 lines, or a test case's name hasn't the form of the others.

usage: check_code.py FILE...
A long file is cut by subject, not in halves. A test's name says what holds: it begins with a small letter, unless its first
word is a name (HTTP, LevelDB), has no full stop at its end, and is the only one of that name in its file. Tags have no use here.
"""
import os
import re
import sys

MOST_LINES = 400
CODE = (".cpp", ".hpp", ".py", ".ts", ".mjs", ".sol")
CASE = re.compile(r'\b(?:TEMPLATE_)?TEST_CASE\(\s*"([^"]*)"(\s*"|\s*,\s*"[^"]+")?')
NAMES = {"Gavel's", "Keccak-256", "Ctrl-C"}


def is_name(word):
    return word in NAMES or sum(letter.isupper() or letter.isdigit() for letter in word) > 1


def faults_of_names(text):
    seen = set()
    for found in CASE.finditer(text):
        number, name = text.count("\n", 0, found.start()) + 1, found.group(1)
        first = name.split(" ")[0]
        if not name or name != name.strip() or name.endswith("."):
            yield f'{number}: "{name}" is no name of a test'
        elif first[0].isupper() and not is_name(first):
            yield f'{number}: "{name}" begins with a capital'
        if found.group(2):
            yield f'{number}: "{name}" has a tag, or is in two pieces'
        if name in seen:
            yield f'{number}: "{name}" stands twice'
        seen.add(name)


def main():
    faults = 0
    for path in sys.argv[1:]:
        if not path.endswith(CODE):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        lines = text.count("\n")
        found = [f"1: {lines} lines, {MOST_LINES} at most"] if lines > MOST_LINES else []
        if os.path.dirname(path).split("/")[0] == "tests":
            found += faults_of_names(text)
        for fault in found:
            print(f"{path}:{fault}")
        faults += len(found)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
