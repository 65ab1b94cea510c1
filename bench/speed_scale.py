"""Part (e) of scripts/bench.sh speed: a state that grows."""
import re
import time

import speed_report as report
from speed_world import Broken, ethereum


class Scale:
    """Of a world whose accounts grow by powers of ten; each size's figures are a row."""

    def __init__(self, bench, stream):
        self.bench, self.world, self.stream = bench, bench.world, stream
        self.rows = []

    def measure(self, sizes, rounds, seconds):
        for size in sizes:
            self.bench.say(f"{size:,} accounts")
            self.rows.append(self.measure_size(size, rounds, seconds))
        return self.rows

    def measure_size(self, size, rounds, seconds):
        bench = self.bench
        on_disk = bench.folder_bytes("sequencer")
        made = bench.grow(size)
        row = {"accounts": size, "made": made, "madeBytes": bench.folder_bytes("sequencer") - on_disk}
        row["loads"] = bench.load({"known": self.stream, "new": self.stream + ",new"}, rounds, seconds)
        row["sequencer"] = self.restart_sequencer()
        row["verifier"] = self.restart_verifier()
        row["proofUs"] = bench.ask("proof", "--count", size)["us"]
        return row

    def restart_sequencer(self):
        """From the program's start to the receipt of a payment that was signed before; then its memory."""
        bench, world = self.bench, self.world
        world.stop("sequencer")
        port = world.free_port()
        first = bench.begin_asking("first", "--sequencer", f"127.0.0.1:{port}", "--nonces", bench.nonces, "--chain",
                                   world.l1.number("eth_chainId"), "--rollup", ethereum.checksum(world.rollup))
        time.sleep(0.5 + bench.options.accounts / 2e6)  # it reads the nonces and signs
        began = time.monotonic()
        bench.start_sequencer(port=port)
        seconds = bench.answer_of(first)["at"] - began
        return {"firstReceiptSeconds": seconds, "memoryBytes": bench.memory_bytes("sequencer"),
                "accounts": bench.count("sequencer")["accounts"], "diskBytes": bench.folder_bytes("sequencer")}

    def restart_verifier(self):
        """Once it has caught up: from the program's start until it answers; its memory; then how long a snapshot takes it."""
        bench, world = self.bench, self.world
        operations = bench.count("sequencer")["operations"]
        bench.start_verifier("verifier-of-scale")
        bench.ask("count", "--at", bench.at("verifier"), "--until-final", operations)
        world.stop("verifier")
        began = time.monotonic()
        bench.start_verifier("verifier-of-scale")
        counted = bench.ask("count", "--at", bench.at("verifier"), "--until", operations)
        out = {"restartSeconds": counted["at"] - began, "memoryBytes": bench.memory_bytes("verifier"),
               "accounts": counted["accounts"], "diskBytes": bench.folder_bytes("verifier-of-scale")}
        world.stop("verifier")
        bench.start_verifier("verifier-of-scale", snapshot_every="5s")
        log = world.path("verifier.log")

        def made():
            with open(log, errors="replace") as text:
                text.seek(world.log_begins["verifier"])
                return re.search(r"snapshot made .*\bms=(\d+)", text.read())
        found = world.wait(300, made)
        if not found:
            raise Broken("the verifier makes no snapshot")
        world.stop("verifier")
        return out | {"snapshotMs": int(found.group(1))}


def scale_table(rows):
    first = rows[0]
    smallest = report.rate(first["loads"], "known")
    lines = []
    for row in rows:
        more = row["sequencer"]["accounts"] - first["sequencer"]["accounts"]
        each = [f"{(row[name]['memoryBytes'] - first[name]['memoryBytes']) / more:,.0f}" if more > 0 else "" for name in
                ("sequencer", "verifier")]
        memory = [f"{row[name]['memoryBytes'] / 1e6:,.0f}" for name in ("sequencer", "verifier")]
        known = report.rate(row["loads"], "known")
        made = row["made"]
        lines.append((f"{row['accounts']:,}", f"{known:,.0f}", f"{report.share(row['loads'], 'known'):.2f}",
                      f"{known / smallest:.2f}",
                      f"{report.beside(row['loads'], 'new', 'known'):.2f}",
                      f"{made['accounts'] / made['seconds']:,.0f}" if made["accounts"] else "",
                      f"{row['madeBytes'] / made['accounts']:,.0f}" if made["accounts"] else "", *memory, *each,
                      f"{row['sequencer']['firstReceiptSeconds']:.2f}", f"{row['verifier']['restartSeconds']:.2f}",
                      f"{row['verifier']['snapshotMs'] / 1000:.2f}", f"{row['proofUs']:.0f}"))
    heads = ("accounts", "payments/s", "of cores x recoveries", "of the first row's rate", "to new accounts / to known ones",
             "accounts made a second, by payouts of 40", "disk bytes an account made so, history kept", "sequencer, MB",
             "verifier, MB", "bytes an account more, sequencer", "verifier", "sequencer: restart to first receipt, s",
             "verifier: restart, s", "a snapshot, s", "an account's proof, us")
    return ("### Scale\n\nOne world that grows; ended and started in order before memory is looked at. Bytes an account are "
            "against the first row. A proof is made in a process of its own, of an account that has just changed.\n\n" +
            report.table(heads, lines))
