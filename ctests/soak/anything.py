"""A server that does anything: the number at the end of a path is the seed of what its connection does. `anything.py PEM` prints the ports for ws
and wss, and serves until its standard input ends."""

import random
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close_frame, frame, mixed_frames, pattern
from server import Conn

PATIENCE = 6  # longer than the client's


def reset(conn):
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def nothing(conn, draw):
    conn.read_all(PATIENCE)


def pieces(conn, data, draw):
    """In segments of any size."""
    at = 0
    while at < len(data):
        size = draw.choice([1, 100, 1000, 10_000, 100_000])
        conn.send(data[at : at + size])
        at += size


# --- before the upgrade


def head_of_garbage(conn, draw):
    conn.send(draw.randbytes(draw.randrange(5000)))


def half_a_head(conn, draw):
    head = conn.response()
    pieces(conn, head[: draw.randrange(len(head))], draw)


def slow_head(conn, draw):
    for byte in conn.response():
        conn.send(bytes([byte]))
        time.sleep(0.03)


def endless_head(conn, draw):
    conn.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        conn.send(b"X-Filler: %s\r\n" % pattern(draw.randrange(2000)).hex().encode())


def endless_interim_responses(conn, draw):
    while True:
        conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10)


def wrong_accept(conn, draw):
    conn.send(conn.response(Sec_WebSocket_Accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="))


def unknown_extension(conn, draw):
    conn.send(conn.response(Sec_WebSocket_Extensions="permessage-deflate; window=12, nonsense"))


def refused(conn, draw):
    body = draw.randbytes(draw.randrange(100_000))
    conn.send(b"HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n" % (draw.choice([200, 400, 401, 403, 404, 500, 503]), len(body) + draw.randrange(2)))
    pieces(conn, body, draw)


def endless_redirects(conn, draw):
    conn.send(b"HTTP/1.1 302 Found\r\nLocation: /more/%d\r\nContent-Length: 0\r\n\r\n" % conn.number)


# --- after it


def garbage(conn, draw):
    pieces(conn, draw.randbytes(draw.randrange(100_000)), draw)


def legal(conn, draw):
    wire, _ = mixed_frames(draw.randrange(1 << 30))
    pieces(conn, wire, draw)


def legal_with_a_wrong_bit(conn, draw):
    wire, _ = mixed_frames(draw.randrange(1 << 30))
    wire = bytearray(wire)
    for _ in range(draw.randrange(1, 5)):
        wire[draw.randrange(len(wire))] ^= 1 << draw.randrange(8)
    pieces(conn, bytes(wire), draw)


def more_than_is_sent(conn, draw):
    conn.send(frame(BINARY, b"short", length=draw.choice([6, 70_000, 1 << 20, (1 << 20) + 1, 1 << 40, (1 << 63) - 1])))


def too_large(conn, draw):
    for _ in range(100):
        conn.send(frame(BINARY, bytes(30_000), fin=False) + b"" if _ == 0 else frame(CONT, bytes(30_000), fin=False))


def empty_fragments(conn, draw):
    conn.send(frame(TEXT, b"", fin=False))
    for _ in range(200):
        conn.send(frame(CONT, b"", fin=False) * 500)


def pings(conn, draw):
    for _ in range(200):
        conn.send(frame(PING, pattern(draw.randrange(126))) * 50)


def pongs(conn, draw):
    for _ in range(200):
        conn.send(frame(PONG, b"") * 500)


def deflated(payload):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH).removesuffix(b"\0\0\xff\xff")


BOMB = deflated(bytes(200 << 20))


def bomb(conn, draw):
    pieces(conn, frame(BINARY, BOMB, rsv=4), draw)


def damaged_deflate(conn, draw):
    packed = bytearray(deflated(pattern(20_000)))
    packed[draw.randrange(len(packed))] ^= 0x55
    pieces(conn, frame(TEXT, bytes(packed), rsv=4), draw)


def closes(conn, draw):
    conn.send(draw.choice([close_frame(1000), close_frame(4999, b"bye"), frame(CLOSE), frame(CLOSE, b"\x03"), close_frame(1005), close_frame(1000, b"\xff")]))


def echo_with_pauses(conn, draw):
    for number in range(10):
        conn.send(frame(TEXT, pattern(draw.randrange(120)).hex().encode()))
        time.sleep(draw.random() / 20)
    conn.send(close_frame(1000))


BEFORE = [nothing, head_of_garbage, half_a_head, slow_head, endless_head, endless_interim_responses, wrong_accept, unknown_extension, refused, endless_redirects]
AFTER = [nothing, garbage, legal, legal_with_a_wrong_bit, more_than_is_sent, too_large, empty_fragments, pings, pongs, bomb, damaged_deflate, closes, echo_with_pauses]


def serve(sock, context, count):
    # What happens before a path is known goes by the number of the connection.
    draw = random.Random(count)
    conn = Conn(sock)
    try:
        if draw.random() < 0.05:
            return reset(conn)
        if context:
            if draw.random() < 0.1:
                head_of_garbage(conn, draw)
                return conn.read_all(1)
            conn.sock = context.wrap_socket(conn.sock, server_side=True)
        path = conn.read_request().line.split(" ")[1]
        number = int(path.rpartition("/")[2])
        draw.seed(number)
        if draw.random() < 0.3 or path.startswith("/more/"):
            conn.number = number
            (endless_redirects if path.startswith("/more/") else draw.choice(BEFORE))(conn, draw)
        else:
            compressed = bool(conn.request.get("Sec-WebSocket-Extensions"))
            conn.send(conn.response(**({"Sec_WebSocket_Extensions": "permessage-deflate"} if compressed else {})))
            for _ in range(draw.randrange(1, 4)):
                draw.choice(AFTER)(conn, draw)
        match draw.randrange(4):
            case 0:
                reset(conn)
            case 1:
                conn.read_all(draw.random() / 2)
            case 2:
                conn.close_notify() if context else conn.half_close()
            case 3:
                nothing(conn, draw)
    except (OSError, ValueError, AssertionError, EOFError, ssl.SSLError):
        pass
    finally:
        conn.sock.close()


def accept(listener, context):
    count = 0
    while True:
        sock, _ = listener.accept()
        count += 1
        threading.Thread(target=serve, args=(sock, context, count), daemon=True).start()


def main(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(2)]
    for listener, how in zip(listeners, [None, context]):
        threading.Thread(target=accept, args=(listener, how), daemon=True).start()
    print(*(listener.getsockname()[1] for listener in listeners), flush=True)
    sys.stdin.read()


main(sys.argv[1])
