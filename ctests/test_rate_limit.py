"""CURLOPT_MAX_RECV_SPEED_LARGE and CURLOPT_MAX_SEND_SPEED_LARGE: averages for what callbacks get and give, without a busy loop."""

import os
import time

import pytest
from driver import BAD_ARGUMENT, OK
from frames import BINARY, CLOSE, PING, PONG, TEXT, frame

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def processor_seconds(drv):
    times = open(f"/proc/{drv.process.pid}/stat").read().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def end_stream(conn):
    conn.close_notify() if hasattr(conn.sock, "unwrap") else conn.close()


def received(result):
    return sum(event["n"] for event in result.events if event.name == "write")


@must
@timing
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_receiving_is_limited(drv, any_srv, trust, by):
    conn = drv.start(any_srv, by=by, MAX_RECV_SPEED_LARGE=20_000, **trust)
    started, used = time.monotonic(), processor_seconds(drv)
    conn.send(frame(BINARY, bytes(60_000)))
    end_stream(conn)
    result = drv.end(timeout=20)
    took = time.monotonic() - started
    assert result.code == OK
    assert received(result) == 60_000
    assert 1.4 < took < 15
    assert processor_seconds(drv) - used < 0.5


@timing
def test_frames_larger_than_the_limit_come_in_pieces(drv, srv):
    conn = drv.start(srv, MAX_RECV_SPEED_LARGE=10_000)
    conn.send(frame(TEXT, b"a" * 15_000) + frame(TEXT, b"b"))
    conn.close()
    result = drv.end(timeout=20)
    assert result.code == OK
    sizes = [event["n"] for event in result.events if event.name == "write"]
    assert sum(sizes) == 15_001
    assert 2 < len(sizes) < 20 and max(sizes) <= 10_000


@must
@timing
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_sending_is_limited(drv, srv, by):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on", MAX_SEND_SPEED_LARGE=20_000)
    drv.do("upload", "pattern:60000")
    drv.begin("perform", **({} if by == "easy" else {"by": by}))
    conn = srv.accept()
    conn.handshake()
    started, used = time.monotonic(), processor_seconds(drv)
    size = 0
    while size < 60_000:
        size += len(conn.read_frame(timeout=10).payload)
    took = time.monotonic() - started
    conn.send(frame(TEXT, b"thanks"))
    conn.close()
    assert drv.end().code == OK
    assert 1.4 < took < 15
    assert processor_seconds(drv) - used < 0.5


@timing
def test_pings_are_answered_while_the_limit_holds(drv, srv):
    conn = drv.start(srv, MAX_RECV_SPEED_LARGE=1000)
    conn.send(frame(BINARY, bytes(2000)) + frame(PING, b"p"))
    assert conn.read_frame(timeout=10).key == (PONG, True, b"p")
    conn.send(frame(CLOSE, b"\x03\xe8"))
    assert conn.read_frame(timeout=10).opcode == CLOSE
    conn.close()
    assert drv.end().code == OK


@must
def test_speeds_are_not_negative(drv):
    drv.init()
    for option in ("MAX_RECV_SPEED_LARGE", "MAX_SEND_SPEED_LARGE"):
        assert drv.setopt_code(option, -1) == BAD_ARGUMENT
        assert drv.setopt_code(option, 0) == OK


@must
@timing
def test_calls_on_an_open_connection_are_not_limited(drv, srv):
    conn = drv.connect(srv, MAX_RECV_SPEED_LARGE=1000, MAX_SEND_SPEED_LARGE=1000)
    started = time.monotonic()
    assert drv.do("ws_send", "binary", b"repeat:20000:61").code == OK
    assert len(conn.read_frame().payload) == 20_000
    conn.send(frame(BINARY, bytes(20_000)))
    left = 20_000
    while left:
        result = drv.do("ws_recv", 30_000, wait=5000)
        assert result.code == OK
        left -= result["n"]
    assert time.monotonic() - started < 5
