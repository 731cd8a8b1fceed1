#!/usr/bin/env python3
"""Runs the parts of `make test`, each under a heading, and adds up what they counted: `run_parts.py MAKE TARGET...`. All parts run, whether or
not one fails. The last line is the sum."""

import re
import subprocess
import sys
import time

# The lines with a count: cargo's "test result: ok. 9 passed; 0 failed; 1 ignored", pytest's "9 passed, 1 skipped in 1.2s", "9 passed, 0 failed".
COUNT_LINE = re.compile(r"(test result: \w+\. |\w+: )?\d+ (passed|failed|skipped|errors?)\b")
COUNT = re.compile(r"(\d+) (passed|failed|skipped|ignored|errors?)\b")
COLUMN = {"ignored": "skipped", "error": "failed", "errors": "failed"}


def run(make, target):
    """The counts of a part: what it prints is passed on."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    part = subprocess.Popen([make, "--no-print-directory", target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in part.stdout:
        print(line, end="", flush=True)
        if COUNT_LINE.match(line):
            for number, word in COUNT.findall(line):
                counts[COLUMN.get(word, word)] += int(number)
    if part.wait() and not counts["failed"]:
        counts["failed"] = 1  # it ended before it could count
    return counts


def main(make, *targets):
    rows = []
    for target in targets:
        print(f"\n=== {target}\n", flush=True)
        began = time.monotonic()
        counts = run(make, target)
        rows.append((target, *counts.values(), round(time.monotonic() - began)))
    print("\n=== all parts\n")
    for row in [("part", "passed", "failed", "skipped", "seconds"), *rows]:
        print(f"{row[0]:16}" + "".join(f"{cell:>9}" for cell in row[1:]))
    passed, failed = (sum(row[column] for row in rows) for column in (1, 2))
    print(f"\n{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


sys.exit(main(*sys.argv[1:]))
