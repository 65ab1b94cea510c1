#!/usr/bin/env bash
# Compiles the Solidity contracts with the compiler that l1-bridge/contracts/package-lock.json names. Fails if one is over
# Ethereum's limits of size. Needs Node and npm.
# usage: scripts/contracts.sh            writes l1-bridge/artifacts/, which is committed: run it after any change of a contract
#        scripts/contracts.sh --check    fails if what is committed isn't what the sources give, or Rollup's ABI isn't that of
#                                        l1-bridge/abi/Rollup.json; changes nothing
#        scripts/contracts.sh --tests    compiles tests/contracts/ to build/contracts/
set -euo pipefail
cd "$(dirname "$0")/.."
python3 scripts/npm.py l1-bridge/contracts
compile() { node l1-bridge/contracts/compile.mjs "$@"; }
case "${1:-}" in
    "") compile artifacts l1-bridge/artifacts ;;
    --check)
        fresh=$(mktemp -d)
        trap 'rm -rf "$fresh"' EXIT
        compile artifacts "$fresh" l1-bridge/abi/Rollup.json
        diff -rq "$fresh" l1-bridge/artifacts || { echo "run scripts/contracts.sh and commit l1-bridge/artifacts"; exit 1; }
        ;;
    --tests) compile tests build/contracts ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
