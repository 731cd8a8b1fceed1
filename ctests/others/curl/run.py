#!/usr/bin/env python3
"""curl's own tests: `run.py FOLDER BUILD [all]`. FOLDER is where build.sh has built curl, BUILD where this library is built.

- Its WebSocket tests, with this library.
- Its tests that need no server, or all, with the libcurl that was built and with the drop-in before it: the same tests must succeed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER, BUILD = (Path(argument).resolve() for argument in sys.argv[1:3])
TESTS = FOLDER / "source/tests"
LIBCURL = FOLDER / "build/lib/libcurl.so.4"
BARE = {"LD_LIBRARY_PATH": str(LIBCURL.parent)}
DROP_IN = {"LD_LIBRARY_PATH": str(BUILD / "drop-in"), "WSCURL_LIBCURL": str(LIBCURL)}
WEBSOCKET_ONLY = {"LD_LIBRARY_PATH": str(BUILD / "namesake")}

# What they do not expect of the drop-in, and why.
EXPECTED = {
    970: "curl_version() ends with ours",
    972: "curl_version() ends with ours",
    1521: "CURLOPT_WS_OPTIONS with bits that have no meaning is refused",
}
# Nothing of the library is in these tests.
LEFT_OUT = ["!documentation", "!source analysis"]


def count(passed, failed, what):
    print(f"{passed} passed, {failed} failed: {what}", flush=True)
    return failed


def environment(library):
    """Without what `make` tells the commands that it runs."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")} | library


def runtests(library, *selection, **more):
    """The number of tests that runtests.pl has run, and those that failed."""
    command = ["perl", str(TESTS / "runtests.pl"), "-a", "-am", "-n", *map(str, selection)]
    env = environment(library | {"srcdir": str(TESTS)} | more)
    said = subprocess.run(command, cwd=FOLDER / "build/tests", env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
    said = said.decode("latin-1")
    (FOLDER / "runtests.log").write_text(said)
    run = re.search(r"^TESTDONE: \d+ tests out of (\d+) reported OK", said, re.MULTILINE)
    if not run:
        sys.exit(f"runtests.pl has run no tests:\n{said[-2000:]}")
    failed = re.search(r"^TESTFAIL: These test cases failed: ([\d ]+)", said, re.MULTILINE)
    return int(run[1]), {int(number) for number in failed[1].split()} if failed else set()


def websocket_clients():
    """test_20_websockets.py, of which curl itself, for http, stays with the libcurl that was built."""
    shutil.copy(HERE / "conftest.py", TESTS / "http")
    curl = FOLDER / "curl"
    curl.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={LIBCURL.parent} exec {FOLDER}/build/src/curl "$@"\n')
    curl.chmod(0o755)
    failed = 0
    for name, library in (("libwscurl under libcurl's name", WEBSOCKET_ONLY), ("the drop-in", DROP_IN)):
        command = [sys.executable, "-m", "pytest", "-q", "--timeout", "60", "-p", "no:cacheprovider", "-W", "ignore",
                   "--rootdir", str(TESTS / "http"), str(TESTS / "http/test_20_websockets.py")]  # fmt: skip
        env = environment(library | {"CURL": str(curl), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})
        print(f"test_20_websockets.py with {name}", flush=True)
        failed += subprocess.run(command, cwd=FOLDER / "build/tests", env=env, check=False).returncode != 0
    return failed


def websocket_tests():
    """Those of runtests.pl."""
    data = FOLDER / "websocket-data"
    subprocess.run([sys.executable, HERE / "websocket_data.py", TESTS / "data", data], check=True)
    zero_random = FOLDER / "zero_random.so"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", zero_random, HERE / "zero_random.c"], check=True)
    run, failed = runtests(DROP_IN, "-o", f"TESTDIR={data}", "WebSockets", LD_PRELOAD=str(zero_random))
    return count(run - len(failed), len(failed), f"WebSocket tests of runtests.pl {sorted(failed) or ''}")


def without_servers():
    """The tests of which no server is started."""
    for path in TESTS.glob("data/test*"):
        client = path.read_text(encoding="latin-1").partition("<client")[2]
        servers = re.search(r"<server>(.*?)</server>", client, re.DOTALL)
        if path.name[4:].isdigit() and (not servers or servers[1].split() == ["none"]):
            yield path.name[4:]


def compare(*selection):
    """The same tests must succeed. Those that did not are run once more, alone, before they count."""
    ran, bare = runtests(BARE, "-j4", *LEFT_OUT, "!WebSockets", *selection)
    ran_with, with_drop_in = runtests(DROP_IN, "-j4", *LEFT_OUT, "!WebSockets", *selection)
    differing = sorted((bare ^ with_drop_in) - set(EXPECTED))
    if differing:
        print("once more:", *differing)
        differing = sorted(runtests(BARE, *differing)[1] ^ runtests(DROP_IN, *differing)[1])
    expected = sorted(with_drop_in & set(EXPECTED))
    for number in expected:
        print(f"test {number} is another with it: {EXPECTED[number]}")
    if ran != ran_with:
        differing.append(f"{ran} tests were run without the drop-in, {ran_with} with it")
    same = f"tests that are the same without the drop-in and with it ({len(bare)} of them fail in both)"
    return count(ran - len(expected) - len(differing), len(differing), f"{same} {differing or ''}")


def main():
    failed = websocket_clients() + websocket_tests()
    failed += compare(*([] if sys.argv[3:] == ["all"] else without_servers()))
    sys.exit(failed > 0)


main()
