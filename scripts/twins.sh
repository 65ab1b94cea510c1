#!/usr/bin/env bash
# Runs random sequences of calls on the rollup contract's two implementations, the native one on the simulated chain and the
# Solidity one on Anvil, and compares all that can be seen of them; prints how often each outcome of each call came up. Ends
# non-zero, with what led there and the command that repeats it, if they differ; or if an outcome came up too seldom.
# usage: scripts/twins.sh [--sequences N] [--seed S] [--least N] [--preset P]
#   --sequences N   how many (default 3000)
#   --seed S        of the first; the next ones have S + 1, ... (default 1)
#   --least N       how often each outcome has to come up on both chains (default 20; 0 for fewer than 1000 sequences)
#   --preset P      the build that is used (default release)
set -euo pipefail
cd "$(dirname "$0")/.."
sequences=3000 seed=1 least="" preset=release
while [ $# -gt 0 ]; do
    case "$1" in
        --sequences) sequences=$2 ;;
        --seed) seed=$2 ;;
        --least) least=$2 ;;
        --preset) preset=$2 ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift 2
done
[ -n "$least" ] || least=$([ "$sequences" -ge 1000 ] && echo 20 || echo 0)
scripts/build.sh "$preset" twins_test > /dev/null
python3 scripts/npm.py l1-bridge/contracts
GAVEL_TWINS_SEQUENCES=$sequences GAVEL_SEED=$seed GAVEL_TWINS_LEAST=$least "build/$preset/tests/twins_test"
