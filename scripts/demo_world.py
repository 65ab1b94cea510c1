"""The programs of a demonstration: started, asked, and ended. Their logs go into a folder; what is said goes to the terminal."""
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import ethereum
import npm

ETHER = 10**18
ZERO_TOKEN = b"\0" * 20
BLOCK_GAS = 60_000_000


class Broken(Exception):
    """Something without which the story can't go on."""


def group(number):
    return f"{number:,}".replace(",", " ")


def key(name):
    return ethereum.key_of(name)


@functools.lru_cache(None)
def address(name):
    return ethereum.address_of(key(name))


@functools.lru_cache(None)
def declared_events():
    """By name, as the contract's source declares them: the signature, and (field, whether it is indexed) of each."""
    with open(os.path.join(npm.CONTRACTS, "RollupEvents.sol")) as file:
        source = file.read()
    out = {}
    for name, inside in re.findall(r"event (\w+)\(([^)]*)\)", source):
        fields = [field.split() for field in inside.split(",") if field.strip()]
        types = ["uint8" if field[0][0].isupper() else field[0] for field in fields]  # an enumeration
        out[name] = f"{name}({','.join(types)})", [(field[-1], "indexed" in field) for field in fields]
    return out


class World:
    def __init__(self, keep):
        self.bin = os.environ["GAVEL_BIN_DIR"]
        self.keep = keep
        self.folder = tempfile.mkdtemp(prefix="gavel-demo-")
        self.began = time.monotonic()
        self.running = {}  # name -> process
        self.ports = {}
        self.log_begins = {}  # name -> where the log of the process that runs now begins
        self.broken = []
        self.l1 = None
        self.rollup = None  # address, bytes
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith("GAVEL_") and not key.lower().endswith("_proxy")}
        self.env["HOME"] = self.folder

    # ---- Talking ----

    def chapter(self, text):
        print(f"\n[{time.monotonic() - self.began:3.0f} s] {text}", flush=True)

    def say(self, text):
        print("        " + text, flush=True)

    def check(self, holds, promise, found=""):
        print(f"   {'ok  ' if holds else 'BROKEN'} {promise}" + ("" if holds or not found else f" ({found})"), flush=True)
        if not holds:
            self.broken.append(promise)
        return bool(holds)

    # ---- Waiting ----

    def wait(self, seconds, holds):
        """What `holds` answers once that is true, or its last answer."""
        end = time.monotonic() + seconds
        while True:
            answer = holds()
            if answer or time.monotonic() > end:
                return answer
            time.sleep(0.1)

    # ---- Programs ----

    def path(self, name):
        return os.path.join(self.folder, name)

    def key_file(self, name):
        path = self.path(name.replace(" ", "-") + ".key")
        with open(path, "w", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(ethereum.key_hex(key(name)) + "\n")
        return path

    def start(self, name, program, port_mark, *flags):
        """`port_mark` is a regular expression for the line with which the program tells its port."""
        log = self.path(name + ".log")
        with open(log, "ab") as output:
            begin = self.log_begins[name] = output.tell()
            process = subprocess.Popen([os.path.join(self.bin, program), *flags], stdout=output, stderr=output,
                                       stdin=subprocess.DEVNULL, env=self.env, start_new_session=True)
        self.running[name] = process

        def port():
            with open(log, errors="replace") as text:
                text.seek(begin)
                found = re.search(port_mark, text.read())
            return int(found.group(1)) if found else process.poll() is not None

        self.ports[name] = self.wait(60, port)
        if process.poll() is not None or self.ports[name] in (False, True):
            raise Broken(f"{program} doesn't start; see {log}")

    def start_l1(self, on_ethereum, funded):
        """With a block each second. The names in `funded` get 10,000 ether each."""
        if on_ethereum:
            self.start("L1", npm.anvil(), r"Listening on \S+:(\d+)", "--port", "0", "--block-time", "1", "--gas-limit",
                       str(BLOCK_GAS), *npm.MAINNET_LIMITS)
        else:
            self.start("L1", "gavel-l1", r"listening on \S+ port (\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                       self.path("L1"), "--block-time", "1", "--block-gas-limit", str(BLOCK_GAS))
        self.l1 = ethereum.L1(f"http://127.0.0.1:{self.ports['L1']}")
        for name in funded:
            self.l1.rpc("anvil_setBalance", ethereum.hex_of(address(name)), hex(10_000 * ETHER))

    def pass_time_until(self, then):
        """Puts the L1's clock forward."""
        now = int(self.l1.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.l1.rpc("evm_increaseTime", max(0, then - now) + 10)  # a node's clock may lag behind its blocks' times
        self.l1.rpc("evm_mine")

    def wait_until_sequencing(self):
        """Until the sequencer that was started last says that it takes operations."""
        def sequencing():
            with open(self.path("sequencer.log"), errors="replace") as log:
                log.seek(self.log_begins["sequencer"])
                return re.search(r" sequencing$", log.read(), re.MULTILINE)
        if not self.wait(60, sequencing):
            raise Broken("the sequencer doesn't take its seat")

    def free_port(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return one.getsockname()[1]

    def kill(self, name):
        """It is gone from one moment to the next, and nobody answers at its port."""
        process = self.running.pop(name)
        self.ports.pop(name)
        process.kill()
        process.wait()

    def stop(self, name):
        process = self.running.pop(name)
        self.ports.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if status != 0:
            self.check(False, f"{name} ends in order", f"exit status {status}")

    def end(self, failed):
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()
        self.running.clear()
        if failed or self.keep:
            print(f"Logs and data: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run_test(self, story):
        """Runs it, tells what went wrong, and ends the script: with status 0 if all went well."""
        failed = True
        try:
            story()
            failed = bool(self.broken)
        except (Broken, npm.InstallFailed, subprocess.CalledProcessError) as why:
            print(f"FAILED: {why}")
        finally:
            if failed:
                self.print_logs()
            self.end(failed=False)
        sys.exit(1 if failed else 0)

    def print_logs(self):
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(self.path(name), errors="replace") as log:
                    print(f"---- {name}\n{log.read()[-8000:]}")

    # ---- The command ----

    def gavel(self, who, *arguments, timeout=300, progress=False):
        """`gavel --json ...` as the user of that name; its document."""
        command = [os.path.join(self.bin, "gavel"), "--json", "--private-key", ethereum.key_hex(key(who))]
        command += ["--l1", self.l1.url]
        if self.rollup:
            command += ["--rollup", ethereum.checksum(self.rollup)]
        for name in ("sequencer", "verifier"):  # nobody is at port 1
            command += [f"--{name}", f"127.0.0.1:{self.ports.get(name, 1)}"]
        command += [str(argument) for argument in arguments]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                              stderr=None if progress else subprocess.PIPE, timeout=timeout)
        with open(self.path("commands.log"), "a") as log:
            log.write(f"$ gavel {' '.join(map(str, arguments))}\n{done.stderr or ''}{done.stdout[:2000]}\n")
        if done.returncode != 0:
            said = re.search(r'"message": "(.*)"', done.stdout)
            raise Broken(f"gavel {arguments[0]}: {said.group(1) if said else (done.stderr or done.stdout).strip()}")
        return json.loads(done.stdout)

    def drill(self, kind, operator, *flags):
        """A lie, posted with the operator's key; what the drill says of it."""
        command = [os.path.join(self.bin, "gavel-drill"), "--lie", kind, "--l1", self.l1.url, "--rollup",
                   ethereum.checksum(self.rollup), "--key-file", self.key_file(operator), *flags]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)
        with open(self.path("drill.log"), "a") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode != 0:
            raise Broken(f"gavel-drill: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    # ---- The contract, asked without Gavel's code ----

    def view(self, signature, *words):
        return self.l1.call(self.rollup, signature, *words)

    def on_l1(self, owner, token=ZERO_TOKEN):
        """What an address has on the L1 itself."""
        if token == ZERO_TOKEN:
            return self.l1.number("eth_getBalance", ethereum.hex_of(owner), "latest")
        return self.l1.call(token, "balanceOf(address)", owner)[0]

    def events(self, name):
        """Logs of the contract: each field by its name, an integer; the transaction's hash as text."""
        signature, fields = declared_events()[name]
        logs = self.l1.rpc("eth_getLogs", {"address": ethereum.hex_of(self.rollup), "fromBlock": "0x0", "toBlock": "latest",
                                           "topics": [ethereum.hex_of(ethereum.keccak256(signature.encode()))]})
        out = []
        for log in logs:
            data = bytes.fromhex(log["data"][2:])
            words = iter(int.from_bytes(data[at:at + 32], "big") for at in range(0, len(data), 32))
            topics = iter(int(topic, 16) for topic in log["topics"][1:])
            out.append({field: next(topics if indexed else words) for field, indexed in fields} |
                       {"transaction": log["transactionHash"]})
        return out

    def transaction_cost(self, tx_hash):
        """(bytes of calldata, gas used, whether it succeeded)."""
        transaction = self.l1.rpc("eth_getTransactionByHash", tx_hash)
        receipt = self.l1.receipt(tx_hash)
        return (len(transaction["input"]) - 2) // 2, receipt["gasUsed"], receipt["status"] == 1

    def batch_costs(self):
        """All batches' together: (how many, bytes of calldata, gas, blobs)."""
        hashes = [event["transaction"] for event in self.events("BatchAppended")]
        costs = [self.transaction_cost(tx_hash) for tx_hash in hashes]
        named = [self.l1.rpc("eth_getTransactionByHash", tx_hash).get("blobVersionedHashes") or [] for tx_hash in hashes]
        return len(hashes), sum(size for size, _, _ in costs), sum(gas for _, gas, _ in costs), sum(map(len, named))
