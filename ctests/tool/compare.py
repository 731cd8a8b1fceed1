#!/usr/bin/env python3
"""`make compare-tool`: ten common tasks with wscurl, websocat and the command line of the package websockets, how fast they are, and how large.
Prints docs/tool-comparison.md. Every line of a table was run; WSCURL and WEBSOCAT name the programs."""

import hashlib
import logging
import os
import platform
import resource
import shlex
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import trustme
from conftest import Server, accept_silently
from proxies import Program, free_port

logging.disable()
WSCURL = os.environ["WSCURL"]
WEBSOCAT = os.environ.get("WEBSOCAT") or shutil.which("websocat")
WEBSOCKETS = str(Path(sys.executable).with_name("websockets"))
ROUNDS = int(os.environ.get("ROUNDS", 3))
LINES, FILE = int(os.environ.get("LINES_SENT", 500_000)), int(os.environ.get("FILE_SENT", 500_000_000))

# Task, what is said to each, what the server is told to do. "-": the program has no such thing.
TASKS = [
    ("Send a message, print the answer, end", "echo hello | wscurl -n 1 URL", "echo hello | websocat -n1 URL", "echo hello | websockets URL"),
    ("Print what comes until the server closes", "wscurl URL/script", "websocat -U URL/script", "websockets URL/script"),
    ("Send the lines of a file, print all answers, end", "wscurl -n 3 URL < lines", "websocat URL < lines", "websockets URL < lines"),
    ("Send a file of 300 kB as one binary message", "wscurl -b -T file -n 0 URL/watch", "websocat -b -u -B 1000000 URL/watch < file", "-"),
    ("Binary among text", "wscurl URL/binary", "websocat -U URL/binary", "websockets URL/binary"),
    ("A header with a token", "wscurl -H 'X-Token: secret' -d hello -n 1 URL", "echo hello | websocat -n1 -H='X-Token: secret' URL", "-"),
    ("A subprotocol that the server has", "wscurl -p chat -d hello -n 1 URL", "echo hello | websocat -n1 --protocol chat URL", "-"),
    ("TLS with a certificate of one's own", "wscurl -k -d hello -n 1 SECURE", "echo hello | websocat -n1 -k SECURE", "echo hello | websockets --insecure SECURE"),
    ("Through a SOCKS proxy", "wscurl -x socks5://PROXY -d hello -n 1 URL", "echo hello | websocat -n1 --socks5 PROXY URL", "-"),
    ("Why the server has closed (1008)", "wscurl URL/refuse", "websocat -U URL/refuse", "websockets URL/refuse"),
]  # fmt: skip


def run(command, folder):
    """What it prints, and its exit code. 8 seconds are for ever."""
    command = command.replace("wscurl ", shlex.quote(WSCURL) + " ").replace("websocat ", shlex.quote(WEBSOCAT) + " ")
    command = command.replace("websockets ", shlex.quote(WEBSOCKETS) + " ")
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    try:
        ran = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, timeout=8, env=env, check=False)
    except subprocess.TimeoutExpired as expired:
        return (expired.stdout or b"") + (expired.stderr or b""), "does not end"
    return ran.stdout + ran.stderr, f"exit {ran.returncode}"


def shown(output):
    text = output.decode(errors="backslashreplace").replace("\x1b", "\\e").replace("\r", "\\r").replace("\0", "\\0").replace("|", "\\|")
    lines = text.rstrip("\n").split("\n")
    kept = lines[:4] + (["..."] if len(lines) > 4 else [])
    return "<br>".join(f"`{line[:90]}`" for line in kept if line) or "nothing"


class Tasks(Server):
    """With two more paths."""

    async def handle(self, connection):
        path = connection.request.path
        if path == "/refuse":
            await connection.close(1008, "policy violation")
        elif path == "/binary":
            await connection.send("text")
            await connection.send(b"\x00\xff\n")
            await connection.send("more text")
        else:
            try:
                await super().handle(connection)
            except Exception:  # noqa: BLE001 - a client that breaks off is part of the comparison
                pass


def tasks(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    plain, secure = Tasks(), Tasks(context)
    plain.script = ["one", "two"]
    (folder / "lines").write_text("one\ntwo\nthree\n")
    (folder / "file").write_bytes(os.urandom(300_000))
    port = free_port()
    proxy = Program(["microsocks", "-i", "127.0.0.1", "-p", str(port)], port)
    print("| task | program | command | prints | ends with |\n|---|---|---|---|---|")
    for task, *commands in TASKS:
        for name, command in zip(("wscurl", "websocat", "websockets"), commands):
            if command == "-":
                print(f"| {task} | {name} | can't be done | | |")
                continue
            plain.received.clear()
            filled = command.replace("URL", plain.numeric_url).replace("SECURE", secure.url).replace("PROXY", f"127.0.0.1:{port}")
            output, end = run(filled, folder)
            note = ""
            if "-T file" in command or "< file" in command:
                time.sleep(1)  # The server may still be reading.
                note = f"the server got {len(plain.received)} messages, the largest of {max(map(len, plain.received), default=0)} bytes"
            print(f"| {task} | {name} | `{command.replace('|', chr(92) + '|')}` | {note or shown(output)} | {end} |")
    proxy.close()
    plain.stop()
    secure.stop()


# --- throughput


def frame(payload, opcode, fin=True):
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(payload)
    return head + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")) + payload


def source(listener, pieces):
    """Sends the pieces to one client, then closes."""
    connection = accept_silently(listener)
    try:
        for piece in [*pieces, b"\x88\x02\x03\xe8"]:
            connection.sendall(piece)
    except OSError:  # a client that has enough
        return
    connection.settimeout(30)
    while connection.recv(65536):
        pass
    connection.close()


def sink(listener, counted, size):
    """Takes at least `size` bytes that one client sends, up to its CLOSE frame, which is at the end of a read: nothing follows it."""
    connection = accept_silently(listener)
    buffer, tail = bytearray(1 << 20), b""
    while count := connection.recv_into(buffer):
        counted.append(count)
        tail = (tail + bytes(buffer[max(0, count - 8) : count]))[-8:]
        if sum(counted) >= size and (tail[-8:-6] == b"\x88\x82" or tail[-6:-4] == b"\x88\x80"):
            break
    connection.sendall(b"\x88\x02\x03\xe8")
    connection.close()


def seconds(command, serve, output, check):
    """Wall time and CPU time of the program."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        words = [word.replace("URL", f"ws://127.0.0.1:{listener.getsockname()[1]}/") for word in command]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        stdin = open(words.pop(words.index("<") + 1), "rb") if "<" in words else subprocess.DEVNULL
        words = [word for word in words if word != "<"]
        with open(output, "wb") as file:
            subprocess.run(words, stdin=stdin, stdout=file, stderr=subprocess.PIPE, timeout=300, check=False)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        thread.join(30)
    check()
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def throughput(folder):
    line = b"x" * 63
    lines, content = folder / "many-lines", folder / "large-file"
    lines.write_bytes((line + b"\n") * LINES)
    piece = os.urandom(50_000)
    content.write_bytes(piece * (FILE // len(piece)))
    output = folder / "output"
    many = frame(line, 1) * 1000
    blocks = [frame(piece, 2, fin=False)] + [frame(piece, 0, fin=False)] * (FILE // len(piece) - 1) + [frame(b"", 0)]

    def file_is(expected):
        def check():
            digests = [hashlib.file_digest(path.open("rb"), "sha256").digest() for path in (expected, output)]
            assert digests[0] == digests[1], f"{output.stat().st_size:,} bytes came"

        return check

    counted: list[int] = []

    def at_least(size):
        def check():
            received = sum(counted)
            counted.clear()
            assert received >= size, f"{received:,} bytes came"

        return check

    cases = [
        (f"{LINES:,} lines of 64 bytes received", lambda listener: source(listener, [many] * (LINES // 1000)), file_is(lines),
         [WSCURL, "URL"], [WEBSOCAT, "-U", "URL"]),
        (f"{LINES:,} lines of 64 bytes sent", lambda listener: sink(listener, counted, 63 * LINES), at_least(63 * LINES),
         [WSCURL, "-n", "0", "URL", "<", str(lines)], [WEBSOCAT, "-u", "URL", "<", str(lines)]),
        (f"{FILE // 1_000_000} MB received as one binary message", lambda listener: source(listener, blocks), file_is(content),
         [WSCURL, "-b", "URL"], [WEBSOCAT, "-b", "-U", "URL"]),
        (f"{FILE // 1_000_000} MB sent, binary", lambda listener: sink(listener, counted, FILE), at_least(FILE),
         [WSCURL, "-b", "-T", str(content), "-n", "0", "URL"], [WEBSOCAT, "-b", "-u", "URL", "<", str(content)]),
    ]  # fmt: skip
    print("| what | wscurl | websocat |\n|---|---|---|")
    for what, serve, check, *commands in cases:
        cells = []
        for command in commands:
            try:
                runs = [seconds(command, serve, output, check) for _ in range(ROUNDS)]
                cells.append(" s, CPU ".join(f"{statistics.median(column):.2f}" for column in zip(*runs)) + " s")
            except (AssertionError, subprocess.TimeoutExpired) as error:
                cells.append("not complete: " + ("no end within 300 s" if isinstance(error, subprocess.TimeoutExpired) else str(error)[-60:]))
        print(f"| {what} | {cells[0]} | {cells[1]} |", flush=True)


def main():
    version = {name: subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout.strip() for name in (WSCURL, WEBSOCAT)}
    import websockets

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        print("# wscurl beside other programs\n")
        print("Made by `make compare-tool`: every command was run, and no number was typed.")
        print(f"{version[WSCURL]}, {version[WEBSOCAT]}, websockets {websockets.version.version} (Python), Linux {platform.release()}.\n")
        print("## Ten common tasks\n\nThe server echoes, except where the path names something else. What goes to standard error is shown last.\n")
        tasks(Path(folder))
        print("\n## Throughput\n\nFrom and to a server on the same machine that sends bytes which were prepared, and throws away what it gets. Files are in")
        print(f"memory. Time from start to end and CPU time of the program, the median of {ROUNDS} runs; what came was compared with what was sent.")
        print(f"Load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
        throughput(Path(folder))
        print("\n## Size\n\n| program | bytes, stripped | needs |\n|---|---|---|")
        for name, path in (("wscurl", WSCURL), ("websocat", WEBSOCAT)):
            copy = Path(folder) / "stripped"
            subprocess.run(["strip", "-o", copy, path], check=True)
            needs = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
            names = [line.split()[0].split("/")[-1] for line in needs.splitlines() if "linux-vdso" not in line]
            print(f"| {name} | {copy.stat().st_size:,} | {', '.join(names)} |")
        print("| websockets | | Python and the package |")


if __name__ == "__main__":
    main()
