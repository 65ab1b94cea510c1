#!/usr/bin/env bash
# Builds Gavel, if need be, and tells what payment channels are for, on an L1 that it starts: a paid HTTP service, ten thousand
# requests over one channel, one settlement; a payee whom the sequencer doesn't serve, and who is paid through the L1; a payer who
# takes back what an abandoned channel holds. Ends with a table of what it cost beside ordinary payments and L1 transfers; the
# exit status isn't zero if any promise was broken.
# usage: scripts/demo_channels.sh [--l1 KIND] [--requests N] [--keep]
#   --l1 KIND      simulated (default): gavel-l1 and the native contract; ethereum: Anvil and the contract in Solidity
#   --requests N   so many paid requests (default: 10000)
#   --keep         keep the folder of logs and data, and tell its name
# GAVEL_BIN_DIR names a folder of programs to use instead of building.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
    -h | --help)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
esac
if [ -z "${GAVEL_BIN_DIR:-}" ]; then
    scripts/build.sh release gavel gavel-l1 gavel-sequencer gavel-verifier
    GAVEL_BIN_DIR=$PWD/build/release/bin
fi
export GAVEL_BIN_DIR
exec python3 -B scripts/demo_channels.py "$@"
