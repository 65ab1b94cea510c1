#!/usr/bin/env python3
"""Packages from npm, as a folder's package-lock.json names them, and the programs among them.

usage: npm.py FOLDER...
Installs each folder's packages, once for each content of its package-lock.json.
"""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONTRACTS = os.path.join(ROOT, "l1-bridge", "contracts")
FORMAT = os.path.join(ROOT, "scripts", "format")
MAINNET_LIMITS = ["--hardfork", "osaka", "--enable-tx-gas-limit"]  # flags of Anvil


class InstallFailed(Exception):
    """npm couldn't get what the lock file names; the message holds npm's."""


def _content(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def install(folder):
    """Runs no package's scripts. Several processes may call it at once for the same folder."""
    modules = os.path.join(folder, "node_modules")
    mark = os.path.join(modules, ".installed")
    wanted = hashlib.sha256(_content(os.path.join(folder, "package-lock.json")).encode()).hexdigest()
    here = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX)
        if _content(mark) == wanted:
            return
        done = subprocess.run([shutil.which("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise InstallFailed(f"npm ci failed in {folder}:\n{done.stdout}")
        with open(mark, "w", encoding="utf-8") as file:
            file.write(wanted)
    finally:
        os.close(here)


def _program(folder, name):
    install(folder)
    # The package's own entry starts the real program as a child, which outlives it when it is killed.
    found = glob.glob(os.path.join(folder, "node_modules", "@foundry-rs", f"{name}-linux-*", "bin", name))
    if not found:
        raise InstallFailed(f"npm has no {name} for this machine")
    return found[0]


def anvil():
    """Path of Anvil, an Ethereum node for development."""
    return _program(CONTRACTS, "anvil")


def cast():
    """Path of cast, which encodes calls, asks nodes and sends transactions."""
    return _program(CONTRACTS, "cast")


def forge():
    """Path of forge, of which Gavel uses the formatter of Solidity."""
    return _program(FORMAT, "forge")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in sys.argv[1:]:
        try:
            install(folder)
        except InstallFailed as why:
            sys.exit(str(why))


if __name__ == "__main__":
    main()
