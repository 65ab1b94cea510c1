#!/usr/bin/env python3
"""How fast Gavel is, beside what its signatures alone allow.

usage: scripts/bench.sh speed [--only PARTS] [--short] [--seed N] [--accounts N] [--profile] [--json FILE]
Starts gavel-l1, gavel-sequencer and gavel-verifier, and loads them by gavel-bench-speed, all on this machine. The table goes to
standard output, figures to bench/results/speed.json, plots beside it.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import speed_plots
import speed_report as report
from speed_profile import Profile, profile_table
from speed_scale import Scale, scale_table
from speed_world import ROOT, Broken, SpeedWorld

STREAM = "lanes=8,per=256,window=8"
SMALL, LARGER = 8, 64   # payments a message, of clients that send at a rate
AT_RATE = {"0.1": (0.1, SMALL), "0.5": (0.5, SMALL), f"0.5; {LARGER}": (0.5, LARGER), "0.8": (0.8, SMALL), "1.1": (1.1, SMALL)}
MOST_WAIT_MS = 10_000   # for a receipt, of those who send more than is taken
TRUST_FINAL = "--trust-final"


class Speed(SpeedWorld):
    """Each part measures, and leaves its figures and its piece of the table."""

    def __init__(self, options):
        super().__init__(options)
        self.figures = {"short": options.short, "seed": options.seed, "data": options.data, "parts": {}}
        self.pieces = []
        self.seconds = 1 if options.short else 3
        self.rounds = options.rounds or (2 if options.short else 5)
        self.fewer_rounds = 1 if options.short else (self.rounds + 1) // 2
        self.limit_seconds = 0.6 if options.short else 1

    def keep(self, part, figures, *text):
        self.figures["parts"][part] = figures
        self.pieces.append("\n".join(text))
        with open(self.options.json, "w", encoding="utf-8") as file:
            json.dump(self.figures, file, indent=1)
            file.write("\n")

    # ---- (a) and (b): the limit, and payments end to end ----

    def end_to_end(self):
        self.say("end to end, no verifier")
        before, on_disk = self.op_count("sequencer"), self.folder_bytes("sequencer")
        alone = self.load({"alone": STREAM}, self.rounds, self.seconds, self.limit_seconds)
        grown = (self.folder_bytes("sequencer") - on_disk) / max(1, self.op_count("sequencer") - before)
        self.say("end to end, with a verifier")
        self.start_verifier()
        verified = self.load({"verified": STREAM}, self.fewer_rounds, self.seconds, self.limit_seconds)
        self.world.stop("verifier")
        self.keep("end", {"alone": alone, "verified": verified, "diskBytesEach": grown},
                  "### The limit, and payments end to end\n", report.limit_text(alone),
                  report.load_table(alone, {"alone": "posting on, no verifier"}),
                  report.load_table(verified, {"verified": "posting on, a verifier follows"}),
                  f"Disk: {grown:.0f} bytes an operation in the sequencer's folder, history kept.\n")

    # ---- (c): at a rate, whatever is answered ----

    def open_loop(self):
        whole = self.figures["parts"].get("end")
        if not whole:
            self.say("how fast it is, for the rates")
            whole = {"alone": self.load({"alone": STREAM}, 1, self.seconds)}
        full = report.rate(whole["alone"], "alone")
        self.say(f"at rates around {full:,.0f} a second")
        loads = {name: AT_RATE[name] for name in (("0.5", "1.1") if self.options.short else AT_RATE)}
        shapes = {name: f"lanes=16,per={per},window=16,rate={int(full * part)}" for name, (part, per) in loads.items()}
        figures = self.load(shapes, self.fewer_rounds, 2 * self.seconds, limit_seconds=0)
        figures["full"] = full
        self.keep("open", figures, report.open_table(figures, loads))
        most = max(run["waitMs"]["worst"] for run in report.runs_of(figures, "1.1"))
        self.world.check(most < MOST_WAIT_MS, f"above what it can, a payment waits less than {MOST_WAIT_MS / 1000:.0f} s",
                         f"{most:.0f} ms")

    # ---- (d): replay ----

    def replay(self):
        self.say("payments to replay")
        while self.op_count("sequencer") < (20_000 if self.options.short else 300_000):
            self.load({"history": STREAM}, 1, self.seconds, limit_seconds=0)
        operations = self.op_count("sequencer")
        shown = subprocess.run([os.path.join(self.world.bin, "gavel-verifier"), "--help"], capture_output=True, text=True)
        kinds = {"checked": []}
        if TRUST_FINAL in shown.stdout:
            kinds["trusted"] = [TRUST_FINAL]
            self.say("until all is final")
            self.start_verifier("replay-waits")
            self.ask("count", "--at", self.at("verifier"), "--until-final", operations)
            self.world.stop("verifier")
        figures = {"operations": operations, "runs": []}
        for number in range(1 if self.options.short else 2):
            for kind, flags in kinds.items():
                self.say(f"replay of {operations:,} operations, {kind}")
                figures["runs"].append(self.replay_once(kind, f"replay-{kind}-{number}", operations, flags))
        self.keep("replay", figures, report.replay_table(figures, TRUST_FINAL if len(kinds) < 2 else None))

    def replay_once(self, kind, folder, operations, flags):
        limits = [self.ask("limit", "--seconds", 1)]
        began, l1_before = time.monotonic(), self.cpu_seconds("L1")
        self.start_verifier(folder, *flags)
        done = self.ask("count", "--at", self.at("verifier"), "--until", operations)
        used = {"verifier": self.cpu_seconds("verifier"), "L1": self.cpu_seconds("L1") - l1_before}
        self.world.check(done["operations"] == operations, "a verifier has all that was confirmed", str(done["operations"]))
        self.world.stop("verifier")
        limits.append(self.ask("limit", "--seconds", 1))
        return {"kind": kind, "seconds": done["at"] - began, "cpu": used, "cores": limits[0]["cores"],
                "recoveries": sum(one["recoveries"] for one in limits) / 2}

    # ---- (f): how many payments a message ----

    def messages(self):
        shapes = {"Submit": "calls,lanes=64", "1": "lanes=16,per=1,window=16", "16": "lanes=16,per=16,window=16",
                  "64": "lanes=16,per=64,window=8", "256": STREAM}
        if self.options.short:
            shapes = {name: shapes[name] for name in ("Submit", "16", "256")}
        self.say("payments a message")
        figures = self.load(shapes, self.fewer_rounds, self.seconds, limit_seconds=0.6)
        names = {"Submit": "Submit, 64 calls under way"} | {n: f"SubmitStream, {n} a message" for n in list(shapes)[1:]}
        self.keep("messages", figures, "### Payments a message\n", report.load_table(figures, names))

    # ---- (g): beside readers ----

    def readers(self):
        self.say("a busy owner's history")
        self.load({"history": STREAM + ",one"}, 1, 1 if self.options.short else 4, limit_seconds=0)
        crowds = {"4 readers": "readers=4", "4 readers, foreign token": "readers=4;foreign", "16 readers": "readers=16",
                  "16 readers, foreign token": "readers=16;foreign", "64 readers": "readers=64",
                  "64 readers, foreign token": "readers=64;foreign", "400 watchers": "watchers=400"}
        if self.options.short:
            crowds = {name: crowds[name] for name in ("16 readers", "400 watchers")}
        shapes = {}
        for number, (name, rest) in enumerate(crowds.items()):
            shapes[f"alone {number}"] = STREAM
            shapes[name.replace(",", ";")] = STREAM + "," + rest.replace(";", ",")
        shapes["alone at the end"] = STREAM
        self.say("beside readers and watchers")
        figures = self.load(shapes, 1, self.seconds, limit_seconds=0)
        self.keep("readers", figures, report.readers_table(figures))
        for run in figures["runs"]:
            if "watched" in run:
                self.world.check(run["watchersEnded"] == 0, "every watcher's stream stays", str(run["watchersEnded"]))

    # ---- (e): scale, and the profile ----

    def scale(self):
        sizes = [size for size in (10**n for n in range(3, 9)) if self.options.small <= size <= self.options.accounts]
        rows = Scale(self, STREAM).measure(sizes, self.fewer_rounds, self.seconds)
        self.keep("scale", rows, scale_table(rows))

    def profile(self):
        self.say("a profile")
        profile = Profile(self.pid("sequencer"), self.world.folder)
        self.load({"profiled": STREAM}, 1, 4 * self.seconds, limit_seconds=0)
        found = profile.stop()
        self.keep("profile", found, profile_table(found))

    # ---- All of it ----

    def parts(self):
        return {"end": self.end_to_end, "open": self.open_loop, "messages": self.messages, "replay": self.replay,
                "readers": self.readers, "scale": self.scale} | ({"profile": self.profile} if self.options.profile else {})

    def run(self, only):
        self.say(f"an L1, a rollup, a sequencer; {self.options.small:,} accounts")
        self.begin(self.options.small)
        for name, part in self.parts().items():
            if not only or name in only or name == "profile":
                part()


def options_of():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh speed", description=__doc__.splitlines()[0])
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="parts, with commas between them: end, open, messages, replay, readers, scale")
    parser.add_argument("--short", action="store_true", help="smaller and shorter, for CI")
    parser.add_argument("--rounds", type=int, default=0, help="of the part 'end'; others have half as many, or one")
    parser.add_argument("--seed", type=int, default=1, help="of the payments drawn")
    parser.add_argument("--profile", action="store_true", help="where the sequencer's time goes, by perf")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="at most, in the part about scale")
    parser.add_argument("--data", choices=("calldata", "blobs", "auto"), default="calldata", help="where batches are posted")
    parser.add_argument("--json", default=os.path.join(ROOT, "bench", "results", "speed.json"))
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs and data")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    options.accounts = min(options.accounts, 10_000) if options.short else options.accounts
    options.small = 1_000 if options.short else 10_000
    os.environ.setdefault("GAVEL_BIN_DIR", os.path.dirname(options.program))
    return options


def main():
    options = options_of()
    os.makedirs(os.path.dirname(os.path.abspath(options.json)), exist_ok=True)
    bench = Speed(options)
    failed = True
    try:
        bench.run([name for name in options.only.split(",") if name])
        failed = bool(bench.world.broken)
    except Broken as why:
        print(why, file=sys.stderr)
    finally:
        bench.world.end(failed)
    print("\n".join(bench.pieces))
    if shutil.which("gnuplot"):
        for file in speed_plots.draw(bench.figures, os.path.splitext(options.json)[0]):
            print(f"drawn: {os.path.relpath(file)}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
