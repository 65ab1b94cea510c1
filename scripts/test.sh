#!/usr/bin/env bash
# Installs what is missing, runs scripts/check.sh, and builds: with address and undefined-behaviour sanitizers everything; with
# clang, its thread annotations and the thread sanitizer what has threads; optimised the programs. Runs every test, and ends with
# "N passed, N failed, N skipped". Outside input: GAVEL_CORPORA and GAVEL_VECTORS name its folders; without them those
# tests are skipped (with CI=true they fail).
# usage: scripts/test.sh [--only REGEX]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/check.sh
scripts/build.sh asan
scripts/build.sh tsan programs thread_tests
scripts/build.sh release programs
python3 scripts/npm.py tests/node_client tests/third_voice l1-bridge/contracts
python3 scripts/run_tests.py build/asan --threads-in build/tsan "$@"
