#!/usr/bin/env python3
"""The checks of scripts/check.sh, which says what they are for and how they are called."""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time

import npm

ROOT = npm.ROOT
FORMAT = os.path.relpath(npm.FORMAT, ROOT)
CPP, WEB, SOLIDITY = ["*.cpp", "*.hpp"], ["*.ts", "*.mjs", "*.js", "*.json", ".prettierrc.json"], ["*.sol"]
CODE = CPP + ["*.py", "*.ts", "*.mjs", "*.sol"]
# Without .clang-format, the default would be another style.
CLANG_FORMAT = ["clang-format", "--style=file:.clang-format", "--fallback-style=none"]

MOST_LINES = 60  # of what one check found


def prettier(*options):
    return ["node", os.path.join(FORMAT, "node_modules", "prettier", "bin", "prettier.cjs"), *options]


def forge(*options):
    return [npm.forge(), "fmt", "--root", FORMAT, *options]


def checks():
    """(name, files as git names them, command to which they are added); a command without files takes none."""
    return [
        ("C++ is as clang-format has it", CPP, CLANG_FORMAT + ["--dry-run", "-Werror"]),
        ("TypeScript, JavaScript and JSON are as prettier has them", WEB, prettier("--check")),
        ("Solidity is as forge fmt has it", SOLIDITY, forge("--check")),
        ("shellcheck of shell scripts", ["*.sh", ".ci/run"], ["shellcheck"]),
        ("flake8 of Python", ["*.py"], ["flake8"]),
        ("text: blanks, ends of lines and files", ["."], ["scripts/check_text.py"]),
        ("code: length of files, names of tests", CODE, ["scripts/check_code.py"]),
        ("layers: includes go down", [], ["scripts/check_layers.py"]),
        ("pages: what they name is there", [], ["scripts/check_docs.py"]),
        ("mutants: the code that they change is there", [], ["scripts/mutants.py", "--check"]),
    ]


def files(patterns):
    """Tracked files and new ones, as the work tree has them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted({path for path in listed.split("\0") if os.path.isfile(path)})


def run(command):
    """What a command says if it fails, else None."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace")
    except OSError as why:
        return f"{command[0]}: {why.strerror}"
    return None if done.returncode == 0 else done.stdout.rstrip() or f"{command[0]} ends with {done.returncode}"


def check(patterns, command):
    if not patterns:
        return run(command)
    named = files(patterns)
    return run(command + named) if named else "no such file: " + " ".join(patterns)


def shortened(found):
    lines = found.splitlines()
    more = [f"and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return "\n".join("      " + line for line in lines[:MOST_LINES] + more)


def verdict(results):
    """Tells (name, what was found or None) as they come, and the sum; the exit status."""
    names, failed = 0, []
    for name, found in results:
        names += 1
        print(f"{'ok  ' if found is None else 'FAIL'}  {name}", flush=True)
        if found is not None:
            failed.append(name)
            print(shortened(found), flush=True)
    if not names:
        print("check: nothing to check")
        return 2
    if failed:
        print(f"check: {len(failed)} of {names} FAILED: {'; '.join(failed)}")
        return 1
    print(f"check: all {names} passed")
    return 0


def fix():
    for patterns, command in ((CPP, CLANG_FORMAT + ["-i"]), (WEB, prettier("--write", "--log-level=warn")), (SOLIDITY, forge())):
        subprocess.run(command + files(patterns), check=True)
    return 0


def tidy(paths, build):
    """Of the sources named, those that the build compiles."""
    builds = [build] if build else [os.path.join(ROOT, "build", preset) for preset in ("clang", "asan", "release")]
    lists = [os.path.join(folder, "compile_commands.json") for folder in builds]
    known = next((path for path in lists if os.path.exists(path)), None)
    if not known:
        sys.exit("no build; make one: scripts/build.sh asan")
    with open(known, encoding="utf-8") as file:
        compiled = {os.path.relpath(entry["file"], ROOT) for entry in json.load(file)}
    sources = [path for path in files(paths or ["."]) if path in compiled]
    began = time.monotonic()
    command = ["clang-tidy", "-p", os.path.dirname(known), "--quiet", "--warnings-as-errors=*"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        status = verdict(zip(sources, pool.map(lambda source: run([*command, source]), sources)))
    print(f"clang-tidy by the flags of {known}: {time.monotonic() - began:.0f} s")
    return status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--tidy", nargs="*", metavar="PATH")
    parser.add_argument("--build", metavar="DIR")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.tidy is not None:
        return tidy(options.tidy, options.build)
    npm.install(FORMAT)
    return fix() if options.fix else verdict((name, check(patterns, command)) for name, patterns, command in checks())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except npm.InstallFailed as why:
        sys.exit(str(why))
