"""Anvil, an Ethereum node for development, with mainnet's limits; and what a test wants to do with it."""
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import ethereum  # noqa: E402
import npm  # noqa: E402

TX_GAS = 1 << 24  # EIP-7825


class Anvil:
    """A node of its own, whose blocks come with their transactions; ends with the `with` block."""

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        with open(self.log.name, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen([npm.anvil(), *npm.MAINNET_LIMITS, "--port", "0"],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        end = time.monotonic() + 30
        while not (found := re.search(r"Listening on (\S+)", self.log.read())):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("anvil doesn't start")
            self.log.seek(0)
            time.sleep(0.05)
        self.l1 = ethereum.L1("http://" + found.group(1))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def key(self, name):
        """The key of that name, with ether."""
        key = ethereum.key_of(name)
        self.l1.rpc("anvil_setBalance", ethereum.hex_of(ethereum.address_of(key)), hex(10**24))
        return key

    def send(self, key, to, data=b"", value=0):
        return self.l1.send(key, to, data, value, gas=TX_GAS)

    def deploy(self, key, name, *words, folder="l1-bridge/artifacts"):
        """Creates the contract of that name, its arguments being words; (address, receipt)."""
        with open(os.path.join(ROOT, folder, name + ".creation.hex"), encoding="ascii") as file:
            code = bytes.fromhex(file.read())
        receipt = self.send(key, b"", code + ethereum.calldata("", *words)[4:])
        return bytes.fromhex(receipt["contractAddress"][2:]) if receipt["status"] else None, receipt

    def time_of(self, receipt):
        """Of the block that the transaction is in."""
        return int(self.l1.rpc("eth_getBlockByNumber", hex(receipt["blockNumber"]), False)["timestamp"], 16)

    def pass_time(self, seconds):
        self.l1.rpc("evm_increaseTime", hex(seconds))
        self.l1.rpc("evm_mine")


def encode(signature, *arguments):
    """cast's encoding of a call: bytes and addresses as bytes, lists of them, integers."""

    def text(value):
        if isinstance(value, list):
            return f"[{','.join(map(text, value))}]"
        return str(value) if isinstance(value, int) else ethereum.hex_of(value)

    command = [npm.cast(), "calldata", signature, *map(text, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return bytes.fromhex(done.stdout.strip()[2:])
