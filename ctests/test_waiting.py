"""Waiting with the descriptor of CURLINFO_ACTIVESOCKET."""

import pytest
from driver import AGAIN, OK
from frames import BINARY, PING, PONG, TEXT, frame, pattern

must = pytest.mark.must
memcheck = pytest.mark.memcheck


@must
@memcheck
def test_descriptor_is_readable_when_a_frame_is_there(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    assert drv.getinfo("ACTIVESOCKET") == "open"
    conn.send(frame(TEXT, b"x"))
    assert drv.do("poll", 2000)["ready"] == 1
    assert drv.do("frame").data == b"x"


@must
def test_descriptor_is_quiet_on_an_idle_connection(drv, srv):
    drv.connect(srv)
    assert drv.do("poll", 100)["ready"] == 0
    assert drv.do("poll", 100, "out")["ready"] == 1


@must
def test_there_is_no_descriptor_without_a_connection(drv, srv):
    drv.init(srv.url)
    assert drv.getinfo("ACTIVESOCKET") == "none"
    assert drv.getinfo("LASTSOCKET") == -1


@memcheck
@pytest.mark.parametrize("count", [2, 3, 10, 200])
def test_poll_then_one_recv_never_misses_a_frame_of_a_burst(drv, srv, count):
    """A TCP connection: the descriptor stays readable while frames are left."""
    conn = drv.connect(srv)
    conn.send(b"".join(frame(TEXT, b"%d" % i) for i in range(count)))
    for i in range(count):
        assert drv.do("poll", 2000)["ready"] == 1, i
        assert drv.do("ws_recv", 100).data == b"%d" % i
    assert drv.do("poll", 100)["ready"] == 0


def test_poll_loop_over_large_and_small_frames(drv, srv):
    conn = drv.connect(srv)
    sizes = [0, 1, 70_000, 5, 200_000, 0, 3, 20_000, 1]
    drv.begin("sleep", 50)
    conn.send(b"".join(frame(BINARY, pattern(size)) for size in sizes))
    drv.end()
    got, size = [], 0
    while len(got) < len(sizes):
        assert drv.do("poll", 2000)["ready"] == 1, got
        line = drv.do("ws_recv", 40_000)
        if line.code == AGAIN:
            continue
        assert line.code == OK
        size += line["n"]
        if line["left"] == 0:
            got.append(size)
            size = 0
    assert got == sizes


@pytest.mark.parametrize("wait", ["poll", "select"])
def test_pings_among_frames_do_not_stop_a_waiting_loop(drv, srv, wait):
    conn = drv.connect(srv)
    conn.send(frame(PING, b"1") + frame(TEXT, b"a") + frame(PING, b"2") + frame(TEXT, b"b") + frame(PING, b"3"))
    got = []
    while len(got) < 2:
        assert drv.do(wait, 2000)["ready"] == 1
        line = drv.do("ws_recv", 100)
        got += [line.data] if line.code == OK else []
    assert got == [b"a", b"b"]
    if drv.do(wait, 200)["ready"]:
        assert drv.do("ws_recv", 100).code == AGAIN
    answers = [conn.read_frame()]
    while answers[-1].payload != b"3":
        answers.append(conn.read_frame())
    assert all(answer.opcode == PONG for answer in answers)
