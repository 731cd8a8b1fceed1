"""`wscurl --reconnect`: what is sent and counted over several connections, and when it ends."""

import os
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from conftest import TIMEOUT, Server, accept_silently, wait_until

FAST = ["--reconnect", "--reconnect-delay", "0.05:0.2"]


def lines_of(process):
    """What the program prints, as it comes."""
    lines = []
    threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True).start()
    return lines


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_server_that_is_started_again(start, end):
    """`kill` breaks off, `stop` closes with 1001."""
    server = Server()
    process = start(*FAST, "-d", "hello", server.url)
    lines = lines_of(process)
    process.stdin.write(b"one\n")
    process.stdin.flush()
    wait_until(lambda: lines == [b"hello\n", b"one\n"])
    getattr(server, end)()
    assert process.stderr.readline().startswith(b"wscurl: c")
    server = Server(port=server.port)
    try:
        wait_until(lambda: lines[2:] == [b"hello\n"])
        process.stdin.write(b"two\n")
        process.stdin.flush()
        wait_until(lambda: lines[3:] == [b"two\n"])
        assert server.received == ["hello", "two"]
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130
        wait_until(lambda: server.closed)
        assert server.closed == [(1001, "")]
    finally:
        server.stop()


def test_a_server_that_closes_in_the_normal_way_ends_it(wscurl, server):
    for close, code in (((1000, ""), 0), ((1000, "done"), 0)):
        server.close = close
        assert wscurl(*FAST, server.url + "/script").returncode == code
    assert server.connections == 2


def test_messages_are_counted_over_all_connections(wscurl, server):
    server.script, server.close = ["one", "two"], (1012, "restart")
    ran = wscurl(*FAST, "-n", 5, "-w", "%{messages_received} %{reconnects}", server.url + "/script")
    assert (ran.returncode, ran.stdout) == (0, b"one\ntwo\none\ntwo\none\n5 2") or ran.stdout.endswith(b"5 2")


def test_max_time_is_for_all_connections(wscurl, server):
    server.close = (1012, "restart")
    began = time.monotonic()
    ran = wscurl(*FAST, "-m", 1, server.url + "/script")
    assert ran.returncode == 28 and b"--max-time" in ran.stderr.splitlines()[-1]
    assert 1 <= time.monotonic() - began < 20
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert wscurl("--reconnect", "--reconnect-delay", "60", "-m", 0.5, f"ws://127.0.0.1:{port}").returncode == 28


def test_a_wrong_command_is_not_repeated(wscurl):
    for url in ("http://localhost/", "ws://"):
        assert b"again" not in wscurl(*FAST, url).stderr


def test_no_message_is_cut_off_by_a_lost_connection(start):
    """The first server reads nothing, so that a line is stuck in the middle when it breaks off."""
    lines = [b"%05d " % number + b"x" * 60_000 for number in range(400)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = listener.getsockname()[1]
        process = start(*FAST, "-n", "0", f"ws://localhost:{port}/watch")
        threading.Thread(target=feed, args=(process.stdin, lines), daemon=True).start()
        connection = accept_silently(listener)
        time.sleep(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    server = Server(port=port)
    try:
        assert process.wait(TIMEOUT) == 0, process.stderr.read()
        assert b"connecting again" in process.stderr.read()
        wait_until(lambda: server.closed)
        first = int(server.received[0][:5])
        # What the first server's buffers had is lost, and nothing else.
        assert 0 < first < 399
        assert [message.encode() for message in server.received] == lines[first:]
    finally:
        server.stop()


def test_a_file_begins_again_after_a_lost_connection(start, tmp_path):
    content = os.urandom(20_000_000)
    (tmp_path / "file").write_bytes(content)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = start(*FAST, "-b", "-T", tmp_path / "file", "-n", "0", f"ws://localhost:{port}/watch", stdin=subprocess.DEVNULL)
        connection = accept_silently(listener)
        time.sleep(0.5)
        connection.close()
    server = Server(port=port)
    try:
        assert process.wait(TIMEOUT) == 0, process.stderr.read()
        wait_until(lambda: server.received)
        assert server.received == [content]
    finally:
        server.stop()


def test_a_message_from_a_pipe_cannot_begin_again(start):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = start(*FAST, "-b", "-T", "-", f"ws://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=feed, args=(process.stdin, [b"x" * 60_000] * 400), daemon=True).start()
        connection = accept_silently(listener)
        time.sleep(0.5)
        connection.close()
    assert process.wait(TIMEOUT) == 26
    assert b"the connection was lost inside the message" in process.stderr.read()


def feed(pipe, lines):
    try:
        for line in lines:
            pipe.write(line + b"\n")
        pipe.close()
    except OSError:
        pass
