#!/usr/bin/env python3
"""Checks the crates of Cargo.lock: all are from crates.io, none that is linked into the library is there in two versions, and each has a
checksum. Needs no network. (Licences: third_party.py. Known vulnerabilities: `make audit`.)"""

import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
# In two versions, and why.
TWICE = {"getrandom": "ring has not moved to the version that the rest uses"}


def linked():
    """The crates of the library, without those that only build it."""
    command = ["cargo", "tree", "--locked", "-p", "wscurl", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {tuple(line.split()[:2]) for line in lines if line}


def main():
    problems = []
    root = Path(__file__).parent.parent
    packages = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    for package in packages:
        source = package.get("source")
        if source and (source != CRATES_IO or "checksum" not in package):
            problems.append(f"{package['name']} {package['version']}: from {source}")
    versions = defaultdict(set)
    for name, version in linked():
        versions[name].add(version)
    twice = {name: found for name, found in versions.items() if len(found) > 1}
    problems += [f"{name}: {', '.join(sorted(found))}" for name, found in sorted(twice.items()) if name not in TWICE]
    problems += [f"{name}: is there once, and can leave the list in this file" for name in TWICE if name not in twice]
    print("\n".join(problems) or f"{len(packages)} crates, {len(versions)} of them linked: sources and versions as they should be")
    return bool(problems)


sys.exit(main())
