#!/usr/bin/env python3
"""Writes the test vectors, and those of channel_cases.py beside them; compiles the checker, runs it over them.

usage: run.py EXPORT_VECTORS WORK_DIR
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts"))
sys.dont_write_bytecode = True
import channel_cases
import npm

NODE = shutil.which("node") or "node"


def compile_into(work):
    """The folder with the compiled programs."""
    compiled = os.path.join(work, "compiled")
    modules = os.path.join(HERE, "node_modules")
    os.makedirs(compiled, exist_ok=True)
    npm.install(HERE)
    subprocess.run([NODE, os.path.join(modules, "typescript", "bin", "tsc"), "--project", HERE, "--outDir", compiled,
                    "--incremental", "--tsBuildInfoFile", os.path.join(compiled, "tsc.json")], check=True)
    # Node looks for packages, and for the kind of modules, from where the compiled files are.
    shutil.copy(os.path.join(HERE, "package.json"), compiled)
    link = os.path.join(compiled, "node_modules")
    if not os.path.islink(link):
        os.symlink(modules, link)
    return compiled


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    exporter, work = sys.argv[1:]
    vectors = os.path.join(work, "vectors")
    try:
        compiled = compile_into(work)
        subprocess.run([exporter, vectors], check=True, stdout=subprocess.DEVNULL)
        channel_cases.write(os.path.join(vectors, "channels.json"))
        done = subprocess.run([NODE, os.path.join(compiled, "main.js"), vectors], check=False)
    except (npm.InstallFailed, subprocess.CalledProcessError) as why:
        sys.exit(f"FAILED: {why}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
