#!/usr/bin/env python3
"""`run.py [WORD...]`: every fault of every session whose name contains all the words, and a table. A word that is the name of a
function restricts the faults to it. `JOBS=N`: how many sessions run at once."""

import collections
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from harness import FAULTS, SESSIONS, Harness

OUTCOMES = ["unharmed", "recovered", "failed", "aborted", "not reached", "hang"]


def main(words):
    kinds = [word for word in words if word in FAULTS]
    chosen = [session for session in SESSIONS if all(word in str(session) for word in words if word not in FAULTS)]
    began, total, problems, wanted = time.monotonic(), collections.Counter(), 0, 0
    harness = Harness()
    print(f"{'session':24}{'calls':>7}{'faults':>8}" + "".join(f"{outcome:>12}" for outcome in OUTCOMES) + f"{'problems':>10}{'seconds':>9}")
    for session in chosen:
        start, counts, bad = time.monotonic(), collections.Counter(), []
        usual = harness.count(session)
        faults = list(harness.faults(usual, kinds))
        with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
            for fault, result in zip(faults, pool.map(lambda fault: harness.run(session, fault, usual), faults)):
                counts[result.outcome] += 1
                wanted = max(wanted, result.wanted)
                if result.problems:
                    bad.append((fault, result))
        calls = sum(count for name, count in usual.items() if name != "blocks")
        print(f"{session!s:24}{calls:7}{len(faults):8}" + "".join(f"{counts[outcome]:12}" for outcome in OUTCOMES)
              + f"{len(bad):10}{time.monotonic() - start:9.1f}", flush=True)  # fmt: skip
        for fault, result in bad:
            print(f"  {fault}: {'; '.join(result.problems)}")
            if os.environ.get("VERBOSE"):
                print("    " + result.text.replace("\n", "\n    "))
        total += counts
        problems += len(bad)
    harness.close()
    print(f"the largest allocation whose failure ended the process: {wanted} bytes")
    print(f"{sum(total.values())} faults in {time.monotonic() - began:.0f} s: " + ", ".join(f"{total[o]} {o}" for o in OUTCOMES) + f"; {problems} problems")
    return problems > 0


sys.exit(main(sys.argv[1:]))
