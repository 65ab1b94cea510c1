#!/usr/bin/env bash
# Runs sequencer and verifier before an L1 that misbehaves at random, while people pay, deposit and withdraw and lies are posted;
# then the L1 is honest, and everything must be right (tests/hostile/hostile_run_grpc.cpp says what). Tells how it goes, which
# faults came how often, and the command that repeats it.
# usage: scripts/hostile.sh [--seconds N] [--seed S] [--runs N] [--preset P]
#   --seconds N   for which the L1 misbehaves (default 300)
#   --seed S      which faults come when; the next runs have S + 1, ... (default: drawn)
#   --runs N      how many, one after the other (default 1)
#   --preset P    the build that is used (default release)
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=300 seed=$RANDOM runs=1 preset=release
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=$2 ;;
        --seed) seed=$2 ;;
        --runs) runs=$2 ;;
        --preset) preset=$2 ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift 2
done
scripts/build.sh "$preset" hostile_run > /dev/null
export GAVEL_BIN_DIR="$PWD/build/$preset/bin" LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"
for ((run = 0; run < runs; ++run)); do
    timeout $((seconds + 600)) "build/$preset/tests/hostile_run" --seconds "$seconds" --seed $((seed + run))
done
