#!/usr/bin/env bash
# Builds Gavel, if need be, and tells a rollup's whole story on an L1 that it starts: deposits, payments, a withdrawal, a lie that
# is proven and struck, and an operator who disappears, after which everybody leaves with every wei. Ends with a table of what it
# all cost; the exit status isn't zero if any promise was broken.
# usage: scripts/demo.sh [--l1 KIND] [--corpus FILE] [--payments N] [--lie KIND] [--keep]
#   --l1 KIND       simulated (default): gavel-l1 and the native contract; ethereum: Anvil and the contract in Solidity
#   --corpus FILE   real payments (CSV or CSV.zst) instead of synthetic ones
#   --payments N    so many payments (default: 5000 synthetic ones; all of a corpus)
#   --lie KIND      money-from-nothing (default), forged-signature, skipped-deposit, withdrawal-without-burn or
#                   garbage-bytes
#   --keep          keep the folder of logs and data, and tell its name
# GAVEL_BIN_DIR names a folder of programs to use instead of building. DEMO_BREAK breaks the world, so that a check must fail:
# claim, ledger, proof, vault, skip, successor; exit (accounts of tokens are left out), refund (no deposit goes back) or payee
# (somebody gets another's account).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
    -h | --help)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
esac
# A relative path of the caller's still holds after the change of folder.
arguments=()
while [ $# -gt 0 ]; do
    if [ "$1" = --corpus ] && [ $# -gt 1 ]; then
        arguments+=(--corpus "$(cd "$OLDPWD" && realpath "$2")")
        shift
    else
        arguments+=("$1")
    fi
    shift
done
if [ -z "${GAVEL_BIN_DIR:-}" ]; then
    scripts/build.sh release gavel gavel-l1 gavel-sequencer gavel-verifier gavel-drill
    GAVEL_BIN_DIR=$PWD/build/release/bin
fi
export GAVEL_BIN_DIR
exec python3 -B scripts/demo.py ${arguments[@]+"${arguments[@]}"}
