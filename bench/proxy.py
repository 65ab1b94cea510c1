#!/usr/bin/env python3
"""Paid HTTP requests through 'gavel channel serve', beside the same services without it.

usage: scripts/bench.sh proxy [--rounds N] [--seconds N] [--connections N] [--json FILE]
Needs wrk (Debian's package of that name) and Node. In each round wrk asks the service first, then the proxy, with vouchers that
were signed beforehand. Writes bench/results/proxy.json.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import ethereum
from demo_channels import Story
from demo_world import Broken, address, key

LEAST_SHARE = 0.5
MOST_A_SECOND = 25_000  # so many vouchers are signed for each second of a round
# As most people would write one, and the shortest that Node allows.
PYTHON_SERVICE = """import http.server
class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', '4')
        self.end_headers()
        self.wfile.write(b'sun\\n')
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
server = Server(('127.0.0.1', 0), Service)
print('listening on port', server.server_port, flush=True)
server.serve_forever()
"""
NODE_SERVICE = """const body = 'sun\\n';
require('http').createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
}).listen(0, '127.0.0.1', function () { console.log('listening on port ' + this.address().port); });
"""
SERVICES = {"python": (sys.executable, PYTHON_SERVICE), "node": ("node", NODE_SERVICE)}
# Figures as one line of JSON; with a file of vouchers, each request takes the next.
LOAD = """local vouchers = os.getenv('VOUCHERS')
local lines = vouchers ~= '' and io.lines(vouchers) or nil
if lines then
  request = function()
    return wrk.format('GET', nil, { ['PAYMENT-SIGNATURE'] = lines() or 'none left', ['Host'] = '127.0.0.1' })
  end
end
done = function(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests": %d, "us": %d, "refused": %d, "broken": %d, "p50_us": %d, "p99_us": %d}',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


class ProxyBench(Story):
    def __init__(self, options):
        super().__init__(options)
        self.first = 1
        self.rounds = {}

    requests_for_an_ether = 1_000_000

    def start_service(self, name):
        world = self.world
        program, source = SERVICES[name]
        with open(world.path(name + "-service"), "w") as file:
            file.write(source)
        world.start("upstream", shutil.which(program), r"listening on port (\d+)", world.path(name + "-service"))
        return f"http://127.0.0.1:{world.ports['upstream']}"

    def sign(self, terms):
        """A file of vouchers, each a unit larger than the one before."""
        count = self.options.seconds * MOST_A_SECOND
        program = os.path.join(self.world.bin, "gavel-bench-paid-requests")
        path = self.world.path("vouchers")
        with open(path, "w") as file:
            subprocess.run([program, ethereum.key_hex(key("alice")), str(self.world.l1.number("eth_chainId")),
                            ethereum.checksum(self.world.rollup), terms, str(self.first), str(count)], stdout=file, check=True)
        self.first += count
        return path

    def load(self, url, vouchers):
        command = ["wrk", "--threads", "1", "--connections", str(self.options.connections), "--duration",
                   f"{self.options.seconds}s", "--script", self.world.path("load.lua"), url]
        said = subprocess.run(command, env=self.world.env | {"VOUCHERS": vouchers}, capture_output=True, text=True,
                              timeout=60 + self.options.seconds)
        found = re.search(r"^\{.*\}$", said.stdout, re.MULTILINE)
        if said.returncode != 0 or not found:
            raise Broken("wrk failed: " + said.stdout + said.stderr)
        figures = json.loads(found.group(0))
        if figures["refused"] or figures["broken"]:
            raise Broken(f"not all were served: {figures}")
        return {"per_second": figures["requests"] / (figures["us"] / 1e6), "p50_ms": figures["p50_us"] / 1e3,
                "p99_ms": figures["p99_us"] / 1e3, "requests": figures["requests"]}

    def measure(self):
        world = self.world
        with open(world.path("load.lua"), "w") as file:
            file.write(LOAD)
        self.start()
        opened = self.channel("alice", "open", ethereum.checksum(address("bob")), "9", "--unit", self.price())
        self.posted_bytes(opened)
        if not world.wait(60, lambda: self.verified(opened["channel"])):
            raise Broken("the verifier doesn't see the channel")
        for name in SERVICES:
            self.measure_service(name, opened["terms"])
        held = int(self.channel("bob", "show", opened["channel"])[0]["received"])
        served = sum(one["proxy"]["requests"] for rounds in self.rounds.values() for one in rounds)
        world.check(held >= served, f"the payee holds a voucher for each of {served} requests", str(held))

    def measure_service(self, name, terms):
        service = self.start_service(name)
        proxy = self.serve(service)
        print(f"\n{name}", flush=True)
        self.rounds[name] = []
        for _ in range(self.options.rounds):
            vouchers = self.sign(terms)
            one = {"service": self.load(service + "/weather", ""), "proxy": self.load(proxy, vouchers)}
            self.rounds[name].append(one)
            for which, what in (("service", "the service alone"), ("proxy", "paid, through the proxy")):
                figures = one[which]
                print(f"{what:26}{figures['per_second']:9,.0f} a second   p50 {figures['p50_ms']:6.2f} ms   "
                      f"p99 {figures['p99_ms']:6.2f} ms", flush=True)
        self.world.stop("service")
        self.world.kill("upstream")

    def report(self, path):
        shares = {name: sorted(one["proxy"]["per_second"] / one["service"]["per_second"] for one in rounds)
                  for name, rounds in self.rounds.items()}
        print()
        for name, found in shares.items():
            print(f"{name + ':':8}{statistics.median(found):5.2f} of the service's rate (rounds: {found[0]:.2f} to "
                  f"{found[-1]:.2f}), {self.options.connections} connections")
        kept = statistics.median(shares["python"]) >= LEAST_SHARE
        print(f"{'kept:  ' if kept else 'BROKEN:'} of the service in Python at least {LEAST_SHARE}")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"shares": {name: statistics.median(found) for name, found in shares.items()}, "rounds": self.rounds,
                       "connections": self.options.connections}, file, indent=1)
            file.write("\n")
        return kept


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh proxy", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each load")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--json", default=os.path.join(ROOT, "bench", "results", "proxy.json"))
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs and data")
    options = parser.parse_args()
    options.l1 = "simulated"
    for program in ("wrk", "node"):
        if not shutil.which(program):
            sys.exit(f"scripts/bench.sh proxy needs {program}")
    os.makedirs(os.path.dirname(os.path.abspath(options.json)), exist_ok=True)
    bench = ProxyBench(options)
    failed = True
    try:
        bench.measure()
        failed = bool(bench.world.broken)
    except Broken as why:
        print(why, file=sys.stderr)
    finally:
        bench.world.end(failed)
    sys.exit(0 if not failed and bench.report(options.json) else 1)


if __name__ == "__main__":
    main()
