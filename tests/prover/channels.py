"""What tests of channels need: terms, vouchers and what else is signed, small trees, chunks. Written from docs/protocol.md; of
its codec, chunks whose operations all have one fee."""
import functools
import re

from vectors import keccak256, word  # makes tests/ known
from anvil import ethereum

ETH = bytes(20)
MARK, CLOSED = 2**63, 2**64 - 1
MAX_COUNT = 2**63 - 2
keccak = functools.lru_cache(1 << 16)(keccak256)
TYPES = {text.split("(")[0]: text for text in (
    "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)",
    "Fund(address token,address payee,uint128 unit,uint64 expiry,uint64 salt,uint128 amount,uint128 fee,uint64 nonce)",
    "Redeem(address channel,address token,uint64 claimed,uint64 count,bool take,bool close,uint128 fee)",
    "Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)",
    "Voucher(address channel,address token,uint64 count)")}


def number(value, size):
    return value.to_bytes(size, "big")


# ---- What is signed ----

def separator(chain, rollup):
    domain = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    return keccak(keccak(domain) + keccak(b"Gavel") + keccak(b"1") + word(chain) + word(rollup))


def digest(domain, kind, **members):
    """Of a struct of that type, whose members are given by name: integers, or addresses and words as bytes."""
    names = re.findall(r"(\w+)[,)]", TYPES[kind])
    assert set(names) == set(members), (names, members)
    struct = keccak(keccak(TYPES[kind].encode()) + b"".join(word(members[name]) for name in names))
    return keccak(b"\x19\x01" + domain + struct)


@functools.lru_cache(None)
def sign(key, digest_):
    """64 bytes."""
    parity, r, s = ethereum.sign(key, digest_)
    return word(r) + word(parity << 255 | s)


class Channel:
    """`payer` is a key, `payee` an address."""

    def __init__(self, domain, payer, payee, unit, expiry=0, salt=0):
        self.domain, self.key, self.payer, self.payee = domain, payer, ethereum.address_of(payer), payee
        self.unit, self.expiry, self.salt = unit, expiry, salt
        self.address = self.address_as(self.payer)

    def address_as(self, payer):
        return digest(self.domain, "Channel", payer=payer, payee=self.payee, unit=self.unit, expiry=self.expiry,
                      salt=self.salt)[12:]

    @property
    def terms(self):
        return self.payer + self.payee + number(self.unit, 16) + number(self.expiry, 8) + number(self.salt, 8)

    def voucher(self, count, token=ETH, key=None, domain=None, channel=None):
        signed = digest(domain or self.domain, "Voucher", channel=channel or self.address, token=token, count=count)
        return sign(key or self.key, signed)


# ---- Trees ----

ZEROS = [bytes(32)]
while len(ZEROS) < 33:
    ZEROS.append(keccak(ZEROS[-1] * 2))


class Tree:
    """Depth 32, over a few leaves' hashes."""

    def __init__(self, hashes):
        self.layers = [list(hashes)]
        for height in range(32):
            below = self.layers[-1] + [ZEROS[height]] * (len(self.layers[-1]) % 2)
            self.layers.append([keccak(below[i] + below[i + 1]) for i in range(0, len(below), 2)])
        self.root = self.layers[-1][0] if hashes else ZEROS[32]

    def path(self, index):
        """The siblings that the left-out rule leaves."""
        places = [(height, index >> height ^ 1) for height in range(32)]
        return [self.layers[height][place] for height, place in places if place < len(self.layers[height])]


class Leaf:
    def __init__(self, owner=bytes(20), token=ETH, nonce=0, balance=0):
        self.owner, self.token, self.nonce, self.balance, self.next = owner, token, nonce, balance, bytes(40)

    @property
    def key(self):
        return self.owner + self.token

    def encode(self):
        return self.key + number(self.nonce, 8) + number(self.balance, 16) + self.next


def linked(leaves):
    """The sentinel and these leaves, each with its next key."""
    leaves = [Leaf(), *leaves]
    in_order = sorted(leaves, key=lambda leaf: leaf.key)
    for leaf, following in zip(in_order, in_order[1:]):
        leaf.next = following.key
    return leaves


def tree_of(leaves):
    return Tree([keccak(leaf.encode()) for leaf in leaves])


# ---- Chunks ----

class Bits:
    def __init__(self):
        self.text = ""

    def u(self, value, width):
        assert value < 1 << width
        if width:
            self.text += f"{value:0{width}b}"

    def gamma(self, value, k=0):
        q = (value >> k) + 1
        self.u(0, q.bit_length() - 1)
        self.u(q, q.bit_length())
        self.u(value & (1 << k) - 1, k)

    def bytes(self):
        padded = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(padded[at:at + 8], 2) for at in range(0, len(padded), 8))


class Columns:
    """The lists that a chunk of one fee is coded against."""

    def __init__(self, bits, width):
        self.bits, self.width = bits, width
        self.accounts, self.amounts, self.exponents, self.magnitude = [], [], list(range(39)), 64

    def item(self, known, value, literal):
        if known:
            self.bits.u(value in known, 1)
        if value in known:
            self.bits.gamma(known.index(value))
            known.remove(value)
        else:
            literal(value)
        known.insert(0, value)

    def account(self, index):
        self.item(self.accounts, index, lambda literal: self.bits.u(literal, self.width))

    def amount(self, value):
        self.item(self.amounts, value, self.literal)

    def literal(self, value):
        mantissa, exponent = scaled(value)
        self.bits.gamma(self.exponents.index(exponent))
        self.exponents.remove(exponent)
        self.exponents.insert(0, exponent)
        length = mantissa.bit_length()
        change = length + 3402 * exponent // 1024 - self.magnitude
        self.bits.gamma(2 * change if change >= 0 else -2 * change - 1, 2)
        self.magnitude += change
        if length:
            self.bits.u(mantissa - (1 << length - 1), length - 1)


def scaled(value):
    exponent = 0
    while value and value % 10 == 0:
        value, exponent = value // 10, exponent + 1
    return value, exponent


KIND_WORDS = {"fund": 123, "take": 124, "takeAndClose": 125, "close": 126}


def encode_chunk(operations, l1=0, fee=0, fee_leaves=()):
    """ops. An operation is a dict with kind (transfer, or of KIND_WORDS), sender; transfer: to (index or address), amount,
    perhaps memo; fund: payee, amount, unit, expiry, salt; the others: to (the payee, index or address), payer, unit, count,
    expiry, salt."""
    indexes = [0, *fee_leaves, *(one["sender"] for one in operations)]
    indexes += [one[name] for one in operations for name in ("to", "payer") if isinstance(one.get(name), int)]
    bits = Bits()
    columns = Columns(bits, max(1, max(indexes).bit_length()))
    mixed = any(one["kind"] != "transfer" for one in operations)
    by_address = any(isinstance(one.get("to"), bytes) for one in operations)
    memos = any("memo" in one for one in operations)
    bits.gamma(l1)
    for value, width in ((len(operations), 6), (len(fee_leaves), 6), (columns.width - 1, 5), (mixed, 1), (by_address, 1),
                         (memos, 1)):
        bits.u(value, width)
    for one in operations if mixed else ():
        if one["kind"] == "transfer":
            bits.u(0, 1)
        else:
            bits.u(3, 2)
            bits.gamma(KIND_WORDS[one["kind"]])
    if operations:
        mantissa, exponent = scaled(fee)
        for value, width in ((0, 6), (mantissa.bit_length(), 8), (exponent.bit_length(), 3),
                             (exponent, exponent.bit_length()), (mantissa, mantissa.bit_length())):
            bits.u(value, width)
    for one in operations:
        columns.account(one["sender"])
    for one in operations:
        put_recipients(columns, one, by_address)
    for one in operations:
        for name in {"transfer": ("amount",), "fund": ("amount", "unit"), "close": ("unit",)}.get(one["kind"], ("unit", "count")):
            columns.amount(one[name])
    for one in operations if memos else ():
        put_memo(bits, one)
    for one in operations:
        put_terms(bits, one)
    for index in fee_leaves:
        bits.u(index, columns.width)
    return bits.bytes()


def put_recipients(columns, one, by_address):
    if one["kind"] == "fund":
        return
    if by_address:
        columns.bits.u(isinstance(one["to"], bytes), 1)
    if isinstance(one["to"], bytes):
        columns.bits.u(int.from_bytes(one["to"], "big"), 160)
    else:
        columns.account(one["to"])
    if one["kind"] != "transfer":
        columns.account(one["payer"])


def put_memo(bits, one):
    if one["kind"] == "transfer":
        bits.u("memo" in one, 1)
        if "memo" in one:
            bits.u(int.from_bytes(one["memo"], "big"), 256)


def put_terms(bits, one):
    if one["kind"] == "transfer":
        return
    if one["kind"] == "fund":
        bits.u(int.from_bytes(one["payee"], "big"), 160)
    bits.u(one["expiry"], 64)
    bits.u(one["salt"], 64)
