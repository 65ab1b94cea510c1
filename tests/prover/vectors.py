"""The vectors that tests/export/ writes, and the calls that are made of them."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from anvil import ethereum

keccak256 = ethereum.keccak256


def raw(text):
    return bytes.fromhex(text[2:])


def word(value):
    return (value if isinstance(value, int) else int.from_bytes(value, "big")).to_bytes(32, "big")


def bytes_tail(data):
    return word(len(data)) + data + bytes(-len(data) % 32)


def selector(signature):
    return keccak256(signature.encode())[:4]


def of_bytes(signature, data):
    """A call whose one argument is bytes."""
    return selector(signature) + word(32) + bytes_tail(data)


class Differences:
    """Counts what isn't as expected, and tells the first ones."""

    def __init__(self):
        self.faults = 0

    def expect(self, what, wanted, got):
        if wanted != got:
            self.faults += 1
            if self.faults <= 40:
                print(f"{what}: expected {wanted}, got {got}")


def write(exporter, folder):
    """The folder with the vectors: what the program writes, or `exporter` itself if it is a folder."""
    if os.path.isdir(exporter):
        return exporter
    made = os.path.join(folder, "vectors")
    subprocess.run([exporter, made], check=True, stdout=subprocess.DEVNULL)
    return made


def cases(folder, name):
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["cases"]
