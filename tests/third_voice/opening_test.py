#!/usr/bin/env python3
"""Blobs in real transactions on Anvil, and openings of them by the contract's library: true ones and lies, made in TypeScript.

usage: opening_test.py WORK_DIR [--vectors]
--vectors: instead, the consensus specification's cases of KZG, from the folder that GAVEL_VECTORS names.
GAVEL_SEED repeats a run, whose seed is printed.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from anvil import Anvil, npm
import run as third_voice

WITHOUT_BLOBS = ("--hardfork", "shanghai")
SUITES = ("blob_to_kzg_commitment", "compute_kzg_proof", "verify_kzg_proof")


class Programs:
    """The harness and the programs, compiled."""

    def __init__(self, work):
        contracts = os.path.join(work, "contracts")
        self.compiled = third_voice.compile_into(work)
        npm.install(npm.CONTRACTS)
        compiler = os.path.join(npm.CONTRACTS, "compile.mjs")
        subprocess.run([third_voice.NODE, compiler, "tests", contracts], check=True)
        self.harness = os.path.join(contracts, "OpeningHarness.creation.hex")

    def run(self, name, *arguments):
        subprocess.run([third_voice.NODE, os.path.join(self.compiled, name), *arguments], check=True)


def case_of(text):
    """Of a case's YAML: {input, output}; values are strings, null, or a list of strings."""
    given, _, output = text.partition("\noutput:")
    fields = re.findall(r"^  (\w+): '?(0x[0-9a-f]*)'?$", given, re.MULTILINE)
    several = re.findall(r"^- '?(0x[0-9a-f]*)'?$", output, re.MULTILINE)
    one = output.strip().strip("'")
    return {"input": dict(fields), "output": several or (None if one == "null" else one)}


def read_suite(archive, folder):
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
    for where, _, names in sorted(os.walk(folder)):
        if "data.yaml" in names:
            with open(os.path.join(where, "data.yaml"), encoding="utf-8") as file:
                yield {"name": os.path.basename(where), **case_of(file.read())}


def run_vectors(programs, folder):
    suites = {}
    for suite in SUITES:
        with tempfile.TemporaryDirectory() as extracted:
            suites[suite] = list(read_suite(os.path.join(folder, suite + ".tar.zst"), extracted))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, Anvil() as node:
        json.dump(suites, file)
        file.flush()
        programs.run("kzg_main.js", "vectors", node.l1.url, programs.harness, file.name)


def run_openings(programs):
    with Anvil(limits=WITHOUT_BLOBS) as node:
        programs.run("kzg_main.js", "absent", node.l1.url, programs.harness)
    with Anvil() as node:
        programs.run("opening_main.js", node.l1.url, programs.harness)


def main():
    vectors = sys.argv[2:] == ["--vectors"]
    if len(sys.argv) != 2 + vectors:
        sys.exit(__doc__)
    folder = os.path.join(os.environ.get("GAVEL_VECTORS", ""), "kzg", "ethereum__c-kzg-4844")
    if vectors and not os.path.isdir(folder):
        print("SKIPPED: no KZG vectors in the folder that GAVEL_VECTORS names")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    try:
        programs = Programs(os.path.abspath(sys.argv[1]))
        if vectors:
            run_vectors(programs, folder)
        else:
            run_openings(programs)
    except (npm.InstallFailed, subprocess.CalledProcessError) as why:
        sys.exit(f"FAILED: {why}")


if __name__ == "__main__":
    main()
