"""Proxies that a test plays itself. Behind the tunnel the same connection is the server's, so nothing is forwarded; only in front
of a server with TLS inside of TLS something has to be (Relay). And real proxies, started as programs of their own (Program)."""

import contextlib
import os
import re
import select
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from server import TIMEOUT

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
SOCKS4_GRANTED = b"\0\x5a\0\0\0\0\0\0"
SOCKS5_GRANTED = b"\5\0\0\1\0\0\0\0\0\0"


def read_connect(conn):
    """The request for a tunnel: `host:port` and its headers are in it."""
    request = conn.read_request()
    method, conn.target, version = request.line.split(" ")
    assert method == "CONNECT" and version in ("HTTP/1.1", "HTTP/1.0"), request.line
    return request


def grant_connect(conn, answer=ESTABLISHED):
    request = read_connect(conn)
    conn.send(answer)
    return request


def read_until_nul(conn):
    text = b""
    while (byte := conn.read_exactly(1)) != b"\0":
        text += byte
    return text


def read_socks4(conn):
    """(address or name, port, user)"""
    head = conn.read_exactly(8)
    assert head[:2] == b"\4\1", head
    user = read_until_nul(conn)
    address = socket.inet_ntoa(head[4:])
    if head[4:7] == b"\0\0\0":
        address = read_until_nul(conn).decode()
    return address, int.from_bytes(head[2:4], "big"), user


def read_socks5_offer(conn):
    version, count = conn.read_exactly(2)
    assert version == 5
    return conn.read_exactly(count)


def read_socks5_login(conn):
    version, length = conn.read_exactly(2)
    assert version == 1
    user = conn.read_exactly(length)
    return user, conn.read_exactly(conn.read_exactly(1)[0])


def read_socks5_request(conn):
    """(address or name, port)"""
    head = conn.read_exactly(4)
    assert head[:3] == b"\5\1\0", head
    match head[3]:
        case 1:
            address = socket.inet_ntoa(conn.read_exactly(4))
        case 4:
            address = socket.inet_ntop(socket.AF_INET6, conn.read_exactly(16))
        case 3:
            address = conn.read_exactly(conn.read_exactly(1)[0]).decode()
    return address, int.from_bytes(conn.read_exactly(2), "big")


def grant_socks5(conn):
    """Without a login."""
    assert 0 in read_socks5_offer(conn)
    conn.send(b"\5\0")
    target = read_socks5_request(conn)
    conn.send(SOCKS5_GRANTED)
    return target


def start_tls(conn, context):
    """The connection goes on with TLS, of which the server's side is here."""
    assert not conn.pending
    conn.sock = context.wrap_socket(conn.sock, server_side=True)
    conn.sock.settimeout(TIMEOUT)


class Relay:
    """A proxy with TLS: decrypts what its client sends, answers CONNECT itself and passes on the rest. `requests` has the heads."""

    def __init__(self, context, target):
        self.context, self.target = context, target
        self.requests = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                raw, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=(raw,), daemon=True).start()

    def handle(self, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as client:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += client.recv(1) or b"\r\n\r\n"
                self.requests.append(head)
                with socket.create_connection(("127.0.0.1", self.target)) as server:
                    client.sendall(ESTABLISHED)
                    exchange(client, server)
        except OSError:
            raw.close()

    def close(self):
        self.sock.close()


WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def exchange(client, server):
    """Passes on what each sends, and the ends of both streams. In one thread: OpenSSL's sessions are not made for two."""
    sinks = {client: server, server: client}
    waiting = {client: b"", server: b""}
    open_sources = {client, server}
    client.setblocking(False)
    server.setblocking(False)
    while open_sources or any(waiting.values()):
        sources = [source for source in open_sources if not waiting[sinks[source]]]
        if not (client in sources and client.pending()):
            select.select(sources, [sink for sink in sinks if waiting[sink]], [], TIMEOUT)
        for source in sources:
            with contextlib.suppress(*WAITS):
                data = source.recv(65536)
                waiting[sinks[source]] = data
                if not data:
                    open_sources.remove(source)
                    end(sinks[source])
        for sink in [sink for sink in sinks if waiting[sink]]:
            with contextlib.suppress(*WAITS):
                waiting[sink] = waiting[sink][sink.send(waiting[sink]) :]


def end(sink):
    """Nothing follows."""
    with contextlib.suppress(*WAITS):
        sink.unwrap() if isinstance(sink, ssl.SSLSocket) else sink.shutdown(socket.SHUT_WR)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# Seconds that a program may take to start: it ends before if it can't.
STARTS = 60


class Program:
    """A proxy that is a program, listening on `port` of 127.0.0.1. The test is skipped where it is not installed."""

    def __init__(self, command, port, environment=()):
        path = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if path is None:
            pytest.skip(f"{command[0]} is not installed")
        self.port = port
        self.process = subprocess.Popen([path, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | dict(environment))
        until = time.monotonic() + STARTS
        while not self.is_listening():
            if self.process.poll() is not None or time.monotonic() > until:
                self.close()
                raise AssertionError(f"{command[0]} does not listen: {self.process.stdout.read().decode()}")
            time.sleep(0.05)

    def is_listening(self):
        # Not by a connection, which the proxy would count.
        lines = open("/proc/net/tcp").readlines() + open("/proc/net/tcp6").readlines()
        return any(re.search(rf"^ *\d+: [0-9A-F]+:{self.port:04X} \S+ 0A ", line) for line in lines)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
