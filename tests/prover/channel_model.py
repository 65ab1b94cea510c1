"""A chunk with channels applied to a few leaves, each access written down as a proof shows it: docs/protocol.md, "Applying a
chunk". Withdrawals are left out, and payouts, and what needs a full tree."""
from channels import CLOSED, ETH, MARK, MAX_COUNT, Leaf, digest, encode_chunk, number, sign, tree_of
from vectors import keccak256
from anvil import ethereum

DEPOSIT, FORCED_TRANSFER, FORCED_WITHDRAWAL, REDEEM, RECLAIM = range(5)
TAKES, CLOSES = ("take", "takeAndClose"), ("takeAndClose", "close")
WHOLE = 2**128 - 1
MAX_NONCE = 2**63 - 1


class Wrong(Exception):
    """The chunk is wrong, for that reason."""


def require(condition, refusal):
    if not condition:
        raise Wrong(refusal)


def entry(kind, caller, to, amount, count=0, token=ETH, time=1):
    return number(kind, 1) + caller + to + token + number(amount, 16) + number(time, 8) + number(count, 8)


def weight_of(operations, l1, fee_leaves):
    weights = {"transfer": 2, "fund": 3}
    return 3 * l1 + fee_leaves + sum(weights.get(one["kind"], 4) + isinstance(one.get("to"), bytes) for one in operations)


class Ledger:
    """Starts with `leaves`, which have their next keys."""

    def __init__(self, domain, leaves):
        self.domain, self.leaves, self.proof, self.sigs, self.fees = domain, leaves, b"", b"", {}

    def root(self):
        return tree_of(self.leaves).root

    # ---- Accesses ----

    def read(self, index):
        leaf = self.leaves[index]
        self.proof += leaf.encode() + b"".join(tree_of(self.leaves).path(index))
        return leaf

    def find(self, owner, token):
        """The key's leaf, or None: then the low leaf, which insert changes, is the one found."""
        below = [one for one in self.leaves if one.key <= owner + token]
        self.low = max(below, key=lambda one: one.key)
        self.proof += number(self.leaves.index(self.low), 4)
        self.read(self.leaves.index(self.low))
        return self.low if self.low.key == owner + token else None

    def insert(self, owner, token, nonce, balance):
        made = Leaf(owner, token, nonce, balance)
        made.next, self.low.next = self.low.next, made.key
        self.proof += b"".join(tree_of(self.leaves).path(len(self.leaves)))
        self.leaves.append(made)

    # ---- L1 operations ----

    def apply_entry(self, data):
        kind, caller, to, token = data[0], data[1:21], data[21:41], data[41:61]
        amount, count = int.from_bytes(data[61:77], "big"), int.from_bytes(data[85:], "big")
        if kind == DEPOSIT:
            self.credit_owner(to, token, amount)
            return
        leaf = self.find(caller, token)
        if not leaf:
            return
        if kind in (FORCED_TRANSFER, FORCED_WITHDRAWAL):
            assert kind == FORCED_TRANSFER or leaf.nonce >= MAX_NONCE, "withdrawals are left out"
            amount = leaf.balance if amount == WHOLE else amount
            nonce = leaf.nonce + 1
            possible = leaf.nonce < MAX_NONCE and leaf.balance >= amount
        elif kind == RECLAIM:
            amount, nonce, possible = leaf.balance, CLOSED, leaf.nonce >= MARK
        else:
            units = min(count - (leaf.nonce - MARK), leaf.balance // amount if amount else 0)
            possible = MARK <= leaf.nonce < CLOSED and amount > 0 and count <= MAX_COUNT and units > 0
            amount, nonce = units * amount, leaf.nonce + units
        if possible:
            self.move(leaf, nonce, to, amount, kind == FORCED_TRANSFER)

    def move(self, leaf, nonce, to, amount, even_zero):
        saved = leaf.nonce, leaf.balance
        leaf.nonce, leaf.balance = nonce, leaf.balance - amount
        if (amount or even_zero) and not self.credit_owner(to, leaf.token, amount):
            leaf.nonce, leaf.balance = saved

    def credit_owner(self, to, token, amount):
        leaf = self.find(to, token)
        if not leaf:
            self.insert(to, token, 0, amount)
        elif leaf.balance + amount >= 2**128:
            return False
        else:
            leaf.balance += amount
        return True

    # ---- Operations ----

    def apply(self, one, fee):
        require(0 < one["sender"] < len(self.leaves), "SenderIndex")
        leaf = self.read(one["sender"])
        if one["kind"] in TAKES + CLOSES:
            self.redeem(one, leaf, fee)
            return
        require(leaf.nonce < MAX_NONCE, "NonceExhausted")
        require(leaf.balance >= one["amount"] + fee, "InsufficientBalance")
        nonce, leaf.nonce, leaf.balance = leaf.nonce, leaf.nonce + 1, leaf.balance - one["amount"] - fee
        common = {"token": leaf.token, "amount": one["amount"], "fee": fee, "nonce": nonce}
        if one["kind"] == "fund":
            self.fund(one, leaf)
            words = {name: one[name] for name in ("payee", "unit", "expiry", "salt")}
            signed = ("Fund", {**common, **words})
        else:
            signed = ("Transfer",
                      {**common, "to": self.pay(one["to"], leaf.token, one["amount"]), "memo": one.get("memo", bytes(32))})
        self.add_fee(leaf.token, fee)
        self.signed(one, "", *signed, leaf.owner)

    def fund(self, one, leaf):
        require(one["unit"] > 0 and any(one["payee"]) and one["payee"] != leaf.owner, "ChannelTerms")
        require(one["amount"] > 0, "FundOfZero")
        channel = self.channel_of(one, leaf.owner, one["payee"])
        found = self.find(channel, leaf.token)
        if not found:
            self.insert(channel, leaf.token, MARK, one["amount"])
            return
        require(found.nonce == 0 or MARK <= found.nonce < CLOSED, "ChannelNotOpen")
        require(found.balance + one["amount"] < 2**128, "BalanceOverflow")
        found.balance, found.nonce = found.balance + one["amount"], max(found.nonce, MARK)

    def redeem(self, one, leaf, fee):
        take, close, unit, count = one["kind"] in TAKES, one["kind"] in CLOSES, one["unit"], one.get("count", 0)
        require(MARK <= leaf.nonce < CLOSED, "ChannelNotOpen")
        require(unit > 0, "ChannelTerms")
        claimed, units = leaf.nonce - MARK, 0
        if take:
            require(count <= MAX_COUNT, "ChannelCount")
            units = min(count - claimed, leaf.balance // unit)
            require(units > 0, "NothingToRedeem")
            require(not close or units == count - claimed, "InsufficientBalance")
        require(fee <= units * unit, "InsufficientBalance")
        left = leaf.balance - units * unit
        leaf.balance, leaf.nonce = (0, CLOSED) if close else (left, leaf.nonce + units)
        payee = self.pay(one["to"], leaf.token, units * unit - fee)
        payer = self.pay(one["payer"], leaf.token, left if close else 0)
        self.add_fee(leaf.token, fee)
        require(self.channel_of(one, payer, payee) == leaf.owner, "ChannelTerms")
        words = {"channel": leaf.owner, "token": leaf.token, "count": count}
        self.signed(one, "", "Redeem", {**words, "claimed": claimed, "take": take, "close": close, "fee": fee}, payee)
        if take:
            self.signed(one, "voucher_", "Voucher", words, payer)

    def pay(self, to, token, amount):
        if isinstance(to, bytes):
            require(any(to), "RecipientZero")
            require(not self.find(to, token), "RecipientHasLeaf")
            self.insert(to, token, 0, amount)
            return to
        require(0 < to < len(self.leaves), "RecipientIndex")
        leaf = self.read(to)
        require(leaf.token == token, "RecipientToken")
        require(leaf.balance + amount < 2**128, "BalanceOverflow")
        leaf.balance += amount
        return leaf.owner

    def channel_of(self, one, payer, payee):
        words = {name: one[name] for name in ("unit", "expiry", "salt")}
        return digest(self.domain, "Channel", payer=payer, payee=payee, **words)[12:]

    def signed(self, one, which, kind, members, owner):
        """Makes the signature: by the operation's `key`, or `voucher_key`, over words of which `says`, or `voucher_says`, names
        those that are others; or it is `sig`, or `voucher_sig`."""
        key, says, sig = (one.get(which + name) for name in ("key", "says", "sig"))
        self.sigs += sig or sign(key, digest(self.domain, kind, **{**members, **(says or {})}))
        require(not sig, "SignatureInvalid")
        require(ethereum.address_of(key) == owner and not says, "SignerNotOwner")

    # ---- Fees ----

    def add_fee(self, token, fee):
        if fee:
            self.fees[token] = self.fees.get(token, 0) + fee

    def apply_fee_leaves(self, indexes):
        require(len(indexes) >= len(self.fees), "FeeLeafMissing")
        require(len(indexes) <= len(self.fees), "FeeLeafExtra")
        for index, (token, total) in zip(indexes, self.fees.items()):
            leaf = self.read(index)
            require(leaf.token == token, "FeeLeafToken")
            leaf.balance += total


class Chunk:
    """A chunk of these operations, the only one of its batch, on a state of `leaves`: what it leads to, and proofs about it."""

    def __init__(self, domain, leaves, operations=(), entries=(), fee=0, fee_leaves=(), sigs_change=0):
        count = len(leaves)
        self.before = self.fields(tree_of(leaves).root, count, 0, 0)
        self.ops = encode_chunk(operations, len(entries), fee, fee_leaves)
        self.entries, self.refusal = list(entries), "None"
        ledger = Ledger(domain, leaves)
        try:
            require(weight_of(operations, len(entries), len(fee_leaves)) <= 96, "OverWeight")
            require(not sigs_change, "SignatureCount")
            for one in entries:
                ledger.apply_entry(one)
            for one in operations:
                ledger.apply(one, fee)
            ledger.apply_fee_leaves(fee_leaves)
        except Wrong as why:
            self.refusal = str(why)
        needed = 64 * sum(1 + (one["kind"] in TAKES) for one in operations)
        self.sigs = ledger.sigs + bytes(needed - len(ledger.sigs) + sigs_change)
        self.leaves, self.accesses = ledger.leaves, ledger.proof
        self.after = self.before
        if self.refusal == "None":
            self.after = self.fields(ledger.root(), len(self.leaves), len(entries), len(operations))

    @staticmethod
    def fields(root, count, consumed, operations):
        no_withdrawals = tree_of([]).root
        return root + no_withdrawals + number(count, 4) + bytes(4) + number(consumed, 8) + number(operations, 8)

    def proof(self, claim, entries=None):
        """A proof that what is claimed is false; the batch's header; h[0] to h[number of entries]."""
        entries = self.entries if entries is None else entries
        leaf = keccak256(keccak256(self.ops) + keccak256(self.before) + claim)
        limit = bytes(72) + number(len(self.entries), 8) + bytes(8)
        header = number(1, 8) + bytes(32) + number(1, 2) + bytes(1) + leaf + keccak256(keccak256(self.sigs)) + limit
        proof = (header + bytes(2) + number(len(self.ops), 2) + self.ops + number(len(self.sigs), 2) + self.sigs + claim
                 + self.before + b"".join(entries) + self.accesses)
        hashes = [bytes(32)]
        for one in self.entries:
            hashes.append(keccak256(hashes[-1] + keccak256(one)))
        return proof, header, hashes
