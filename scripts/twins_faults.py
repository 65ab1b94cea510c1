#!/usr/bin/env python3
"""Plants one fault at a time in either implementation of the rollup contract, and expects twins_test to find a difference.

Run by hand, after changes to the contract or to tests/twins/; it isn't part of CI (about a minute a fault):

    cmake --build build/release --target twins_test
    scripts/twins_faults.py                 all faults
    scripts/twins_faults.py 3 7             some, by number

A fault is a text of one file and what stands there instead (FAULTS below). It is planted in a copy: the Solidity contracts are
compiled in a folder of their own, and the test is linked again with a C++ file compiled there; neither work tree nor build
changes.

Prints for each fault after how many sequences it was found, and what differed. Exit status: 0 if all were found, 1 if one wasn't,
2 if the script can't do its work.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import delete_rules
import npm

ROOT = delete_rules.ROOT
TEST = "twins_test"
SOLIDITY = "l1-bridge/contracts/"

# (what is wrong, file, text as it stands there, text instead)
FAULTS = [
    ("a batch is final a second late", SOLIDITY + "RollupState.sol",
     "block.timestamp >= uint256(postedAt) + CHALLENGE_WINDOW", "block.timestamp > uint256(postedAt) + CHALLENGE_WINDOW"),
    ("receiver and recipient swapped in an event", SOLIDITY + "Bank.sol",
     "emit WithdrawalClaimed(position, recipient, token, amount, receiver);",
     "emit WithdrawalClaimed(position, receiver, token, amount, recipient);"),
    ("a strike doesn't keep its time", SOLIDITY + "Court.sol", "lastStrikeAt = time;", ""),
    ("an evicted term's slash burns the quarter again", SOLIDITY + "Court.sol",
     "STAKE - quarter - (term.evicted ? quarter : 0)", "STAKE - quarter"),
    ("a commit of the proof's own second counts", SOLIDITY + "Court.sol",
     "postedAt < time && time < provenAt", "postedAt < time && time <= provenAt"),
    ("anybody may name the receiver", SOLIDITY + "Bank.sol",
     "require(receiver == owner || msg.sender == owner, ReceiverNotAllowed());",
     "require(receiver == owner || msg.sender != address(0), ReceiverNotAllowed());"),
    ("no guard around a deposit of tokens", SOLIDITY + "Bank.sol",
     "function depositToken(address token, address to, uint256 amount) external nonReentrant {",
     "function depositToken(address token, address to, uint256 amount) external {"),
    ("the home operator's ban ends a second early", "l1-bridge/chain/rollup_seat.cpp",
     "now() < u128{punished_at} + kHomeBan", "now() + 1 < u128{punished_at} + kHomeBan"),
    ("a notice may be given a second early", "l1-bridge/chain/rollup_seat.cpp",
     "now() < u128{before} + kNoticePause", "now() + 1 < u128{before} + kNoticePause"),
    ("a notice may be used a second early", "l1-bridge/chain/rollup_seat.cpp", "now() < notice.from", "now() + 1 < notice.from"),
    ("a notice outlives a slash and an eviction", "l1-bridge/chain/rollup_seat.cpp",
     "tallies.home_punished_at = now();\n    withdraw_notice();", "tallies.home_punished_at = now();"),
    ("a notice may be used in the second in which it is over", SOLIDITY + "Seat.sol",
     "block.timestamp < until, NoticeRequired", "block.timestamp <= until, NoticeRequired"),
    ("a quarter of the window is rounded down", SOLIDITY + "Seat.sol", "(INCLUSION_WINDOW + 3) / 4", "INCLUSION_WINDOW / 4"),
    ("a notice takes two seats", SOLIDITY + "Seat.sol", "if (msg.sender == HOME_OPERATOR) noticeStands = false;", ""),
    ("a freeze spares who could be evicted", SOLIDITY + "Freeze.sol", "endDutifully(TermEnd.Frozen)", "endTerm(TermEnd.Frozen)"),
    ("a take-over spares who could be evicted", SOLIDITY + "Seat.sol",
     "endDutifully(TermEnd.Replaced)", "endTerm(TermEnd.Replaced)"),
    ("whoever sits loses a quarter to a freeze", "l1-bridge/chain/rollup_seat.cpp",
     "if (is_overdue(globals)) {", "if (is_overdue(globals) || reason == TermEnd::kFrozen) {"),
    ("payments get all gas whatever is asked", SOLIDITY + "Bank.sol", "passed = payGas;", ""),
    ("a payment of more gas than there is goes on", SOLIDITY + "Bank.sol",
     "require(left - left / 64 >= payGas, PayGasShort());", "left;"),
    ("a refund pays who made the deposit", SOLIDITY + "Freeze.sol", "address(bytes20(entry[21:41]))", "address(bytes20(entry[1:21]))"),
    ("a commit doesn't name the term", SOLIDITY + "Court.sol", "abi.encodePacked(prover, proofHash, term)",
     "abi.encodePacked(prover, proofHash, term / 2)"),
    ("a stake of nothing is taken", SOLIDITY + "RollupState.sol", "&& stake != 0", ""),
    ("an inclusion window of three seconds is taken", "l1-bridge/wire/rollup_abi.cpp",
     "inclusion_window >= kMinInclusionWindow", "inclusion_window + 1 >= kMinInclusionWindow"),
    ("half the inclusion window is rounded up", "l1-bridge/chain/rollup_seat.cpp",
     "storage_.windows().inclusion_window / 2", "(storage_.windows().inclusion_window + 1) / 2"),
    ("a delegated account may append", "l1-bridge/chain/rollup_seat.cpp", " || host_.has_code(caller)", ""),
    ("a term's last batch isn't looked up in the records", "l1-bridge/chain/rollup_seat.cpp",
     "return storage_.record_info(globals.head).term == term ? globals.head : 0;", "return term == 0 ? 0 : globals.head;"),
    ("a struck term that doesn't sit isn't slashed", "l1-bridge/chain/rollup_court.cpp",
     "if (!seat.slashed) slash", "if (!seat.slashed && record.term == globals.current_term) slash"),
    ("an exit's bit is that of the index before", "l1-bridge/chain/rollup_freeze.cpp",
     "storage_.set_exited(index);", "storage_.set_exited(index - 1);"),
]


def planted(folder, path, text, instead):
    """The file's content with the fault; the text has to stand there once."""
    content = (ROOT / path).read_text()
    if content.count(text) != 1:
        raise delete_rules.CannotWork(f"not found once in {path}: {text}")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(content.replace(text, instead))


def compile_solidity(folder, path, text, instead):
    copy = folder / SOLIDITY
    shutil.copytree(ROOT / SOLIDITY, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(ROOT / SOLIDITY / "node_modules")
    planted(folder, path, text, instead)
    done = subprocess.run(["node", str(copy / "compile.mjs"), "artifacts", str(folder / "code")], capture_output=True, text=True)
    code = folder / "code" / "Rollup.creation.hex"
    if done.returncode != 0 or not code.exists():
        raise delete_rules.CannotWork(done.stdout + done.stderr)
    return {"GAVEL_ROLLUP_CODE": str(code)}


def link_native(build, folder, path, text, instead):
    planted(folder, path, text, instead)
    build.compile(folder, path, folder / "mutant.o")
    build.link(TEST, folder / "mutant.o", folder / TEST)
    return folder / TEST


def run(program, settings, sequences):
    """Sequences until a difference, and what differed; None if there was none."""
    environment = dict(os.environ, GAVEL_TWINS_SEQUENCES=str(sequences), GAVEL_TWINS_LEAST="0", GAVEL_SEED="1", **settings)
    done = subprocess.run([str(program)], capture_output=True, text=True, errors="replace", env=environment)
    if done.returncode == 0:
        return None
    found = re.search(r"the two contracts differ in sequence (\d+), block \d+: (.*\n.*\n.*)", done.stdout)
    if not found:
        raise delete_rules.CannotWork("the test fails otherwise:\n" + (done.stdout + done.stderr)[-3000:])
    return int(found.group(1)), " ".join(found.group(2).split())[:110]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog="The rest is told at the top of the script.")
    parser.add_argument("numbers", nargs="*", type=int, help="of faults, from 1; all if none is given")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="folder of a build with ninja")
    parser.add_argument("--sequences", type=int, default=300, help="run at most for each fault")
    options = parser.parse_args()
    npm.install(npm.CONTRACTS)
    build = delete_rules.Build(options.build, [(TEST, [])])
    unfound = 0
    for number, (what, path, text, instead) in enumerate(FAULTS, 1):
        if options.numbers and number not in options.numbers:
            continue
        with tempfile.TemporaryDirectory(prefix="gavel-twins-") as work:
            folder = pathlib.Path(work)
            program, settings = build.folder / "tests" / TEST, {}
            if path.startswith(SOLIDITY):
                settings = compile_solidity(folder, path, text, instead)
            else:
                program = link_native(build, folder, path, text, instead)
            found = run(program, settings, options.sequences)
        unfound += found is None
        side = "Solidity" if path.startswith(SOLIDITY) else "C++"
        told = f"sequence {found[0]}: {found[1]}" if found else "NOT FOUND"
        print(f"{number:2} {side:8} {what:55} {told}", flush=True)
    print(f"{unfound} not found" if unfound else "all are found")
    return 1 if unfound else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except delete_rules.CannotWork as problem:
        print(f"twins_faults.py: {problem}", file=sys.stderr)
        sys.exit(2)
