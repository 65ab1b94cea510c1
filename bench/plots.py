"""Plots of the benchmarks, as SVG, by gnuplot: legible without explanation."""
import math
import subprocess

COLOURS = {"Gavel": "#d62728", "Gavel in calldata": "#d62728", "Gavel in blobs, at the reserve": "#1f77b4",
           "Gavel in blobs, at ten times": "#9edae5", "an ETH transfer on the L1": "#7f7f7f",
           "through Gavel": "#d62728", "on the L1": "#7f7f7f", "Ethereum RLP": "#7f7f7f",
           "Protobuf": "#bcbd22", "OP singular batch": "#9edae5", "OP span batch": "#1f77b4", "Arbitrum segments": "#2ca02c",
           "Hubble transfers": "#9467bd", "zkSync Lite transfers": "#8c564b"}
# What a reader must know of a form beside its name.
NOTES = {"Hubble transfers": "Hubble (other signatures, short amounts)",
         "zkSync Lite transfers": "zkSync Lite (no signatures, short amounts)",
         "Protobuf": "Protobuf, plain", "Ethereum RLP": "Ethereum RLP, plain"}
PALETTE = ["#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
           "#aec7e8", "#ffbb78", "#98df8a", "#c5b0d5", "#dddddd"]
FULL_CHUNK = 47  # payments: corpora with fewer are left out of bars, a batch's header being most of them
PARTS = ["signatures", "senders", "recipients", "amounts", "fees", "fee leaves", "memos", "kinds", "chunk header", "padding",
         "chunk lengths", "commitments", "batch header"]
SLOT_PARTS = ["senders", "recipients", "amounts", "fees", "fee leaves", "memos", "kinds", "chunk header", "padding", "lengths",
              "after", "empty behind them", "empty slots", "top bytes"]  # beside the signatures


def gnuplot(path, title, subtitle, commands, size="900,560"):
    head = f"""set terminal svg size {size} font "sans-serif,13" background "#ffffff" noenhanced
set output "{path}"
set title "{title}\\n{subtitle}"
set border 3 lc rgb "#666666"
set tics nomirror
set grid ytics lc rgb "#dddddd"
"""
    subprocess.run(["gnuplot"], input=head + commands, text=True, check=True)
    return path


def quoted(text):
    return '"' + text.replace('"', "'") + '"'


def spread(heights, least):
    """The heights, moved apart so that no two are closer than `least`, in their order."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    out = list(heights)
    for before, after in zip(order, order[1:]):
        out[after] = max(out[after], out[before] + least)
    return out


def lines(path, title, subtitle, x_label, y_label, points, key, log_x=False, log_y=False):
    """One line for each form, its name at its end."""
    forms = list(dict.fromkeys(point["form"] for point in points))
    of = {form: [point for point in points if point["form"] == form] for form in forms}
    values = [point[key] for point in points]
    if log_y:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        low_high, height = f"[1e{low}:1e{high}]", lambda value: (math.log10(value) - low) / (high - low)
    else:
        low_high, height = f"[0:{1.1 * max(values)}]", lambda value: value / (1.1 * max(values))
    ends = spread([height(of[form][-1][key]) for form in forms], 0.045)
    data, plots, labels = "", [], ""
    for number, form in enumerate(forms):
        data += f"$d{number} << EOD\n" + "\n".join(f"{point['x']} {point[key]}" for point in of[form]) + "\nEOD\n"
        colour = COLOURS.get(form, "#17becf")
        width = 4 if "Gavel" in form else 2
        plots.append(f"$d{number} using 1:2 with linespoints lw {width} pt 7 ps 0.4 lc rgb '{colour}' notitle")
        name = quoted(NOTES.get(form, form).split(" (")[0])
        labels += f"set label {number + 1} {name} at graph 1.01, graph {ends[number]} tc rgb '{colour}' left\n"
    commands = data + labels + f"set rmargin {max(24, *(len(form) for form in forms))}\n"
    commands += f"set xlabel {quoted(x_label)}\nset ylabel {quoted(y_label)}\n"
    commands += f"set xrange [{min(point['x'] for point in points)}:{max(point['x'] for point in points)}]\n"
    commands += f"set yrange {low_high}\n" + ("set logscale x\n" if log_x else "") + ("set logscale y\n" if log_y else "")
    return gnuplot(path, title, subtitle, commands + "plot " + ", ".join(plots) + "\n")


def bars(path, title, subtitle, y_label, groups, series, value, colours, stacked=False):
    """`value(group, name)`: the height, None for no bar."""
    data = "$d << EOD\n"
    for group in groups:
        data += quoted(group) + " " + " ".join(str(value(group, name) or 0) for name in series) + "\n"
    data += "EOD\n"
    style = "rowstacked" if stacked else "clustered gap 1"
    commands = data + f"set style data histograms\nset style histogram {style}\nset style fill solid 0.9\n"
    commands += f"set boxwidth 0.85\nset ylabel {quoted(y_label)}\nset yrange [0:*]\nset xtics rotate by -20\n"
    commands += "set key outside right top reverse Left\n" + ("set key invert\n" if stacked else "")
    plots = [f"$d using {n + 2}:xtic(1) title {quoted(NOTES.get(name, name))} lc rgb '{colours(name, n)}'"
             for n, name in enumerate(series)]
    return gnuplot(path, title, subtitle, commands + "plot " + ", ".join(plots) + "\n", "1100,560")


def own_rows(figures):
    """Of each corpus and form what its system posts: the smaller where it may choose its compressor, plain where it has none."""
    packing = {row["form"] for row in figures["rows"] if row["own"]}
    out = {}
    for row in figures["rows"]:
        if row["payments"] and (row["own"] or row["form"] not in packing and row["compressor"] == "plain"):
            best = out.get((row["set"], row["form"]))
            if not best or row["bytes"] < best["bytes"]:
                out[row["set"], row["form"]] = row
    return out


def compression(figures, stem):
    """Draws all plots of bench/results/compression.json to STEM-*.svg; their paths."""
    return compression_calldata(figures, stem) + compression_blobs(figures, stem)


def compression_calldata(figures, stem):
    """The plots of what is in calldata; their paths."""
    rows = own_rows(figures)
    sets = [one["name"] for one in figures["sets"] if one["payments"] >= FULL_CHUNK]
    forms = list(dict.fromkeys(form for _, form in rows))
    batch = f"batches of {figures['batch']} payments"

    def bytes_of(corpus, form):
        row = rows.get((corpus, form))
        return row and row["bytes"] / row["payments"]

    shares = {one["name"]: one["breakdown"] for one in figures["sets"]}
    out = [
        bars(stem + "-forms.svg", "Bytes on the L1 for each payment, by rollup",
             f"all calldata, as each system packs it; {batch}", "bytes / payment", sets, forms, bytes_of,
             lambda name, _: COLOURS[name]),
        bars(stem + "-breakdown.svg", "What Gavel's bytes say", f"all calldata but the signature's 64 bytes; {batch}",
             "bytes / payment", sets, [part for part in PARTS if part != "signatures"],
             lambda corpus, part: shares[corpus][part], lambda _, n: PALETTE[n], stacked=True),
    ]
    if "byBatchSize" not in figures:
        return out
    source = f"corpus: {figures['lineSet']}"
    out += [
        lines(stem + "-batch-size.svg", "Bytes on the L1 for each payment, by size of batch", source, "payments in a batch",
              "bytes / payment", figures["byBatchSize"], "bytes", log_x=True, log_y=True),
        lines(stem + "-new-recipients.svg", "Bytes on the L1 for each payment, by share of new recipients", source,
              "recipients who have no account yet, %", "bytes / payment", figures["byNewRecipients"], "bytes"),
        lines(stem + "-payout-lines.svg", "Bytes on the L1 for each payment, by lines of a payout",
              source + ", in ETH; the others send one transaction for each line", "lines of a payout", "bytes / payment",
              figures["byPayoutLines"], "bytes"),
    ]
    return out


def compression_blobs(figures, stem):
    """The plots of what is in blobs; their paths."""
    blobs = {one["set"]: one for one in figures["inBlobs"]}
    # Of smaller corpora most of a blob is empty slots, beside which nothing else would be seen.
    sets = [name for name, one in blobs.items() if one["full"]["payments"]] or list(blobs)
    shares = {name: blobs[name]["parts"] for name in sets}
    out = [
        bars(stem + "-slots.svg", "Where a blob's bytes go", "all bytes of the blobs but the signature's 64, for each payment; "
             "batches of up to three blobs, the last as full as it is", "bytes / payment", sets, SLOT_PARTS,
             lambda corpus, part: shares[corpus][part], lambda _, n: PALETTE[n % len(PALETTE)], stacked=True),
    ]
    if "costByBatchSize" not in figures:
        return out
    points = [{"form": name, "x": one["batch"], "gas": value(one)}
              for name, value in (("an ETH transfer on the L1", lambda one: 21000),
                                  ("Gavel in calldata", lambda one: one["calldata"]),
                                  ("Gavel in blobs, at ten times", lambda one: one["blobsAtTen"]),
                                  ("Gavel in blobs, at the reserve", lambda one: one["blobsAtReserve"]))
              for one in figures["costByBatchSize"]]
    out.append(lines(stem + "-cost.svg", "What a payment costs on the L1, by size of batch",
                     f"execution gas, and blob gas at the reserve (1/16) or ten times it; corpus: {figures['lineSet']}",
                     "payments in a batch", "gas / payment", points, "gas", log_x=True, log_y=True))
    return out


def layers(figures, stem):
    """Draws all plots of bench/results/layers.json to STEM-*.svg; their paths."""
    kinds = [one["kind"] for one in figures["rates"]]
    of = {one["kind"]: one for one in figures["rates"]}
    series = {"on the L1": lambda one: one["direct"]["perSecond"],
              "Gavel, calldata in whole blocks": lambda one: one["calldata"]["perSecondByGas"],
              "Gavel, blobs at the target": lambda one: one["blobs"]["perSecondAtTarget"],
              "Gavel, blobs at most": lambda one: one["blobs"]["perSecondAtMost"]}
    colours = ["#7f7f7f", "#d62728", "#1f77b4", "#9edae5"]
    moments = [{"form": name, "x": moment["block"], "fee": max(value(moment), 1e-9)}
               for name, value in (("on the L1", lambda m: m["directFee"]), ("through Gavel", lambda m: m["rollupFee"]))
               for moment in figures["congestion"]]
    busy = [moment["block"] for moment in figures["congestion"] if moment["demand"] > 1]
    source = f"the simulated L1: 60 million gas each 12 s; a rollup of {2 * figures['accounts']:,} accounts"
    return [
        bars(stem + "-rate.svg", "Payments per second that the L1's data allows", source, "payments / s", kinds, list(series),
             lambda kind, name: series[name](of[kind]), lambda _, n: colours[n]),
        lines(stem + "-congestion.svg", "Fee of a transfer while the L1 is congested",
              f"the simulated L1; blocks {busy[0]} to {busy[-1]}: twice what they hold is asked for, of gas and of blobs",
              "L1 block", "ETH for a transfer", moments, "fee", log_y=True),
    ]
