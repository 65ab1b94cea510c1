#!/usr/bin/env python3
"""Adds up who must own what, from the input alone: links nothing of Gavel, knows whole numbers only.

usage: add_up.py --corpus FILE [--max N] --load FILE --tokens FILE --journal FILE --fees-to OWNER

  --corpus   the payments as they were given to `gavel load` (CSV or CSV.zst)
  --load     what `gavel load --ledger-out` says it has deposited and paid. Of it are believed only which account stands for which
             address of the corpus, what was deposited, and the fees; every payment is compared with the corpus
  --tokens   `gavel load --tokens-file`: which token of the L1 stands for which one of the corpus
  --journal  what else was asked for, CSV: kind,from,to,token,amount,fee,fee_to with kind deposit, unconsumed deposit (which no
             batch holds), payment, withdrawal, or claim (of a withdrawal, to whom it was paid out)
  --fees-to  who gets the fees of the load's payments
Prints JSON: rows, payable, skipped (by reason), confirmed, balances {owner: {token: amount}}, withdrawals {token: amount},
deposited {token: amount}, due {owner: {token: amount}} (what the L1 owes each when all is over: the balance, withdrawals not
claimed, deposits not consumed), faults [text].
"""
import argparse
import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict

ZERO = "0x" + "00" * 20
LIMIT = 2**128


def rows_of(path):
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout.decode()
        return csv.DictReader(io.StringIO(text))
    return csv.DictReader(open(path, encoding="utf-8", newline=""))


def address(text):
    text = (text or "").lower()
    text = text if text.startswith("0x") else "0x" + text
    return text if re.fullmatch("0x[0-9a-f]{40}", text) else None


def payment_of(row):
    """((from, to, token, amount), None), or (None, why it can't be a payment)."""
    if not row["from"] or not row["to"]:
        return None, "address missing"
    sender, recipient = address(row["from"]), address(row["to"])
    if not sender or not recipient:
        return None, "address malformed"
    if ZERO in (sender, recipient):
        return None, "zero address"
    token = address(row.get("token")) if row.get("token") else ZERO
    if not token:
        return None, "token malformed"
    amount = row["amount"] if token != ZERO or "value_wei" not in row else row["value_wei"]
    if not re.fullmatch("[0-9]+", amount or ""):
        return None, "amount malformed"
    amount = int(amount)
    if amount == 0:
        return None, "amount of zero"
    if amount >= LIMIT:
        return None, "amount of 2^128 or more"
    return (sender, recipient, token, amount), None


class Books:
    def __init__(self):
        self.balances = defaultdict(lambda: defaultdict(int))
        self.waiting = defaultdict(lambda: defaultdict(int))  # on the L1, in no balance: for whom
        self.withdrawals, self.deposited = defaultdict(int), defaultdict(int)
        self.faults = []

    def fault(self, text):
        if len(self.faults) < 20:
            self.faults.append(text)

    def credit(self, owner, token, amount):
        self.balances[owner][token] += amount

    def debit(self, owner, token, amount):
        self.balances[owner][token] -= amount

    def deposit(self, owner, token, amount):
        self.deposited[token] += amount
        self.credit(owner, token, amount)

    def deposit_in_vain(self, owner, token, amount):
        self.deposited[token] += amount
        self.waiting[owner][token] += amount

    def pay_fee(self, sender, token, fee, fee_to):
        if fee:
            self.debit(sender, token, fee)
            self.credit(fee_to, token, fee)

    def pay(self, sender, recipient, token, amount, fee, fee_to):
        self.pay_fee(sender, token, fee, fee_to)
        self.debit(sender, token, amount)
        self.credit(recipient, token, amount)

    def withdraw(self, sender, recipient, token, amount, fee, fee_to):
        self.pay_fee(sender, token, fee, fee_to)
        self.debit(sender, token, amount)
        self.withdrawals[token] += amount
        self.waiting[recipient][token] += amount

    def claim(self, recipient, token, amount):
        self.waiting[recipient][token] -= amount
        if self.waiting[recipient][token] < 0:
            self.fault(f"{recipient} claimed more of {token} than was withdrawn")

    def due(self):
        out = defaultdict(lambda: defaultdict(int))
        for part in (self.balances, self.waiting):
            for owner, by_token in part.items():
                for token, amount in by_token.items():
                    out[owner][token] += amount
        return out


def one_to_one(books, mapping, inverse, key, value, what):
    if mapping.setdefault(key, value) != value or inverse.setdefault(value, key) != key:
        books.fault(f"{what} {key} and {value} don't stand for each other throughout")


def add_load(books, corpus, load, tokens, fees_to, most):
    """The corpus's payments, compared one by one with what the load says."""
    corpus_token = {row["l1_token"].lower(): row["corpus_token"].lower() for row in csv.DictReader(open(tokens, newline=""))}
    paid = {}
    for line in csv.DictReader(open(load, newline="")):
        if line["kind"] == "deposit":
            books.deposit(line["to"].lower(), line["token"].lower(), int(line["amount"]))
        elif paid.setdefault(int(line["row"]), line) is not line:
            books.fault(f"row {line['row']} was paid twice")
    rows = payable = confirmed = 0
    skipped, accounts, people, fee_of = Counter(), {}, {}, {}
    for rows, row in enumerate(rows_of(corpus), 1):
        payment, why = payment_of(row)
        if payment is None:
            skipped[why] += 1
            if rows in paid:
                books.fault(f"row {rows} was paid and is no payment: {why}")
            continue
        payable += 1
        line = paid.pop(rows, None)
        if line is None:
            books.fault(f"row {rows} is a payment, and was not confirmed")
        else:
            confirmed += 1
            sender, recipient, token, amount = payment
            l1_token = line["token"].lower()
            if int(line["amount"]) != amount:
                books.fault(f"row {rows}: {line['amount']} was paid instead of {amount}")
            if corpus_token.get(l1_token, ZERO) != token:
                books.fault(f"row {rows}: paid in {l1_token}, which doesn't stand for {token}")
            one_to_one(books, accounts, people, sender, line["from"].lower(), "accounts")
            one_to_one(books, accounts, people, recipient, line["to"].lower(), "accounts")
            if fee_of.setdefault(l1_token, line["fee"]) != line["fee"]:
                books.fault(f"row {rows}: another fee than the token's others")
            books.pay(accounts[sender], accounts[recipient], l1_token, amount, int(line["fee"]), fees_to)
        if most and payable == most:
            break
    for row in list(paid)[:5]:
        books.fault(f"row {row} was paid, and isn't in the corpus")
    return {"rows": rows, "payable": payable, "confirmed": confirmed, "skipped": dict(sorted(skipped.items()))}


def add_journal(books, path):
    for line in csv.DictReader(open(path, newline="")):
        sender, to, token = line["from"].lower(), line["to"].lower(), line["token"].lower()
        amount, fee = int(line["amount"]), int(line["fee"])
        if line["kind"] == "deposit":
            books.deposit(to, token, amount)
        elif line["kind"] == "payment":
            books.pay(sender, to, token, amount, fee, line["fee_to"].lower())
        elif line["kind"] == "withdrawal":
            books.withdraw(sender, to, token, amount, fee, line["fee_to"].lower())
        elif line["kind"] == "claim":
            books.claim(to, token, amount)
        elif line["kind"] == "unconsumed deposit":
            books.deposit_in_vain(sender, token, amount)
        else:
            books.fault(f"the journal has a {line['kind']}")


def plain(sums):
    return {key: str(value) for key, value in sums.items()}


def by_owner(sums):
    return {owner: plain(by_token) for owner, by_token in sums.items()}


def add_up(corpus, load, tokens, journal, fees_to, most=0):
    books = Books()
    add_journal(books, journal)
    counts = add_load(books, corpus, load, tokens, fees_to, most)
    for owner, by_token in books.balances.items():
        for token, amount in by_token.items():
            if not 0 <= amount < LIMIT:
                books.fault(f"{owner} would own {amount} of {token}")
    return {**counts, "balances": by_owner(books.balances), "withdrawals": plain(books.withdrawals),
            "deposited": plain(books.deposited), "due": by_owner(books.due()), "faults": books.faults}


def main():
    parser = argparse.ArgumentParser()
    for name in ("corpus", "load", "tokens", "journal", "fees-to"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--max", type=int, default=0)
    options = parser.parse_args()
    result = add_up(options.corpus, options.load, options.tokens, options.journal, options.fees_to.lower(), options.max)
    json.dump(result, sys.stdout, indent=1)
    print()
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
