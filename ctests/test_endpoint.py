"""What only wscurl has, compression apart: strict mode, curl_ws_close, curl_ws_poll, keep-alive, size limits, whole messages, the open
callback, infos of the negotiation."""

import struct
import threading
import time

import pytest
from driver import (
    ABORTED, AGAIN, BAD_ARGUMENT, FAILED_INIT, GOT_NOTHING, OK, RECURSIVE, RECV_ERROR, SEND_ERROR, TIMEDOUT, TOO_LARGE, UNSUPPORTED_PROTOCOL,
)  # fmt: skip
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close_frame, frame, pattern

memcheck = pytest.mark.memcheck

STRICT, COMPRESS, NOAUTOPONG, RAW = 1 << 17, 1 << 16, 2, 1
RTT, EXTENSIONS, PROTOCOL, CLOSE_CODE = "WS_RTT_US", "WS_EXTENSIONS", "WS_PROTOCOL", "WS_CLOSE_CODE"
CLOSE_REASON, TIMEOUT = "WS_CLOSE_REASON", "WS_TIMEOUT_MS"


def code(number, reason=b""):
    return struct.pack(">H", number) + reason


def strict(drv, srv, **options):
    return drv.connect(srv, WS_OPTIONS=STRICT, **options)


def recv(drv, size=1000, wait=3000):
    return drv.do("ws_recv", size, wait=wait)


# --- strict: the end


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("mode", ["perform", "multi"])
def test_what_follows_the_servers_close_frame_is_not_delivered(drv, any_srv, trust, apart, mode):
    drv.init(any_srv.url, WS_OPTIONS=STRICT, WRITEFUNCTION="on", **trust)
    if mode == "multi":
        drv.do("multi_init")
        drv.do("multi_add")
    drv.begin(*(["perform"] if mode == "perform" else ["multi_drive", 5000]))
    conn = any_srv.accept()
    conn.handshake()
    late = frame(TEXT, b"late") + frame(TEXT, b"later", fin=False)
    conn.send(close_frame(1000) + (b"" if apart else late))
    if apart:
        assert conn.read_frame().opcode == CLOSE
        conn.send(late)
        time.sleep(0.1)
        conn.send(frame(CONT, b"end"))
    conn.close()
    assert [event.data for event in drv.end().events if event.name == "write"] == [code(1000)]


# --- strict: text


@pytest.mark.parametrize("cut", range(1, 9))
def test_text_is_checked_across_chunks_and_fragments(drv, srv, cut):
    conn = strict(drv, srv)
    text = "κό€𝄞".encode()
    conn.send(frame(TEXT, text[:cut], fin=False) + frame(PING) + frame(CONT, text[cut:]))
    assert [recv(drv, 3).code for _ in range(4)] == [OK] * 4


@memcheck
@pytest.mark.parametrize("bad", [b"\xff", b"ab\xc0", b"\xed\xa0\x80", b"\xf4\x90", b"\xf8"])
def test_bad_text_fails_with_1007_at_the_first_bad_byte(drv, srv, bad):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, bad, length=100))
    for _ in range(2):
        line = recv(drv)
        assert line.code == RECV_ERROR and "RFC 6455 section 8.1" in line.error
    assert conn.read_frame().key == (CLOSE, True, code(1007))
    assert drv.do("ws_send", "text", "late").code == RECV_ERROR


@pytest.mark.parametrize("bad", [b"\xce", b"ab\xffcd", b"\xe2\x82"])
def test_a_whole_frame_of_bad_text_is_not_delivered(drv, srv, bad):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, bad))
    for _ in range(2):
        line = recv(drv)
        assert line.code == RECV_ERROR and "RFC 6455 section 8.1" in line.error
    assert conn.read_frame().key == (CLOSE, True, code(1007))


def test_text_must_not_end_inside_a_character(drv, srv):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, b"\xe2\x82", fin=False) + frame(CONT, b""))
    assert recv(drv).code == OK
    assert recv(drv).code == RECV_ERROR


def test_binary_and_lenient_text_are_not_checked(drv, srv, new_driver):
    conn = strict(drv, srv)
    conn.send(frame(BINARY, b"\xff"))
    assert recv(drv).code == OK
    lenient = new_driver()
    conn = lenient.connect(srv)
    conn.send(frame(TEXT, b"\xff"))
    assert recv(lenient).code == OK


def test_what_came_before_a_fault_is_delivered(drv, srv):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, b"good") + frame(TEXT, b"\xff"))
    assert recv(drv).data == b"good"
    assert drv.do("ws_send", "text", "answer").code == OK
    assert recv(drv).code == RECV_ERROR
    assert [conn.read_frame().key for _ in range(2)] == [(TEXT, True, b"answer"), (CLOSE, True, code(1007))]


@memcheck
@pytest.mark.parametrize("before", [b"", b"good"])
def test_text_that_is_not_utf8_is_never_delivered(drv, srv, before):
    """Alone, so that the call that reads it from the socket is the one that checks it."""
    conn = strict(drv, srv)
    conn.send(frame(TEXT, before + b"\xff"))
    time.sleep(0.2)
    for _ in range(2):
        assert recv(drv).code == RECV_ERROR
    assert conn.read_frame().key == (CLOSE, True, code(1007))


# --- strict: CLOSE


@memcheck
@pytest.mark.parametrize("payload, answer, shown", [(code(1000, b"bye"), code(1000), 1000), (b"", b"", 1005), (code(4321), code(4321), 4321)])
def test_close_is_answered_and_ends_the_connection(drv, any_srv, trust, payload, answer, shown):
    conn = strict(drv, any_srv, **trust)
    assert drv.getinfo(CLOSE_CODE) == 0
    conn.send(frame(TEXT, b"last") + frame(CLOSE, payload) + frame(TEXT, b"beyond"))
    assert recv(drv).data == b"last"
    line = recv(drv)
    assert (line.code, line.data, line.flags) == (OK, payload, "close")
    assert conn.read_frame().key == (CLOSE, True, answer)
    for _ in range(2):
        assert drv.do("ws_recv", 100).code == GOT_NOTHING
    assert drv.do("ws_send", "text", "late").code == SEND_ERROR
    assert drv.getinfo(CLOSE_CODE) == shown
    assert drv.do("ws_poll", "in", 1000)["in"] == 1


def test_what_came_before_a_close_can_be_answered(drv, srv):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, b"question") + close_frame(1000))
    assert recv(drv).data == b"question"
    assert drv.do("ws_poll", "in", 1000)["in"] == 1
    assert drv.do("ws_send", "text", "answer").code == OK
    assert recv(drv).flags == "close"
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, True, b"answer"), (CLOSE, True, code(1000))]


def test_an_upload_ends_with_the_servers_close(drv, srv):
    drv.init(srv.url, WS_OPTIONS=STRICT, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.do("quiet", "read")
    drv.do("upload", "repeat:100000000:61", chunk=1000)
    conn = drv.restart(srv)
    conn.read_frame()
    conn.send(close_frame(1000))
    while (seen := conn.read_frame()).opcode == BINARY:
        pass
    assert seen.key == (CLOSE, True, code(1000))
    conn.close()
    assert drv.end().code == OK


def test_close_comes_in_pieces_of_the_buffer(drv, srv):
    conn = strict(drv, srv)
    whole = close_frame(1000, b"reason")
    conn.send_pieces([whole[:3], whole[3:]])
    assert [recv(drv, 5).meta for _ in range(2)] == [("close", 0, 5, 3), ("close", 5, 3, 0)]


@memcheck
@pytest.mark.parametrize(
    "payload, status",
    [(b"\x03", 1002), (code(1005), 1002), (code(999), 1002), (code(5000), 1002), (code(1015), 1002), (code(1000, b"\xff"), 1007)],
)
def test_a_bad_close_fails(drv, srv, payload, status):
    conn = strict(drv, srv)
    conn.send(frame(CLOSE, payload))
    line = recv(drv)
    assert line.code == RECV_ERROR and "CLOSE" in line.error
    assert conn.read_frame().key == (CLOSE, True, code(status))


def test_lenient_mode_shows_close_and_nothing_else(drv, srv):
    conn = drv.connect(srv)
    conn.send(close_frame(1001) + frame(TEXT, b"beyond"))
    assert recv(drv).flags == "close"
    assert recv(drv).data == b"beyond"
    assert drv.getinfo(CLOSE_CODE) == 1001
    assert conn.silent()


@memcheck
@pytest.mark.parametrize(
    "payload, shown", [(b"", 1005), (b"\x03", 1005), (code(1000), 1000), (code(999), 999), (b"\xff\xffreason", 65535)]
)
@pytest.mark.parametrize("pieces", [1, 2])
def test_lenient_mode_shows_the_status_code_that_came(drv, srv, payload, shown, pieces):
    """One byte is half a status code, and so none (RFC 6455 sections 5.5.1 and 7.1.5)."""
    conn = drv.connect(srv)
    conn.send(frame(CLOSE, payload))
    got = b""
    while len(got) < len(payload) or not payload:
        line = recv(drv, 1 if pieces == 2 else 100)
        assert (line.code, line.flags) == (OK, "close")
        got += line.data
        if not payload:
            break
    assert got == payload
    assert drv.getinfo(CLOSE_CODE) == shown


@memcheck
@pytest.mark.parametrize("payload, shown", [(b"", 1005), (b"\x03", 1005), (code(1001, b"bye"), 1001)])
def test_the_status_code_after_a_transfer_with_callbacks(drv, any_srv, trust, payload, shown):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(CLOSE, payload))
    assert drv.event("write").data == payload
    conn.close_notify() if any_srv.tls else conn.close()
    assert drv.end().code == OK
    assert drv.getinfo(CLOSE_CODE) == shown


@memcheck
@pytest.mark.parametrize("options", [STRICT, 0])
@pytest.mark.parametrize("payload, shown", [(b"", ""), (code(1000), ""), (code(4000, b"done"), "done"), (code(4000, b"a\0b"), "a")])
def test_the_reason_of_a_close(drv, srv, options, payload, shown):
    conn = drv.connect(srv, WS_OPTIONS=options)
    assert drv.getinfo(CLOSE_REASON) == "(null)"
    conn.send(frame(CLOSE, payload))
    assert recv(drv).data == payload
    assert drv.getinfo(CLOSE_REASON) == shown


def test_the_reason_of_a_close_that_comes_in_pieces(drv, srv):
    conn = drv.connect(srv)
    payload = code(1011, b"r" * 123)
    conn.send(frame(CLOSE, payload))
    assert b"".join(recv(drv, 25).data for _ in range(5)) == payload
    assert drv.getinfo(CLOSE_REASON) == "r" * 123


@memcheck
def test_the_reason_of_a_close_after_a_transfer_with_callbacks(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(CLOSE, code(1001, b"restart")))
    conn.close()
    assert drv.end().code == OK
    assert drv.getinfo(CLOSE_REASON) == "restart"
    assert drv.getinfo(TIMEOUT) == -1


def test_the_own_close_is_checked_and_the_last_frame(drv, srv):
    conn = strict(drv, srv)
    for payload in (b"\x03", code(1006), code(1000, b"\xff")):
        assert drv.do("ws_send", "close", payload).code == BAD_ARGUMENT
    assert drv.do("ws_send", "close", code(1000)).code == OK
    assert drv.do("ws_send", "text", "late").code == SEND_ERROR
    conn.send(frame(TEXT, b"still") + close_frame(1000))
    assert recv(drv).data == b"still"
    assert recv(drv).flags == "close"
    assert conn.read_frame().key == (CLOSE, True, code(1000))
    assert conn.silent()


@pytest.mark.parametrize("ends", [True, False])
def test_callback_mode_ends_after_the_closing_handshake(drv, any_srv, trust, ends):
    conn = drv.start(any_srv, WS_OPTIONS=STRICT, **trust)
    began = time.monotonic()
    conn.send(frame(TEXT, b"text") + close_frame(1000))
    assert conn.read_frame().key == (CLOSE, True, code(1000))
    if ends:
        conn.close()
    result = drv.end()
    assert result.code == OK
    assert [event.flags for event in result.events if event.name == "write"] == ["text", "close"]
    assert time.monotonic() - began < (2 if ends else 5)


# --- curl_ws_close


@memcheck
@pytest.mark.parametrize("options", [0, STRICT])
def test_ws_close(drv, srv, options):
    conn = drv.connect(srv, WS_OPTIONS=options)
    assert drv.do("ws_close", 4000, "done").code == OK
    assert conn.read_frame().key == (CLOSE, True, code(4000, b"done"))
    for command in (["ws_close", 1000], ["ws_send", "text", "late"], ["ws_send", "ping", "late"], ["start_frame", "text", 1]):
        assert drv.do(*command).code == SEND_ERROR
    conn.send(close_frame(4000))
    assert recv(drv).flags == "close"


def test_ws_close_checks_code_and_reason(drv, srv):
    conn = drv.connect(srv)
    for number in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536, 66536):
        assert drv.do("ws_close", number).code == BAD_ARGUMENT, number
    assert drv.do("ws_close", 1000, "repeat:124:61").code == BAD_ARGUMENT
    assert drv.do("ws_close", 1000, b"\xff").code == BAD_ARGUMENT
    assert conn.silent(0.1)
    assert drv.do("ws_close", 1000, "repeat:123:61").code == OK
    assert conn.read_frame().payload == code(1000, b"a" * 123)


def test_ws_close_never_splits_a_frame(drv, srv):
    conn = drv.connect(srv)
    assert drv.do("ws_send", "binary+offset", "ab", frag=4).code == OK
    assert drv.do("ws_close", 1000).code == SEND_ERROR
    assert drv.do("ws_send", "binary+offset", "cd").code == OK
    assert drv.do("ws_close", 1000).code == OK
    assert [one.key for one in conn.read_frames(2)] == [(BINARY, True, b"abcd"), (CLOSE, True, code(1000))]


def test_ws_close_elsewhere(drv, srv):
    drv.init(srv.url)
    assert drv.do("ws_close", 1000).code == SEND_ERROR
    assert drv.do("@null ws_close", 1000).code == BAD_ARGUMENT
    drv.connect(srv, slot="@1 ", WS_OPTIONS=RAW)
    assert drv.do("@1 ws_close", 1000).code == FAILED_INIT


def test_ws_close_inside_a_callback(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "ws_close", 1000)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    assert conn.read_frame().key == (CLOSE, True, code(1000))
    conn.send(close_frame(1000))
    conn.close()
    assert drv.end().code == OK


# --- curl_ws_poll


def test_poll_looks_and_waits(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    line = drv.do("ws_poll", "in", 0)
    assert (line.code, line["in"]) == (OK, 0) and line["ms"] < 1000
    line = drv.do("ws_poll", "in", 200)
    assert (line.code, line["in"]) == (OK, 0) and 190 <= line["ms"] < 5000
    drv.begin("ws_poll", "in", -1)
    time.sleep(0.1)
    conn.send(frame(TEXT, b"x"))
    assert drv.end()["in"] == 1
    assert drv.do("ws_poll", "in", 0)["in"] == 1
    assert recv(drv).code == OK
    assert drv.do("ws_poll", "in", 0)["in"] == 0


@memcheck
def test_poll_counts_what_is_buffered(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust, after=frame(TEXT, b"one") + frame(TEXT, b"two"))
    for _ in range(2):
        assert drv.do("ws_poll", "in", 1000)["in"] == 1
        assert drv.do("ws_recv", 100).code == OK
    assert drv.do("ws_poll", "in", 0)["in"] == 0
    conn.send(frame(TEXT, b"three")[:1])
    assert drv.do("ws_poll", "in", 100)["in"] == 0


def test_poll_answers_pings_meanwhile(drv, srv):
    conn = drv.connect(srv)
    drv.begin("ws_poll", "in", 1000)
    conn.send(frame(PING, b"p"))
    assert conn.read_frame().key == (PONG, True, b"p")
    line = drv.end()
    assert (line["in"], line.code) == (0, OK) and line["ms"] >= 990


@memcheck
def test_a_wait_is_ended_by_a_wakeup_before_it(drv, srv):
    conn = drv.connect(srv)
    for _ in range(3):
        assert drv.do("ws_wakeup").code == OK
    line = drv.do("ws_poll", "in", 10000)
    assert (line.code, line["in"]) == (OK, 0) and line["ms"] < 5000
    # Several are one.
    assert drv.do("ws_poll", "in", 100)["ms"] >= 90
    assert drv.do("ws_wakeup").code == OK
    conn.send(frame(TEXT, b"begun", fin=False))
    drv.do("ws_poll", "in", 1000)
    assert drv.do("recv_message", 10000).code == AGAIN
    conn.send(frame(CONT, b" and ended"))
    line = drv.do("recv_message", 10000)
    assert (line.code, line.data) == (OK, b"begun and ended")


def test_a_message_that_waits_for_the_socket_is_not_ended_by_a_wakeup(drv, new_server):
    srv = new_server(rcvbuf=4096)
    conn = drv.connect(srv)
    assert drv.do("ws_wakeup").code == OK
    drv.begin("send_message", "binary", "pattern:10000000", wait=30000)
    assert len(conn.read_frame(timeout=30).payload) == 10_000_000
    assert drv.end().code == OK
    assert drv.do("ws_poll", "in", 10000)["ms"] < 5000


def test_a_wakeup_elsewhere(drv, srv):
    drv.init(srv.url)
    assert drv.do("ws_wakeup").code == OK
    assert drv.do("@null ws_wakeup").code == BAD_ARGUMENT
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"x"))
    line = drv.do("recv_message", 10000)
    assert line.code in (AGAIN, OK)


def test_poll_for_writing(drv, new_server):
    srv = new_server(rcvbuf=4096)
    conn = drv.connect(srv)
    line = drv.do("ws_poll", "in+out", 1000)
    assert (line["in"], line["out"]) == (0, 1)
    size = 10_000_000
    line = drv.do("ws_send_all", "binary", f"pattern:{size}", wait=0)
    assert line.code == AGAIN
    sent = line["sent"]
    line = drv.do("ws_poll", "out", 200)
    assert (line["out"], line.code) == (0, OK) and line["ms"] >= 190
    drv.begin("ws_poll", "out", 5000)
    conn.read_exactly(sent // 2)
    assert drv.end()["out"] == 1


def test_poll_tells_of_the_end(drv, srv):
    conn = drv.connect(srv)
    conn.close()
    assert drv.do("ws_poll", "in", 3000)["in"] == 1
    assert drv.do("ws_recv", 10).code == GOT_NOTHING


def test_poll_elsewhere(drv, srv):
    drv.init(srv.url)
    assert drv.do("ws_poll", "in", 0).code == UNSUPPORTED_PROTOCOL
    drv.setopt("CONNECT_ONLY", 2)
    assert drv.do("ws_poll", "in", 0).code == BAD_ARGUMENT
    assert drv.do("@null ws_poll", "in", 0).code == BAD_ARGUMENT
    drv.connect(srv, slot="@1 ")
    assert drv.do("@1 ws_poll", 64, 0).code == BAD_ARGUMENT
    assert drv.do("@1 ws_poll", "in", 0, seen="null").code == OK


@memcheck
@pytest.mark.parametrize("timeout", [-2, -7, -(2**63)])
def test_a_negative_timeout_other_than_minus_one_is_refused(drv, srv, timeout):
    conn = drv.connect(srv, after=frame(TEXT, b"here"))
    for command, options in ((["ws_poll", "in", timeout], {}), (["recv_message", timeout], {}), (["send_message", "text", b"x"], {"wait": timeout})):
        result = drv.do(*command, **options)
        assert result.code == BAD_ARGUMENT and str(timeout) in result.error
    assert conn.silent(0.1)
    assert recv(drv).data == b"here"


@pytest.mark.parametrize("command", [["ws_poll", "in", 0], ["recv_message", 0]])
def test_calls_that_wait_are_refused_inside_a_callback(drv, srv, command):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, *command)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    [inner] = [event for event in drv.end().events if event.kind == ">"]
    assert inner.code == RECURSIVE
    assert inner.error == f"curl_ws_{command[0].removeprefix('ws_')} cannot be called from inside a callback of the same handle"


# --- keep-alive


def test_pong_timeout_without_ping_interval_does_nothing(drv, srv):
    conn = drv.connect(srv, WS_PONG_TIMEOUT_MS=20)
    assert conn.silent(0.2)
    assert drv.do("ws_poll", "in", 100)["in"] == 0
    assert drv.do("upkeep").code == OK


def test_upkeep_sends_a_ping_and_does_not_tell_of_a_failure(drv, srv):
    conn = drv.connect(srv, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=50)
    drv.do("sleep", 100)
    assert drv.do("upkeep").code == OK
    assert conn.read_frame().opcode == PING
    drv.do("sleep", 200)
    assert drv.do("upkeep").code == OK
    assert drv.do("ws_recv", 10).code == TIMEDOUT


def answers(conn, count):
    for _ in range(count):
        ping = conn.read_frame()
        assert ping.opcode == PING and len(ping.payload) == 8
        conn.send(frame(PONG, ping.payload))


@memcheck
def test_keep_alive_while_polling(drv, any_srv, trust):
    conn = drv.connect(any_srv, WS_PING_INTERVAL_MS=100, WS_PONG_TIMEOUT_MS=2000, **trust)
    assert drv.getinfo(RTT) == 0
    drv.begin("ws_poll", "in", -1)
    answers(conn, 4)
    conn.send(frame(TEXT, b"x"))
    line = drv.end()
    assert (line.code, line["in"]) == (OK, 1)
    assert recv(drv).data == b"x"
    assert 0 < drv.getinfo(RTT) < 10_000_000


@memcheck
def test_when_a_call_is_needed(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    assert drv.getinfo(TIMEOUT) == -1
    drv.do("setopt", "WS_PING_INTERVAL_MS", 60000)
    drv.do("setopt", "WS_PONG_TIMEOUT_MS", 5000)
    assert recv(drv, wait=0).code == AGAIN
    assert 50000 < drv.getinfo(TIMEOUT) <= 60000
    drv.do("setopt", "WS_PING_INTERVAL_MS", 20)
    assert recv(drv, wait=0).code == AGAIN
    time.sleep(0.05)
    assert recv(drv, wait=0).code == AGAIN
    drv.do("setopt", "WS_PING_INTERVAL_MS", 60000)
    assert recv(drv, wait=0).code == AGAIN
    # Now for the PONG.
    assert 0 <= drv.getinfo(TIMEOUT) <= 5000
    answers(conn, 1)
    assert drv.do("ws_poll", "in", 300)["in"] == 0
    assert 50000 < drv.getinfo(TIMEOUT) <= 60000
    assert drv.do("ws_close", 1000).code == OK
    assert drv.getinfo(TIMEOUT) == -1


def test_the_time_of_the_next_ping_is_known_from_the_beginning(drv, srv):
    drv.connect(srv, WS_PING_INTERVAL_MS=60000)
    assert 50000 < drv.getinfo(TIMEOUT) <= 60000


def test_keep_alive_in_callback_mode(drv, srv):
    conn = drv.start(srv, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=1000)
    answers(conn, 4)
    conn.send(frame(PONG, b"foreign!"))
    began = time.monotonic()
    result = drv.end()
    assert result.code == TIMEDOUT and "PING" in result.error
    assert [event.data for event in result.events if event.name == "write"] == [b"foreign!"]
    assert time.monotonic() - began < 8
    assert drv.getinfo(RTT) > 0


def test_a_silent_server_fails_the_connection(drv, srv):
    conn = drv.connect(srv, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=200)
    line = drv.do("ws_poll", "in", 5000)
    assert (line.code, line["in"]) == (OK, 1) and line["ms"] < 2000
    for _ in range(2):
        assert drv.do("ws_recv", 10).code == TIMEDOUT
    assert drv.do("ws_send", "text", "x").code == TIMEDOUT
    frames = [conn.read_frame()]
    while frames[-1].opcode == PING:
        frames.append(conn.read_frame())
    assert frames[-1].key == (CLOSE, True, code(1011))


def test_a_pong_that_waits_to_be_read_counts(drv, srv):
    conn = drv.connect(srv, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=100)
    drv.do("sleep", 60)
    assert drv.do("ws_recv", 10).code == AGAIN
    answers(conn, 1)
    drv.do("sleep", 300)
    assert drv.do("ws_recv", 10).code == AGAIN


def test_a_pong_that_waits_to_be_read_counts_when_nothing_can_be_sent(drv, srv):
    conn = drv.connect(srv, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=100)
    drv.do("sleep", 60)
    assert drv.do("ws_recv", 10).code == AGAIN
    answers(conn, 1)
    blocked, left = 0, 50_000
    while blocked < 2:
        line = drv.do("ws_send", "binary", f"pattern:{left}:0")
        if line.code == AGAIN:
            blocked += 1
            drv.do("sleep", 300)
        else:
            assert line.code == OK
            left = left - line["sent"] or 50_000


def test_other_pongs_are_delivered(drv, srv):
    conn = drv.connect(srv, WS_PING_INTERVAL_MS=20)
    drv.do("sleep", 30)
    assert drv.do("ws_recv", 10).code == AGAIN
    ping = conn.read_frame()
    conn.send(frame(PONG, b"12345678") + frame(PONG, b"") + frame(PONG, ping.payload) + frame(TEXT, b"end"))
    assert [recv(drv).data for _ in range(3)] == [b"12345678", b"", b"end"]


# --- limits


@pytest.mark.parametrize("fragments", [[11], [6, 5], [0, 11]])
def test_a_message_over_the_limit_fails(drv, srv, fragments):
    conn = drv.connect(srv, WS_MAX_MESSAGE_SIZE=10)
    conn.send(frame(BINARY, b"0123456789"))
    assert recv(drv).code == OK
    for number, size in enumerate(fragments):
        conn.send(frame(CONT if number else BINARY, b"x" * size, fin=number == len(fragments) - 1))
    codes = [recv(drv).code for _ in fragments]
    assert codes == [OK] * (len(fragments) - 1) + [TOO_LARGE]
    assert conn.read_frame().key == (CLOSE, True, code(1009))


def test_the_limit_in_callback_mode(drv, srv):
    conn = drv.start(srv, WS_MAX_MESSAGE_SIZE=10)
    conn.send(frame(TEXT, b"", length=1 << 40))
    assert drv.end().code == TOO_LARGE


# --- whole messages


def message(drv, timeout=3000):
    return drv.do("recv_message", timeout)


@memcheck
def test_messages_are_joined_and_control_frames_dealt_with(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(TEXT, b"one ", fin=False) + frame(PING, b"p") + frame(PONG) + frame(CONT, b"two"))
    conn.send(frame(BINARY) + close_frame(1000))
    seen = [message(drv) for _ in range(3)]
    assert [(line.flags, line.data) for line in seen] == [("text", b"one two"), ("binary", b""), ("close", code(1000))]
    assert conn.read_frame().key == (PONG, True, b"p")
    if any_srv.tls:
        conn.close_notify()
    conn.close()
    assert message(drv).code == GOT_NOTHING


def test_a_message_that_comes_slowly_is_kept(drv, srv):
    conn = drv.connect(srv)
    assert message(drv, 0).code == AGAIN
    line = message(drv, 100)
    assert line.code == TIMEDOUT and line["ms"] >= 100
    conn.send(frame(TEXT, b"abc", fin=False))
    assert message(drv, 100).code == TIMEDOUT
    conn.send(frame(CONT, b"def"))
    assert message(drv).data == b"abcdef"


@memcheck
def test_close_between_fragments(drv, srv):
    conn = strict(drv, srv)
    conn.send(frame(TEXT, b"abc", fin=False) + close_frame(1001))
    assert message(drv).flags == "close"
    assert message(drv).code == GOT_NOTHING


@memcheck
def test_pings_without_auto_pong(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=NOAUTOPONG)
    conn.send(frame(TEXT, b"ab", fin=False) + frame(PING, b"p") + frame(CONT, b"cd"))
    assert [(line.flags, line.data) for line in (message(drv), message(drv))] == [("ping", b"p"), ("text", b"abcd")]


def test_large_messages(drv, srv):
    conn = drv.connect(srv)
    size = 3_000_000
    drv.begin("recv_message", 10_000)
    conn.send(frame(BINARY, pattern(size)))
    line = drv.end()
    assert (line.code, line["n"]) == (OK, size)
    drv.begin("send_message", "binary", f"pattern:{size}", wait=10_000)
    assert conn.read_frame().payload == pattern(size)
    assert drv.end().code == OK


@pytest.mark.parametrize("limit, size", [(0, (64 << 20) + 1), (1000, 1001)])
def test_messages_have_a_limit(drv, srv, limit, size):
    conn = drv.connect(srv, WS_MAX_MESSAGE_SIZE=limit)
    conn.send(frame(BINARY, b"x", length=size))
    for _ in range(2):
        assert message(drv).code == TOO_LARGE
    assert conn.read_frame().key == (CLOSE, True, code(1009))


def test_a_message_that_is_not_taken(drv, new_server):
    srv = new_server(rcvbuf=4096)
    conn = drv.connect(srv)
    line = drv.do("send_message", "binary", "pattern:10000000", wait=200)
    assert line.code == TIMEDOUT and line["ms"] >= 200
    assert drv.do("send_message", "text", "more").code == TIMEDOUT
    assert drv.do("ws_recv", 10).code == TIMEDOUT
    conn.close()


def test_a_message_can_be_sent_again_when_nothing_left(drv, new_server):
    srv = new_server(rcvbuf=4096)
    conn = drv.connect(srv)
    sent = 0
    while (line := drv.do("ws_send_all", "binary", "pattern:100000", wait=0)).code == OK:
        sent += 1
    reader = threading.Thread(target=lambda: frames.extend(conn.read_frames(sent + 2)))
    frames = []
    left = drv.do("send_message", "binary", "pattern:500", wait=0)
    assert left.code in (BAD_ARGUMENT, AGAIN)
    reader.start()
    line = drv.do("ws_send_all", "binary", "pattern:100000", wait=5000, **{"from": line["sent"]})
    assert line.code == OK
    assert drv.do("send_message", "binary", "pattern:500").code == OK
    reader.join()
    assert [len(one.payload) for one in frames] == [100_000] * (sent + 1) + [500]


@memcheck
def test_messages_elsewhere(drv, srv):
    drv.init(srv.url)
    assert message(drv).code == UNSUPPORTED_PROTOCOL
    assert drv.do("send_message", "text", "x").code == SEND_ERROR
    drv.setopt("CONNECT_ONLY", 2)
    assert message(drv).code == BAD_ARGUMENT
    assert drv.do("@null recv_message", 0).code == BAD_ARGUMENT
    conn = drv.connect(srv, slot="@1 ")
    for flags in ("text+cont", "binary+offset", "0"):
        assert drv.do("@1 send_message", flags, "x").code == BAD_ARGUMENT
    assert drv.do("@1 ws_send", "text+cont", "x").code == OK
    assert drv.do("@1 send_message", "text", "x").code == BAD_ARGUMENT
    assert drv.do("@1 ws_send", "text", "y").code == OK
    assert drv.do("@1 send_message", "ping", "z").code == OK
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b"x"), (CONT, True, b"y"), (PING, True, b"z")]


# --- the open callback


def test_open_is_told_before_any_frame(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", WS_OPENFUNCTION="on")
    drv.on("open", 1, "ws_send", "text", "hello")
    conn = drv.restart(srv, after=frame(TEXT, b"early"))
    assert conn.read_frame().key == (TEXT, True, b"hello")
    conn.close()
    result = drv.end()
    assert result.code == OK
    assert [event.name for event in result.events if event.kind == "!"] == ["open", "write"]


@memcheck
def test_open_in_connect_only_mode(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, WS_OPENFUNCTION="on")
    drv.on("open", 1, "ws_send", "text", "hello")
    conn = drv.upgrade(srv, after=frame(TEXT, b"early"))
    assert conn.read_frame().key == (TEXT, True, b"hello")
    assert recv(drv).data == b"early"


@memcheck
@pytest.mark.parametrize("mode", [0, 2])
def test_open_can_end_the_transfer(drv, srv, mode):
    drv.init(srv.url, CONNECT_ONLY=mode, WS_OPENFUNCTION="on")
    drv.on("open", 1, "ret", 1)
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake(after=frame(TEXT, b"early"))
    assert drv.end().code == ABORTED
    assert conn.closed_by_client()


def test_sending_from_the_header_callback(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", HEADERFUNCTION="on")
    drv.on("header", 5, "ws_send", "text", "hello")
    conn = drv.restart(srv)
    assert conn.read_frame().key == (TEXT, True, b"hello")
    conn.close()
    drv.end()


def test_no_open_without_an_upgrade(drv, srv):
    drv.init(srv.url, WS_OPENFUNCTION="on")
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    assert not [event for event in drv.end().events if event.name == "open"]


# --- infos


def test_what_was_negotiated(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, WS_OPTIONS=COMPRESS)
    drv.setopt("HTTPHEADER", "Sec-WebSocket-Protocol: chat, superchat")
    answer = "permessage-deflate; server_max_window_bits=10"
    drv.upgrade(srv, Sec_WebSocket_Protocol="superchat", Sec_WebSocket_Extensions=answer)
    assert drv.getinfo(PROTOCOL) == "superchat"
    assert drv.getinfo(EXTENSIONS) == answer


@memcheck
@pytest.mark.parametrize("begun", [b"", b"abcd"])
def test_a_message_inside_an_open_frame_is_refused_and_changes_nothing(drv, srv, begun):
    conn = drv.connect(srv)
    if begun:
        assert drv.do("ws_send", "binary+offset", begun, frag=10).code == OK
    else:
        assert drv.do("start_frame", "binary", 10).code == OK
    rest = b"0123456789"[len(begun) :]
    assert drv.do("send_message", "binary", rest).code == BAD_ARGUMENT
    assert drv.do("ws_send", "binary+offset", rest, frag=0).code == OK
    assert drv.do("send_message", "binary", b"after").code == OK
    assert [one.key for one in conn.read_frames(2)] == [(BINARY, True, begun + rest), (BINARY, True, b"after")]
