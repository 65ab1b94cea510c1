#!/usr/bin/env python3
"""The boards in deploy/: Prometheus' alert rules and example configuration, Grafana's dashboard, the runbook.

usage: boards_test.py BIN_DIR
Needs Prometheus and its promtool. Rules are tried by series that are made up (alert_cases.py). Then an L1, a sequencer and a
verifier run, Prometheus scrapes them as deploy/prometheus/prometheus.yml has it, and each query of the rules and of the dashboard
is asked over what they print: so a metric that is renamed or goes away is noticed. What only code can tell is looked up there.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts"), HERE]
sys.dont_write_bytecode = True
import alert_cases
import ethereum
from board_pages import faults_of_dashboard, faults_of_rules, queries_of_dashboard
from demo_world import Broken, World, address

PROMETHEUS = os.path.join(ROOT, "deploy", "prometheus")
JOBS = {alert_cases.SEQUENCER: 9645, alert_cases.VERIFIER: 9646, alert_cases.L1: 8545}  # ports in the example
# Nothing is there while all is well, as in this world: a comparison that doesn't hold, a refusal that didn't come.
EMPTY_IF_WELL = re.compile(r"gavel_trouble_seconds.* > 0$|^ALERTS|QUEUE_FULL")


def tool(name):
    path = shutil.which(name)
    if not path:
        raise Broken(f"{name} isn't installed: scripts/install_dependencies.sh --tests")
    return path


def promtool(*arguments):
    done = subprocess.run([tool("promtool"), *arguments], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100)
    if done.returncode != 0 or "FAILED" in done.stdout:
        raise Broken(f"promtool {' '.join(arguments[:2])}:\n{done.stdout}")


def check_rules_alone(world):
    rules = os.path.join(PROMETHEUS, "alerts.yml")
    promtool("check", "rules", "--lint=all", "--lint-fatal", rules)
    promtool("check", "config", os.path.join(PROMETHEUS, "prometheus.yml"))
    files = []
    for document in alert_cases.unit_tests(rules):
        files.append(world.path(f"unit_tests_{len(files)}.yml"))
        with open(files[-1], "w") as file:
            json.dump(document, file)  # YAML has JSON in it
    promtool("test", "rules", *files)
    world.check(True, f"the rules do as {len(alert_cases.CASES + alert_cases.LONG)} cases want it")


def start_daemons(world):
    """They post a payment, verify it, and refuse one."""
    funded = [ethereum.checksum(address(name)) + "=1000" for name in ("alice", "operator", "watcher")]
    users = [flag for user in funded for flag in ("--fund", user)]
    world.start("L1", "gavel-l1", r"listening on \S+ port (\d+)", "--listen", "127.0.0.1:0", "--block-time", "1", *users)
    world.l1 = ethereum.L1(f"http://127.0.0.1:{world.ports['L1']}")
    deployed = world.gavel("operator", "deploy", "--home-operator", "none", "--challenge-window", "5m",
                           "--inclusion-window", "10m", "--stake", 1)
    world.rollup = bytes.fromhex(deployed["address"][2:])
    metrics = {alert_cases.L1: world.ports["L1"]}
    for name, job, who, *flags in (
            ("sequencer", alert_cases.SEQUENCER, "operator", "--l1-confirmations", "1", "--batch-age", "1s"),
            ("verifier", alert_cases.VERIFIER, "watcher", "--claim")):
        metrics[job] = world.free_port()
        world.start(name, "gavel-" + name, r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir", world.path(name), "--l1",
                    world.l1.url, "--rollup", deployed["address"], "--key-file", world.key_file(who), "--poll", "100ms",
                    "--metrics-listen", f"127.0.0.1:{metrics[job]}", "--l1-stale-after", "2m", *flags)
    return metrics


def make_payments(world):
    world.wait_until_sequencing()
    world.gavel("alice", "deposit", "2", "--wait")
    try:
        world.gavel("alice", "send", ethereum.checksum(address("bob")), "0.5", "--fee", "0")
    except Broken as refused:
        if "fee" not in str(refused).lower():
            raise
    else:
        raise Broken("a payment without a fee is taken")


def start_prometheus(world, ports):
    """By the example, with this world's ports and a scrape each second."""
    with open(os.path.join(PROMETHEUS, "prometheus.yml"), encoding="utf-8") as file:
        text = file.read()
    replaced = {"interval: 15s": "interval: 1s", "- alerts.yml": "- " + os.path.join(PROMETHEUS, "alerts.yml")}
    replaced |= {f"127.0.0.1:{port}": f"127.0.0.1:{ports[job]}" for job, port in JOBS.items()}
    for old, new in replaced.items():
        if old not in text:
            raise Broken(f"prometheus.yml has no '{old}'")
        text = text.replace(old, new)
    with open(world.path("prometheus.yml"), "w") as file:
        file.write(text)
    world.start("Prometheus", tool("prometheus"), r"address=127\.0\.0\.1:(\d+)", "--config.file", world.path("prometheus.yml"),
                "--storage.tsdb.path", world.path("prometheus"), "--web.listen-address", f"127.0.0.1:{world.free_port()}")


def ask(world, path, **query):
    url = f"http://127.0.0.1:{world.ports['Prometheus']}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with ethereum.open_url(url) as answer:
        return json.load(answer)["data"]


def series_count(world, query):
    return len(ask(world, "query", query=query)["result"])


def wait_for_scrapes(world):
    """Until each daemon has been scraped some times behind a payment that is verified, while others are made."""
    def seen():
        world.gavel("alice", "send", ethereum.checksum(address("bob")), "0.01")
        scraped = series_count(world, 'count_over_time(up{job=~"gavel-.+"}[1m]) >= 4 and up == 1')
        return scraped == len(JOBS) and series_count(world, "gavel_verified_batch > 0")
    if not world.wait(120, seen):
        raise Broken("Prometheus doesn't see the daemons, or the verifier no batch")


def check_names(world, queries, where):
    """Each metric that is named has a series of the job that is asked for."""
    printed = {(one["__name__"], one["job"]) for one in ask(world, "series", **{"match[]": '{job=~"gavel-.+"}'})}
    names = {name for name, _ in printed}
    recorded = {"gavel:operations_refused:increase5m"}
    for query in queries:
        for name, labels in re.findall(r"\b(gavel[_:][\w:]+)(\{[^}]*\})?", query):
            job = re.search(r'job="([\w-]+)"', labels)
            known = name in recorded or ((name, job.group(1)) in printed if job else name in names)
            if not known:
                world.check(False, f"{where}: a daemon prints {name}{' as ' + job.group(1) if job else ''}", query)
    return names


def check_queries(world, queries, where):
    for query in queries:
        asked = query.replace("$__rate_interval", "30s").replace("$instance", ".*")
        try:
            count = series_count(world, asked)
        except OSError as why:
            count, asked = 0, f"{asked}: {why}"
        if not count and not EMPTY_IF_WELL.search(query):
            world.check(False, f"{where}: a query has an answer", asked)


def check_dashboard(world):
    with open(os.path.join(ROOT, "deploy", "grafana", "gavel.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for fault in faults_of_dashboard(dashboard):
        world.check(False, "the dashboard is well made", fault)
    queries = queries_of_dashboard(dashboard)
    names = check_names(world, queries, "dashboard")
    check_queries(world, queries, "dashboard")
    shown = set(re.findall(r"\bgavel_\w+", " ".join(queries)))
    missing = {name for name in names if name.startswith("gavel_")} - shown
    for name in sorted(missing):
        world.check(False, f"the dashboard shows {name}")
    world.check(not world.broken, f"the dashboard's {len(queries)} queries have answers")


def check_rules_live(world):
    rules = [rule for group in ask(world, "rules")["groups"] for rule in group["rules"]]
    alerts = [rule for rule in rules if rule["type"] == "alerting"]
    for fault in faults_of_rules(alerts, alert_cases.CASES + alert_cases.LONG):
        world.check(False, "the rules and their pages agree", fault)
    check_names(world, [rule["query"] for rule in rules], "alerts")
    failing = [f"{rule['name']}: {rule.get('lastError', rule['health'])}" for rule in rules if rule["health"] != "ok"]
    world.check(not failing, f"Prometheus evaluates {len(rules)} rules", "; ".join(failing))
    firing = [rule["name"] for rule in alerts if rule["state"] == "firing"]
    world.check(not firing, "no alert fires while all is well", " ".join(firing))


def story(world):
    check_rules_alone(world)
    ports = start_daemons(world)
    make_payments(world)
    start_prometheus(world, ports)
    wait_for_scrapes(world)
    check_rules_live(world)
    check_dashboard(world)


def main():
    os.environ["GAVEL_BIN_DIR"] = os.path.abspath(sys.argv[1])
    world = World(keep=False)
    world.run_test(lambda: story(world))


if __name__ == "__main__":
    main()
