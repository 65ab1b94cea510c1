#!/usr/bin/env bash
# Checks what can be checked without running anything: form, faults that linters find, layers, names in the pages. Installs what
# it needs. Tells one line for each check, under it what was found, and a verdict at the end; the exit status is 1 if a check
# failed.
# usage: scripts/check.sh          all checks but clang-tidy: some seconds
#        scripts/check.sh --fix    formats what the formatters would have otherwise, and checks nothing
#        scripts/check.sh --tidy [PATH...] [--build DIR]
#                                  clang-tidy over the C++ files, or folders, that are named; over all if none is. Takes flags and
#                                  generated headers from a build, by default from clang's, asan's or release's
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
    "" | --fix | --tidy) ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
scripts/install_dependencies.sh --checks
exec python3 -B scripts/check.py "$@"
