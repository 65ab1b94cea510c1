"""Plots of scripts/bench.sh speed."""
import plots
import speed_report as report

GREY, RED, BLUE, GREEN = "#7f7f7f", "#d62728", "#1f77b4", "#2ca02c"


def draw(figures, stem):
    """Of the parts that were measured; the plots' paths."""
    parts, out = figures["parts"], []
    if "end" in parts:
        out.append(rates(parts, stem + "-rate.svg"))
    if "open" in parts:
        out.append(waits(parts["open"], stem + "-waits.svg"))
    if len(parts.get("scale") or []) > 1:
        out.append(scale(parts["scale"], stem + "-scale.svg"))
    if parts.get("profile"):
        shares = parts["profile"]["shares"]
        out.append(plots.bars(stem + "-profile.svg", "Where the sequencer's processor time goes",
                              "payments end to end, perf's samples", "share", list(shares), ["share"],
                              lambda part, _: shares[part], lambda _, n: RED))
    return out


def rates(parts, path):
    """Payments a second of every load that was held against the limit."""
    heights = {"limit: recoveries": report.median(one["recoveries"] for one in parts["end"]["alone"]["limits"]),
               "end to end": report.rate(parts["end"]["alone"], "alone"),
               "with a verifier": report.rate(parts["end"]["verified"], "verified")}
    if "messages" in parts:
        for name in ("Submit", "1", "16", "64"):
            if report.runs_of(parts["messages"], name):
                heights[name if name == "Submit" else f"{name} a message"] = report.rate(parts["messages"], name)
    if "replay" in parts:
        for kind in ("checked", "trusted"):
            runs = [run for run in parts["replay"]["runs"] if run["kind"] == kind]
            if runs:
                heights[f"replay, {kind}"] = parts["replay"]["operations"] / report.median(run["seconds"] for run in runs)
    return plots.bars(path, "Payments a second, beside what signatures alone allow",
                      f"{parts['end']['alone']['cores']} cores, which load generator and L1 share", "payments / s", list(heights),
                      ["rate"], lambda name, _: heights[name], lambda _, n: RED)


def waits(figures, path):
    names = list(dict.fromkeys(run["name"] for run in figures["runs"]))
    kinds = {"p50": GREY, "p99": BLUE, "p999": RED}
    return plots.bars(path, "From the intended moment to a durable receipt, through gRPC",
                      f"by the rate, in parts of {figures['full']:,.0f} payments a second", "ms", names, list(kinds),
                      lambda name, kind: report.median(run["waitMs"][kind] for run in report.runs_of(figures, name)),
                      lambda kind, _: kinds[kind])


def scale(rows, path):
    points = [{"form": form, "x": row["accounts"], "rate": report.rate(row["loads"], name)} for form, name in
              (("to known accounts", "known"), ("to new accounts", "new")) for row in rows]
    return plots.lines(path, "Payments a second, by accounts in the state", "end to end, posting on", "accounts", "payments / s",
                       points, "rate", log_x=True)
