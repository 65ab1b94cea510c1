"""What the benchmarks' scripts have in common: a program is run, and its figures are a file of JSON."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Measured:
    """A run of the program that argv names, with argv's options; its figures go to bench/results/NAME.json unless --json names
    another file. Ends the script for --help, or when nothing was measured."""

    def __init__(self, name, usage):
        if len(sys.argv) < 2:
            sys.exit(usage)
        self.program, self.options = sys.argv[1], sys.argv[2:]
        if {"--help", "-h"} & set(self.options):
            sys.exit(subprocess.run([self.program, "--help"]).returncode)
        if "--json" not in self.options:
            os.makedirs(os.path.join(ROOT, "bench", "results"), exist_ok=True)
            self.options += ["--json", os.path.join(ROOT, "bench", "results", name + ".json")]
        self.path = self.options[self.options.index("--json") + 1]

    def run(self, *more):
        """0, or 1 for a limit that is broken."""
        done = subprocess.run([self.program, *more, *self.options])
        if done.returncode not in (0, 1):
            sys.exit(done.returncode)
        return done.returncode

    def figures(self):
        with open(self.path, encoding="utf-8") as file:
            return json.load(file)

    def write(self, figures):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")

    def stem(self):
        """Of the plots' names."""
        return os.path.splitext(self.path)[0]
