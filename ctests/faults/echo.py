"""The server of the sessions. It sends "hello", expects the messages of session.c in their order, echoes them, and writes down what each
session did. In front of it are a redirect (`/redirect/NAME` instead of `/NAME`) and a proxy, which is the server itself behind the tunnel."""

import socket
import ssl
import threading
import time
import zlib
from collections import defaultdict

from frames import BINARY, CLOSE, PING, PONG, TEXT, close_frame, frame
from server import TIMEOUT, Conn

SIZES = [5, 126, 0, 3000, 150_000, 1]
EXTENSION = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
PING_AT = 3  # is sent in front of the echo of this message
HOST = "faults.test"  # interpose.c makes 127.0.0.1 of it


def message(number):
    """What session.c sends as its message of this number."""
    return bytes((i * 7 + i // 251 + number * 31) & 0x7F for i in range(SIZES[number]))


MESSAGES = [(BINARY if number % 2 else TEXT, message(number)) for number in range(len(SIZES))]


class Record:
    """What the server has seen of one session: `complete` counts the connections with all messages and a CLOSE frame."""

    def __init__(self):
        self.running = self.complete = 0
        self.lock = threading.Lock()  # a session that is tried again has two connections
        self.complaints = []

    def wait(self):
        """Until its connections have ended."""
        until = time.monotonic() + TIMEOUT
        while self.running:
            if time.monotonic() > until:
                self.complaints.append("a connection stays open")
                return
            time.sleep(0.001)


class EchoServer:
    def __init__(self, context):
        self.context = context
        self.records = defaultdict(Record)
        self.listeners = {role: socket.create_server(("127.0.0.1", 0), backlog=64) for role in ("ws", "wss", "proxy")}
        self.ports = {role: listener.getsockname()[1] for role, listener in self.listeners.items()}
        for role, listener in self.listeners.items():
            threading.Thread(target=self.accept, args=(role, listener), daemon=True).start()

    def accept(self, role, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(role, Conn(sock)), daemon=True).start()

    def serve(self, role, conn):
        """A client may leave at any moment; but what it sends must be right."""
        record = None
        try:
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if role == "proxy":
                role = self.tunnel(conn)
            if role == "wss":
                conn.sock = self.context.wrap_socket(conn.sock, server_side=True)
            record = self.open(conn, role)
            if record:
                with record.lock:
                    record.running += 1
                self.talk(conn, record)
        except AssertionError as error:
            if record and "client closed" not in str(error):
                record.complaints.append(str(error) or "assertion")
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            conn.sock.close()
            if record:
                with record.lock:
                    record.running -= 1

    def tunnel(self, conn):
        request = conn.read_request()
        port = int(request.line.split(" ")[1].rpartition(":")[2])
        conn.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return "wss" if port == self.ports["wss"] else "ws"

    def open(self, conn, role):
        """Answers the opening handshake, or redirects."""
        request = conn.read_request()
        path = request.line.split(" ")[1]
        if path.startswith("/redirect/"):
            target = f"{role}://{HOST}:{self.ports[role]}/{path.rpartition('/')[2]}"
            conn.send(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone".encode())
            return None
        record = self.records[path[1:]]
        conn.compress = bool(request.get("Sec-WebSocket-Extensions"))
        conn.send(conn.response(**({"Sec_WebSocket_Extensions": EXTENSION} if conn.compress else {})))
        return record

    def talk(self, conn, record):
        conn.send(frame(TEXT, b"hello"))
        for number, expected in enumerate(MESSAGES):
            received = self.read_message(conn)
            if received != expected:
                raise AssertionError(f"message {number} is wrong: {received[0]}, {len(received[1])} bytes {received[1][:40]}")
            if number == PING_AT:
                conn.send(frame(PING, b"are you there"))
            conn.send(self.packed(*received) if conn.compress else frame(*received))
            if number == PING_AT:
                pong = conn.read_frame()
                assert pong.key == (PONG, True, b"are you there"), f"instead of a PONG: {pong}"
        end = self.read_frame(conn)
        assert end.key == (CLOSE, True, b"\x03\xe8"), f"instead of a CLOSE: {end}"
        conn.send(close_frame(1000))
        with record.lock:
            record.complete += 1
        assert not conn.pending, "bytes after the CLOSE frame"
        if isinstance(conn.sock, ssl.SSLSocket):
            conn.close_notify()
        else:
            conn.half_close()
            assert not conn.receive(), "bytes after the CLOSE frame"

    @staticmethod
    def read_frame(conn):
        read = conn.read_frame()
        if read.key == (CLOSE, True, b"\x03\xf3"):
            raise EOFError("the client has failed, and says so with 1011")
        return read

    def read_message(self, conn):
        first = self.read_frame(conn)
        payload = [first.payload]
        last = first
        while not last.fin:
            last = conn.read_frame()
            assert last.opcode == 0, f"instead of a continuation: {last}"
            payload.append(last.payload)
        payload = b"".join(payload)
        if first.rsv == 4:
            payload = zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")
        return first.opcode, payload

    @staticmethod
    def packed(opcode, payload):
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
        return frame(opcode, packed.removesuffix(b"\0\0\xff\xff"), rsv=4)

    def close(self):
        for listener in self.listeners.values():
            listener.close()
