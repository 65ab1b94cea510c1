#!/usr/bin/env python3
"""Runs gavel-bench-compression, measures on Anvil what undoing its entropy coder takes, and draws the plots.

usage: compression.py GAVEL_BENCH_COMPRESSION [its options]
Writes bench/results/compression.json and compression-*.svg beside it, unless --json names another file.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from measured import ROOT, Measured
sys.path.insert(0, os.path.join(ROOT, "tests"))
import anvil
import plots

WORTH_BYTES = 10  # percent of ops that the coder must save to be worth a place in the protocol
WORTH_GAS = 300   # and what a byte may take to decode


def slots_of(table):
    """RansDecoder's table: for each slot byte, frequency, start."""
    out, start = bytearray(), 0
    for byte, often in enumerate(table):
        out += (bytes([byte]) + often.to_bytes(2, "big") + start.to_bytes(2, "big") + b"\0") * often
        start += often
    return bytes(out)


def measure_decoding(figures):
    """Adds to each corpus's figures the gas a byte of ops takes to decode on Anvil."""
    subprocess.run([os.path.join(ROOT, "scripts", "contracts.sh"), "--tests"], check=True, stdout=subprocess.DEVNULL)
    with anvil.Anvil() as node:
        decoder, _ = node.deploy(node.key("deployer"), "RansDecoder", folder="build/contracts")
        for one in figures:
            sample = bytes.fromhex(one["sample"][2:])
            call = anvil.encode("decode(bytes,uint256,bytes)", bytes.fromhex(one["sampleCode"][2:]), len(sample),
                                slots_of(one["sampleTable"]))
            answer = node.l1.rpc("eth_call", {"to": "0x" + decoder.hex(), "data": "0x" + call.hex()}, "latest")
            words = bytes.fromhex(answer[2:])
            length = int.from_bytes(words[64:96], "big")
            if words[96:96 + length] != sample:
                sys.exit("the contract decodes a chunk to something else")
            one["gasPerByte"] = int.from_bytes(words[32:64], "big") / length
            del one["sample"], one["sampleCode"], one["sampleTable"]


def main():
    compression = Measured("compression", __doc__)
    status = compression.run()
    figures = compression.figures()
    measure_decoding(figures["entropy"])
    compression.write(figures)
    gas = max(one["gasPerByte"] for one in figures["entropy"])
    best = max(100 - 100 * min(one["fixedTable"], one["tableSent"]) / one["ops"] for one in figures["entropy"])
    worth = best >= WORTH_BYTES and gas < WORTH_GAS
    does = f"saves {best:.1f}% of ops" if best > 0 else f"makes ops {-best:.1f}% longer"
    print(f"\nUndone by a contract at up to {gas:.0f} gas a byte, measured on Anvil; at best it {does}: "
          f"{'worth' if worth else 'not worth'} a place in the protocol ({WORTH_BYTES}% at under {WORTH_GAS} gas a byte).")
    for file in plots.compression(figures, compression.stem()):
        print(f"drawn: {os.path.relpath(file)}")
    sys.exit(status)


if __name__ == "__main__":
    main()
