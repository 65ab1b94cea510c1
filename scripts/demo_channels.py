#!/usr/bin/env python3
"""The story of scripts/demo_channels.sh."""
import argparse
import http.server
import signal
import subprocess
import sys
import threading
import time

import ethereum
import npm
from demo_world import ETHER, Broken, World, address, group

FUNDED = ["alice", "bank", "bob", "operator", "watcher"]
PAYMENTS = 50               # ordinary ones, to compare with
HOUR = 3600
L1_TRANSFER_BYTES, L1_TRANSFER_GAS = 110, 21_000  # a signed transfer of ether by EIP-1559, and its gas


class Weather(http.server.BaseHTTPRequestHandler):
    """A service that knows nothing of payments."""
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece

    def do_GET(self):
        body = b"sun\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Story:
    requests_for_an_ether = 10_000

    def __init__(self, options):
        self.options = options
        self.world = World(options.keep)
        self.rows = []

    def channel(self, who, *arguments):
        return self.world.gavel(who, "channel", *arguments, "--books", self.world.path("books-" + who))

    def balance(self, who):
        found = self.world.gavel(who, "balance", ethereum.checksum(address(who)))["balances"]
        return int(found[0]["balance"]) if found else 0

    def start(self):
        world = self.world
        world.chapter("An L1, a rollup on it, a sequencer, and the payee's own verifier.")
        world.start_l1(self.options.l1 == "ethereum", FUNDED)
        rollup = world.gavel("bank", "deploy", "--home-operator", "none", "--challenge-window", 20,
                             "--inclusion-window", "10m", "--stake", 1)
        world.rollup = bytes.fromhex(rollup["address"][2:])
        self.start_sequencer()
        world.start("verifier", "gavel-verifier", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                    world.path("verifier"), "--l1", world.l1.url, "--rollup", rollup["address"], "--poll", "100ms")
        world.gavel("alice", "deposit", 10, "--wait")
        world.say("Alice has 10 ETH in the rollup.")

    def start_sequencer(self):
        world = self.world
        world.start("sequencer", "gavel-sequencer", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                    world.path("sequencer"), "--l1", world.l1.url, "--rollup", ethereum.checksum(world.rollup), "--key-file",
                    world.key_file("operator"), "--l1-confirmations", "1", "--batch-age", "1s", "--poll", "100ms",
                    "--data", "calldata")  # so that every byte is counted
        world.wait_until_sequencing()

    def verified(self, channel):
        found = self.world.gavel("bob", "balance", channel, "--at-verifier")["balances"]
        return bool(found) and int(found[0]["balance"]) > 0

    def posted_bytes(self, receipt):
        """All that is on the L1 once that operation is."""
        self.world.gavel("alice", "tx", receipt["hash"], "--wait", "posted", "--timeout", "60s")
        return self.world.batch_costs()[1]

    def ordinary(self):
        world = self.world
        world.chapter(f"To compare with: {PAYMENTS} ordinary payments.")
        bank = ethereum.checksum(address("bank"))
        before = self.world.batch_costs()[1]
        began = time.monotonic()
        for _ in range(PAYMENTS):
            sent = world.gavel("alice", "send", bank, "0.000001")
        rate = PAYMENTS / (time.monotonic() - began)
        bytes_each = (self.posted_bytes(sent) - before) / PAYMENTS
        self.rows.append(("rollup payment, a command each", rate, int(sent["fee"]), bytes_each))

    def price(self):
        return f"{1 / self.requests_for_an_ether:.6f}"

    @staticmethod
    def start_weather():
        service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Weather)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{service.server_port}"

    def serve(self, upstream):
        """Bob's proxy before that service, and what is asked there."""
        world = self.world
        command = ["--private-key", ethereum.key_hex(ethereum.key_of("bob")), "--l1", world.l1.url, "--rollup",
                   ethereum.checksum(world.rollup), "--sequencer", f"127.0.0.1:{world.ports['sequencer']}", "--verifier",
                   f"127.0.0.1:{world.ports['verifier']}", "channel", "serve", "--upstream",
                   upstream, "--price", self.price(), "--listen", "127.0.0.1:0", "--books",
                   world.path("books-bob")]
        world.start("service", "gavel", r"listening on port (\d+)", *command)
        return f"http://127.0.0.1:{world.ports['service']}/weather"

    def paid_requests(self):
        world, requests = self.world, self.options.requests
        world.chapter("Bob sells weather by the request. Alice opens a channel to him.")
        before = self.world.batch_costs()[1]
        bob = ethereum.checksum(address("bob"))
        opened = self.channel("alice", "open", bob, requests * 2 / self.requests_for_an_ether, "--unit", self.price())
        self.posted_bytes(opened)
        funded = world.wait(60, lambda: self.verified(opened["channel"]))
        world.check(funded, "Bob's own verifier has seen the funding")
        url = self.serve(self.start_weather())
        one = self.channel("alice", "get", url)
        world.check(one["body"] == "sun\n" and one["receipt"]["count"] == "1", "a paid request is answered, with a receipt")
        done = self.channel("alice", "get", url, "--repeat", requests - 1, "--parallel", 16)
        world.check(done["served"] == requests - 1, f"{group(requests)} requests are paid and served", str(done))
        world.stop("service")
        closed = self.channel("bob", "close", opened["channel"])
        world.check(int(closed["units"]) == requests, "one operation settles them all", str(closed))
        due = requests * ETHER // self.requests_for_an_ether
        world.check(self.balance("bob") == due - int(closed["fee"]), "Bob has every unit, less one fee")
        size = self.posted_bytes(closed) - before
        fees = int(opened["fee"]) + int(closed["fee"])
        self.rows.append((f"channel, {group(requests)} requests", done["per_second"], fees / requests, size / requests))
        world.say(f"The whole life of the channel put {group(size)} bytes on the L1, headers of the batches included.")

    def refused_payee(self):
        world = self.world
        world.chapter("The sequencer goes away while Bob holds a voucher. The L1 pays him.")
        opened = self.channel("alice", "open", ethereum.checksum(address("bob")), 1, "--unit", "0.001")
        self.posted_bytes(opened)
        voucher = self.channel("alice", "pay", opened["channel"], "0.75")["voucher"]
        taken = world.wait(30, lambda: self.receive(voucher))
        world.check(taken, "Bob's own verifier has seen the funding, and he takes the voucher")
        before = self.balance("bob")
        world.kill("sequencer")
        queued = self.channel("bob", "redeem", opened["channel"], "--by-l1")
        world.say(f"forceRedeem took {group(queued['gas_used'])} gas; who sits next must consume it, or loses the seat.")
        self.start_sequencer()
        world.check(world.wait(60, lambda: self.balance("bob") == before + 3 * ETHER // 4), "Bob has his 0.75 ETH")

    def receive(self, voucher):
        try:
            return self.channel("bob", "receive", voucher)
        except (Broken, subprocess.SubprocessError):
            return None

    def abandoned(self):
        world = self.world
        world.chapter("Alice's next payee never comes. She takes her money back.")
        opened = self.channel("alice", "open", ethereum.checksum(address("bank")), 2, "--unit", "0.001", "--expiry", "3h")
        self.posted_bytes(opened)
        before = self.balance("alice")
        world.pass_time_until(opened["expiry"])
        self.channel("alice", "reclaim", opened["channel"])
        world.check(world.wait(60, lambda: self.balance("alice") == before + 2 * ETHER), "Alice has her 2 ETH again")

    def table(self):
        price = self.world.l1.number("eth_gasPrice")
        self.rows.append(("transfer on the L1", 60_000_000 / L1_TRANSFER_GAS / 12, L1_TRANSFER_GAS * price, L1_TRANSFER_BYTES))
        self.world.chapter("What it cost:")
        self.world.say(f"{'':34}{'per second':>12}{'fee each, gwei':>18}{'bytes on the L1':>18}")
        for name, rate, fee, size in self.rows:
            self.world.say(f"{name:34}{rate:12,.0f}{fee / 1e9:18,.3f}{size:18,.2f}")

    def tell(self):
        self.start()
        self.ordinary()
        self.paid_requests()
        self.refused_payee()
        self.abandoned()
        self.table()
        for name in ("verifier", "sequencer", "L1"):
            self.world.stop(name)


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo_channels.sh")
    parser.add_argument("--l1", choices=["simulated", "ethereum"], default="simulated")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.l1 == "ethereum":
        try:
            npm.install(npm.CONTRACTS)
        except npm.InstallFailed as why:
            sys.exit(str(why))
    story = Story(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = True
    try:
        story.tell()
        failed = bool(story.world.broken)
    except Broken as why:
        story.world.check(False, str(why))
    finally:
        story.world.end(failed)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
