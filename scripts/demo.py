#!/usr/bin/env python3
"""The story that scripts/demo.sh tells; see there for its options."""
import argparse
import csv
import os
import re
import signal
import sys

import add_up
import draw_payments
import ethereum
import npm
from demo_last_act import LastAct
from demo_world import ETHER, ZERO_TOKEN, Broken, World, address, group, key

FUNDED = ["alice", "bank", "dave", "first operator", "second operator", "watcher", "stranger"]
WINDOW_S = int(os.environ.get("DEMO_WINDOW", 20))  # in which a batch can be proven wrong; seconds
STAKE = 32
USD_FEE = 1000         # base units of the test dollar, which has six decimals
BLOB_GAS, LEAST_BLOB_PRICE, MAX_PROOF_GAS = 2**17, 16, 2**24  # the price, EIP-7918's: at least gas's through 2^17 / 2^13
MAX_PROOF_BYTES = 131_072
LIES = ["money-from-nothing", "forged-signature", "skipped-deposit", "withdrawal-without-burn", "garbage-bytes"]
LIE_IN_WORDS = {
    "money-from-nothing": "a batch whose state gives him a balance that nobody deposited",
    "forged-signature": "a batch that moves the richest account's ether to him, signed by himself",
    "skipped-deposit": "a batch that takes a deposit from the queue and credits nobody",
    "withdrawal-without-burn": "a batch with a withdrawal that nobody paid for",
    "garbage-bytes": "a batch of bytes that mean nothing, said to have changed something",
}


class Story:
    def __init__(self, options):
        self.options = options
        self.breaks = os.environ.get("DEMO_BREAK", "")
        self.world = World(options.keep)
        self.journal = []
        self.figures = {}
        self.operator = "first operator"
        self.stake = STAKE
        self.liars_term = 0

    def note(self, kind, sender, to, token, amount, fee=0):
        """For the books: what was asked for."""
        self.journal.append([kind, ethereum.hex_of(sender), ethereum.hex_of(to), ethereum.hex_of(token), amount, fee,
                             ethereum.hex_of(address(self.operator))])

    # ---- The programs ----

    def start_l1(self):
        world = self.world
        on_ethereum = self.options.l1 == "ethereum"
        what = "an Ethereum node (Anvil) with mainnet's limits" if on_ethereum else "a simulated Ethereum"
        world.chapter(f"The L1 comes up: {what}, with a block each second.")
        world.start_l1(on_ethereum, FUNDED)
        rollup = world.gavel("bank", "deploy", "--home-operator", "none", "--challenge-window", WINDOW_S,
                             "--inclusion-window", "10m", "--stake", STAKE)
        token = world.gavel("bank", "dev", "token", "--name", "Test Dollar", "--symbol", "TUSD", "--decimals", 6)
        world.rollup, self.usd = (bytes.fromhex(made["address"][2:]) for made in (rollup, token))
        world.say(f"The rollup contract is at {rollup['address']}. A batch can be proven wrong for {WINDOW_S} s (on the")
        world.say(f"real L1: 7 days); a sequencer stakes {STAKE} ETH.")

    def start_sequencer(self):
        world = self.world
        world.l1.send(key(self.operator), self.usd, ethereum.calldata("mint(address,uint256)", address(self.operator), 1))
        world.start("sequencer", "gavel-sequencer", r"grpc_port=(\d+)", "--config", world.path("fees.toml"), "--listen",
                    "127.0.0.1:0", "--data-dir", world.path("sequencer"), "--l1", world.l1.url, "--rollup",
                    ethereum.checksum(world.rollup), "--key-file", world.key_file(self.operator), "--l1-confirmations", "1",
                    "--batch-age", "2s", "--poll", "200ms", "--metrics-listen", f"127.0.0.1:{self.metrics_port}")
        world.wait_until_sequencing()

    def start_verifier(self):
        world = self.world
        flags = ["--listen", "127.0.0.1:0", "--data-dir", world.path("verifier"), "--l1", world.l1.url, "--rollup",
                 ethereum.checksum(world.rollup), "--poll", "200ms"]
        if self.breaks != "proof":
            flags += ["--key-file", world.key_file("watcher")]
            flags += [] if self.breaks == "claim" else ["--claim"]
        world.start("verifier", "gavel-verifier", r"grpc_port=(\d+)", *flags)

    # ---- Chapters ----

    def choose_payments(self):
        """The file of payments, and the tokens for it on the L1; the sequencer is told what each token's fee is."""
        world = self.world
        self.corpus = self.options.corpus or world.path("payments.csv")
        fees = []
        if self.options.corpus:
            self.maximum = self.options.payments or 0
            world.say("Tokens for the corpus are made on the L1 ...")
            world.gavel("bank", "load", "--corpus", self.corpus, "--max", self.maximum, "--mint-eth", "--create-only",
                        "--tokens-file", world.path("tokens.csv"), "--fee-config", world.path("load-fees.toml"), progress=True)
            with open(world.path("load-fees.toml")) as file:
                fees = re.findall(r'"([^"]+)"', file.read())
        else:
            self.maximum = 0
            stand_in = "0x" + "05" * 20
            draw_payments.draw(self.corpus, self.options.payments or 5000, 400, stand_in)
            with open(world.path("tokens.csv"), "w") as file:
                file.write(f"corpus_token,generation,l1_token\n{stand_in},0,{ethereum.hex_of(self.usd)}\n")
        fees.append(f"{ethereum.hex_of(self.usd)}={USD_FEE}")
        with open(world.path("fees.toml"), "w") as file:
            file.write("fee = [" + ", ".join(f'"{fee}"' for fee in fees) + "]\n")

    def send(self, sender, to, amount, units, token=ZERO_TOKEN):
        flags = [] if token == ZERO_TOKEN else ["--token", ethereum.checksum(token)]
        sent = self.world.gavel(sender, "send", ethereum.checksum(address(to)), units, *flags)
        self.note("payment", address(sender), address(to), token, amount, int(sent["fee"]))
        return sent

    def deposit(self, who, amount, units, token=ZERO_TOKEN, wait=True, kind="deposit"):
        flags = [] if token == ZERO_TOKEN else ["--token", ethereum.checksum(token)]
        self.world.gavel(who, "deposit", units, *flags, *(["--wait"] if wait else []))
        self.note(kind, address(who), address(who), token, amount)

    def withdraw(self, who, amount, units):
        withdrawn = self.world.gavel(who, "withdraw", units)
        self.note("withdrawal", address(who), address(who), ZERO_TOKEN, amount, int(withdrawn["fee"]))

    def mint_usd(self, who, units):
        self.world.l1.send(key("bank"), self.usd, ethereum.calldata("mint(address,uint256)", address(who), units * 10**6))

    def first_steps(self):
        world = self.world
        world.chapter("Alice deposits 10 ETH and 1000 TUSD on the L1, and pays Bob.")
        self.mint_usd("alice", 1_000)
        self.deposit("alice", 10 * ETHER, "10")
        self.deposit("alice", 1_000 * 10**6, "1000", self.usd)
        self.send("alice", "bob", 2 * ETHER, "2")
        self.send("alice", "bob", 250 * 10**6, "250", self.usd)
        world.say("Bob has 2 ETH and 250 TUSD, and has never touched the L1. He withdraws 1 ETH to his L1 address.")
        self.withdraw("bob", ETHER, "1")
        if self.breaks == "ledger":  # a payment that isn't in the books
            world.gavel("alice", "send", ethereum.checksum(address("mallory")), "0.5")

    def load(self):
        world = self.world
        what = f"Real payments from {os.path.basename(self.corpus)}" if self.options.corpus else "Synthetic payments"
        world.chapter(f"{what}.")
        world.say("Everybody deposits what he will spend; then all is signed, and sent through gRPC.")
        corpus = self.corpus
        if self.breaks == "skip":  # one payable row is lost on the way
            corpus = world.path("short.csv")
            with open(corpus, "w", newline="") as file:
                rows = list(add_up.rows_of(self.corpus))
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows[:-1])
        told = world.gavel("bank", "load", "--corpus", corpus, "--max", self.maximum, "--mint-eth", "--tokens-file",
                           world.path("tokens.csv"), "--ledger-out", world.path("load.csv"), timeout=900, progress=True)
        self.loaded = told
        self.figures["rate"] = told["confirmed_per_second"]
        world.say(f"rows read {group(told['rows'])}, sent {group(told['sent'])}, confirmed {group(told['confirmed'])}, by "
                  f"{group(told['senders'])} senders, {group(told['confirmed_per_second'])} payments per second")
        for reason, count in told["skipped"].items():
            world.say(f"skipped, {reason}: {group(count)}")
        with ethereum.open_url(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer:
            metrics = answer.read().decode()
        total, count = (float(re.search(rf"^gavel_confirmation_seconds_{part} (\S+)", metrics, re.MULTILINE).group(1))
                        for part in ("sum", "count"))
        self.figures["confirmation_ms"] = 1000 * total / count

    def agree(self):
        """Until all is posted and the verifier has found the sequencer's state on the L1."""
        def agreed():
            status = self.world.gavel("alice", "status")
            ours, theirs = status["sequencer"], status["verifier"]
            same = all(ours[part] == theirs[part] for part in ("operations", "accounts", "withdrawals", "head_batch"))
            done = same and ours["posted_operations"] == ours["operations"] and ours["l1_operations_waiting"] == 0
            return status if done and theirs["verified_batch"] == theirs["head_batch"] else None
        return self.world.wait(90, agreed)

    def posted(self):
        world = self.world
        world.chapter("The sequencer posts what it has confirmed; the verifier reads it from the L1 and runs it all again.")
        status = self.agree()
        world.check(status, "the verifier finds every batch true, and the sequencer's state")
        batches, total, gas, blobs = world.batch_costs()
        operations = world.gavel("alice", "status")["verifier"]["operations"]
        self.figures.update(bytes=total / operations, gas=gas / operations,
                            blob_gas=blobs * BLOB_GAS / LEAST_BLOB_PRICE / operations)
        world.check(blobs > 0, "batches are in blobs")
        world.say(f"{group(operations)} operations in {batches} batches, {blobs} blobs and {group(total)} bytes of calldata.")

    def claimed(self):
        world = self.world
        world.chapter(f"Bob's withdrawal can be claimed {WINDOW_S} s after its batch was posted. The verifier does it for him.")
        paid = world.wait(WINDOW_S + 15, lambda: world.on_l1(address("bob")))
        if world.check(paid == ETHER, "Bob has 1 ETH on the L1, and did nothing for it", f"he has {paid} wei"):
            self.note("claim", b"", address("bob"), ZERO_TOKEN, ETHER)

    def on_the_l1(self):
        """The same payments made directly on the L1, for comparison."""
        l1 = self.world.l1
        self.mint_usd("bank", 1_000)
        transfer = ethereum.calldata("transfer(address,uint256)", address("alice"), 10**6)
        l1.send(key("bank"), self.usd, transfer)
        self.figures["erc20_gas"] = l1.send(key("bank"), self.usd, transfer)["gasUsed"]  # to somebody who holds some
        self.figures["eth_gas"] = l1.send(key("bank"), address("alice"), value=1)["gasUsed"]
        self.figures["erc20_bytes"] = len(transfer)

    def books(self):
        """What the input adds up to."""
        world = self.world
        with open(world.path("journal.csv"), "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["kind", "from", "to", "token", "amount", "fee", "fee_to"])
            rows.writerows(self.journal + self.fee_account_deposits())
        return add_up.add_up(self.corpus, world.path("load.csv"), world.path("tokens.csv"), world.path("journal.csv"),
                             ethereum.hex_of(address("first operator")), self.maximum)

    def check_books(self, when):
        """The L1's and the verifier's state against what the input adds up to."""
        world = self.world
        world.chapter(f"The books, {when}: what the verifier and the L1 say, against what the input adds up to.")
        books = self.books()
        world.check(not books["faults"], "every payment of the input is what was paid", "; ".join(books["faults"][:3]))
        loaded = self.loaded
        same_count = books["payable"] == books["confirmed"] == loaded["confirmed"] == loaded["sent"]
        world.check(same_count and books["rows"] == loaded["rows"],
                    f"rows {group(books['rows'])}, payments {group(books['payable'])}, sent {group(loaded['sent'])}, "
                    f"confirmed {group(books['confirmed'])}: none is missing",
                    f"the load read {loaded['rows']} rows and confirmed {loaded['confirmed']}")
        world.check(books["skipped"] == self.loaded["skipped"], "skipped is only what can't be a payment: " +
                    (", ".join(f"{reason} {group(count)}" for reason, count in books["skipped"].items()) or "nothing"))
        self.compare_balances(books)

    def fee_account_deposits(self):
        """A sequencer deposits one unit to open an account for its fees."""
        out = []
        operators = address("first operator"), address("second operator")
        for event in self.world.events("L1OperationQueued"):
            owner, of = event["caller"].to_bytes(20, "big"), event["token"].to_bytes(20, "big")
            if owner in operators and (event["kind"], event["to"], event["amount"]) == (0, event["caller"], 1):
                out.append(["deposit", ethereum.hex_of(owner), ethereum.hex_of(owner), ethereum.hex_of(of), 1, 0, ""])
        return out

    def compare_balances(self, books):
        world = self.world
        owners = world.path("owners.txt")
        with open(owners, "w") as file:
            file.writelines(owner + "\n" for owner in books["balances"])
        told = {}
        for account in world.gavel("alice", "balances", owners, "--at-verifier"):
            told[account["owner"].lower(), account["token"].lower()] = int(account["balance"])
        expected = {(owner, token): int(amount)
                    for owner, by_token in books["balances"].items() for token, amount in by_token.items()}
        wrong = [pair for pair in expected.keys() | told.keys() if expected.get(pair) != told.get(pair)]
        world.check(not wrong, f"the verifier has the right balance for each of {group(len(expected))} accounts",
                    f"{len(wrong)} are wrong, {wrong[:1]}")
        accounts = world.gavel("alice", "status")["verifier"]["accounts"]
        world.check(accounts == len(expected) + 1, "and no account that isn't in the books", f"{accounts - 1} accounts")

        paid_out = {}
        for event in world.events("WithdrawalClaimed"):
            token = ethereum.hex_of(event["token"].to_bytes(20, "big"))
            paid_out[token] = paid_out.get(token, 0) + event["amount"]
        bad = []
        for token in {token for _, token in expected} | set(books["deposited"]):
            owned = sum(amount for (_, of), amount in told.items() if of == token)
            unclaimed = int(books["withdrawals"].get(token, 0)) - paid_out.get(token, 0)
            (held,) = world.view("heldTotal(address)", bytes.fromhex(token[2:]))
            if held != owned + unclaimed:
                bad.append(f"{token}: held {held}, owned {owned}, unclaimed {unclaimed}")
        world.check(not bad, "the L1's vault holds, of each token, the sum of balances and unclaimed withdrawals",
                    "; ".join(bad[:1]))

    def lie(self):
        world, kind = self.world, self.options.lie
        world.chapter("The operator turns dishonest. He stops his honest sequencer and posts a lie:")
        world.say(LIE_IN_WORDS[kind] + ".")
        world.stop("sequencer")
        honest, _ = world.view("head()")
        (term,) = world.view("currentTerm()")
        self.liars_term = term
        if kind == "skipped-deposit":
            self.deposit("alice", ETHER, "1", wait=False)
        said = dict(line.split(None, 1) for line in world.drill(kind, self.operator).splitlines())
        world.say(f"Batch {said['batch']}, whose chunk {said['chunk'].split()[0]} is false. It claims:")
        world.say(said["claims"] + ".")
        world.check(world.view("head()")[0] == honest + 1, "the contract takes the batch, as it takes any")
        struck = world.wait(WINDOW_S + 10, lambda: world.events("BatchStruck"))
        if not world.check(struck, "the verifier proves it on the L1"):
            raise Broken("the lie stands")
        hashes = {event["transaction"] for event in struck}
        size, gas, succeeded = world.transaction_cost(struck[0]["transaction"])
        self.figures["proof_bytes"], self.figures["proof_gas"] = size, gas
        world.check(len(hashes) == 1 and succeeded, "in one transaction")
        world.check(gas < MAX_PROOF_GAS, f"of {group(gas)} gas, under {group(MAX_PROOF_GAS)}")
        world.check(size <= MAX_PROOF_BYTES, f"and {group(size)} bytes, at most {group(MAX_PROOF_BYTES)}")
        sequencer, stake, _, ended, slashed = world.view("term(uint64)", term)[:5]
        world.check(world.view("head()")[0] == honest, "the batch is struck: the head is the last honest one again")
        world.check(slashed and stake == 0 and ended and sequencer == int.from_bytes(address(self.operator), "big"),
                    f"its operator's stake of {STAKE} ETH is slashed")
        world.check(world.view("currentTerm()") == [0], "and his seat is free")

    def successor(self):
        world = self.world
        world.chapter("Somebody else takes the seat, with the state that he reads from the L1, and goes on.")
        self.operator = "second operator"
        if self.breaks == "successor":
            raise Broken("nobody takes the seat")
        os.rename(world.path("sequencer"), world.path("first-sequencer"))
        self.start_sequencer()
        (term,) = world.view("currentTerm()")
        sitting = world.view("term(uint64)", term)[0].to_bytes(20, "big")
        world.check(sitting == address(self.operator), "the second operator sits")
        owner = ethereum.checksum(address(self.operator))
        if not world.wait(30, lambda: len(world.gavel("alice", "balance", owner)["balances"]) == 2):
            raise Broken("the second operator has no accounts for his fees")
        self.send("alice", "carol", ETHER, "1")
        if self.breaks == "vault":  # money of somebody who isn't in the books
            world.gavel("stranger", "deposit", "1", "--wait")
        world.check(self.agree(), "Alice pays Carol 1 ETH through him; it is posted and verified")

    def table(self):
        figures = self.figures
        share = sum(1 for line in csv.DictReader(open(self.world.path("load.csv"))) if line["kind"] == "payment" and
                    line["token"] != "0x" + "00" * 20) / max(1, self.loaded["confirmed"])
        l1_gas = figures["eth_gas"] * (1 - share) + figures["erc20_gas"] * share
        rows = [
            ("", "Gavel", "directly on the L1"),
            ("payments per second", group(figures["rate"]),
             f"{60e6 / 12 / l1_gas:.0f} (computed: blocks of 60 million gas, each 12 s)"),
            ("L1 gas per payment", f"{figures['gas'] + figures['blob_gas']:.0f} ({figures['gas']:.0f} of execution; blobs at the "
                                   f"least price as {figures['blob_gas']:.0f})",
             f"{group(round(l1_gas))} (ETH {group(figures['eth_gas'])}, ERC-20 {group(figures['erc20_gas'])}, mixed as here)"),
            ("L1 calldata per payment", f"{figures['bytes']:.1f} bytes",
             f"0 bytes for ETH, {figures['erc20_bytes']} for an ERC-20"),
            ("time to confirmation", f"{figures['confirmation_ms']:.1f} ms (mean under load)",
             "6 s to a block, 13 min to finality (computed: 12 s blocks)"),
            ("proof of the lie", f"{group(figures['proof_gas'])} gas, {group(figures['proof_bytes'])} bytes", ""),
            ("leaving after a freeze", f"{group(figures['exit_gas'])} gas an account", ""),
        ]
        print()
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        for row in rows:
            print(f"   {row[0]:<{widths[0]}}   {row[1]:<{widths[1]}}   {row[2]}".rstrip())

    def tell(self):
        world = self.world
        self.metrics_port = world.free_port()
        self.start_l1()
        world.chapter("A sequencer takes the seat, and a verifier, which trusts nobody, begins to watch.")
        self.choose_payments()
        self.start_sequencer()
        self.start_verifier()
        self.first_steps()
        self.load()
        self.posted()
        self.on_the_l1()
        self.claimed()
        self.check_books("before the lie")
        self.lie()
        self.successor()
        self.check_books("under the second operator")
        LastAct(self).tell()
        self.table()


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo.sh")
    parser.add_argument("--l1", choices=["simulated", "ethereum"], default="simulated")
    parser.add_argument("--corpus")
    parser.add_argument("--payments", type=int)
    parser.add_argument("--lie", choices=LIES, default=LIES[0])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.l1 == "ethereum":
        try:
            npm.install(npm.CONTRACTS)  # Anvil; before the story's clock starts
        except npm.InstallFailed as why:
            sys.exit(str(why))
    story = Story(options)
    world = story.world
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = True
    try:
        story.tell()
        failed = bool(world.broken)
    except Broken as why:
        world.check(False, str(why))
    except KeyboardInterrupt:
        failed = False
        print("\nStopped.")
        sys.exit(130)
    finally:
        world.end(failed)
    if world.broken:
        print(f"\n{len(world.broken)} promises broken:")
        for promise in world.broken:
            print("   " + promise)
    elif not failed:
        print("\nEvery promise was kept.")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
