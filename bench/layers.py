#!/usr/bin/env python3
"""Runs gavel-bench-layers, and draws the plots.

usage: layers.py GAVEL_BENCH_LAYERS [its options]
Writes bench/results/layers.json and layers-*.svg beside it, unless --json names another file.
"""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
import measured
import plots


def main():
    layers = measured.Measured("layers", __doc__)
    with tempfile.TemporaryDirectory(prefix="gavel-bench-") as folder:
        status = layers.run("--data-dir", folder)
    for file in plots.layers(layers.figures(), layers.stem()):
        print(f"drawn: {os.path.relpath(file)}")
    sys.exit(status)


if __name__ == "__main__":
    main()
