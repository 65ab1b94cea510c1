#!/usr/bin/env python3
"""Deletes each check of apply, one at a time, and expects the tests to notice.

Run by hand, after changes to apply, to the codec or to tests/generator/lies.cpp; it isn't part of CI (some seconds a check):

    cmake --build build/release --target lies_proof_test ledger_differential_test
    scripts/delete_rules.py                              all checks
    scripts/delete_rules.py RecipientZero FeeOverflow    those of some rules
    scripts/delete_rules.py --world                      lies_world_test too (build it first)

A mutant is one file of protocol/ with one check deleted (CHECKS below). It is compiled in a folder of its own, and the tests of
an existing build are linked again with it; neither work tree nor build changes. A rule with several checks has several mutants.
What is deleted is kept beside the rule's name; if code and table have drifted apart, or a refusal has no entry, the script says
so and fails.

Prints a table: for each check, how each test ended, with the number of assertions that failed. Exit status: 0 if some test failed
for every check, 1 if a check can be deleted unnoticed, 2 if the script can't do its work.
"""

import argparse
import collections
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
APPLY, DECODE, BITS = "protocol/apply.cpp", "protocol/chunk_decode.cpp", "protocol/bits.hpp"
COMPILED_WITH = {APPLY: APPLY, DECODE: DECODE, BITS: DECODE}

# (rule, file, the check's condition as it stands there, the statement instead). Nothing instead: the check is simply gone. Where
# a check has another form than the usual one of its file (statement_of), the whole statement stands here.
CHECKS = [
    ("Truncated", BITS, "require(width <= remaining(), Refusal::kTruncated);", ""),
    ("CodeTooLong", BITS, "if (++zeros > kMaxCodeZeros) fail(Refusal::kCodeTooLong);", "++zeros;"),
    ("OverWeight", DECODE, "kL1OperationWeight * chunk_.l1_operations <= kMaxChunkWeight", ""),
    ("OverWeight", DECODE, "weight_ <= kMaxChunkWeight", ""),
    ("OverWeight", DECODE, "++weight_ <= kMaxChunkWeight", "++weight_;"),
    ("IdleFlag", DECODE, "!mixed_ || !only_transfers", ""),
    ("IdleFlag", DECODE, "!by_address_ || any_address", ""),
    ("IdleFlag", DECODE, "any", ""),
    ("BadFeeWidth", DECODE, "mantissa_width <= kMaxMantissaBits && exponent_width <= bit_length(kMaxExponent)", ""),
    ("LooseNumber", DECODE, "number.exponent == 0", ""),
    ("LooseNumber", DECODE, "number.mantissa % 2 != 0 || number.mantissa % 10 != 0", ""),
    ("NumberTooLarge", DECODE, "number.exponent == known && number.mantissa <= kLargestMantissa[known]", ""),
    ("RepeatedFee", DECODE, "std::find(fees_.begin(), fees_.begin() + k, fees_[k]) == fees_.begin() + k", ""),
    ("LooseWidth", DECODE, "bit_length(mantissa_bits) == mantissa_width", ""),
    ("LooseWidth", DECODE, "bit_length(exponent_bits) == exponent_width", ""),
    ("LooseWidth", DECODE, "account_width_ == bit_length(account_bits_ | 1)", ""),
    ("BadReference", DECODE, "position <= seen_count", "if (position > seen_count) position = 0;"),
    ("BadReference", DECODE, "value != nullptr", "if (!value) value = lists.at(list, 0);"),
    ("BadReference", DECODE, "position < model.exponents.size()", "if (position >= model.exponents.size()) position = 0;"),
    ("UnusedFee", DECODE, "seen_count == fee_count_", ""),
    ("RepeatedLiteral", DECODE, "!lists.contains(list, literal)", ""),
    ("BadMagnitude", DECODE, "length >= 0 && length <= static_cast<int>(kMaxMantissaBits)", ""),
    ("ZeroMemo", DECODE, "!operation.memo.is_zero()", ""),
    ("TrailingByte", DECODE, "in_.remaining() < 8", ""),
    ("NonzeroPadding", DECODE, "in_.get(static_cast<unsigned>(in_.remaining())) == 0", ""),
    ("SignatureCount", APPLY, "sigs.size() != count * Signature::kSize", ""),
    ("OpCountOverflow", APPLY, "count > ~uint64_t{0} - counters.op_count", ""),
    ("L1LimitExceeded", APPLY, "u128{counters.l1_ops_consumed} + chunk.l1_operations > env.l1_limit()", ""),
    ("WithdrawalTreeFull", APPLY, "view.withdrawal_count() == kMaxWithdrawalCount", ""),
    ("SenderIndex", APPLY, "posted.sender == 0 || posted.sender >= view.account_count()", ""),
    ("NonceExhausted", APPLY, "sender.nonce == kMaxNonce", ""),
    ("InsufficientBalance", APPLY,
     "!total || sender.balance < *total", "if (!total || sender.balance < *total) total = sender.balance;"),
    ("RecipientIndex", APPLY, "index == 0 || index >= view.account_count()", ""),
    ("RecipientToken", APPLY, "leaf.key.token != token", ""),
    ("BalanceOverflow", APPLY, "!balance", "if (!balance) balance = Amount::max();"),
    ("RecipientZero", APPLY, "to.is_zero()", ""),
    ("RecipientZero", APPLY, "withdrawal.recipient.is_zero()", ""),
    ("AccountTreeFull", APPLY, "view.account_count() == kMaxAccountCount", ""),
    ("RecipientHasLeaf", APPLY, "found.present", "if (found.present) return credit(view, found.index, found.leaf, amount);"),
    ("WithdrawalOfZero", APPLY, "withdrawal.amount.is_zero()", ""),
    ("FeeOverflow", APPLY,
     "!posted.fee.is_zero() && !fees.add(sender.key.token, posted.fee)",
     "if (!posted.fee.is_zero()) (void)fees.add(sender.key.token, posted.fee);"),
    ("SignatureInvalid", APPLY, "!signer", "if (!signer) signer = owner;"),
    ("SignerNotOwner", APPLY,
     "return *signer == owner ? Outcome::applied() : Outcome::wrong(Refusal::kSignerNotOwner);", "return Outcome::applied();"),
    ("FeeLeafMissing", APPLY,
     "fee_leaves.size() < entries.size()", "if (fee_leaves.size() < entries.size()) return Outcome::applied();"),
    ("FeeLeafExtra", APPLY, "fee_leaves.size() > entries.size()", ""),
    ("FeeLeafIndex", APPLY, "index == 0 || index >= view.account_count()", ""),
    ("FeeLeafToken", APPLY, "leaf.key.token != entries[i].token", ""),
]

# Program and the test cases of it that are run.
TESTS = [("lies_proof_test", []), ("ledger_differential_test", ["ledger: each lie*,ledger: random bytes*"])]
WORLD_TEST = ("lies_world_test", ["lies on the L1: each is false*,lies on the L1: that a wrong chunk*"])
TIMEOUT_S = 60


class CannotWork(Exception):
    pass


def statement_of(rule, path, check):
    if "Refusal::" in check:
        return check
    if path == APPLY:
        return f"if ({check}) return Outcome::wrong(Refusal::k{rule});"
    return f"in_.require({check}, Refusal::k{rule});"


def check_table():
    """That every check which the code makes is in CHECKS, once, and every refusal has one."""
    in_code = collections.Counter()
    for path in (APPLY, DECODE, BITS):
        in_code.update((rule, path) for rule in re.findall(r"Refusal::k(\w+)", (ROOT / path).read_text()) if rule != "None")
    in_table = collections.Counter((rule, path) for rule, path, _, _ in CHECKS)
    refusals = re.findall(r"^    k(\w+),", (ROOT / "protocol/refusal.hpp").read_text(), re.M)
    problems = [f"{rule} in {path}: {in_code[rule, path]} in the code, {in_table[rule, path]} in the table"
                for rule, path in sorted(in_code.keys() | in_table.keys()) if in_code[rule, path] != in_table[rule, path]]
    known = {rule for rule, *_ in CHECKS} | {"None"}
    problems += [f"{rule}: no check is known" for rule in refusals if rule not in known]
    for rule, path, check, _ in CHECKS:
        statement = statement_of(rule, path, check)
        if (ROOT / path).read_text().count(statement) != 1:
            problems.append(f"{rule}: not found once in {path}: {statement}")
    if problems:
        raise CannotWork("the table has drifted from the code:\n  " + "\n  ".join(problems))


class Build:
    """The commands of an existing build, turned to a mutant's."""

    def __init__(self, folder, tests):
        self.folder = folder.resolve()
        entries = json.loads((self.folder / "compile_commands.json").read_text())
        self.compile_commands = {entry["file"]: shlex.split(entry["command"]) for entry in entries}
        self.link_commands = {}
        for test, _ in tests:
            if not (self.folder / "tests" / test).exists():
                raise CannotWork(f"build {test} first")
            listed = subprocess.run(["ninja", "-t", "commands", "-s", f"tests/{test}"], cwd=self.folder, capture_output=True,
                                    text=True, check=True)
            last = shlex.split(listed.stdout.strip().splitlines()[-1])
            self.link_commands[test] = [word for word in last if word not in (":", "&&")]

    def compile(self, mutant, source, output):
        command, out = list(self.compile_commands[str(ROOT / source)]), []
        while command:
            word = command.pop(0)
            if word in ("-MT", "-MF", "-o", "-c"):
                command.pop(0)
            elif word not in ("-MD", "-O2", "-g1"):
                out.append(word)
        first_option = next(i for i, word in enumerate(out) if word.startswith("-"))
        out[first_option:first_option] = ["-O1", f"-I{mutant}"]
        self.run(out + ["-c", str(mutant / source), "-o", str(output)])

    def link(self, test, mutant_object, output):
        command = list(self.link_commands[test])
        command[command.index("-o") + 1] = str(output)
        first_object = next(i for i, word in enumerate(command) if word.endswith(".o"))
        command.insert(first_object, str(mutant_object))  # before the library that has the true one
        self.run(command)

    def run(self, command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotWork(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")


def outcome(program, cases):
    try:
        done = subprocess.run([str(program), *cases], capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S,
                              env={"GAVEL_HISTORIES": "30"})
    except subprocess.TimeoutExpired:
        return "fails: hangs"
    if done.returncode < 0:
        return f"fails: signal {-done.returncode}"
    failed = re.search(r"assertions:.*?(\d+) failed", done.stdout)
    return "passes" if done.returncode == 0 else f"fails: {failed.group(1) if failed else '?'}"


def try_without(build, tests, mutant, path, check, instead):
    """How each test ends with `check` in file `path` replaced; `mutant` is a folder to be made."""
    for file in {path, COMPILED_WITH[path]}:
        (mutant / file).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / file).read_text()
        (mutant / file).write_text(text.replace(check, instead) if file == path else text)
    build.compile(mutant, COMPILED_WITH[path], mutant / "mutant.o")
    outcomes = []
    for test, cases in tests:
        build.link(test, mutant / "mutant.o", mutant / test)
        outcomes.append(outcome(mutant / test, cases))
        (mutant / test).unlink()
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog="The rest is told at the top of the script.")
    parser.add_argument("rules", nargs="*", help="names as in docs/protocol.md; all if none is given")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="folder of a build with ninja")
    parser.add_argument("--world", action="store_true", help="run lies_world_test too")
    options = parser.parse_args()
    tests = TESTS + ([WORLD_TEST] if options.world else [])
    unknown = set(options.rules) - {rule for rule, *_ in CHECKS}
    if unknown:
        raise CannotWork("no such rule: " + ", ".join(sorted(unknown)))
    check_table()
    build = Build(options.build, tests)

    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="gavel-rules-") as work:
        for path in sorted(set(COMPILED_WITH.values())):
            if set(try_without(build, tests, pathlib.Path(work) / pathlib.Path(path).stem, path, "", "")) != {"passes"}:
                raise CannotWork("a test fails without any deletion")
        print(f"{'rule':<20} {'check deleted':<60} " + " ".join(f"{test:<24}" for test, _ in tests), flush=True)
        for number, (rule, path, check, instead) in enumerate(CHECKS):
            if options.rules and rule not in options.rules:
                continue
            mutant = pathlib.Path(work) / str(number)
            outcomes = try_without(build, tests, mutant, path, statement_of(rule, path, check), instead)
            noticed = any(result.startswith("fails") for result in outcomes)
            unnoticed += not noticed
            short = check if len(check) <= 60 else check[:57] + "..."
            row = f"{rule:<20} {short:<60} " + " ".join(f"{result:<24}" for result in outcomes)
            print(row + ("" if noticed else "UNNOTICED"), flush=True)
    print(f"{unnoticed} unnoticed" if unnoticed else "every deletion is noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotWork as problem:
        print(f"delete_rules.py: {problem}", file=sys.stderr)
        sys.exit(2)
