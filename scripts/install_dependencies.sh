#!/bin/sh
# Installs what Gavel needs to be built and tested on Debian 12, as far as it is missing. With nothing missing it needs neither
# network nor root, and no time.
# usage: scripts/install_dependencies.sh [--checks | --tests]
#   --checks   what scripts/check.sh and the preset clang need, too
#   --tests    what tests of whole programs need, too
set -eu

packages='
    g++ cmake ninja-build ccache mold pkg-config git ca-certificates
    libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
    libleveldb-dev libsecp256k1-dev libssl-dev libcrypto++-dev
    libicu-dev libzstd-dev zlib1g-dev libbrotli-dev gnuplot-nox
    catch2 librapidcheck-dev libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev
    libcpp-httplib-dev libcurl4-openssl-dev prometheus-cpp-dev
    openssl zstd python3
'
case "${1:-}" in
    "") ;;
    --checks) packages="$packages clang libclang-rt-14-dev clang-format clang-tidy shellcheck python3-flake8" ;;
    --tests) packages="$packages prometheus" ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
# Node may have been installed by other means than a package.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

fail() {
    echo "install_dependencies: $*" >&2
    exit 1
}

command -v dpkg-query >/dev/null || fail "this is no Debian; install the counterparts of these packages yourself:$packages"

installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ') "
missing=
for package in $packages; do
    case "$installed" in
        *" $package "*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "run as root, or install sudo; missing:$missing"
    as_root=sudo
fi
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"

# Of Prometheus the tests want the programs alone: its service starts neither now nor with the machine.
policy=
case "$missing " in
    *" prometheus "*)
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            policy=/usr/sbin/policy-rc.d
            trap '$as_root rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
            $as_root chmod 755 "$policy"
        fi
        ;;
esac

echo "Installing:$missing"
$apt update || fail "'apt-get update' failed: are the network and /etc/apt/sources.list right?"
# shellcheck disable=SC2086  # a list of words
$apt install -y --no-install-recommends $missing ||
    fail "'apt-get install' failed (its message is above); wanted:$missing"
case "$missing " in
    *" prometheus "*) $as_root update-rc.d prometheus disable || echo "its service starts with the machine" ;;
esac
