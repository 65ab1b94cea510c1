"""A state with a channel, operations on it, and one chunk before the prover in Solidity: what channel_chunks_test.py is made
of."""
import vectors  # makes tests/ known
from anvil import ethereum
from channel_model import RECLAIM, REDEEM, Chunk, entry
from channels import ETH, MARK, Channel, Leaf, linked, separator
from prover_test import CLAIM_IS_TRUE, WRONG, prove_data, refusal_numbers
from vectors import keccak256, word

DOMAIN = separator(1, bytes(19) + b"\1")
PAYER_KEY, PAYEE_KEY, OTHER_KEY = (ethereum.key_of(name) for name in ("payer", "payee", "other"))
PAYER, PAYEE, OTHER, OPERATOR = (ethereum.address_of(ethereum.key_of(name)) for name in ("payer", "payee", "other", "operator"))
TOKEN = bytes(19) + b"\7"
UNIT, FEE, MUCH = 10**15, 10**12, 10**18
TERMS = {"unit": UNIT, "expiry": 1_800_000_000, "salt": 5}
CHANNEL = Channel(DOMAIN, PAYER_KEY, PAYEE, **TERMS)
# Indexes in `state`.
PAYERS, PAYEES, FEES, CHANNELS, OTHERS, TOKENS = range(1, 7)
NEXT = 7


def state(claimed=2, balance=10 * UNIT + 3, nonce=0, marked=True, payers=MUCH):
    """Payer, payee, operator, channel, somebody else, the payer in another token."""
    return linked([Leaf(PAYER, ETH, nonce, payers), Leaf(PAYEE, ETH, 3, 7), Leaf(OPERATOR, ETH, 0, 0),
                   Leaf(CHANNEL.address, ETH, (MARK if marked else 0) + claimed, balance), Leaf(OTHER, ETH, 0, MUCH),
                   Leaf(PAYER, TOKEN, 0, MUCH)])


def without_channel(**other):
    """The same, but that nobody has made the channel, and that its leaf is another's."""
    leaves = state(**other)
    leaves[CHANNELS] = Leaf(b"\xff" * 20, ETH, 0, 1)
    return linked(leaves[1:])


def fund(**other):
    return {"kind": "fund", "sender": PAYERS, "payee": PAYEE, "amount": 5 * UNIT, "key": PAYER_KEY, **TERMS, **other}


def redeem(kind="take", count=5, **other):
    made = {"kind": kind, "sender": CHANNELS, "to": PAYEES, "payer": PAYERS, "count": count, "key": PAYEE_KEY,
            "voucher_key": PAYER_KEY, **TERMS, **other}
    if kind == "close":
        del made["count"]
    return made


def transfer(**other):
    return {"kind": "transfer", "sender": OTHERS, "to": CHANNELS, "amount": 1, "key": OTHER_KEY, **other}


def forced(kind, amount=UNIT, count=5, to=None, caller=CHANNEL.address):
    return entry(kind, caller, to or (PAYER if kind == RECLAIM else PAYEE), 0 if kind == RECLAIM else amount,
                 count if kind == REDEEM else 0)


def address_of(name):
    return ethereum.address_of(ethereum.key_of(name))


class ChunkSuite(vectors.Differences):
    def __init__(self, node, contracts):
        super().__init__()
        self.node = node
        deployer = node.key("deployer")
        self.prover, self.telling, self.parts = (node.deploy(deployer, name, folder=contracts)[0]
                                                 for name in ("ProverCaller", "TellingCaller", "ProverParts"))
        self.numbers, self.told, self.count = refusal_numbers(), set(), 0

    # ---- One chunk ----

    def prove(self, prover, chunk, claim):
        proof, header, hashes = chunk.proof(claim)
        return self.node.call(prover, prove_data(proof, DOMAIN, keccak256(header), 0, hashes))

    def check(self, what, leaves, operations=(), refusal="None", leads_to=None, **other):
        """The prover takes the true claim for true, another one for false; a wrong chunk's reason; leaves after, by index."""
        chunk = Chunk(DOMAIN, leaves, operations, **other)
        self.count += 1
        self.expect(f"{what}: refusal", refusal, chunk.refusal)
        for index, (nonce, balance) in (leads_to or {}).items():
            leaf = chunk.leaves[index]
            self.expect(f"{what}: leaf {index}", (nonce, balance), (leaf.nonce, leaf.balance))
        self.expect(f"{what}: the truth", (None, CLAIM_IS_TRUE), self.prove(self.prover, chunk, keccak256(chunk.after)))
        answer, reverted = self.prove(self.prover, chunk, keccak256(b"a lie"))
        self.expect(f"{what}: a lie", None, reverted)
        if refusal != "None":
            self.told.add(refusal)
            self.expect(f"{what}: reason", (None, WRONG + word(self.numbers[refusal])),
                        self.prove(self.telling, chunk, bytes(32)))
        return chunk, answer and int.from_bytes(answer, "big")
