#!/usr/bin/env python3
"""What a frozen rollup contract in Solidity does for channels (docs/contract.md, "After a freeze"), on Anvil: each call, each of
its refusals by name, times at their edges; and what a payee types who has nothing but a voucher. The head and its leaves are
written into storage.

usage: channel_exits_test.py
"""
import sys

sys.dont_write_bytecode = True
from vectors import keccak256, selector, word  # makes tests/ known
from anvil import Anvil, ethereum
from channel_calls_test import (ETHER, FREEZE_AGE, NOBODY, NUMBER, TOKEN, TYPIST, UNIT, WEEK, YEAR, Calls, call, force_redeem,
                                lines_of_page, reclaim)
from channels import CLOSED, ETH, MARK, MAX_COUNT, Channel, Leaf, linked, tree_of
from contract_smoke_test import State
from records_test import CHALLENGE, header_of, slot

HELD = 6  # slot: docs/contract.md, "Storage"
REFUSES = "0x5f5ffd"  # code that reverts
EXITED = keccak256(b"AccountExited(uint32,address,address,uint128,address)")
PROOF = "bytes,uint32,bytes,bytes32[]"


class Stage:
    """The head's last state: channels by name, each with a leaf, and a leaf whose owner has sent all he can."""

    def __init__(self, domain, payer, payee, frozen_at):
        def channel(salt, unit=UNIT, expiry=0):
            return Channel(domain, payer, payee, unit, expiry, salt)

        least = frozen_at + CHALLENGE + WEEK
        leaves = {"open": (channel(1), 2, 10 * UNIT + 3), "closed": (channel(2), CLOSED - MARK, 7),
                  "poor": (channel(3), 0, UNIT - 1), "empty": (channel(4), 5, 0), "full": (channel(5), MAX_COUNT - 1, 9 * UNIT),
                  "wide": (channel(6, 2**127), 0, 2**128 - 1), "narrow": (channel(7, 1), 0, 2**128 - 1),
                  "soon": (channel(8, expiry=least - 1), 0, UNIT), "later": (channel(9, expiry=least + 1), 0, UNIT),
                  "year": (channel(10, expiry=frozen_at + YEAR), 0, UNIT), "far": (channel(11, expiry=2**64 - 1), 0, UNIT)}
        self.channels = {name: made for name, (made, _, _) in leaves.items()}
        self.channels["typed"] = Channel(domain, payer, ethereum.address_of(TYPIST), UNIT, frozen_at + YEAR, 12)
        typed = Leaf(self.channels["typed"].address, ETH, MARK, 8 * UNIT)
        spent = Leaf(ethereum.address_of(payer), ETH, MARK - 1, 11)
        self.names = {name: index for index, name in enumerate([*leaves, "typed", "spent"], 1)}
        self.leaves = linked([Leaf(made.address, ETH, MARK + claimed, balance) for made, claimed, balance in leaves.values()]
                             + [typed, spent])
        self.tree = tree_of(self.leaves)
        self.header = header_of(NUMBER, State(accounts=self.tree.root, counts=(len(self.leaves), 0)))

    def proof(self, name, header=None, index=None, leaf=None, path=None):
        at = self.names[name]
        return (header or self.header, at if index is None else index, leaf or self.leaves[at].encode(),
                self.tree.path(at) if path is None else path)

    def exit(self, name, receiver=NOBODY, **other):
        return call(f"exit({PROOF},address,uint256)", *self.proof(name, **other), receiver, 0)

    def take(self, name, count=5, receiver=NOBODY, terms=None, voucher=None, **other):
        signed = self.channels[name].voucher(count) if voucher is None else voucher
        return call(f"exitChannel({PROOF},bytes,uint64,bytes,address,uint256)", *self.proof(name, **other),
                    self.channels[name].terms if terms is None else terms, count, signed, receiver, 0)

    def rest(self, name, receiver=NOBODY, terms=None, **other):
        return call(f"exitChannelRest({PROOF},bytes,address,uint256)", *self.proof(name, **other),
                    self.channels[name].terms if terms is None else terms, receiver, 0)


class Exits(Calls):
    def frozen(self):
        """A frozen contract that holds 10 ETH, on a Stage; kept, so that cases begin with it."""
        self.begin(NUMBER)
        self.send(call("depositEth(address)", self.stranger), self.stranger, 10 * ETHER)
        self.expect("not frozen yet", [0], self.view("frozenAt()"))
        open_, closed = self.channel(), self.channel(salt=1)
        stage = Stage(self.domain, self.payer_key, self.payee, 0)
        self.put_record(NUMBER, 1, header=stage.header)
        self.refusals(("exitChannel before a freeze", "NotFrozen", stage.take("open")),
                      ("exitChannelRest before a freeze", "NotFrozen", stage.rest("open")))
        self.at(self.now + FREEZE_AGE)
        self.node.act(self.stranger, self.rollup, call("freeze(uint64)", 0))
        self.frozen_at = self.now
        self.expect("frozenAt", [self.frozen_at], self.view("frozenAt()"))
        self.refusals(("forceRedeem after a freeze", "Frozen", force_redeem(b"", 0, b"")),
                      ("reclaim after a freeze", "Frozen", reclaim(b"")),
                      ("forceRedeem after a freeze", "Frozen", force_redeem(open_.terms, 7, open_.voucher(7))),
                      ("reclaim after a freeze", "Frozen", reclaim(closed.terms)))
        self.stage = Stage(self.domain, self.payer_key, self.payee, self.frozen_at)
        self.put_record(NUMBER, 1, header=self.stage.header)
        self.base, self.base_at = self.node.l1.rpc("evm_snapshot"), self.now

    def again(self):
        self.node.l1.rpc("evm_revert", self.base)
        self.base = self.node.l1.rpc("evm_snapshot")
        self.now = self.base_at
        return self.stage

    def expect_paid(self, what, data, sender, name, amount, receiver):
        """The call pays so much of the channel's leaf."""
        held, had = self.view("heldTotal(address)", ETH)[0], self.balance(receiver)
        receipt = self.send(data, sender)
        index, channel = self.stage.names[name], self.stage.channels[name]
        event = ([EXITED, word(index), word(channel.address)], word(ETH) + word(amount) + word(receiver))
        self.expect(f"{what}: done, event", (1, [event]), (receipt["status"], self.events(receipt)))
        self.expect(f"{what}: held", held - amount, self.view("heldTotal(address)", ETH)[0])
        if receiver != sender:
            self.expect(f"{what}: paid", amount, self.balance(receiver) - had)
        return receipt["gasUsed"]

    def expect_marks(self, what, name, taken, exited):
        index = self.stage.names[name]
        self.expect(f"{what}: taken, exited", (taken, exited),
                    (self.view("channelTaken(uint32)", index)[0], self.view("isExited(uint32)", index)[0]))

    def leaves_that_are_marked_dont_exit(self):
        stage = self.again()
        self.refusals(*((f"exit of {name}", "ChannelLeaf", stage.exit(name)) for name in stage.channels),
                      ("exit of a leaf that has sent all it can", "None", stage.exit("spent")))
        self.refusals(("exit of a channel, to whom it pleases", "ChannelLeaf", stage.exit("open", self.stranger)))
        for what, data in (("exitChannel", stage.take), ("exitChannelRest", stage.rest)):
            one = stage.channels["open"]
            spent = dict(index=stage.names["spent"], leaf=stage.leaves[-1].encode(), path=stage.tree.path(stage.names["spent"]))
            self.refusals((f"{what} of no channel", "NotAChannel", data("open", **spent)),
                          (f"{what} of no channel, no terms", "NotAChannel", data("open", terms=b"", **spent)),
                          *((f"{what}, {why}", "TermsInvalid", data("open", terms=terms)) for why, terms in self.bad_terms(one)),
                          (f"{what}, other terms", "TermsInvalid",
                           data("open", terms=stage.channels["poor"].terms)), sender=self.payee)

    def what_exit_checks_they_check(self):
        stage = self.again()
        for what, data in (("exitChannel", stage.take), ("exitChannelRest", stage.rest)):
            leaf = stage.leaves[1].encode()
            changed = leaf[:63] + bytes([leaf[63] ^ 1]) + leaf[64:]
            self.refusals(
                (f"{what}, header too short", "HeaderLength", data("open", header=stage.header[:-1])),
                (f"{what}, another header", "NotOnHead", data("open", header=stage.header[:-1] + b"\1")),
                (f"{what}, leaf too long", "LeafLength", data("open", leaf=leaf + b"\0")),
                (f"{what}, index 0", "ExitIndex", data("open", index=0)),
                (f"{what}, index past the end", "ExitIndex", data("open", index=len(stage.leaves))),
                (f"{what}, another leaf", "ExitPath", data("open", leaf=changed)),
                (f"{what}, another index", "ExitPath", data("open", index=2)),
                (f"{what}, a sibling too few", "ExitPath", data("open", path=stage.tree.path(1)[:-1])), sender=self.payee)
            self.put_record(NUMBER, self.now - CHALLENGE + 2, header=stage.header)
            self.refusals((f"{what}, the head a second before it is final", "BatchNotFinal", data("open")), sender=self.payee)
            self.put_record(NUMBER, 1, header=stage.header)

    def a_payee_takes_what_vouchers_give(self):
        for name, count, amount in (("open", 3, UNIT), ("open", 12, 10 * UNIT), ("open", 13, 10 * UNIT),
                                    ("open", MAX_COUNT, 10 * UNIT), ("full", MAX_COUNT, UNIT), ("wide", 1, 2**127),
                                    ("wide", MAX_COUNT, 2**127), ("narrow", MAX_COUNT, MAX_COUNT)):
            stage = self.again()
            if name in ("wide", "narrow"):
                self.store(slot(0, HELD), 2**128 - 1)
                self.node.l1.rpc("anvil_setBalance", ethereum.hex_of(self.rollup), hex(2**128))
            what = f"exitChannel of {name}, count {count}"
            gas = self.expect_paid(what, stage.take(name, count, self.payer), self.payee, name, amount, self.payer)
            self.gas["exitChannel"].add(gas)
            self.expect_marks(what, name, amount, 0)
            self.refusals((f"{what}, again", "AlreadyTaken", stage.take(name, count)),
                          (f"{what}, again, no voucher", "AlreadyTaken", stage.take(name, 0, voucher=b"")), sender=self.payee)

    def a_payee_is_refused(self):
        stage = self.again()
        one, good = stage.channels["open"], stage.channels["open"].voucher(5)
        for what, sender in (("payer", self.payer), ("stranger", self.stranger)):
            self.refusals((f"exitChannel by the {what}", "NotPayee", stage.take("open")),
                          (f"exitChannel by the {what}, no voucher", "NotPayee",
                           stage.take("open", 0, voucher=b"")), sender=sender)
        self.refusals(
            ("exitChannel", "None", stage.take("open")), ("exitChannel, count 0", "CountInvalid", stage.take("open", 0)),
            ("exitChannel, count 2^63-1", "CountInvalid", stage.take("open", MAX_COUNT + 1)),
            ("exitChannel, closed, count 2^63-1", "CountInvalid", stage.take("closed", MAX_COUNT + 1)),
            ("exitChannel, another channel's voucher", "VoucherInvalid",
             stage.take("open", 5, voucher=stage.channels["poor"].voucher(5))),
            ("exitChannel, another token's", "VoucherInvalid", stage.take("open", 5, voucher=one.voucher(5, TOKEN))),
            ("exitChannel, another count's", "VoucherInvalid", stage.take("open", 6, voucher=good)),
            ("exitChannel, a byte more", "VoucherInvalid", stage.take("open", 5, voucher=good + b"\0")),
            ("exitChannel, count = claimed", "ZeroAmount", stage.take("open", 2)),
            ("exitChannel, an old voucher", "ZeroAmount", stage.take("open", 1)),
            ("exitChannel, less than a unit", "ZeroAmount", stage.take("poor", MAX_COUNT)),
            ("exitChannel, nothing there", "ZeroAmount", stage.take("empty", MAX_COUNT)),
            ("exitChannel, closed", "ZeroAmount", stage.take("closed", MAX_COUNT)),
            ("exitChannel, more than is held", "VaultShort", stage.take("wide", 1)), sender=self.payee)
        self.node.l1.rpc("anvil_setCode", ethereum.hex_of(self.stranger), REFUSES)
        self.refusals(("exitChannel to who refuses", "PaymentFailed", stage.take("open", receiver=self.stranger)),
                      sender=self.payee)
        self.expect_marks("refused", "open", 0, 0)
        self.node.l1.rpc("anvil_setCode", ethereum.hex_of(self.stranger), "0x")

    def the_rest_waits_for_the_payee(self):
        least, year = self.frozen_at + CHALLENGE + WEEK, self.frozen_at + YEAR
        for name, end in (("open", least), ("soon", least), ("later", least + 1), ("year", year), ("far", year)):
            stage = self.again()
            for sender in (self.stranger, self.payer, self.payee):
                self.expect(f"rest of {name}, a second before", "RestTooEarly", self.refusal(stage.rest(name), end - 1, sender))
            self.expect(f"rest of {name}, then", "None", self.refusal(stage.rest(name), end, self.stranger))
            stage = self.again()
            taken = UNIT
            self.expect_paid(f"exitChannel of {name}", stage.take(name, 3 if name == "open" else 1), self.payee, name, taken,
                             self.payee)
            left = stage.leaves[stage.names[name]].balance - taken
            self.refusals((f"rest of {name}, once the payee has taken", "None" if left else "ZeroAmount", stage.rest(name)))

    def the_rest_is_the_payers(self):
        stage = self.again()
        self.expect_paid("payee", stage.take("open", 5, self.stranger), self.payee, "open", 3 * UNIT, self.stranger)
        self.refusals(("rest to who isn't the payer", "ReceiverNotAllowed", stage.rest("open", self.stranger)),
                      ("rest to the payer by name", "None", stage.rest("open", self.payer)))
        self.refusals(("rest by the payee, for himself", "ReceiverNotAllowed", stage.rest("open", self.payee)), sender=self.payee)
        self.node.l1.rpc("anvil_setCode", ethereum.hex_of(self.payer), REFUSES)
        self.refusals(("a payer that refuses", "PaymentFailed", stage.rest("open")))
        self.node.l1.rpc("anvil_setCode", ethereum.hex_of(self.payer), "0x")
        self.gas["exitChannelRest"].add(self.expect_paid("rest", stage.rest("open"), self.stranger, "open", 7 * UNIT + 3,
                                                         self.payer))
        self.expect_marks("rest", "open", 3 * UNIT, 1)
        self.refusals(("rest, again", "AlreadyExited", stage.rest("open")))
        self.refusals(("exitChannel after the rest", "AlreadyExited", stage.take("open", 9)), sender=self.payee)
        self.refusals(("rest of an empty one", "RestTooEarly", stage.rest("empty")))
        self.expect_paid("rest of a closed one, at once", stage.rest("closed"), self.stranger, "closed", 7, self.payer)
        self.expect_marks("closed", "closed", 0, 1)
        self.at(self.frozen_at + YEAR)
        self.refusals(("rest of an empty one, later", "ZeroAmount", stage.rest("empty")),
                      ("rest of more than is held", "VaultShort", stage.rest("narrow")))
        self.expect_paid("rest, the payee never came", stage.rest("far", self.stranger), self.payer, "far", UNIT, self.stranger)
        self.refusals(("exitChannel too late", "AlreadyExited", stage.take("far", 1)), sender=self.payee)

    def a_payment_of_a_channel_is_guarded(self):
        """Whoever is paid calls freeze, and keeps what that answers."""
        stage = self.again()
        keeps = bytes.fromhex("63") + selector("freeze(uint64)") + bytes.fromhex("5f5260205f6024601c5f335af1505f515f5500")
        for what, data, sender, receiver in (("exitChannel", stage.take("open", receiver=self.other), self.payee, self.other),
                                             ("exitChannelRest", stage.rest("open"), self.stranger, self.payer)):
            self.node.l1.rpc("anvil_setCode", ethereum.hex_of(receiver), ethereum.hex_of(keeps))
            self.expect(f"{what}: done", 1, self.send(data, sender)["status"])
            kept = self.node.l1.rpc("eth_getStorageAt", ethereum.hex_of(receiver), "0x0", "latest")
            self.expect(f"{what}: what a call back is told", ethereum.hex_of(selector("ReentrancyGuardReentrantCall()")),
                        kept[:10])

    def a_payee_types_an_exit(self):
        redeem, take = lines_of_page()
        stage = self.again()
        self.node.key("payee")
        self.expect("typed: in the purse", 6 * UNIT,
                    self.type(redeem.split("\n")[0] + "\n" + take, stage.channels["typed"], 6, stage.proof("typed")))
        self.expect_marks("typed", "typed", 6 * UNIT, 0)

    def run(self):
        self.run_cases(self.frozen, self.leaves_that_are_marked_dont_exit, self.what_exit_checks_they_check,
                       self.a_payee_takes_what_vouchers_give, self.a_payee_is_refused, self.the_rest_waits_for_the_payee,
                       self.the_rest_is_the_payers, self.a_payment_of_a_channel_is_guarded, self.a_payee_types_an_exit)
        return self.told_gas()


def main():
    with Anvil() as node:
        faults = Exits(node).run()
    sys.exit(f"{faults} wrong" if faults else 0)


if __name__ == "__main__":
    main()
