"""What can be read of the boards without anything that runs: the form of the dashboard; that rules, runbook, docs/operate.md and
the daemons' sources name the same things."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from check_docs import anchors, files, read

SEVERITIES = {"critical", "warning", "info"}
WITHOUT_VALUE = {"GavelDaemonDown", "GavelRoundFailed"}  # there is none worth telling
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# In docs/operate.md's table of troubles, but in /healthz alone, so no metric can tell them; or NOT_SYNCED, which the alerts of a
# verifier that is behind tell by its figures.
ONLY_IN_HEALTHZ = {"GRPC_PORT_DEAF", "NOT_SYNCED"}
# The daemon ends with it.
TOLD_AS_DOWN = {"STORE_FAILED"}


# ---- The dashboard ----

def panels_of(dashboard):
    return [inner for panel in dashboard["panels"] for inner in [panel, *panel.get("panels", [])]]


def queries_of_dashboard(dashboard):
    return [target["expr"] for panel in panels_of(dashboard) for target in panel.get("targets", [])]


def cells(panel):
    at = panel["gridPos"]
    return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}


def faults_of_dashboard(dashboard):
    panels = panels_of(dashboard)
    if dashboard.get("id") is not None:
        yield "it has an id, which is some installation's"
    ids = [panel["id"] for panel in panels]
    if len(ids) != len(set(ids)):
        yield "two panels have the same id"
    taken = set()
    for panel in panels:
        name, own = panel.get("title"), cells(panel)
        if taken & own or any(x >= 24 for x, _ in own):
            yield f"'{name}' lies on another panel, or leaves the page"
        taken |= own
        if panel["type"] == "row":
            continue
        if not name or not panel.get("description") or not panel.get("targets"):
            yield f"panel {panel['id']} lacks a title, a description or queries"
        for source in [panel, *panel["targets"]]:
            if source.get("datasource") != DATASOURCE:
                yield f"'{name}' has a source of its own"
        refs = [target["refId"] for target in panel["targets"]]
        if len(refs) != len(set(refs)):
            yield f"two queries of '{name}' have the same refId"


# ---- The rules ----

def reasons_of(query):
    """Those that a query selects by name."""
    chosen = re.findall(r'reason=~?"([^"]*)"', query)
    return {reason for pattern in chosen for reason in pattern.split("|")}


def selects(query, reason):
    return any(re.fullmatch(pattern, reason) for pattern in re.findall(r'reason=~?"([^"]*)"', query))


def table_of(page, heading):
    """The names in the first column of each row of the tables below a heading."""
    part = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`[^|]*) \|", part, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)", row)}


def faults_of_alert(alert, headings):
    name, notes, labels = alert["name"], alert["annotations"], alert["labels"]
    if labels.get("severity") not in SEVERITIES:
        yield f"{name}: severity {labels.get('severity')}"
    if not notes.get("summary") or not notes.get("description"):
        yield f"{name}: no summary, or no description"
    elif "$value" not in notes["description"] and name not in WITHOUT_VALUE:
        yield f"{name}: its description tells no value"
    if notes.get("runbook_url") != f"docs/runbook.md#{name.lower()}" or name not in headings:
        yield f"{name}: no paragraph in docs/runbook.md, or runbook_url leads elsewhere"


def faults_of_cases(names, cases):
    for name in names:
        seen = {fires for alert, _, times in cases if alert == name for fires in times.values()}
        if seen != {False, True}:
            yield f"{name}: no case where it fires, or none where it is silent (alert_cases.py)"
    for name in sorted({alert for alert, _, _ in cases} - names):
        yield f"alert_cases.py: no rule is called {name}"


def faults_of_reasons(queries):
    """Rules name reasons that the code has; and all that the code raises and the operator's page names has a rule."""
    sources = "".join(read(path) for folder in ("node", "follow", "sequencer", "verifier", "ledger", "l1-bridge")
                      for ending in (".cpp", ".hpp") for path in files(folder, ending))
    literals = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', sources))
    for reason in sorted(set().union(*map(reasons_of, queries))):
        if re.fullmatch(r"[A-Z0-9_]+", reason) and reason not in literals:
            yield f"a rule is for {reason}, which no daemon says"
    raised = set(re.findall(r'loops\.start\(\s*"(\w+)"', sources)) | set(re.findall(r'not_sequencing\(\s*"(\w+)"', sources))
    raised |= set(re.findall(r'troubles\w*\.(?:raise|settle|expect)\(\s*"(\w+)"', sources))
    raised |= set(re.findall(r'"(\w+)"', read("sequencer", "trouble_names.hpp")))
    raised |= table_of(read("docs", "operate.md"), "When something is wrong")
    for reason in sorted(raised - ONLY_IN_HEALTHZ - TOLD_AS_DOWN):
        if not any(selects(query, reason) for query in queries):
            yield f"no rule is for {reason}"


def faults_of_rules(alerts, cases):
    """Of alerts as Prometheus gives them."""
    runbook = read("docs", "runbook.md")
    headings, names = re.findall(r"^### (\w+)$", runbook, re.MULTILINE), {alert["name"] for alert in alerts}
    for alert in alerts:
        yield from faults_of_alert(alert, headings)
    for heading in headings:
        if heading not in names or heading.lower() not in anchors(runbook):
            yield f"docs/runbook.md has a paragraph for {heading}, and no rule is called so"
    yield from faults_of_cases(names, cases)
    yield from faults_of_reasons([alert["query"] for alert in alerts])
    named = set(re.findall(r"\bgavel_\w+", " ".join(alert["query"] for alert in alerts)))
    for metric in sorted(table_of(read("docs", "operate.md"), "What to watch")):
        if not named & {metric, metric + "_bucket"}:
            yield f"docs/operate.md names {metric} to alert on, and no rule does"
