"""The table of scripts/bench.sh speed, of its figures."""
import statistics


def runs_of(figures, name):
    return [run for run in figures["runs"] if run["name"] == name]


def median(values):
    values = list(values)
    return statistics.median(values) if values else 0.0


def limit_beside(figures, run, what="recoveries"):
    """Of all cores, the mean of what was measured right before and right after the run."""
    return statistics.mean(one[what] for one in figures["limits"][run["limit"]:run["limit"] + 2])


def share(figures, name, what="recoveries"):
    """A load's payments a second by the limit: the median of neighbours' ratios."""
    return median(run["perSecond"] / limit_beside(figures, run, what) for run in runs_of(figures, name))


def rate(figures, name):
    return median(run["perSecond"] for run in runs_of(figures, name))


def beside(figures, name, other):
    """A load's rate by that of another one right before it in the same round: the median of the rounds."""
    others = {run["round"]: run["perSecond"] for run in runs_of(figures, other)}
    return median(run["perSecond"] / others[run["round"]] for run in runs_of(figures, name) if others.get(run["round"]))


def cpu_us(figures, name, process):
    """Microseconds of the processor a payment, until all is posted (and verified): (user, system)."""
    runs = runs_of(figures, name)
    confirmed = sum(run["confirmed"] for run in runs)
    used = [run["cpu"].get(process, {"user": 0, "system": 0}) for run in runs]
    return tuple(1e6 * sum(one[kind] for one in used) / max(1, confirmed) for kind in ("user", "system"))


def generator_us(figures, name):
    runs = runs_of(figures, name)
    return 1e6 * sum(run["generatorCpu"] for run in runs) / max(1, sum(run["confirmed"] for run in runs))


def settled_after(figures, name):
    """Seconds from a load's end until all of it is posted, and verified if there is a verifier. Waiting for a block is in it."""
    return median(run["settledSeconds"] - run["seconds"] for run in runs_of(figures, name))


def refused(run):
    return sum(run["refused"].values())


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " --: |" * (len(heads) - 1)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def limit_text(figures):
    recoveries = median(one["recoveries"] for one in figures["limits"])
    verifications = median(one["verifications"] for one in figures["limits"])
    cores = figures["cores"]
    return (f"{cores} cores: {recoveries:,.0f} recoveries a second together ({1e6 * cores / recoveries:.1f} us each), "
            f"{verifications:,.0f} verifications by known keys; medians of {len(figures['limits'])} slices between the loads.\n")


def load_table(figures, named):
    """`named`: {name of the load: what the table calls it}."""
    rows = []
    for name, title in named.items():
        if not runs_of(figures, name):
            continue
        user, system = cpu_us(figures, name, "sequencer")
        recovery = 1e6 * figures["cores"] / median(one["recoveries"] for one in figures["limits"])
        others = [sum(cpu_us(figures, name, process)) for process in ("verifier", "L1")]
        rows.append((title, f"{rate(figures, name):,.0f}", f"{share(figures, name):.2f}", f"{user:.1f} + {system:.1f}",
                     f"{(user + system) / recovery:.2f}", f"{others[0]:.1f}", f"{others[1]:.1f}",
                     f"{generator_us(figures, name):.1f}", f"{settled_after(figures, name):.1f}"))
    return table(("load", "payments/s", "of cores x recoveries", "sequencer, us a payment (user + system)", "by one recovery",
                  "verifier, us", "L1, us", "generator, us", "then posted (and verified) after, s"), rows)


def open_table(figures, loads):
    """`loads`: {name: (part of the full rate, payments a message)}."""
    rows = []
    for name, (part, per_message) in loads.items():
        runs = runs_of(figures, name)
        seconds = sum(run["seconds"] for run in runs)
        waits = [f"{median(run['waitMs'][key] for run in runs):.1f}" for key in ("p50", "p99", "p999", "worst")]
        rows.append((f"{part} of the full rate", str(per_message), f"{figures['full'] * part:,.0f}",
                     f"{rate(figures, name):,.0f}", f"{sum(map(refused, runs)) / seconds:,.0f}",
                     f"{sum(run['heldBack'] for run in runs) / seconds:,.0f}", *waits))
    reasons = sorted({reason for run in figures["runs"] for reason in run["refused"]})
    return ("### At a rate, whatever is answered\n\n"
            "16 streams with at most 16 messages under way each; from the intended moment to "
            "the receipt. What is due while its stream is full isn't sent: held back.\n\n" +
            table(("rate", "a message", "due/s", "confirmed/s", "refused/s", "held back/s", "p50, ms", "p99, ms", "p99.9, ms",
                   "worst, ms"), rows)
            + (f"\nRefusals: {', '.join(reasons)}.\n" if reasons else ""))


def replay_shares(figures):
    """{kind: operations a second by the recoveries that all cores did right before and after}."""
    return {kind: median(figures["operations"] / run["seconds"] / run["recoveries"] for run in figures["runs"]
                         if run["kind"] == kind) for kind in dict.fromkeys(run["kind"] for run in figures["runs"])}


def replay_table(figures, lacking):
    rows, shares = [], replay_shares(figures)
    for kind, title in (("checked", "every signature checked"), ("trusted", "final batches, without signatures")):
        runs = [run for run in figures["runs"] if run["kind"] == kind]
        if runs:
            seconds = median(run["seconds"] for run in runs)
            rows.append((title, f"{figures['operations'] / seconds:,.0f}", f"{shares[kind]:.2f}",
                         f"{1e6 * median(run['cpu']['verifier'] for run in runs) / figures['operations']:.1f}",
                         f"{1e6 * median(run['cpu']['L1'] for run in runs) / figures['operations']:.1f}"))
        else:
            rows.append((title, f"gavel-verifier has no {lacking}", "", "", ""))
    return (f"### Replay\n\nA new verifier with an empty folder, from its start until it has {figures['operations']:,} "
            "operations; reading them from gavel-l1 over JSON-RPC counts.\n\n" +
            table(("replay", "operations/s", "of cores x recoveries", "verifier, us an operation", "L1, us"), rows))


def reader_shares(figures):
    """{crowd: the rate beside it by that without it, right before and right behind}."""
    runs, out = figures["runs"], {}
    for i, run in enumerate(runs):
        if not run["name"].startswith("alone"):
            without = statistics.mean(one["perSecond"] for one in (runs[i - 1], runs[i + 1]))
            out.setdefault(run["name"], []).append(run["perSecond"] / without)
    return {name: median(found) for name, found in out.items()}


def readers_table(figures):
    rows, runs = [], figures["runs"]
    for name, found in reader_shares(figures).items():
        mine = runs_of(figures, name)
        seen = [f"{run['pages'] / run['seconds']:,.0f} pages/s" if "pages" in run else f"{run['watched']:,} payments seen"
                for run in mine]
        rows.append((name.replace(";", ","), f"{median(run['perSecond'] for run in mine):,.0f}", f"{found:.2f}", seen[0],
                     f"{sum(run.get('pagesRefused', 0) for run in mine):,}"))
    alone = median(run["perSecond"] for run in runs if run["name"].startswith("alone"))
    return (f"### Beside readers\n\nWithout them {alone:,.0f} payments a second (each ratio is to the slices beside it). Readers "
            "page through a busy owner's history, plainly and asking for a token of which it has nothing; watchers have a "
            "WatchPayments stream each. They run in the generator's process.\n\n" +
            table(("beside", "payments/s", "of the rate without", "seen", "pages refused"), rows))


PARTS_WITH_RATIOS = ("end", "messages", "replay", "readers")


def ratios(parts):
    """What a machine's speed and noise cancel out of: {part:what: ratio of neighbours}. Of a crowd of readers at most 1."""
    out = {}
    if "end" in parts:
        out["end:alone"] = share(parts["end"]["alone"], "alone")
    if "messages" in parts:
        out.update({f"messages:{name}": share(parts["messages"], name) for name in ("Submit", "16")})
    if "replay" in parts:
        out.update({f"replay:{kind}": found for kind, found in replay_shares(parts["replay"]).items()})
    if "readers" in parts:
        out.update({f"readers:{name}": min(1.0, found) for name, found in reader_shares(parts["readers"]).items()})
    return out
