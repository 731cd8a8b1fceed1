"""Limits that docs/limits.md names, just below and just above. Those of the other files are named there."""

import itertools
import threading
import time

import pytest
from driver import AGAIN, BAD_ARGUMENT, FILESIZE_EXCEEDED, OK, RECV_ERROR, TIMEDOUT, TOO_LARGE
from frames import BINARY, CLOSE, CONT, PONG, TEXT, accept_for, frame

MIB = 1 << 20
FRAMES = 1_000_000
EMPTY = frame(CONT, fin=False)


def sending(conn, *series):
    """The server sends while the test goes on."""

    def send():
        try:
            for part in itertools.chain(*series):
                conn.send(part)
        except OSError:
            pass

    threading.Thread(target=send, daemon=True).start()


@pytest.mark.parametrize("frames, code", [(FRAMES, OK), (FRAMES + 1, TOO_LARGE)])
def test_frames_of_a_message(drv, srv, frames, code):
    conn = drv.connect(srv)
    sending(conn, [frame(TEXT, b"a", fin=False) + EMPTY * (frames - 2) + frame(CONT, b"b")])
    line = drv.do("recv_message", 60_000)
    assert line.code == code
    if code == OK:
        assert line.data == b"ab"
    else:
        assert "1000000 frames" in line.error
        last = conn.read_frame()
        assert (last.opcode, last.payload) == (CLOSE, (1009).to_bytes(2, "big"))


def test_frames_are_counted_for_each_message(drv, srv):
    conn = drv.connect(srv)
    message = frame(TEXT, b"a", fin=False) + EMPTY * (FRAMES // 2) + frame(CONT, b"b")
    sending(conn, [message] * 3)
    for _ in range(3):
        assert drv.do("recv_message", 60_000).data == b"ab"


@pytest.mark.parametrize("first, more", [(frame(TEXT, b"a", fin=False), EMPTY), (b"", frame(PONG, b"p"))])
def test_a_flood_ends_with_the_time(drv, srv, first, more):
    """The time is looked at while frames come that do not complete a message."""
    conn = drv.connect(srv)
    sending(conn, [first], itertools.repeat(more * 10_000))
    began = time.monotonic()
    assert drv.do("recv_message", 0).code == AGAIN
    assert drv.do("recv_message", 10).code == TIMEDOUT
    assert time.monotonic() - began < 5


# --- the opening handshake


def answered(drv, srv, head):
    """What becomes of a transfer whose server answers with `head`, which gets the right Sec-WebSocket-Accept."""
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    accept = accept_for(conn.read_request().key)
    sending(conn, [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n" + head])
    return drv.end()


# The length of the head above without what is added.
HEAD = 34 + 20 + 21 + 52


@pytest.mark.parametrize("size, code", [(102_399, OK), (102_400, TOO_LARGE)])
def test_bytes_of_a_header_line(drv, srv, size, code):
    assert answered(drv, srv, b"X: " + b"x" * (size - 5) + b"\r\n\r\n").code == code


@pytest.mark.parametrize("count, code", [(5000, OK), (5001, TOO_LARGE)])
def test_headers_of_a_response(drv, srv, count, code):
    assert answered(drv, srv, b"X: y\r\n" * (count - 3) + b"\r\n").code == code


@pytest.mark.parametrize("size, code", [(307_200, OK), (307_201, RECV_ERROR)])
def test_bytes_of_the_heads_of_a_response(drv, srv, size, code):
    lines = [100_000, 100_000, 100_000]
    lines.append(size - HEAD - sum(lines) - 2)
    assert answered(drv, srv, b"".join(b"X: " + b"x" * (line - 5) + b"\r\n" for line in lines) + b"\r\n").code == code


def test_bytes_of_a_request(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, USERAGENT="a")
    drv.begin("perform")
    conn = srv.accept()
    without = len(conn.handshake().raw + b"\r\n\r\n") - 1
    assert drv.end().code == OK
    drv.setopt("USERAGENT", "a" * (MIB - without))
    assert drv.upgrade(srv)
    drv.setopt("USERAGENT", "a" * (MIB - without + 1))
    assert drv.do("perform").code == TOO_LARGE


@pytest.mark.parametrize("size, code", [(8_000_000, OK), (8_000_001, BAD_ARGUMENT)])
def test_bytes_of_an_option(drv, size, code):
    drv.init()
    assert drv.do("setopt", "USERAGENT", "a" * size).code == code


# --- messages


@pytest.mark.parametrize("limit, size", [(0, 64 * MIB), (1000, 1000)])
def test_the_largest_message(drv, srv, limit, size):
    """One byte more is in test_endpoint.py."""
    conn = drv.connect(srv, WS_MAX_MESSAGE_SIZE=limit)
    sending(conn, [frame(BINARY, bytes(size))])
    line = drv.do("recv_message", 60_000)
    assert (line.code, line["n"]) == (OK, size)


@pytest.mark.parametrize("flags", ["ping", "pong"])
@pytest.mark.parametrize("size, code", [(125, OK), (126, TOO_LARGE)])
def test_bytes_of_a_control_frame(drv, srv, flags, size, code):
    drv.connect(srv)
    assert drv.do("ws_send", flags, b"x" * size).code == code


@pytest.mark.parametrize("size, code", [(123, OK), (124, BAD_ARGUMENT)])
def test_bytes_of_the_reason_of_a_close_frame(drv, srv, size, code):
    drv.connect(srv)
    assert drv.do("ws_close", 1000, b"x" * size).code == code



# --- CURLOPT_MAXFILESIZE


def written(result):
    return b"".join(event.data for event in result.events if event.name == "write")


@pytest.mark.must
@pytest.mark.timing
@pytest.mark.parametrize("option", ["MAXFILESIZE", "MAXFILESIZE_LARGE"])
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_more_than_maxfilesize(drv, srv, option, by):
    conn = drv.start(srv, by=by, **{option: 50})
    conn.send(frame(TEXT, b"a" * 20) + frame(TEXT, b"b" * 100))
    result = drv.end()
    assert result.code == FILESIZE_EXCEEDED
    assert conn.closed_by_client()
    assert 20 < len(written(result)) <= 50


@pytest.mark.must
@pytest.mark.timing
@pytest.mark.parametrize("size", [9, 10, 11])
@pytest.mark.parametrize("after", [False, True])
def test_maxfilesize_of_raw_bytes(drv, srv, size, after):
    data = bytes(range(size))
    conn = drv.start(srv, after=data if after else b"", WS_OPTIONS=1, MAXFILESIZE=10)
    if not after:
        conn.send(data)
    conn.close()
    result = drv.end()
    assert result.code == (OK if size <= 10 else FILESIZE_EXCEEDED)
    assert written(result) == data[:10]


@pytest.mark.parametrize("messages, code", [([b"a" * 10], OK), ([b"a" * 6, b"", b"b" * 4, b""], OK), ([b"a" * 10, b"b"], FILESIZE_EXCEEDED)])
def test_maxfilesize_counts_payload(drv, srv, messages, code):
    conn = drv.start(srv, MAXFILESIZE=10)
    conn.send(b"".join(frame(TEXT, message) for message in messages))
    conn.close()
    result = drv.end()
    assert result.code == code
    assert written(result) == b"".join(messages)[:10]


@pytest.mark.must
def test_maxfilesize_is_a_limit_of_callback_mode(drv, srv):
    conn = drv.connect(srv, MAXFILESIZE=2)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame", wait=1000).data == b"hello"


@pytest.mark.must
def test_maxfilesize_0_is_no_limit(drv, srv):
    conn = drv.start(srv, MAXFILESIZE=0)
    conn.send(frame(TEXT, b"hello"))
    conn.close()
    result = drv.end()
    assert (result.code, written(result)) == (OK, b"hello")
