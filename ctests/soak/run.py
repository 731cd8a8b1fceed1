#!/usr/bin/env python3
"""`run.py SOAK PROGRAM BENCH-SERVER`: the long runs of soak.c, SOAK times 10 million messages, 100,000 connections and 2,000 connections to a
server that does anything."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import trustme

HEAD = """| what | times | MB | seconds | RSS after the first part, KiB | most | at the end | descriptors | threads |
|---|--:|--:|--:|--:|--:|--:|--:|--:|"""


def start(*command):
    return subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main(soak, program, bench_server):
    def times(most, least):
        return max(least, round(most * float(soak)))

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
        echo = start(bench_server, folder / "echo.pem", 0)
        anything = start(sys.executable, Path(__file__).parent / "anything.py", folder / "server.pem")
        ports = json.loads(echo.stdout.readline())
        echo_urls = [f"{scheme}://127.0.0.1:{ports[scheme]}/echo/0" for scheme in ("ws", "wss")]
        other_urls = [f"{scheme}://127.0.0.1:{port}/" for scheme, port in zip(("ws", "wss"), anything.stdout.readline().split())]
        print(HEAD, flush=True)
        status = 0
        for what, count, urls, authority in [
            ("messages", times(10_000_000, 12_000), echo_urls, "echo.pem"),
            ("connects", times(100_000, 400), echo_urls, "echo.pem"),
            ("random", times(2000, 100), other_urls, "authority.pem"),
        ]:
            status |= subprocess.run([program, what, str(count), *urls, str(folder / authority)]).returncode != 0
        for server in (echo, anything):
            server.stdin.close()
            server.wait(10)
    return status


sys.exit(main(*sys.argv[1:]))
