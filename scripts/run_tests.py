#!/usr/bin/env python3
"""Runs every test that CMake knows of a build and counts: each Catch2 test case is one, each script one.

usage: run_tests.py BUILD_DIR [--threads-in BUILD_DIR] [--only REGEX] [--jobs N]
    --threads-in   of this build the tests that CMake says have threads, too

A test that lacks its outside input prints a line "SKIPPED: why" and is counted as skipped; with CI=true such tests fail
themselves. The last line is "N passed, N failed, N skipped".
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree


def known_tests(build_dir, with_threads_only=False):
    """With threads only: of a build in which the others aren't."""
    listing = json.loads(subprocess.check_output(["ctest", "--show-only=json-v1"], cwd=build_dir))
    for test in listing["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        has_threads = "threads" in properties.get("LABELS", [])
        if with_threads_only and not has_threads:
            continue
        yield {
            "name": test["name"],
            "command": test["command"],
            "catch": "catch" in properties.get("LABELS", []),
            "cwd": properties.get("WORKING_DIRECTORY", build_dir),
            "environment": dict(item.split("=", 1) for item in properties.get("ENVIRONMENT", [])),
            "timeout": float(properties.get("TIMEOUT", 900)),
            "alone": properties.get("RUN_SERIAL", False),
            "waits": "waits" in properties.get("LABELS", []),
        }


def counts_of_catch(xml_file, exit_code):
    """(passed, failed) test cases; a program that died before its report's end counts as one failure more."""
    try:
        cases = ElementTree.parse(xml_file).getroot().find("OverallResultsCases")
        passed, failed = int(cases.get("successes")), int(cases.get("failures"))
        failed += int(cases.get("expectedFailures", 0))  # a test may not be marked as one that fails
    except (ElementTree.ParseError, AttributeError, FileNotFoundError):
        return 0, 1
    if exit_code != 0 and failed == 0:
        failed = 1  # a sanitizer's finding at exit, for one
    if passed + failed == 0:
        failed = 1
    return passed, failed


def sanitizer_environment():
    """What libraries do that Gavel only links, named in tests/lsan.supp and tests/tsan.supp."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests")
    return {"LSAN_OPTIONS": f"suppressions={folder}/lsan.supp:print_suppressions=0",
            "TSAN_OPTIONS": f"suppressions={folder}/tsan.supp:halt_on_error=0:exitcode=66"}


def run(test):
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        command = list(test["command"])
        if test["catch"]:
            command += ["--reporter", "xml", "--out", report]
        try:
            done = subprocess.run(command, cwd=test["cwd"], env={**os.environ, **sanitizer_environment(), **test["environment"]},
                                  text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, timeout=test["timeout"])
            output, exit_code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode(errors="replace") + f"\ntimed out after {test['timeout']} s\n"
            exit_code = -1
        if test["catch"]:
            passed, failed = counts_of_catch(report, exit_code)
            if failed:
                output += failures_of(report)
        else:
            passed, failed = (1, 0) if exit_code == 0 else (0, 1)
        skipped = min(passed, len(re.findall(r"^SKIPPED:", output, re.MULTILINE)))
    return passed - skipped, failed, skipped, output, time.monotonic() - began


def failures_of(report):
    try:
        root = ElementTree.parse(report).getroot()
    except (ElementTree.ParseError, FileNotFoundError):
        return "\n(no report: the program ended early)\n"
    lines = []
    for case in root.iter("TestCase"):
        result = case.find("OverallResult")
        if result is not None and result.get("success") == "true":
            continue
        lines.append(f"\nfailed: {case.get('name')} ({case.get('filename')}:{case.get('line')})")
        for element in case.iter():
            if element.tag == "Expression" and element.get("success") == "false":
                lines.append(f"  {element.get('filename')}:{element.get('line')}: {(element.findtext('Original') or '').strip()}"
                             f"\n    with: {(element.findtext('Expanded') or '').strip()}")
            elif element.tag in ("Failure", "Exception", "FatalErrorCondition", "Info"):
                lines.append(f"  {element.tag}: {(element.text or '').strip()}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build_dir")
    parser.add_argument("--threads-in", metavar="BUILD_DIR")
    parser.add_argument("--only", default="", help="run the tests whose name matches this regular expression")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    tests = list(known_tests(options.build_dir))
    if options.threads_in:
        threads = known_tests(options.threads_in, with_threads_only=True)
        tests += [{**test, "name": "threads of " + test["name"]} for test in threads]
    tests = [test for test in tests if re.search(options.only, test["name"])]
    totals = [0, 0, 0]

    def tell(test, outcome):
        passed, failed, skipped, output, seconds = outcome
        for i, count in enumerate((passed, failed, skipped)):
            totals[i] += count
        print(f"{'FAIL' if failed else 'ok':4} {test['name']}: {passed} passed, {failed} failed, {skipped} skipped "
              f"({seconds:.1f} s)", flush=True)
        if failed:
            print(output[-20000:], flush=True)
        else:
            for line in output.splitlines():
                if line.startswith("SKIPPED:"):
                    print("     " + line, flush=True)

    # Those that mostly wait have a place of their own beside the others.
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as busy, concurrent.futures.ThreadPoolExecutor(1) as waiting:
        running = {(waiting if test["waits"] else busy).submit(run, test): test for test in tests if not test["alone"]}
        for future in concurrent.futures.as_completed(running):
            tell(running[future], future.result())
    for test in tests:
        if test["alone"]:
            tell(test, run(test))

    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
