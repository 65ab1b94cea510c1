#!/usr/bin/env python3
"""How fast Gavel is, beside what its signatures alone allow.

usage: scripts/bench.sh speed [--only PARTS] [--short] [--seed N] [--accounts N] [--profile] [--json FILE]
Starts gavel-l1, gavel-sequencer and gavel-verifier, and loads them by gavel-bench-speed, all on this machine. The table goes to
standard output, figures to bench/results/speed.json, plots beside it.
"""
import argparse
import json
import os
import sys

sys.dont_write_bytecode = True
import speed_report as report
from speed_world import ROOT, Broken, SpeedWorld

STREAM = "lanes=8,per=256,window=8"


class Speed(SpeedWorld):
    """Each part measures, and leaves its figures and its piece of the table."""

    def __init__(self, options):
        super().__init__(options)
        self.figures = {"short": options.short, "seed": options.seed, "data": options.data, "parts": {}}
        self.pieces = []
        self.seconds = 1.5 if options.short else 3
        self.rounds = 2 if options.short else 5

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
        alone = self.load({"alone": STREAM}, self.rounds, self.seconds)
        grown = (self.folder_bytes("sequencer") - on_disk) / max(1, self.op_count("sequencer") - before)
        self.say("end to end, with a verifier")
        self.start_verifier()
        verified = self.load({"verified": STREAM}, self.rounds, self.seconds)
        self.world.stop("verifier")
        self.keep("end", {"alone": alone, "verified": verified, "diskBytesEach": grown},
                  "### The limit, and payments end to end\n", report.limit_text(alone),
                  report.load_table(alone, {"alone": "posting on, no verifier"}),
                  report.load_table(verified, {"verified": "posting on, a verifier follows"}),
                  f"Disk: {grown:.0f} bytes an operation in the sequencer's folder, history kept.\n")

    def parts(self):
        return {"end": self.end_to_end}

    def run(self, only):
        self.say(f"an L1, a rollup, a sequencer; {self.options.small:,} accounts")
        self.begin(self.options.small)
        for name, part in self.parts().items():
            if not only or name in only:
                part()


def options_of():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh speed", description=__doc__.splitlines()[0])
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="parts, with commas between them: end")
    parser.add_argument("--short", action="store_true", help="smaller and shorter, for CI")
    parser.add_argument("--seed", type=int, default=1, help="of the payments drawn")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="at most, in the part about scale")
    parser.add_argument("--data", choices=("calldata", "blobs", "auto"), default="calldata", help="where batches are posted")
    parser.add_argument("--json", default=os.path.join(ROOT, "bench", "results", "speed.json"))
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs and data")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
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
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
