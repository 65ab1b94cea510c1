#!/usr/bin/env bash
# Builds a benchmark and runs it. The folder of real payments is named by GAVEL_CORPORA.
# usage: scripts/bench.sh codec [--two-digit-fees] | gas [--short] [--search-seconds N] [--seed N]
#   codec   bytes of `ops` for each payment; fails if all together take over 10 (docs/protocol.md, "Codec figures")
#   gas     gas of each call of the contract, on Anvil and on the simulated chain, and the worst proof; fails if a limit of
#           docs/contract.md, "Gas", is broken. Figures: bench/results/gas.json
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:-}
case "$name" in
    codec | gas) ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
shift
scripts/build.sh release "gavel-bench-$name" >&2
if [ "$name" = gas ]; then exec python3 bench/gas.py build/release/bin/gavel-bench-gas "$@"; fi
exec "build/release/bin/gavel-bench-$name" "$@"
