"""What a script needs of Ethereum, with Python's standard library alone: Keccak-256, keys, signed transactions, JSON-RPC, ABI.

Shares nothing with Gavel's C++, so that what a check reads from the L1 doesn't pass through the code that it checks. Slow, and
not for money: the arithmetic takes no care of timing.
"""
import hashlib
import hmac
import json
import time
import urllib.request

MASK = (1 << 64) - 1


def _round_constants():
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
        constants.append(constant)
    return constants


ROUND_CONSTANTS = _round_constants()


def _rotate(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK if n else x


def _permute(a):
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[(x + 4) % 5] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [a[i] ^ d[i % 5] for i in range(25)]
        b = list(a)
        x, y, lane = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, b[x + 5 * y] = a[x + 5 * y], _rotate(lane, (t + 1) * (t + 2) // 2 % 64)
        a = [b[i] ^ (~b[i // 5 * 5 + (i + 1) % 5] & MASK & b[i // 5 * 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    data = bytes(data) + b"\x01" + b"\0" * (135 - len(data) % 136)
    data = data[:-1] + bytes([data[-1] | 0x80])
    state = [0] * 25
    for at in range(0, len(data), 136):
        for i in range(17):
            state[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


# secp256k1
P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def _add(p, q, modulus):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % modulus == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, modulus)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, modulus)
    x = (slope * slope - p[0] - q[0]) % modulus
    return x, (slope * (p[0] - x) - p[1]) % modulus


def multiply(k, point, modulus=P):
    """k times the point of a curve y^2 = x^3 + b over that prime: (x, y), or None at infinity."""
    total = None
    while k:
        if k & 1:
            total = _add(total, point, modulus)
        point, k = _add(point, point, modulus), k >> 1
    return total


def address_of(key):
    x, y = multiply(key, G)
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


def key_of(name):
    """The key of a name: for tests and demonstrations."""
    return int.from_bytes(keccak256(name.encode()), "big") % (N - 1) + 1


def key_hex(key):
    return f"{key:064x}"


def hex_of(data):
    return "0x" + bytes(data).hex()


def checksum(address):
    """EIP-55."""
    digits = bytes(address).hex()
    hashed = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(h, 16) >= 8 else c for c, h in zip(digits, hashed))


def _nonces(key, digest):
    """RFC 6979."""
    k, v = b"\0" * 32, b"\1" * 32
    seed = key.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    for separator in (b"\0", b"\1"):
        k = hmac.new(k, v + separator + seed, hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()
    while True:
        v = hmac.new(k, v, hashlib.sha256).digest()
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < N:
            yield nonce
        k = hmac.new(k, v + b"\0", hashlib.sha256).digest()
        v = hmac.new(k, v, hashlib.sha256).digest()


def sign(key, digest):
    """(y's parity, r, s) with a low s."""
    for nonce in _nonces(key, digest):
        x, y = multiply(nonce, G)
        r = x % N
        s = (int.from_bytes(digest, "big") + r * key) * pow(nonce, -1, N) % N
        if r and s:
            return (y & 1, r, s) if s <= N // 2 else (1 - (y & 1), r, N - s)
    return None


def rlp(item):
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    body = b"".join(rlp(part) for part in item) if isinstance(item, list) else item
    if body is item and len(body) == 1 and body[0] < 0x80:
        return body
    base = 0xC0 if isinstance(item, list) else 0x80
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(length)]) + length + body


def calldata(signature, *words):
    """A call whose arguments are all words: addresses (20 bytes), integers."""
    data = keccak256(signature.encode())[:4]
    for word in words:
        data += word.to_bytes(32, "big") if isinstance(word, int) else bytes(word).rjust(32, b"\0")
    return data


class RpcError(Exception):
    """`error` is what the node told, as JSON."""

    def __init__(self, text, error=None):
        super().__init__(text)
        self.error = error or {}


def numbers_of(receipt):
    """The receipt, its numbers as integers."""
    return {**receipt, **{name: int(receipt[name], 16) for name in ("status", "gasUsed", "blockNumber")}}


# What is asked here is on this machine: no proxy.
open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class L1:
    """A node's JSON-RPC."""

    def __init__(self, url):
        self.url = url
        self.chain_id = None

    def rpc(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with open_url(request, timeout=30) as answer:
            document = json.load(answer)
        if "error" in document:
            raise RpcError(f"{method}: {document['error']}", document["error"])
        return document["result"]

    def number(self, method, *params):
        return int(self.rpc(method, *params), 16)

    def call(self, to, signature, *words, block="latest"):
        """The words that a view answers, as integers."""
        data = self.rpc("eth_call", {"to": hex_of(to), "data": hex_of(calldata(signature, *words))}, block)
        raw = bytes.fromhex(data[2:])
        return [int.from_bytes(raw[at:at + 32], "big") for at in range(0, len(raw), 32)]

    def send(self, key, to, data=b"", value=0, gas=None):
        """Signs an EIP-1559 transaction, sends it, waits for its block; the receipt, its numbers as integers."""
        sender = address_of(key)
        if self.chain_id is None:
            self.chain_id = self.number("eth_chainId")
        if gas is None:
            call = {"from": hex_of(sender), "to": hex_of(to), "data": hex_of(data), "value": hex(value)}
            gas = self.number("eth_estimateGas", call)
        tip = self.number("eth_maxPriorityFeePerGas")
        price = 2 * self.number("eth_gasPrice") + tip
        nonce = self.number("eth_getTransactionCount", hex_of(sender), "pending")
        fields = [self.chain_id, nonce, tip, price, gas, bytes(to), value, bytes(data), []]
        signed = fields + list(sign(key, keccak256(b"\x02" + rlp(fields))))
        tx_hash = self.rpc("eth_sendRawTransaction", hex_of(b"\x02" + rlp(signed)))
        return self.receipt(tx_hash)

    def receipt(self, tx_hash, timeout_s=60):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            receipt = self.rpc("eth_getTransactionReceipt", tx_hash)
            if receipt:
                return numbers_of(receipt)
            time.sleep(0.1)
        raise RpcError(f"{tx_hash} is in no block after {timeout_s} s")
