#!/usr/bin/env python3
"""Fails if a text has a tab, blanks at a line's end, a carriage return, or no newline at its end; or a line that is too wide in a
kind of file (MAX_WIDTH) that no other check looks at.

usage: check_text.py FILE...
Files that are no UTF-8 and what a program writes (GENERATED) are passed over.
"""
import os
import re
import sys

GENERATED = re.compile(r"\.svg$|package-lock\.json$")
MAX_WIDTH = {".sh": 130, ".cmake": 130, ".proto": 130}
FAULTS = [
    (re.compile(r"\t"), "a tab"),
    (re.compile(r"\r"), "a carriage return"),
    (re.compile(r"[^\S\r]$"), "blanks at the end"),
]


def faults_of(path, text):
    max_width = MAX_WIDTH.get(os.path.splitext(path)[1])
    for number, line in enumerate(text.split("\n"), 1):
        if max_width and len(line) > max_width:
            yield f"{number}: {len(line)} characters, {max_width} at most"
        for pattern, what in FAULTS:
            if pattern.search(line):
                yield f"{number}: {what}"
    if text and not text.endswith("\n"):
        yield "no newline at the end"


def main():
    faults = 0
    for path in sys.argv[1:]:
        if GENERATED.search(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue
        for fault in faults_of(path, text):
            print(f"{path}:{fault}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
