"""A server made of the package `websockets`, and a runner of the program `wscurl`."""

import asyncio
import base64
import hashlib
import os
import re
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
import trustme
from websockets.asyncio.server import serve

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = (Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug/wscurl").absolute()  # some tests run it in another folder
TIMEOUT = 60


class Server:
    """Paths: `/` echoes; `/script` sends what `script` has and closes with `close`; `/watch` only listens."""

    def __init__(self, context=None, port=0):
        self.context, self.port = context, port
        self.requests, self.received, self.closed = [], [], []
        self.script, self.close = [], (1000, "")
        self.connections, self.keeps = 0, True
        self.refuse = None
        self.answer = None
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()
        assert self.ready.wait(TIMEOUT)

    @property
    def url(self):
        return f"{'wss' if self.context else 'ws'}://localhost:{self.port}"

    @property
    def numeric_url(self):
        address = self.server.sockets[0].getsockname()[0]
        return f"ws://{f'[{address}]' if ':' in address else address}:{self.port}"

    async def run(self):
        self.loop, self.end = asyncio.get_running_loop(), asyncio.Event()
        options = {"ssl": self.context, "max_size": None, "ping_interval": None, "process_request": self.look}
        async with serve(self.handle, "localhost", self.port, select_subprotocol=self.select, **options) as server:
            self.server, self.port = server, server.sockets[0].getsockname()[1]
            for other in server.sockets[1:]:
                other.close()
            self.ready.set()
            await self.end.wait()

    def stop(self):
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join(TIMEOUT)

    def kill(self):
        """Ends without a CLOSE frame, as a process that is killed."""
        self.loop.call_soon_threadsafe(lambda: [connection.transport.abort() for connection in self.server.connections])
        self.stop()

    def look(self, connection, request):
        self.requests.append(request)
        if self.answer:
            return self.answer(connection, request)
        return connection.respond(self.refuse, "not today\n") if self.refuse else None

    @staticmethod
    def select(_, offered):
        return "chat" if "chat" in offered else None

    async def handle(self, connection):
        self.connections += 1
        path = connection.request.path
        try:
            if path == "/script":
                for message in self.script:
                    await connection.send(message)
                if self.close is None:
                    connection.transport.abort()
                else:
                    await connection.close(*self.close)
                return
            if path == "/nothing":
                async for _ in connection:
                    pass
            async for message in connection:
                if self.keeps:
                    self.received.append(message)
                if path != "/watch":
                    await connection.send(message)
        finally:
            self.closed.append((connection.close_code, connection.close_reason))


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def secure_server(authority, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Server(context)
    server.ca = tmp_path / "ca.pem"
    yield server
    server.stop()


def accept_silently(listener):
    """A connection whose opening handshake was answered, and nothing else."""
    connection, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)[1]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept
    connection.sendall(head + b"\r\n\r\n")
    return connection


def serve_raw(listener, frames=b""):
    """Accepts one connection in a thread of its own, sends the bytes and reads to the end."""

    def serve():
        connection = accept_silently(listener)
        connection.sendall(frames)
        while connection.recv(4096):
            pass
        connection.close()

    threading.Thread(target=serve, daemon=True).start()


def wait_until(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, **more}


@pytest.fixture
def wscurl():
    """Runs the program and returns how it ended; output as bytes."""

    def run(*arguments, stdin=b"", timeout=TIMEOUT, **env):
        command = [PROGRAM, *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, env=environment(**env), check=False)

    return run


@pytest.fixture
def start():
    """Starts the program; it is killed at the end of the test."""
    started = []

    def run(*arguments, **options):
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment(), **options}
        started.append(subprocess.Popen([PROGRAM, *map(str, arguments)], **options))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
