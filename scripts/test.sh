#!/usr/bin/env bash
# Installs what is missing, runs scripts/check.sh, builds with address and undefined-behaviour sanitizers, runs every test, and
# ends with "N passed, N failed, N skipped". Outside input: GAVEL_CORPORA and GAVEL_VECTORS name its folders; without them those
# tests are skipped (with CI=true they fail).
# usage: scripts/test.sh [--threads] [--only REGEX]
#   --threads   builds with clang, its thread annotations and the thread sanitizer, too, and runs there what has threads
set -euo pipefail
cd "$(dirname "$0")/.."
threads=
if [ "${1:-}" = --threads ]; then
    threads=build/tsan
    shift
fi
scripts/check.sh
scripts/install_dependencies.sh --tests
scripts/build.sh asan
[ -z "$threads" ] || scripts/build.sh tsan programs thread_tests
python3 scripts/npm.py tests/node_client tests/third_voice l1-bridge/contracts
python3 scripts/run_tests.py build/asan ${threads:+--threads-in "$threads"} "$@"
