"""Blobs whose elements are all one value (EIP-4844), with what belongs to them: commitment and proofs of such a blob need no more
than a multiple of BLS12-381's generator. And transactions that carry them."""
import hashlib

from vectors import ethereum

R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001
ELEMENTS, BLOB_SLOTS, CELLS = 4096, 32, 128
INFINITY = b"\xc0" + bytes(47)  # the commitment to zero; and each proof, the quotients being zero
P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab
G1 = (0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
      0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1)


def commitment(value):
    point = ethereum.multiply(value, G1, P)
    if point is None:
        return INFINITY
    return ((5 if 2 * point[1] > P else 4) << 381 | point[0]).to_bytes(48, "big")


class Blob:
    def __init__(self, value):
        self.value = value
        self.element = value.to_bytes(32, "big")
        self.commitment = commitment(value)
        self.versioned_hash = b"\1" + hashlib.sha256(self.commitment).digest()[1:]


def opening(blobs, index):
    """Of the chunk with that index: docs/protocol.md, "Openings"."""
    own, before = blobs[index // BLOB_SLOTS], blobs[max(index - 1, 0) // BLOB_SLOTS]
    crosses = index > 0 and index % BLOB_SLOTS == 0
    parts = [own.commitment, before.commitment if crosses else b"", INFINITY, own.element * 128,
             before.element * 2 if index > 0 else b"", own.element, INFINITY]
    parts += [before.element, INFINITY] if crosses else []
    return b"".join(parts + [bytes(32), INFINITY])


def transaction(l1, key, to, data, blobs, gas):
    """Sends it; the receipt."""
    nonce = l1.number("eth_getTransactionCount", ethereum.hex_of(ethereum.address_of(key)), "latest")
    price, blob_price = 2 * l1.number("eth_gasPrice") + 1, 10**12
    fields = [l1.number("eth_chainId"), nonce, 1, price, gas, to, 0, data, [], blob_price, [one.versioned_hash for one in blobs]]
    signed = fields + list(ethereum.sign(key, ethereum.keccak256(b"\3" + ethereum.rlp(fields))))
    sidecar = [b"\1", [one.element * ELEMENTS for one in blobs], [one.commitment for one in blobs],
               [INFINITY] * CELLS * len(blobs)]
    return l1.receipt(l1.rpc("eth_sendRawTransaction", ethereum.hex_of(b"\3" + ethereum.rlp([signed] + sidecar))))
