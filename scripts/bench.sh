#!/usr/bin/env bash
# Builds a benchmark and runs it. The folder of real payments is named by GAVEL_CORPORA.
# usage: scripts/bench.sh codec [--two-digit-fees]
#   codec   bytes of `ops` for each payment; fails if all together take over 10 (docs/protocol.md, "Codec figures")
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:-}
case "$name" in
    codec) ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
shift
scripts/build.sh release "gavel-bench-$name" >&2
exec "build/release/bin/gavel-bench-$name" "$@"
