#!/usr/bin/env bash
# Builds a benchmark and runs it (bench/README.md). The folder of real payments is named by GAVEL_CORPORA.
# usage: scripts/bench.sh NAME [options]     NAME --help lists the options
#   codec         bytes of `ops` for each payment; fails if all together take over 10 (docs/protocol.md, "Codec figures")
#   gas           gas of each call of the contract, on Anvil and on the simulated chain, and the worst proof; fails if a limit of
#                 docs/contract.md, "Gas", is broken
#   compression   what a payment costs in each rollup's form; --corpus FILE takes your own payments
#   layers        the same payments on the L1 itself and through the rollup
#   proxy         paid HTTP requests through 'gavel channel serve' beside the service without it; needs wrk and node
#   speed         payments a second, latency, replay and scale, beside what the signatures alone allow
#   channel       vouchers made, checked and kept on disk beside what two signature operations cost
# All but codec and channel write their figures to bench/results/NAME.json, and plots beside them.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:-}
case "$name" in
    codec | gas | compression | layers | proxy | speed | channel) ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
shift
# A relative path of the caller's still holds after the change of folder.
arguments=()
while [ $# -gt 0 ]; do
    arguments+=("$1")
    if [ "$1" = --corpus ] && [ $# -gt 1 ]; then
        arguments+=("$(cd "$OLDPWD" && realpath "$2")")
        shift
    fi
    shift
done
if [ "$name" = proxy ]; then
    scripts/build.sh release gavel gavel-l1 gavel-sequencer gavel-verifier gavel-bench-paid-requests >&2
    GAVEL_BIN_DIR=$PWD/build/release/bin exec python3 bench/proxy.py ${arguments[@]+"${arguments[@]}"}
fi
if [ "$name" = speed ]; then
    scripts/build.sh release gavel gavel-l1 gavel-sequencer gavel-verifier gavel-bench-speed >&2
else
    scripts/build.sh release "gavel-bench-$name" >&2
fi
program=build/release/bin/gavel-bench-$name
[ -e "bench/$name.py" ] || exec "$program" ${arguments[@]+"${arguments[@]}"}
exec python3 "bench/$name.py" "$program" ${arguments[@]+"${arguments[@]}"}
