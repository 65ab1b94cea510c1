#!/usr/bin/env python3
"""Plants one fault at a time, and expects the tests to notice each.

    cmake --build build/release --target lies_proof_test ledger_differential_test twins_test
    scripts/mutants.py                             every fault of scripts/mutants_table.py: an hour or two
    scripts/mutants.py rules                       a suite: each check of apply and of the codec is deleted once. After changes to
                                                   them or to tests/generator/lies*.cpp
    scripts/mutants.py contracts                   a suite: the two contracts are made to differ. After changes to a contract or
                                                   to tests/twins/
    scripts/mutants.py blobs                       a suite: what of recycled records and of batches in blobs the contract in
                                                   Solidity checks
    scripts/mutants.py channels                    a suite: what it does for channels
    scripts/mutants.py RecipientZero 60            all of a rule; some by number
    scripts/mutants.py --sample 4 --seed 7         so many drawn of those: what the tests run
    scripts/mutants.py --check                     runs nothing: fails if table and code have drifted apart, or if a check that
                                                   the code makes, or a refusal, has no entry

A mutant is compiled in a folder of its own, and the tests of an existing build are linked again with it, or the Solidity
contracts compiled there; neither work tree nor build changes.

Prints for each mutant how it was noticed: the tests that failed, with the number of their assertions; or in which sequence of
calls the two contracts differed, and in what. Exit status: 0 if all were noticed, 1 if one wasn't, 2 if the script can't do its
work.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zlib

import mutants_table as table
import npm
import run_tests

ROOT = pathlib.Path(npm.ROOT)
TIMEOUT_S = 120  # of a program that judges a rule's mutant

Mutant = collections.namedtuple("Mutant", "number suite name file text instead")


class CannotWork(Exception):
    pass


def all_mutants():
    rules = [("rules", rule, path, table.statement_of(rule, path, check), instead) for rule, path, check, instead in table.RULES]
    contracts = [("contracts", *entry) for entry in table.CONTRACTS]
    blobs = [("blobs", *entry) for entry in table.BLOBS]
    channels = [("channels", *entry) for entry in table.CHANNELS]
    return [Mutant(number, *entry) for number, entry in enumerate(rules + contracts + blobs + channels, 1)]


# ---- Table and code ----

def places(content, text):
    """Where `text` stands in `content`, whatever blanks and line ends are between their characters."""
    return list(re.finditer(r"\s*".join(re.escape(character) for character in text if not character.isspace()), content))


def drift(mutants):
    """What in the table isn't as the code is: each text stands there once; each check that the code makes is in the table, as
    often; so is each refusal."""
    sources = {path: (ROOT / path).read_text() for path in {mutant.file for mutant in mutants}}
    for mutant in mutants:
        if len(places(sources[mutant.file], mutant.text)) != 1:
            yield f"{mutant.name}: not found once in {mutant.file}: {mutant.text}"
    in_table = collections.Counter((mutant.name, mutant.file) for mutant in mutants if mutant.suite == "rules")
    checking = {path for _, path in in_table} | {str(path.relative_to(ROOT)) for path in (ROOT / table.KINDS).glob("*.cpp")}
    in_code = collections.Counter((rule, path) for path in checking
                                  for rule in re.findall(r"Refusal::k(\w+)", (ROOT / path).read_text()) if rule != "None")
    for rule, path in sorted(in_code.keys() | in_table.keys()):
        if in_code[rule, path] != in_table[rule, path]:
            yield f"{rule} in {path}: {in_code[rule, path]} in the code, {in_table[rule, path]} in the table"
    known = {rule for rule, _ in in_table} | {"None"}
    for rule in re.findall(r"^    k(\w+),", (ROOT / table.REFUSALS).read_text(), re.M):
        if rule not in known:
            yield f"{rule}: no check is known"


# ---- Making mutants ----

def plant(folder, mutant):
    """Writes the file with its fault below `folder`, and the source that is compiled with it if it is a header."""
    content = (ROOT / mutant.file).read_text()
    (place,) = places(content, mutant.text) if mutant.text else [re.search("^", content)]
    changed = content[:place.start()] + mutant.instead + content[place.end():]
    source = table.COMPILED_WITH.get(mutant.file, mutant.file)
    for path, text in ((source, (ROOT / source).read_text()), (mutant.file, changed)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return source


class Build:
    """The commands of an existing build, turned to a mutant's."""

    def __init__(self, folder, programs):
        self.folder = folder.resolve()
        if not (self.folder / "compile_commands.json").exists():
            raise CannotWork(f"no build in {folder}")
        entries = json.loads((self.folder / "compile_commands.json").read_text())
        self.compile_commands = {entry["file"]: shlex.split(entry["command"]) for entry in entries}
        self.link_commands = {}
        for program in programs:
            if not (self.folder / "tests" / program).exists():
                raise CannotWork(f"build {program} first")
            listed = subprocess.run(["ninja", "-t", "commands", "-s", f"tests/{program}"], cwd=self.folder, capture_output=True,
                                    text=True, check=True)
            last = shlex.split(listed.stdout.strip().splitlines()[-1])
            self.link_commands[program] = [word for word in last if word not in (":", "&&")]

    def compile(self, folder, source):
        """The mutant's object, of a source below its folder."""
        command, out = list(self.compile_commands[str(ROOT / source)]), []
        while command:
            word = command.pop(0)
            if word in ("-MT", "-MF", "-o", "-c"):
                command.pop(0)
            elif word not in ("-MD", "-O1", "-O2", "-g1") and not word.startswith("-Werror"):
                out.append(word)
        first_option = next(i for i, word in enumerate(out) if word.startswith("-"))
        out[first_option:first_option] = ["-O1", f"-I{folder}"]
        self.run(out + ["-c", str(folder / source), "-o", str(folder / "mutant.o")])
        return folder / "mutant.o"

    def link(self, program, mutant_object, output):
        command = list(self.link_commands[program])
        command[command.index("-o") + 1] = str(output)
        first_object = next(i for i, word in enumerate(command) if word.endswith(".o"))
        command.insert(first_object, str(mutant_object))  # before the library that has the true one
        self.run(command)

    def run(self, command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotWork(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")


# ---- Suites: how a mutant is judged ----

class Rules:
    """By the tests of lies and their proofs, and those that compare with the naive model."""

    def __init__(self, options):
        self.tests = [("lies_proof_test", ["a proof against*,of a lie's control*"]),
                      ("ledger_differential_test", ["each lie is refused*,both decoders agree*"])]
        if options.world:
            self.tests += [("lies_world_test", ["each lie on the L1*,that a wrong chunk*"])]
        self.programs = [program for program, _ in self.tests]
        self.environment = {"GAVEL_HISTORIES": "30", **run_tests.sanitizer_environment()}

    def baseline(self, build, folder, mutants):
        """Each pattern names a test case, and the tests pass with each file compiled as it is."""
        for program, cases in self.tests:
            for pattern in ",".join(cases).split(","):
                listed = subprocess.run([build.folder / "tests" / program, "--list-test-names-only", pattern or "*"],
                                        capture_output=True, text=True)
                if not listed.stdout.strip():
                    raise CannotWork(f"{program} has no test case \"{pattern}\"")
        for path in sorted({mutant.file for mutant in mutants}):
            found = self.judge(build, folder / pathlib.Path(path).stem, Mutant(0, "rules", "", path, "", ""))
            if found:
                raise CannotWork(f"without any fault: {found}")

    def judge(self, build, folder, mutant):
        mutant_object = build.compile(folder, plant(folder, mutant))
        outcomes = []
        for program, cases in self.tests:
            build.link(program, mutant_object, folder / program)
            outcomes.append((program, self.failure(folder / program, cases)))
        return ", ".join(f"{program} {failure}" for program, failure in outcomes if failure)

    def failure(self, program, cases):
        try:
            done = subprocess.run([str(program), *cases], capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S,
                                  env=self.environment)
        except subprocess.TimeoutExpired:
            return "hangs"
        if done.returncode == 0:
            return None
        failed = re.search(r"assertions:.*?(\d+) failed", done.stdout)
        return f"dies of signal {-done.returncode}" if done.returncode < 0 else f"fails {failed.group(1) if failed else '?'}"


def compile_solidity(folder, mutant):
    """The environment in which tests take the mutant for the rollup contract."""
    copy = folder / table.SOLIDITY
    shutil.copytree(ROOT / table.SOLIDITY, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(ROOT / table.SOLIDITY / "node_modules")
    plant(folder, mutant)
    code = folder / "code" / "Rollup.creation.hex"
    done = subprocess.run(["node", str(copy / "compile.mjs"), "mutant", str(code.parent)], capture_output=True, text=True)
    if done.returncode != 0 or not code.exists():
        raise CannotWork(done.stdout + done.stderr)
    return {"GAVEL_ROLLUP_CODE": str(code)}


class Contracts:
    """By random calls on both implementations."""

    programs = ["twins_test"]

    def __init__(self, options):
        npm.install(npm.CONTRACTS)
        self.sequences, self.is_sample = options.sequences, bool(options.sample)

    def baseline(self, build, folder, mutants):
        """The two don't differ as they are. It takes a minute, so not for a sample: twins_test is a test by itself."""
        if self.is_sample:
            return
        found = self.difference(build.folder / "tests" / "twins_test", {})
        if found:
            raise CannotWork(f"without any fault: {found}")

    def judge(self, build, folder, mutant):
        if mutant.file.startswith(table.SOLIDITY):
            return self.difference(build.folder / "tests" / "twins_test", compile_solidity(folder, mutant))
        build.link("twins_test", build.compile(folder, plant(folder, mutant)), folder / "twins_test")
        return self.difference(folder / "twins_test", {})

    def difference(self, program, settings):
        environment = {**os.environ, **run_tests.sanitizer_environment(), "GAVEL_TWINS_SEQUENCES": str(self.sequences),
                       "GAVEL_TWINS_LEAST": "0", "GAVEL_SEED": "1", **settings}
        done = subprocess.run([str(program)], capture_output=True, text=True, errors="replace", env=environment)
        if done.returncode == 0:
            return None
        found = re.search(r"the two contracts differ in sequence (\d+), block \d+: (.*\n.*\n.*)", done.stdout)
        if not found:
            raise CannotWork("the test fails otherwise:\n" + (done.stdout + done.stderr)[-3000:])
        return f"sequence {found.group(1)}: " + " ".join(found.group(2).split())[:110]


class Blobs:
    """By the tests that write into the contract's storage, and send blobs."""

    programs = []
    tests = ("records_test.py", "blob_batches_test.py")

    def __init__(self, options):
        npm.install(npm.CONTRACTS)

    def baseline(self, build, folder, mutants):
        found = self.failures({})
        if found:
            raise CannotWork(f"without any fault: {found}")

    def judge(self, build, folder, mutant):
        return self.failures(compile_solidity(folder, mutant))

    def failures(self, settings):
        failed = []
        for test in self.tests:
            done = subprocess.run([sys.executable, "-B", str(ROOT / "tests" / "prover" / test)], capture_output=True, text=True,
                                  env={**os.environ, **settings})
            if done.returncode != 0:
                failed.append(f"{test}: " + (done.stderr.strip().splitlines() or ["?"])[-1])
        return ", ".join(failed)


class Channels(Blobs):
    """By the tests of the calls for channels."""

    tests = ("channel_calls_test.py", "channel_exits_test.py")


SUITES = {"rules": Rules, "contracts": Contracts, "blobs": Blobs, "channels": Channels}


# ---- The whole ----

def chosen(mutants, words):
    """Those that the words name: suites, rules, numbers."""
    known = {word for mutant in mutants for word in (mutant.suite, mutant.name, str(mutant.number))}
    if set(words) - known:
        raise CannotWork("no such mutant: " + ", ".join(sorted(set(words) - known)))
    return [mutant for mutant in mutants if not words or {mutant.suite, mutant.name, str(mutant.number)} & set(words)]


def drawn(mutants, options):
    """A sample; its seed, unless given, is drawn from the files that are changed: the same tree has the same sample."""
    seed = options.seed
    if seed is None:
        seed = zlib.crc32(b"".join((ROOT / path).read_bytes() for path in sorted({mutant.file for mutant in all_mutants()})))
    print(f"{options.sample} of {len(mutants)}, --seed {seed}", flush=True)
    return sorted(random.Random(seed).sample(mutants, min(options.sample, len(mutants))))


def run(mutants, options):
    suites = {name: SUITES[name](options) for name in sorted({mutant.suite for mutant in mutants})}
    build = Build(options.build, [program for suite in suites.values() for program in suite.programs])
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="gavel-mutants-") as work:
        for name, suite in suites.items():
            suite.baseline(build, pathlib.Path(work) / name, [mutant for mutant in mutants if mutant.suite == name])
        for mutant in mutants:
            folder = pathlib.Path(work) / "mutant"
            noticed = suites[mutant.suite].judge(build, folder, mutant)
            shutil.rmtree(folder)
            unnoticed += not noticed
            where = f"{mutant.file}: {mutant.text}" if mutant.suite == "rules" else mutant.file
            print(f"{mutant.number:2} {mutant.name}, {where[:90]}\n     {noticed or 'UNNOTICED'}", flush=True)
    print(f"{unnoticed} of {len(mutants)} unnoticed" if unnoticed else f"all {len(mutants)} are noticed")
    return 1 if unnoticed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog="The rest is told at the top of the script.")
    parser.add_argument("names", nargs="*",
                        help="suites (rules, contracts, blobs, channels), rules as in docs/protocol.md, numbers; default: all")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="folder of a build with ninja")
    parser.add_argument("--check", action="store_true", help="compare the table with the code, and end")
    parser.add_argument("--sample", type=int, help="draw so many of them")
    parser.add_argument("--seed", type=int, help="of the sample")
    parser.add_argument("--world", action="store_true", help="judge rules by lies_world_test too")
    parser.add_argument("--sequences", type=int, default=300, help="of calls, at most, for each mutant of a contract")
    options = parser.parse_args()
    mutants = chosen(all_mutants(), options.names)
    problems = list(drift(all_mutants()))
    if problems:
        raise CannotWork("the table has drifted from the code:\n  " + "\n  ".join(problems))
    if options.check:
        return 0
    return run(drawn(mutants, options) if options.sample else mutants, options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotWork, npm.InstallFailed) as problem:
        print(f"mutants.py: {problem}", file=sys.stderr)
        sys.exit(2)
