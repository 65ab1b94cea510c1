"""Where the sequencer's processor time goes, by perf's stacks: a part for each sample, by its innermost frame that tells one."""
import collections
import os
import re
import shutil
import signal
import subprocess
import time

FREQUENCY_HZ = 199
# Of a frame's library, then of its symbol. What matches first is the sample's part.
BY_LIBRARY = [("secp256k1", r"libsecp256k1"), ("LevelDB, snappy", r"libleveldb|libsnappy"), ("protobuf", r"libprotobuf"),
              ("gRPC", r"libgrpc|libgpr|libabsl|libaddress_sorting|libupb|libcares|libre2"), ("kernel", r"\[kernel|\[guest"),
              ("TLS, HTTP, compression", r"libcrypto|libssl|libcurl|libz\.|libzstd")]
BY_SYMBOL = [("secp256k1", r"secp256k1_|gavel_ecdsa"), ("Keccak", r"[Kk]eccak"), ("KZG", r"ckzg|blst|c_kzg|kzg"),
             ("protobuf", r"google::protobuf|gavel::v1::"), ("gRPC", r"^grpc|grpc::"),
             ("malloc, free, memcpy", r"^_?_?(int_)?(malloc|free|calloc|realloc|cfree)|^operator (new|delete)|"
                                      r"mem(cpy|move|set|cmp)|malloc_consolidate|unlink_chunk|tcache"),
             ("locks, waiting", r"pthread_(mutex|cond)|futex|lll_lock")]
FOLDERS = r"gavel::(ledger|sequencer|node|query|follow|api|proto|l1|channel)\b"


def part_of_frame(symbol, library):
    """None: the frame doesn't tell (the standard library's templates, libc's remainder)."""
    for part, pattern in BY_SYMBOL:
        if re.search(pattern, symbol):
            return part
    for part, pattern in BY_LIBRARY:
        if re.search(pattern, library):
            return part
    folder = re.search(FOLDERS, symbol)
    if folder:
        return "own: " + {"l1": "l1-bridge"}.get(folder.group(1), folder.group(1)) + "/"
    return "own: protocol/" if "gavel::" in symbol else None


def parts_of(script):
    """{part: samples} of perf script's text: stacks with blank lines between them, the innermost frame first."""
    out = collections.Counter()
    for stack in script.split("\n\n"):
        frames = re.findall(r"^\s+[0-9a-f]+ (.*) \((\S+?)\)\s*$", stack, re.MULTILINE)
        if frames:
            named = (part_of_frame(symbol, library) for symbol, library in frames)
            out[next((part for part in named if part), "the rest")] += 1
    return out


class Profile:
    """Samples a process from construction until stop()."""

    def __init__(self, pid, folder):
        self.file = os.path.join(folder, "perf.data")
        self.process = None
        if shutil.which("perf"):
            self.process = subprocess.Popen(
                ["perf", "record", "-g", "-F", str(FREQUENCY_HZ), "-p", str(pid), "-o", self.file],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1)

    def stop(self):
        """{part: share}, or None without perf."""
        if not self.process:
            return None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(120)
        done = subprocess.run(["perf", "script", "-i", self.file, "--no-inline"], capture_output=True, text=True)
        counts = parts_of(done.stdout)
        total = sum(counts.values())
        return {"samples": total, "shares": {part: count / total for part, count in counts.most_common()}} if total else None


def profile_table(profile):
    if not profile:
        return "### Profile\n\nperf isn't there, or may not look at other processes: no profile.\n"
    rows = "".join(f"| {part} | {100 * share:.1f}% |\n" for part, share in profile["shares"].items())
    return (f"### Profile\n\nThe sequencer during payments end to end, {profile['samples']:,} samples of perf; not the run that "
            f"the rates are of.\n\n| part | of its processor time |\n| --- | --: |\n{rows}")
