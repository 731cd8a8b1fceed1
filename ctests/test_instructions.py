"""Instructions that one message of 16 bytes costs, counted by valgrind (callgrind), with the clients of the benchmark. A count is the
difference of two runs of different length, divided by the messages that the longer one had more; no clock is read, so other
load on the machine changes nothing. Needs the release build that `make` makes."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from conftest import LIB
from frames import BINARY, accept_for, frame, parse_client_frame

CLIENT = pathlib.Path(os.environ.get("CTESTS_DIR", "build/ctests")) / "instructions"
ECHO_DELAY = 0.0015
SIZE = 16

# work, interface, messages of the short and of the long run, upper bound of instructions a message
COUNTS = [
    ("send", "connect-only", 1_000, 5_000, 400),
    ("receive", "connect-only", 10_000, 60_000, 204),
    ("pingpong", "connect-only", 20, 220, 1_040),
    ("receive", "callbacks", 10_000, 60_000, 244),
    ("send", "callbacks", 1_000, 5_000, 1_120),
    ("pingpong", "callbacks", 20, 220, 2_900),
]

# A late answer costs a look at the clock more. It can only add, so that the least of a few counts is the right one.
ATTEMPTS = 3

pytestmark = [
    pytest.mark.skipif(LIB != "ours", reason="the bounds are those of this library"),
    pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed"),
]


@pytest.mark.parametrize("work, api, short, long, bound", COUNTS)
def test_instructions_of_a_message(work, api, short, long, bound, record_property):
    for _ in range(ATTEMPTS):
        counted = (instructions(work, api, long) - instructions(work, api, short)) / (long - short)
        if counted <= bound:
            break
    record_property("instructions", counted)
    print(f"{work}, {api}: {counted:.0f} instructions a message, at most {bound} allowed")
    assert counted <= bound


def instructions(work, api, count):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener, work, count), daemon=True)
        server.start()
        arguments = [f"work={work}", f"api={api}", f"port={listener.getsockname()[1]}", f"size={SIZE}", "warm=2", f"count={count}"]
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", CLIENT, *arguments]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        server.join(10)
    assert run.returncode == 0, run.stderr
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def serve(listener, work, count):
    """The part of the benchmark's server that these runs need: takes messages, sends messages, or returns each a little later."""
    conn, _ = listener.accept()
    with conn:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key, rest = handshake(conn)
        conn.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_for(key) + b"\r\n\r\n"
        )
        messages = client_messages(conn, rest)
        message = frame(BINARY, bytes(SIZE))
        if work == "receive":
            conn.sendall(message * 2)
            next(messages)
            conn.sendall(message * count)
        elif work == "send":
            for part in (2, count):
                for _ in range(part):
                    next(messages)
                conn.sendall(frame(BINARY, b"!"))
        else:
            for _ in range(count + 2):
                payload = next(messages)
                time.sleep(ECHO_DELAY)
                conn.sendall(frame(BINARY, payload))
        while conn.recv(4096):
            pass


def handshake(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        data += conn.recv(4096)
    head, rest = data.split(b"\r\n\r\n", 1)
    return re.search(rb"(?i)sec-websocket-key: *(\S+)", head)[1], rest


def client_messages(conn, data):
    data, at = bytearray(data), 0
    while True:
        while (parsed := parse_client_frame(data[at : at + 256])) is None:
            more = conn.recv(65536)
            if not more:
                return
            data = data[at:] + more
            at = 0
        at += parsed[1]
        yield parsed[0].payload
