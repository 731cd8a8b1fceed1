"""A server that a test steers byte by byte. Nothing runs in the background: the test itself accepts, reads and writes."""

import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import time
from pathlib import Path

from frames import accept_for, parse_client_frame

# So long that only what never comes takes it, on a loaded machine too. The other side may run under valgrind, where a TLS handshake
# alone takes seconds.
TIMEOUT = 30.0 * float(os.environ.get("TEST_PATIENCE", "1"))


class Request:
    """The client's request head."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    @property
    def names(self):
        return [name for name, _ in self.headers]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def key(self):
        return self.get("Sec-WebSocket-Key").encode()


class Conn:
    """One accepted connection."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(TIMEOUT)
        self.pending = bytearray()
        self.request = None

    # --- bytes

    def send(self, data):
        self.sock.sendall(data)

    def send_pieces(self, pieces, pause=0.03):
        """Each piece arrives in a segment of its own."""
        for piece in pieces:
            self.send(piece)
            time.sleep(pause)

    def receive(self, timeout=TIMEOUT):
        """Adds what is there to `pending`; False at the end of the stream. Raises TimeoutError when nothing comes."""
        self.sock.settimeout(timeout)
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionResetError:
            return False
        except ssl.SSLError as error:
            if isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError)) or "timed out" in str(error):
                raise TimeoutError from error
            return False
        finally:
            self.sock.settimeout(TIMEOUT)
        self.pending += data
        return bool(data)

    def read_all(self, timeout=TIMEOUT):
        """Everything until the client closes."""
        while self.receive(timeout):
            pass
        data, self.pending = bytes(self.pending), bytearray()
        return data

    def read_exactly(self, size):
        while len(self.pending) < size:
            assert self.receive(), f"client closed after {len(self.pending)} of {size} bytes"
        data = bytes(self.pending[:size])
        del self.pending[:size]
        return data

    def silent(self, seconds=0.3):
        """True when the client sends nothing for a while."""
        if self.pending:
            return False
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False

    def closed_by_client(self, timeout=TIMEOUT):
        try:
            return not self.receive(timeout)
        except TimeoutError:
            return False

    # --- HTTP

    def read_request(self):
        while b"\r\n\r\n" not in self.pending:
            assert self.receive(), "client closed before the end of its request"
        head, _, rest = bytes(self.pending).partition(b"\r\n\r\n")
        self.pending = bytearray(rest)
        self.request = Request(head)
        return self.request

    def response(self, **headers):
        """The 101 that answers the request. A header is replaced with `name=value` (`_` for `-`) and left out with None."""
        fields = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_for(self.request.key).decode(),
        }
        for name, value in headers.items():
            name = next((known for known in fields if known.lower() == name.replace("_", "-").lower()), name.replace("_", "-"))
            fields[name] = value
        lines = ["HTTP/1.1 101 Switching Protocols"]
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    lines.append(f"{name}: {one}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def handshake(self, after=b"", **headers):
        """Reads the request and accepts it; `after` travels in the segment of the 101."""
        self.read_request()
        self.send(self.response(**headers) + after)
        return self.request

    # --- frames

    def read_frame(self, timeout=TIMEOUT):
        """The next client frame; TimeoutError when none comes, EOFError at the end of the stream."""
        until = time.monotonic() + timeout
        while True:
            parsed = parse_client_frame(self.pending)
            if parsed:
                frame, used = parsed
                del self.pending[:used]
                return frame
            if not self.receive(max(0.01, until - time.monotonic())):
                raise EOFError(f"client closed; unread: {bytes(self.pending)!r}")

    def read_frames(self, count):
        return [self.read_frame() for _ in range(count)]

    # --- ends

    def half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client was faster

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close_notify(self):
        """TLS: sends close_notify and closes."""
        self.sock.settimeout(0.2)
        try:
            self.sock.unwrap()
        except (OSError, ssl.SSLError):
            pass
        self.close()

    def close(self):
        self.sock.close()


class TlsInMemory:
    """A server's end of TLS over an accepted socket, whose records the test can hold back: `records(data)` encrypts, `sock` sends."""

    def __init__(self, sock, context):
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.call(self.tls.do_handshake)

    def call(self, function, *arguments):
        while True:
            try:
                result = function(*arguments)
                self.sock.sendall(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(self.sock.recv(1 << 16))

    def settimeout(self, timeout):
        self.sock.settimeout(timeout)

    def recv(self, size):
        return self.call(self.tls.read, size)

    def sendall(self, data):
        self.sock.sendall(self.records(data))

    def records(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def close(self):
        self.sock.close()


class Server:
    """A listening socket; `url` is where it can be found. `tls` is a server's ssl.SSLContext, `path` makes it a Unix socket."""

    def __init__(self, tls=None, family=socket.AF_INET, address=None, path=None, rcvbuf=None, sndbuf=None, backlog=16):
        self.tls = tls
        self.conns = []
        self.path = path
        if path is not None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(path)
            self.port = 0
        else:
            self.sock = socket.socket(family)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if rcvbuf:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
            if sndbuf:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
            self.sock.bind(address or (("::1" if family == socket.AF_INET6 else "127.0.0.1"), 0))
            self.port = self.sock.getsockname()[1]
        self.sock.listen(backlog)
        self.sock.settimeout(TIMEOUT)

    @property
    def host(self):
        if self.path is not None:
            return "localhost"
        return "[::1]" if self.sock.family == socket.AF_INET6 else "localhost" if self.tls else "127.0.0.1"

    @property
    def url(self):
        port = f":{self.port}" if self.port else ""
        return f"{'wss' if self.tls else 'ws'}://{self.host}{port}/"

    def accept(self):
        sock, _ = self.sock.accept()
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(TIMEOUT)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_side=True)
        conn = Conn(sock)
        self.conns.append(conn)
        return conn

    def accept_unless_over(self, drv):
        """The same, or None when the driver's command ends without a connection."""
        until, over = time.monotonic() + TIMEOUT, False
        while not self.has_connection(0 if over else 0.01):
            if over or time.monotonic() > until:
                return None
            over = drv.answered.is_set()
        return self.accept()

    def has_connection(self, timeout=0.2):
        return bool(select.select([self.sock], [], [], timeout)[0])

    def close(self):
        for conn in self.conns:
            conn.close()
        self.sock.close()
        if self.path and not self.path.startswith("\0") and os.path.exists(self.path):
            os.unlink(self.path)


class Echo:
    """The independent server of echo_server.py, in a process of its own."""

    def __init__(self, scheme, pem=None):
        command = [sys.executable, str(Path(__file__).with_name("echo_server.py"))] + ([pem] if pem else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"{scheme}://{'localhost' if pem else '127.0.0.1'}:{int(self.process.stdout.readline())}"

    def close(self):
        end(self.process)


def end(process):
    """Ends a server that runs until its input ends."""
    process.stdin.close()
    process.stdout.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
