"""Anvil, an Ethereum node for development, with mainnet's limits; and what a test wants to do with it."""
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import ethereum
import npm

TX_GAS = 1 << 24  # EIP-7825


class Anvil:
    """A node of its own, whose blocks come with their transactions; ends with the `with` block. `flags` are Anvil's."""

    def __init__(self, *flags, limits=tuple(npm.MAINNET_LIMITS)):
        self.flags = (*limits, *flags)

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        with open(self.log.name, "w", encoding="utf-8") as output:
            command = [npm.anvil(), "--port", "0", *self.flags]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        end = time.monotonic() + 30
        while not (found := re.search(r"Listening on (\S+)", self.log.read())):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("anvil doesn't start")
            self.log.seek(0)
            time.sleep(0.05)
        self.l1 = ethereum.L1("http://" + found.group(1))
        self.accounts = [bytes.fromhex(account[2:]) for account in self.l1.rpc("eth_accounts")]
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

    def act(self, account, to, data=b"", value=0):
        """The receipt of a transaction that the node signs, for one of its own accounts: quick."""
        fields = {"from": ethereum.hex_of(account), "gas": hex(TX_GAS), "data": ethereum.hex_of(data), "value": hex(value)}
        if to:
            fields["to"] = ethereum.hex_of(to)
        return ethereum.numbers_of(self.l1.rpc("eth_sendTransactionSync", fields))

    def call(self, to, data, gas=TX_GAS, sender=None):
        """What a call answers: (answer, None), or (None, what it reverted with)."""
        fields = {"from": ethereum.hex_of(sender or self.accounts[0]), "to": ethereum.hex_of(to), "data": ethereum.hex_of(data),
                  "gas": hex(gas)}
        try:
            return bytes.fromhex(self.l1.rpc("eth_call", fields, "latest")[2:]), None
        except ethereum.RpcError as refused:
            reverted = refused.error.get("data")
            if reverted is None and "OutOfGas" in refused.error.get("message", ""):
                return None, b""
            if reverted is None:
                raise
            return None, bytes.fromhex(reverted[2:])

    def deploy(self, key, name, *words, folder="l1-bridge/artifacts"):
        """Creates the contract of that name, its arguments being words; (address, receipt). GAVEL_ROLLUP_CODE names another file
        with the rollup's code."""
        path = os.path.join(ROOT, folder, name + ".creation.hex")
        if name == "Rollup":
            path = os.environ.get("GAVEL_ROLLUP_CODE", path)
        with open(path, encoding="ascii") as file:
            code = bytes.fromhex(file.read())
        receipt = self.send(key, b"", code + ethereum.calldata("", *words)[4:])
        return bytes.fromhex(receipt["contractAddress"][2:]) if receipt["status"] else None, receipt

    def delegate(self, key, to):
        """EIP-7702: the account's code becomes that of the address `to`; zero: it has none any more."""
        own = ethereum.hex_of(ethereum.address_of(key))
        command = [npm.cast(), "send", "--rpc-url", self.l1.url, "--private-key", "0x" + ethereum.key_hex(key), "--auth",
                   ethereum.hex_of(to), ethereum.hex_of(bytes(20))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        code = bytes.fromhex(self.l1.rpc("eth_getCode", own, "latest")[2:])
        if code != (bytes.fromhex("ef0100") + to if any(to) else b""):
            raise RuntimeError(f"the account's code is {code.hex()}")

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
