#!/usr/bin/env python3
"""Writes synthetic payments, for who has no real ones: accounts by Zipf's law, amounts with few significant digits.

usage: draw_payments.py FILE PAYMENTS ACCOUNTS [TOKEN]
A fifth of the payments are in TOKEN (an address; without it, all are in ETH). The same every time.
"""
import csv
import hashlib
import itertools
import random
import sys


def name(rank):
    return "0x" + hashlib.sha256(f"account {rank}".encode()).hexdigest()[:40]


def draw(path, payments, accounts, token=""):
    chance = random.Random("gavel")
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(accounts)))
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["from", "to", "value_wei", "token", "amount"])
        for _ in range(payments):
            sender, recipient = chance.choices(range(accounts), cum_weights=weights, k=2)
            recipient = recipient if recipient != sender else (sender + 1) % accounts
            digits = chance.randrange(1, chance.choice((10, 10, 10, 100, 100, 1000)))
            if token and chance.randrange(5) == 0:
                rows.writerow([name(sender), name(recipient), "0", token, digits * 10 ** chance.randrange(2, 7)])
            else:
                rows.writerow([name(sender), name(recipient), digits * 10 ** chance.randrange(12, 17), "", ""])


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    draw(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
