#!/usr/bin/env bash
# Installs what is missing and builds one preset (default: release), or the given targets of it.
# usage: scripts/build.sh [PRESET] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
case "$preset" in
    clang | tsan) scripts/install_dependencies.sh --checks ;;
    *) scripts/install_dependencies.sh ;;
esac
# Configuring again costs nothing where nothing has changed; a build folder of another place or compiler is made anew.
cmake --preset "$preset" >"/tmp/gavel-configure-$preset.$$" 2>&1 || { cat "/tmp/gavel-configure-$preset.$$"; exit 1; }
rm -f "/tmp/gavel-configure-$preset.$$"
cmake --build --preset "$preset" ${1:+--target "$@"}
