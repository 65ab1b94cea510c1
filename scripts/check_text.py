#!/usr/bin/env python3
"""Fails if a text has a tab, blanks at a line's end, a carriage return, or no newline at its end.

usage: check_text.py FILE...
Files that are no UTF-8 and what a program writes (GENERATED) are passed over.
"""
import re
import sys

GENERATED = re.compile(r"\.svg$|package-lock\.json$")
FAULTS = [
    (re.compile(r"\t"), "a tab"),
    (re.compile(r"\r"), "a carriage return"),
    (re.compile(r"[^\S\r]$"), "blanks at the end"),
]


def faults_of(text):
    for number, line in enumerate(text.split("\n"), 1):
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
        for fault in faults_of(text):
            print(f"{path}:{fault}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
