#!/usr/bin/env python3
"""Chunks with channels before the prover in Solidity, on Anvil: operations, L1 operations, and each way in which they are wrong.
What they lead to and their accesses are made in Python (channel_model.py), from the page.

usage: channel_chunks_test.py
"""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from vectors import of_bytes, selector, word  # makes tests/ known
from anvil import Anvil, ethereum, npm
from channel_model import DEPOSIT, FORCED_TRANSFER, FORCED_WITHDRAWAL, MAX_NONCE, RECLAIM, REDEEM, WHOLE, Chunk, entry
from channel_suite import (CHANNEL, CHANNELS, DOMAIN, FEE, FEES, MUCH, NEXT, OTHER, OTHER_KEY, OTHERS, PAYEE, PAYEE_KEY, PAYEES,
                           PAYER, PAYER_KEY, PAYERS, TERMS, TOKEN, TOKENS, UNIT, ChunkSuite, address_of, forced, fund, redeem,
                           state, transfer, without_channel)
from channels import CLOSED, MARK, MAX_COUNT, Bits, Channel, digest, linked
from prover_test import Suite as Parts

L1_OPERATIONS = selector("L1Operations()")


class Suite(ChunkSuite):
    # ---- Operations ----

    def funds(self):
        left = MUCH - 5 * UNIT
        self.check("fund of a new channel", without_channel(nonce=4), [fund()],
                   leads_to={PAYERS: (5, left), NEXT: (MARK, 5 * UNIT)})
        self.check("fund of an open channel", state(), [fund()],
                   leads_to={PAYERS: (1, left), CHANNELS: (MARK + 2, 15 * UNIT + 3)})
        self.check("fund where a payment has been", state(0, 8, marked=False), [fund()],
                   leads_to={CHANNELS: (MARK, 5 * UNIT + 8)})
        self.check("fund with a fee", without_channel(), [fund()], fee=FEE, fee_leaves=[FEES],
                   leads_to={PAYERS: (1, left - FEE), FEES: (0, FEE), NEXT: (MARK, 5 * UNIT)})
        self.check("fund with all there is", without_channel(payers=5 * UNIT), [fund()], leads_to={PAYERS: (1, 0)})
        self.check("the last fund of a leaf", without_channel(nonce=MAX_NONCE - 1), [fund()],
                   leads_to={PAYERS: (MAX_NONCE, left)})
        self.check("two funds of one channel", without_channel(), [fund(), fund(amount=7)],
                   leads_to={PAYERS: (2, left - 7), NEXT: (MARK, 5 * UNIT + 7)})
        self.check("fund of the same terms but the salt", state(), [fund(salt=6)], leads_to={NEXT: (MARK, 5 * UNIT)})
        wide = {"unit": 2**128 - 1, "expiry": 2**64 - 1, "salt": 2**64 - 1}
        self.check("fund of the largest terms", state(), [fund(**wide)], leads_to={NEXT: (MARK, 5 * UNIT)})

    def funds_that_are_wrong(self):
        for what, refusal, changed in (
                ("no unit", "ChannelTerms", {"unit": 0}), ("no payee", "ChannelTerms", {"payee": bytes(20)}),
                ("payer = payee", "ChannelTerms", {"payee": PAYER}), ("nothing", "FundOfZero", {"amount": 0}),
                ("no unit, nothing", "ChannelTerms", {"unit": 0, "amount": 0}),
                ("more than there is", "InsufficientBalance", {"amount": MUCH + 1}),
                ("by the payee", "SignerNotOwner", {"key": PAYEE_KEY}), ("no signature", "SignatureInvalid", {"sig": bytes(64)}),
                ("the channel itself pays", "NonceExhausted", {"sender": CHANNELS}), ("no sender", "SenderIndex", {"sender": 0})):
            self.check(f"fund, {what}", state(), [fund(**changed)], refusal)
        for name, other in (("token", TOKEN), ("payee", OTHER), ("unit", UNIT + 1), ("expiry", 1), ("salt", 4), ("amount", 1),
                            ("fee", 1),
                            ("nonce", 1)):
            self.check(f"fund, another {name} signed", state(), [fund(says={name: other})], "SignerNotOwner")
        for what, leaves, refusal in (("a closed channel", state(CLOSED - MARK), "ChannelNotOpen"),
                                      ("a leaf that has sent", state(1, marked=False), "ChannelNotOpen"),
                                      ("a leaf that has sent all it can", state(MAX_NONCE, marked=False), "ChannelNotOpen"),
                                      ("too much in it", state(balance=2**128 - 5 * UNIT), "BalanceOverflow"),
                                      ("a payer who has sent all he can", state(nonce=MAX_NONCE), "NonceExhausted")):
            self.check(f"fund, {what}", leaves, [fund()], refusal)
        self.check("fund, as much as fits", state(balance=2**128 - 5 * UNIT - 1), [fund()],
                   leads_to={CHANNELS: (MARK + 2, 2**128 - 1)})

    def redeems(self):
        self.check("take", state(), [redeem()], leads_to={CHANNELS: (MARK + 5, 7 * UNIT + 3), PAYEES: (3, 3 * UNIT + 7),
                                                          PAYERS: (0, MUCH)})
        self.check("take more than there is", state(), [redeem(count=MAX_COUNT)],
                   leads_to={CHANNELS: (MARK + 12, 3), PAYEES: (3, 10 * UNIT + 7)})
        self.check("the last units", state(MAX_COUNT - 1), [redeem(count=MAX_COUNT)],
                   leads_to={CHANNELS: (CLOSED - 1, 9 * UNIT + 3), PAYEES: (3, UNIT + 7)})
        self.check("take with a fee", state(), [redeem()], fee=FEE, fee_leaves=[FEES],
                   leads_to={CHANNELS: (MARK + 5, 7 * UNIT + 3), PAYEES: (3, 3 * UNIT + 7 - FEE), FEES: (0, FEE)})
        self.check("all for the fee", state(), [redeem()], fee=3 * UNIT, fee_leaves=[FEES],
                   leads_to={PAYEES: (3, 7), FEES: (0, 3 * UNIT)})
        self.check("take and close", state(), [redeem("takeAndClose")], fee=FEE, fee_leaves=[FEES],
                   leads_to={CHANNELS: (CLOSED, 0), PAYEES: (3, 3 * UNIT + 7 - FEE), PAYERS: (0, MUCH + 7 * UNIT + 3)})
        self.check("close", state(), [redeem("close")],
                   leads_to={CHANNELS: (CLOSED, 0), PAYEES: (3, 7), PAYERS: (0, MUCH + 10 * UNIT + 3)})
        self.check("close of an empty one", state(balance=0), [redeem("close")],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, MUCH)})
        new = Channel(DOMAIN, PAYER_KEY, address_of("new"), **TERMS)
        for kind, paid, rest in (("take", 3 * UNIT, 7 * UNIT + 3), ("takeAndClose", 3 * UNIT, 0), ("close", 0, 0)):
            leaves = state()
            leaves[CHANNELS].owner = new.address
            self.check(f"{kind}, by a payee without a leaf", linked(leaves[1:]),
                       [redeem(kind, to=new.payee, key=ethereum.key_of("new"))],
                       leads_to={NEXT: (0, paid), CHANNELS: (MARK + 5 if rest else CLOSED, rest)})
        wide = Channel(DOMAIN, PAYER_KEY, PAYEE, 2**127)
        leaves = state(0, 2**128 - 1)
        leaves[CHANNELS].owner = wide.address
        self.check("unit x count of 191 bits", linked(leaves[1:]), [redeem(count=MAX_COUNT, unit=2**127, expiry=0, salt=0)],
                   leads_to={CHANNELS: (MARK + 1, 2**127 - 1), PAYEES: (3, 2**127 + 7)})

    def redeems_that_are_wrong(self):
        cases = [("an old voucher", "NothingToRedeem", {"count": 1}), ("the same voucher", "NothingToRedeem", {"count": 2}),
                 ("count 0", "NothingToRedeem", {"count": 0}), ("count 2^63-1", "ChannelCount", {"count": MAX_COUNT + 1}),
                 ("count 2^128-1", "ChannelCount", {"count": 2**128 - 1}), ("no unit", "ChannelTerms", {"unit": 0}),
                 ("no unit, no count", "ChannelTerms", {"unit": 0, "count": 2**64}),
                 ("another unit", "ChannelTerms", {"unit": UNIT - 1}), ("another expiry", "ChannelTerms", {"expiry": 0}),
                 ("another salt", "ChannelTerms", {"salt": 0}), ("another payer", "ChannelTerms", {"payer": OTHERS}),
                 ("another payee", "ChannelTerms", {"to": OTHERS}),
                 ("payee and payer exchanged", "ChannelTerms", {"to": PAYERS, "payer": PAYEES}),
                 ("the channel its own payee", "ChannelTerms", {"to": CHANNELS}), ("no payer", "RecipientIndex", {"payer": 0}),
                 ("a payer beyond the end", "RecipientIndex", {"payer": NEXT}), ("no payee", "RecipientIndex", {"to": 0}),
                 ("a payee beyond the end", "RecipientIndex", {"to": NEXT}),
                 ("the payer's leaf of another token", "RecipientToken", {"payer": TOKENS}),
                 ("a payee's leaf of another token", "RecipientToken", {"to": TOKENS}),
                 ("a payee by address who has a leaf", "RecipientHasLeaf", {"to": PAYEE}),
                 ("the zero address for a payee", "RecipientZero", {"to": bytes(20)}),
                 ("a payee by address, another", "ChannelTerms", {"to": address_of("new")}),
                 ("of a leaf that is no channel", "ChannelNotOpen", {"sender": PAYEES}),
                 ("signed by the payer", "SignerNotOwner", {"key": PAYER_KEY}),
                 ("by somebody else", "SignerNotOwner", {"key": OTHER_KEY}),
                 ("no signature", "SignatureInvalid", {"sig": bytes(64)})]
        for kind in ("take", "takeAndClose", "close"):
            mine = [case for case in cases if kind != "close" or "count" not in case[2]]
            for what, refusal, changed in mine:
                self.check(f"{kind}, {what}", state(), [redeem(kind, **changed)], refusal)
            flags = {"take": False} if kind != "close" else {"take": True}
            other = {"close": kind == "take"}
            for says in ({"claimed": 1}, {"count": 4}, flags, other, {"fee": 1}, {"channel": OTHER}, {"token": TOKEN}):
                self.check(f"{kind}, signed otherwise: {says}", state(), [redeem(kind, says=says)], "SignerNotOwner")
            for what, leaves in (("closed", state(CLOSED - MARK)), ("a leaf that isn't marked", state(0, marked=False)),
                                 ("a leaf that has sent all it can", state(MAX_NONCE, marked=False))):
                self.check(f"{kind}, {what}", leaves, [redeem(kind)], "ChannelNotOpen")
            self.check(f"{kind}, less than the fee", state(), [redeem(kind)], "InsufficientBalance", fee=3 * UNIT + 1,
                       fee_leaves=[FEES])
            if kind != "close":
                self.vouchers_that_are_wrong(kind)
        self.check("close with a fee", state(), [redeem("close")], "InsufficientBalance", fee=1, fee_leaves=[FEES])
        self.closes_that_are_short()
        self.check("take and close, too much for the payer", state(payers=2**128 - 1), [redeem("takeAndClose")],
                   "BalanceOverflow")
        self.check("take, nothing for the payer", state(payers=2**128 - 1), [redeem()], leads_to={PAYERS: (0, 2**128 - 1)})

    def closes_that_are_short(self):
        """Who closes takes all of the voucher, or nothing; who only takes is paid what there is."""
        short = 3 * UNIT - 1  # of the voucher's five units two are claimed
        self.check("take and close, a base unit short of the voucher", state(balance=short), [redeem("takeAndClose")],
                   "InsufficientBalance")
        self.check("take and close, a unit there of three", state(balance=UNIT), [redeem("takeAndClose")], "InsufficientBalance")
        self.check("take and close, a voucher for all there can be", state(), [redeem("takeAndClose", MAX_COUNT)],
                   "InsufficientBalance")
        self.check("take and close, less than a unit there", state(balance=UNIT - 1), [redeem("takeAndClose")], "NothingToRedeem")
        self.check("take and close, just the voucher's units there", state(balance=3 * UNIT), [redeem("takeAndClose")],
                   leads_to={CHANNELS: (CLOSED, 0), PAYEES: (3, 3 * UNIT + 7), PAYERS: (0, MUCH)})
        self.check("take, a base unit short of the voucher", state(balance=short), [redeem()],
                   leads_to={CHANNELS: (MARK + 4, UNIT - 1), PAYEES: (3, 2 * UNIT + 7), PAYERS: (0, MUCH)})
        self.check("take what there is, top it up, then take the rest and close", state(balance=short),
                   [redeem(), fund(amount=UNIT), redeem("takeAndClose")],
                   leads_to={CHANNELS: (CLOSED, 0), PAYEES: (3, 3 * UNIT + 7), PAYERS: (1, MUCH - 1)})

    def vouchers_that_are_wrong(self, kind):
        for what, refusal, changed in (("the payee's", "SignerNotOwner", {"voucher_key": PAYEE_KEY}),
                                       ("somebody's", "SignerNotOwner", {"voucher_key": OTHER_KEY}),
                                       ("for less", "SignerNotOwner", {"voucher_says": {"count": 4}}),
                                       ("for more", "SignerNotOwner", {"voucher_says": {"count": 6}}),
                                       ("of another token", "SignerNotOwner", {"voucher_says": {"token": TOKEN}}),
                                       ("of another channel", "SignerNotOwner", {"voucher_says": {"channel": OTHER}}),
                                       ("of zeros", "SignatureInvalid", {"voucher_sig": bytes(64)})):
            self.check(f"{kind}, voucher {what}", state(), [redeem(kind, **changed)], refusal)
        self.check(f"{kind}, less than a unit there", state(balance=UNIT - 1), [redeem(kind)], "NothingToRedeem")
        self.check(f"{kind}, nothing there", state(balance=0), [redeem(kind)], "NothingToRedeem")

    def several_in_one_chunk(self):
        self.check("the same redeem twice", state(), [redeem(), redeem()], "NothingToRedeem")
        self.check("a redeem again, when more would be due", state(),
                   [redeem(count=20), fund(), redeem(count=20, says={"claimed": 2})],
                   "SignerNotOwner")
        self.check("two redeems", state(), [redeem(), redeem(count=6)],
                   leads_to={CHANNELS: (MARK + 6, 6 * UNIT + 3), PAYEES: (3, 4 * UNIT + 7)})
        self.check("a whole life", without_channel(),
                   [fund(), redeem(count=3, sender=NEXT), fund(amount=2 * UNIT), redeem("takeAndClose", 6, sender=NEXT)], fee=FEE,
                   fee_leaves=[FEES], leads_to={NEXT: (CLOSED, 0), PAYEES: (3, 6 * UNIT + 7 - 2 * FEE),
                                                PAYERS: (2, MUCH - 6 * UNIT - 2 * FEE), FEES: (0, 4 * FEE)})
        self.check("close, then fund", state(), [redeem("close"), fund()], "ChannelNotOpen")
        self.check("close, then take", state(), [redeem("close"), redeem()], "ChannelNotOpen")
        self.check("close twice", state(), [redeem("close"), redeem("close")], "ChannelNotOpen")
        self.check("a payment into an open channel", state(), [transfer(), redeem(count=MAX_COUNT)],
                   leads_to={CHANNELS: (MARK + 12, 4)})
        self.check("a payment into a closed channel", state(), [redeem("close"), transfer()], leads_to={CHANNELS: (CLOSED, 1)})
        self.check("a payment to a channel's address, then fund", without_channel(), [transfer(to=CHANNEL.address), fund()],
                   leads_to={NEXT: (MARK, 5 * UNIT + 1)})
        self.check("a payment out of a channel", state(), [transfer(sender=CHANNELS, to=OTHERS)], "NonceExhausted")
        self.check("a payment out of a closed channel", state(CLOSED - MARK), [transfer(sender=CHANNELS, to=OTHERS)],
                   "NonceExhausted")
        self.check("memos beside channels", state(), [fund(), transfer(memo=word(5)), redeem(), transfer(), redeem("close")],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (1, MUCH + 7 * UNIT + 5), PAYEES: (3, 3 * UNIT + 7)})
        self.check("no voucher's signature", state(), [redeem()], "SignatureCount", sigs_change=-64)
        self.check("a signature too many", state(), [redeem("close"), fund()], "SignatureCount", sigs_change=64)
        self.check("a signature too many of a fund", state(), [fund()], "SignatureCount", sigs_change=64)

    # ---- The codec ----

    def weights(self):
        chunk, gas = self.check("24 redeems", state(0, 30 * UNIT), [redeem(count=i) for i in range(1, 25)],
                                leads_to={CHANNELS: (MARK + 24, 6 * UNIT)})
        proof, *_ = chunk.proof(bytes(32))
        print(f"24 redeems: {len(chunk.ops)} bytes of ops, {len(chunk.sigs)} of sigs, proof {len(proof)}, {gas} gas")
        self.check("24 redeems and a fee leaf", state(), [redeem(count=i) for i in range(3, 27)], "OverWeight", fee=1,
                   fee_leaves=[FEES])
        self.check("25 redeems", state(), [redeem(count=i) for i in range(3, 28)], "OverWeight")
        self.check("24 redeems, one to an address", state(),
                   [redeem(count=3, to=PAYEE), *(redeem(count=i) for i in range(4, 27))], "OverWeight")
        self.check("32 funds", without_channel(), [fund(amount=i + 1) for i in range(32)], leads_to={NEXT: (MARK, 32 * 33 // 2)})
        self.check("33 funds", without_channel(), [fund()] * 33, "OverWeight")

    def kinds(self):
        """Words of the kinds, of one operation that isn't there."""
        for word_, refusal in ((122, "OverWeight"), (123, "Truncated"), (126, "Truncated"), (127, "CodeTooLong")):
            bits = Bits()
            for value, width in ((1, 1), (1, 6), (0, 6), (0, 5), (1, 1), (0, 2), (3, 2)):
                bits.u(value, width)
            bits.gamma(word_)
            self.expect(f"kind {word_}", [self.numbers[refusal]], self.decode(bits.bytes()))
        idle = Chunk(DOMAIN, without_channel(), [fund()]).ops
        self.expect("byAddress without an address, a fund", [self.numbers["IdleFlag"]],
                    self.decode(bytes([idle[0], idle[1], idle[2] | 0x10]) + idle[3:]))
        self.expect("a fund without its last byte", [self.numbers["Truncated"]], self.decode(idle[:-1]))
        self.expect("a fund and a byte more", [self.numbers["TrailingByte"]], self.decode(idle + b"\0"))
        known = Chunk(DOMAIN, state(), [fund(), redeem(count=10), redeem("close")], fee=7, fee_leaves=[FEES]).ops
        got = self.decode(known)
        redeemed = {"kind": "redeem", "sender": CHANNELS, "fee": 7, "payee": {"index": PAYEES}, "payer": PAYERS, **TERMS}
        operations = [{"kind": "fund", "sender": PAYERS, "fee": 7, "payee": PAYEE.hex(), "amount": 5 * UNIT, **TERMS},
                      {**redeemed, "take": True, "close": False, "count": 10}, {**redeemed, "take": False, "close": True}]
        self.expect("decoded", [0, *Parts.flat({"l1": 0, "weight": 12, "operations": operations, "feeLeaves": [FEES]})], got)

    def decode(self, ops):
        answer, reverted = self.node.call(self.parts, of_bytes("decodeOps(bytes)", ops))
        if reverted is not None:
            return "reverted with 0x" + reverted.hex()
        words = [int.from_bytes(answer[at:at + 32], "big") for at in range(0, len(answer), 32)]
        return words if len(words) == 1 else [words[2], *words[4:]]  # without the gas that it took

    def digests(self):
        select = selector("channelDigest(bytes32,uint256,uint256[])")
        fund_words = {"token": TOKEN, "fee": 2, "nonce": 3, "payee": PAYEE, "amount": 4, "unit": 5, "expiry": 6, "salt": 7}
        redeem_words = {"channel": OTHER, "token": TOKEN, "claimed": 2, "count": 3, "take": True, "close": False, "fee": 4}
        channel_words = {"payer": PAYER, "payee": PAYEE, "unit": 2, "expiry": 3, "salt": 4}
        voucher_words = {"channel": OTHER, "token": TOKEN, "count": 2}
        for number, (kind, members) in enumerate((("Fund", fund_words), ("Redeem", redeem_words), ("Channel", channel_words),
                                                  ("Voucher", voucher_words))):
            data = select + DOMAIN + word(number) + word(96) + word(len(members)) + b"".join(map(word, members.values()))
            self.expect(f"digest of {kind}", (digest(DOMAIN, kind, **members), None), self.node.call(self.parts, data))

    # ---- L1 operations ----

    def l1_redeems(self):
        self.check("L1 redeem", state(), entries=[forced(REDEEM)],
                   leads_to={CHANNELS: (MARK + 5, 7 * UNIT + 3), PAYEES: (3, 3 * UNIT + 7)})
        self.check("L1 redeem of more than there is", state(), entries=[forced(REDEEM, count=MAX_COUNT)],
                   leads_to={CHANNELS: (MARK + 12, 3), PAYEES: (3, 10 * UNIT + 7)})
        self.check("L1 redeem, a payee without a leaf", state(), entries=[forced(REDEEM, to=address_of("new"))],
                   leads_to={CHANNELS: (MARK + 5, 7 * UNIT + 3), NEXT: (0, 3 * UNIT)})
        self.check("two L1 redeems", state(), entries=[forced(REDEEM), forced(REDEEM, count=7)],
                   leads_to={CHANNELS: (MARK + 7, 5 * UNIT + 3), PAYEES: (3, 5 * UNIT + 7)})
        self.check("L1 redeem, then one of the same voucher", state(), [redeem()], "NothingToRedeem", entries=[forced(REDEEM)])
        self.check("L1 redeem, then one of a later voucher", state(), [redeem(count=6)], entries=[forced(REDEEM)],
                   leads_to={CHANNELS: (MARK + 6, 6 * UNIT + 3), PAYEES: (3, 4 * UNIT + 7)})
        for what, leaves, changed in (("an old voucher", state(), {"count": 1}), ("the same count", state(), {"count": 2}),
                                      ("count 0", state(), {"count": 0}), ("count 2^63-1", state(), {"count": MAX_COUNT + 1}),
                                      ("no unit", state(), {"amount": 0}),
                                      ("less than a unit there", state(balance=UNIT - 1), {}),
                                      ("closed", state(CLOSED - MARK), {"count": MAX_COUNT}),
                                      ("closed, count 2^64-1", state(CLOSED - MARK), {"count": CLOSED}),
                                      ("not marked", state(0, marked=False), {}),
                                      ("a leaf that has sent all it can", state(MAX_NONCE, marked=False), {}),
                                      ("no such leaf", without_channel(), {})):
            before = [(index, (leaf.nonce, leaf.balance)) for index, leaf in enumerate(leaves)]
            self.check(f"L1 redeem, {what}", leaves, entries=[forced(REDEEM, **changed)], leads_to=dict(before))
        leaves = state()
        leaves[PAYEES].balance = 2**128 - 3 * UNIT
        self.check("L1 redeem, too much for the payee", leaves, entries=[forced(REDEEM)],
                   leads_to={CHANNELS: (MARK + 2, 10 * UNIT + 3), PAYEES: (3, 2**128 - 3 * UNIT)})

    def reclaims(self):
        whole = MUCH + 10 * UNIT + 3
        self.check("reclaim", state(), entries=[forced(RECLAIM)], leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, whole)})
        self.check("reclaim of nothing", state(balance=0), entries=[forced(RECLAIM)],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, MUCH)})
        self.check("reclaim from a closed channel", state(CLOSED - MARK, 7), entries=[forced(RECLAIM)],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, MUCH + 7)})
        self.check("reclaim, a payer without a leaf", state(), entries=[forced(RECLAIM, to=address_of("new"))],
                   leads_to={CHANNELS: (CLOSED, 0), NEXT: (0, 10 * UNIT + 3)})
        self.check("reclaim, then redeem", state(), entries=[forced(RECLAIM), forced(REDEEM)],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, whole), PAYEES: (3, 7)})
        self.check("redeem, then reclaim", state(), entries=[forced(REDEEM), forced(RECLAIM)],
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, whole - 3 * UNIT), PAYEES: (3, 3 * UNIT + 7)})
        self.check("reclaim twice", state(), entries=[forced(RECLAIM)] * 2, leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, whole)})
        self.check("reclaim, then a take", state(), [redeem()], "ChannelNotOpen", entries=[forced(RECLAIM)])
        self.check("reclaim, then a fund", state(), [fund()], "ChannelNotOpen", entries=[forced(RECLAIM)])
        for what, leaves in (("not marked", state(0, marked=False)), ("no such leaf", without_channel()),
                             ("a leaf that has sent all it can", state(MAX_NONCE, marked=False)),
                             ("too much for the payer", state(payers=2**128 - 1))):
            before = [(index, (leaf.nonce, leaf.balance)) for index, leaf in enumerate(leaves)]
            self.check(f"reclaim, {what}", leaves, entries=[forced(RECLAIM)], leads_to=dict(before))

    def other_l1_operations(self):
        self.check("deposit into a channel", state(), entries=[entry(DEPOSIT, OTHER, CHANNEL.address, 9)],
                   leads_to={CHANNELS: (MARK + 2, 10 * UNIT + 12)})
        self.check("deposit into a closed channel, then reclaim", state(CLOSED - MARK, 0),
                   leads_to={CHANNELS: (CLOSED, 0), PAYERS: (0, MUCH + 9)},
                   entries=[entry(DEPOSIT, OTHER, CHANNEL.address, 9), forced(RECLAIM)])
        for kind in (FORCED_TRANSFER, FORCED_WITHDRAWAL):
            for claimed in (2, CLOSED - MARK):
                self.check(f"kind {kind} from a channel", state(claimed),
                           entries=[forced(kind, amount, to=OTHER) for amount in (0, 1, WHOLE)],
                           leads_to={CHANNELS: (MARK + claimed, 10 * UNIT + 3), OTHERS: (0, MUCH)})
            self.check(f"kind {kind} from a leaf that has sent all it can", state(nonce=MAX_NONCE),
                       entries=[forced(kind, 1, to=OTHER, caller=PAYER)],
                       leads_to={PAYERS: (MAX_NONCE, MUCH), OTHERS: (0, MUCH)})
        self.check("the last forced transfer of a leaf", state(nonce=MAX_NONCE - 1),
                   entries=[forced(FORCED_TRANSFER, 1, to=OTHER, caller=PAYER)],
                   leads_to={PAYERS: (MAX_NONCE, MUCH - 1), OTHERS: (0, MUCH + 1)})
        self.check("a forced transfer into a channel", state(),
                   entries=[forced(FORCED_TRANSFER, 9, to=CHANNEL.address, caller=OTHER)],
                   leads_to={CHANNELS: (MARK + 2, 10 * UNIT + 12), OTHERS: (1, MUCH - 9)})
        unknown = Chunk(DOMAIN, state(), entries=[forced(RECLAIM)])
        unknown.entries = [b"\5" + unknown.entries[0][1:]]
        self.expect("kind 5", (None, L1_OPERATIONS), self.prove(self.prover, unknown, bytes(32)))

    def an_ordinary_chunk(self):
        """What a chunk without channels takes."""
        operations = [transfer(to=PAYEES if i % 2 else FEES, amount=10**12 * (i % 7 + 1)) for i in range(47)]
        chunk, gas = self.check("47 transfers", state(), operations, fee=FEE, fee_leaves=[FEES])
        print(f"47 transfers: {len(chunk.ops)} bytes of ops, proof {len(chunk.proof(bytes(32))[0])}, {gas} gas")

    def run(self):
        for part in (self.funds, self.funds_that_are_wrong, self.redeems, self.redeems_that_are_wrong, self.several_in_one_chunk,
                     self.weights,
                     self.kinds, self.digests, self.l1_redeems, self.reclaims, self.other_l1_operations, self.an_ordinary_chunk):
            count, faults = self.count, self.faults
            part()
            print(f"{part.__name__}: {self.count - count} chunks, {self.faults - faults} wrong", flush=True)
        for refusal in ("ChannelTerms", "FundOfZero", "ChannelNotOpen", "ChannelCount", "NothingToRedeem"):
            self.expect(f"{refusal} comes up", True, refusal in self.told)


def main():
    npm.install(npm.CONTRACTS)
    with tempfile.TemporaryDirectory() as folder:
        contracts = os.environ.get("GAVEL_TEST_CONTRACTS", folder)
        if contracts == folder:
            subprocess.run(["node", os.path.join(npm.CONTRACTS, "compile.mjs"), "tests", folder], check=True)
        with Anvil() as node:
            suite = Suite(node, contracts)
            suite.run()
    sys.exit(f"{suite.faults} wrong" if suite.faults else 0)


if __name__ == "__main__":
    main()
