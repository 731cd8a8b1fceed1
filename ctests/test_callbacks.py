"""Callback mode, curl_ws_meta, and calls from inside callbacks."""

import errno
import re
import zlib

import pytest
from driver import ABORTED, BAD_ARGUMENT, GOT_NOTHING, OK, RECURSIVE, RECV_ERROR, SEND_ERROR, UNSUPPORTED_PROTOCOL, WRITE_ERROR
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, mixed_frames, pattern

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def ends(drv, conn):
    """The server closes in an orderly way; the result of the perform."""
    conn.close_notify() if hasattr(conn.sock, "unwrap") else conn.close()
    return drv.end()


def writes(result):
    return [event for event in result.events if event.kind == "!" and event.name == "write"]


def inner(result, name):
    """What a command run inside a callback answered."""
    return [event for event in result.events if event.kind == ">" and event.name == name]


# --- delivery


@must
@memcheck
def test_each_frame_is_one_call_with_its_meta(drv, any_srv, trust):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(TEXT, b"one") + frame(BINARY, b"two") + frame(TEXT, b"") + frame(PONG, b"three"))
    result = ends(drv, conn)
    assert result.code == OK
    assert [(event.meta, event.data) for event in writes(result)] == [
        (("text", 0, 3, 0), b"one"), (("binary", 0, 3, 0), b"two"), (("text", 0, 0, 0), b""), (("pong", 0, 5, 0), b"three"),
    ]  # fmt: skip


@must
@memcheck
@timing
@pytest.mark.parametrize("raw", [0, 1])
@pytest.mark.parametrize("buffer_size", [1024, 5000, 100_000])
def test_no_call_gets_more_than_the_size_of_the_buffer(drv, any_srv, trust, buffer_size, raw):
    wire = frame(TEXT, b"x" * 100) + frame(BINARY, pattern(30_000)) + frame(PONG, b"")
    conn = drv.start(any_srv, after=wire[:300], BUFFERSIZE=buffer_size, WS_OPTIONS=raw, **trust)
    for at in range(300, len(wire), 900):
        conn.send(wire[at : at + 900])
    conn.send(wire)
    result = ends(drv, conn)
    assert result.code == OK
    assert max(event["n"] for event in writes(result)) <= min(buffer_size, 16_384)
    delivered = (wire if raw else b"x" * 100 + pattern(30_000)) * 2
    tally = drv.do("tally", "write")
    assert (tally["bytes"], tally["crc"]) == (len(delivered), f"{zlib.crc32(delivered):08x}")


@must
@memcheck
@timing
@pytest.mark.parametrize("size", [16_384, 16_385, 100_000, 1_000_000])
def test_no_call_gets_more_than_16384_bytes(drv, any_srv, trust, size):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(BINARY, pattern(size)) + frame(TEXT, b"end"))
    result = ends(drv, conn)
    assert result.code == OK
    pieces = writes(result)
    assert pieces.pop().meta == ("text", 0, 3, 0)
    offset = 0
    for piece in pieces:
        assert 0 < piece["n"] <= 16_384
        assert piece.meta == ("binary", offset, piece["n"], size - offset - piece["n"])
        offset += piece["n"]
    assert offset == size
    drv.setopt("URL", any_srv.url)


@must
@memcheck
@timing
@pytest.mark.parametrize("size", [16_385, 40_000, 65_535, 65_536])
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_no_call_gets_more_than_16384_bytes_behind_short_messages(drv, any_srv, trust, by, size):
    """Both in the segment of the 101 and later, where messages are found in memory behind others."""
    wire = frame(TEXT, b"hello") + frame(BINARY, pattern(size)) + frame(TEXT, b"end")
    conn = drv.start(any_srv, after=wire, by=by, **trust)
    for _ in range(6):
        conn.send(wire)
    result = ends(drv, conn)
    assert result.code == OK
    assert max(event["n"] for event in writes(result)) <= 16_384
    assert sum(event["n"] for event in writes(result)) == 7 * (size + 8)
    assert [event.data for event in writes(result) if event.flags == "text"] == [b"hello", b"end"] * 7


@must
@timing
@pytest.mark.parametrize("size", [150, 160, 1000, 16_000])
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_a_message_that_arrives_whole_is_one_call(drv, srv, by, size):
    """Also behind a short one, after which little is expected."""
    conn = drv.start(srv, by=by)
    for message in (b"short", pattern(size), b"short", pattern(size)):
        conn.send(frame(BINARY, message))
        assert drv.event("write")["n"] == len(message)
    result = ends(drv, conn)
    assert (result.code, writes(result)) == (OK, [])


@must
@timing
def test_raw_bytes_that_arrive_together_are_one_call(drv, srv):
    conn = drv.start(srv, WS_OPTIONS=1)
    for count in (5, 1000, 5, 16_000):
        conn.send(pattern(count))
        assert drv.event("write")["n"] == count
    assert writes(ends(drv, conn)) == []


@must
@memcheck
def test_fragments_carry_the_type_and_cont(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(TEXT, b"a", fin=False) + frame(PONG, b"p") + frame(CONT, b"", fin=False) + frame(CONT, b"c"))
    result = ends(drv, conn)
    assert [(event.flags, event.data) for event in writes(result)] == [
        ("text+cont", b"a"), ("pong", b"p"), ("text+cont", b""), ("text", b"c"),
    ]  # fmt: skip


@must
@memcheck
def test_default_write_function_writes_to_the_file(drv, srv, tmp_path):
    path = tmp_path / "out"
    drv.init(srv.url, WRITEDATA=f"file:{path}")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"one") + frame(BINARY, b"") + frame(BINARY, pattern(40_000)))
    assert ends(drv, conn).code == OK
    drv.do("close_files")
    assert path.read_bytes() == b"one" + pattern(40_000)


@must
@memcheck
def test_close_frame_is_delivered_and_the_transfer_goes_on(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(CLOSE, b"\x03\xe8bye"))
    event = drv.event("write")
    assert (event.flags, event.data) == ("close", b"\x03\xe8bye")
    assert ends(drv, conn).code == OK


@memcheck
@pytest.mark.parametrize(
    "payload, answer",
    [(b"\x03\xe8bye", b"\x03\xe8"), (b"", b""), (b"\x03", b""), (b"\x03\xed", b"")],
)
def test_close_frame_is_answered_with_its_status_code(drv, srv, payload, answer):
    conn = drv.start(srv)
    conn.send(frame(CLOSE, payload))
    assert conn.read_frame().key == (CLOSE, True, answer)
    assert ends(drv, conn).code == OK


@memcheck
@pytest.mark.parametrize("options", [1, 2])
def test_close_frame_is_not_answered_where_the_application_answers(drv, srv, options):
    conn = drv.start(srv, WS_OPTIONS=options)
    conn.send(frame(CLOSE, b"\x03\xe8"))
    drv.event("write")
    assert conn.silent(0.2)
    assert ends(drv, conn).code == OK


@must
@memcheck
def test_ping_before_other_frames_is_answered_and_not_delivered(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(PING, b"beat") + frame(TEXT, b"x"))
    assert conn.read_frame().key == (PONG, True, b"beat")
    result = ends(drv, conn)
    assert [event.data for event in writes(result)] == [b"x"]


@memcheck
def test_pong_leaves_at_once_in_callback_mode(drv, any_srv, trust):
    conn = drv.start(any_srv, **trust)
    for i in range(3):
        conn.send(frame(PING, b"beat%d" % i))
        assert conn.read_frame().key == (PONG, True, b"beat%d" % i)
    conn.send(frame(TEXT, b"x"))
    assert ends(drv, conn).code == OK


@memcheck
@pytest.mark.parametrize("before", [0, 3])
def test_a_pong_does_not_wait_for_the_messages_behind_its_ping(drv, any_srv, trust, before):
    """They are in memory already; the second of them is never taken."""
    drv.init(any_srv.url, WRITEFUNCTION="on", **trust)
    drv.on("write", before + 2, "ret", "error")
    messages = [frame(TEXT, b"%d" % i) for i in range(20)]
    conn = drv.restart(any_srv, after=b"".join(messages[:before]) + frame(PING, b"beat") + b"".join(messages[before:]))
    assert conn.read_frame().key == (PONG, True, b"beat")
    assert drv.end().code == WRITE_ERROR


@must
@memcheck
def test_noautopong_delivers_pings_to_the_callback(drv, srv):
    conn = drv.start(srv, WS_OPTIONS=2)
    conn.send(frame(PING, b"beat"))
    event = drv.event("write")
    assert (event.flags, event.data) == ("ping", b"beat")
    assert conn.silent(0.2)
    assert ends(drv, conn).code == OK


@must
@memcheck
def test_raw_mode_delivers_bytes_without_meta(drv, srv):
    conn = drv.start(srv, WS_OPTIONS=1)
    raw = frame(TEXT, b"one") + frame(PING, b"p")
    conn.send(raw)
    result = ends(drv, conn)
    assert result.code == OK
    assert b"".join(event.data for event in writes(result)) == raw
    assert all(event.meta is None for event in writes(result))
    assert conn.pending == b""


# --- meta


@must
@memcheck
def test_meta_is_null_outside_of_callbacks(drv, srv):
    assert drv.do("@null ws_meta").meta is None
    assert drv.do("@foreign ws_meta").meta is None
    drv.init(srv.url)
    assert drv.do("ws_meta").meta is None
    drv.do("cleanup")
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"x"))
    assert drv.do("frame").data == b"x"
    assert drv.do("ws_meta").meta is None


@must
def test_meta_is_null_after_the_transfer(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(TEXT, b"x"))
    assert ends(drv, conn).code == OK
    assert drv.do("ws_meta").meta is None


# --- pause


@must
@timing
@memcheck
def test_paused_write_is_delivered_again_unchanged(drv, any_srv, trust):
    drv.init(any_srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on", **trust)
    drv.on("write", 2, "ret", "pause")
    drv.on("write", 5, "ret", "pause")
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(any_srv)
    conn.send(frame(TEXT, b"one") + frame(BINARY, b"two") + frame(TEXT, b"") + frame(TEXT, b"four"))
    result = ends(drv, conn)
    assert result.code == OK
    assert [(event.flags, event.data) for event in writes(result)] == [
        ("text", b"one"), ("binary", b"two"), ("binary", b"two"), ("text", b""), ("text", b"four"), ("text", b"four"),
    ]  # fmt: skip


@must
@timing
@memcheck
def test_pauses_in_a_large_frame_lose_and_merge_nothing(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on")
    for call in (1, 3, 7, 8):
        drv.on("write", call, "ret", "pause")
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(srv)
    conn.send(frame(BINARY, pattern(150_000)) + frame(TEXT, b"end"))
    result = ends(drv, conn)
    assert result.code == OK
    got, offset = writes(result), 0
    for number, event in enumerate(got[:-1], 1):
        assert event.flags == "binary" and event["offset"] == offset
        if number not in (1, 3, 7, 8):
            offset += event["n"]
    assert offset == 150_000
    assert got[-1].data == b"end"


@pytest.mark.parametrize("seed", range(4))
def test_every_frame_of_a_mixed_stream_with_pauses_and_sends_in_between(drv, any_srv, trust, seed):
    """Whatever way a frame takes through the library: it comes whole, in order, and once more after a pause."""
    wire, due = mixed_frames(seed)
    drv.init(any_srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on", **trust)
    pauses, sends = set(range(2 + seed, 200, 67)), range(1, 200, 23)
    for call in pauses:
        drv.on("write", call, "ret", "pause")
    for call in sends:
        drv.on("write", call, "ws_send", "text", f"call {call}".encode())
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(any_srv)
    close = frame(CLOSE)
    assert wire.endswith(close)
    # Nothing is answered behind a CLOSE frame (RFC 6455 section 5.5.2).
    conn.send(wire.removesuffix(close) + frame(PING, b"over") + close)
    answers = [conn.read_frame()]
    while answers[-1].key != (PONG, True, b"over"):
        answers.append(conn.read_frame())
    result = ends(drv, conn)
    assert result.code == OK
    calls = enumerate(writes(result), 1)
    for flags, payload in due:
        offset, left = 0, True
        while left:
            number, event = next(calls)
            piece = payload[offset : offset + event["n"]]
            left = len(payload) - offset - len(piece)
            assert event.meta == (flags, offset, len(piece), left)
            assert event["crc"] == f"{zlib.crc32(piece):08x}" if "crc" in event.fields else event.data == piece
            if number in pauses:
                left = True
            else:
                offset += len(piece)
    assert next(calls, None) is None
    assert all(answer.code == OK for answer in inner(result, "ws_send"))
    sent = [answer.payload for answer in answers if answer.opcode == TEXT]
    assert sent == [f"call {call}".encode() for call in sends]


@must
@timing
def test_paused_reception_pushes_the_server_back(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on")
    drv.on("write", 1, "ret", "pause")
    conn = drv.restart(srv)
    conn.sock.settimeout(1)
    sent, block = 0, frame(BINARY, pattern(1_000_000))
    with pytest.raises(TimeoutError):
        while sent < 100_000_000:
            sent += conn.sock.send(block)
    drv.kill()


@must
@timing
@memcheck
def test_easy_pause_inside_the_write_callback(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on")
    drv.on("write", 1, "pause", 1)
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"one") + frame(TEXT, b"two"))
    result = ends(drv, conn)
    assert result.code == OK
    assert [event.data for event in writes(result)] == [b"one", b"two"]


# --- ends


@must
@memcheck
@pytest.mark.parametrize("returned", [0, 1, 100])
def test_short_write_ends_the_transfer(drv, srv, returned):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "ret", returned)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"abc"))
    result = drv.end()
    assert result.code == WRITE_ERROR
    assert len(writes(result)) == 1
    assert conn.closed_by_client()


@must
def test_writefunc_error_ends_the_transfer(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "ret", "error")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"abc"))
    assert drv.end().code == WRITE_ERROR


@must
@memcheck
def test_progress_callback_that_returns_1_aborts(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on")
    drv.on("xferinfo", "*", "ret", 1)
    drv.begin("perform")
    assert drv.end().code == ABORTED


@must
@memcheck
def test_nothing_after_the_101_is_got_nothing(drv, any_srv, trust):
    conn = drv.start(any_srv, **trust)
    assert ends(drv, conn).code == GOT_NOTHING


@must
@memcheck
def test_end_between_frames_is_ok(drv, any_srv, trust):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(TEXT, b"x"))
    assert ends(drv, conn).code == OK


@memcheck
@pytest.mark.parametrize("cut", [1, 2, 4])
def test_end_inside_a_frame_or_its_header_is_a_receive_error(drv, any_srv, trust, cut):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(TEXT, b"whole") + frame(TEXT, b"12345")[:cut])
    result = ends(drv, conn)
    assert result.code == RECV_ERROR
    assert b"".join(event.data for event in writes(result)) == b"whole" + b"12345"[: max(0, cut - 2)]


@must
@memcheck
def test_tls_ending_without_close_notify_is_a_receive_error(drv, tls_srv, trust):
    conn = drv.start(tls_srv, **trust)
    conn.send(frame(TEXT, b"x"))
    drv.event("write")
    conn.close()
    assert drv.end().code == RECV_ERROR


@must
def test_reset_is_a_receive_error(drv, srv):
    conn = drv.start(srv)
    conn.send(frame(TEXT, b"x"))
    drv.event("write")
    conn.reset()
    assert drv.end().code == RECV_ERROR
    assert drv.getinfo("OS_ERRNO") == errno.ECONNRESET


@must
@memcheck
@pytest.mark.parametrize("bad", [frame(3, b"x"), frame(TEXT, b"x", rsv=4), frame(TEXT, b"x", mask=b"abcd"), frame(CONT, b"x")])
def test_protocol_violation_ends_the_transfer(drv, srv, bad):
    conn = drv.start(srv)
    conn.send(frame(TEXT, b"good") + bad)
    result = drv.end()
    assert result.code == RECV_ERROR and result.error
    assert [event.data for event in writes(result)] == [b"good"]


@pytest.mark.parametrize("bad", [frame(3, b"x"), frame(TEXT, b"x", length_bytes=2)])
def test_protocol_violation_sends_1002(drv, srv, bad):
    conn = drv.start(srv)
    conn.send(frame(TEXT, b"good") + bad)
    assert drv.end().code == RECV_ERROR
    closing = conn.read_frame()
    assert (closing.opcode, closing.payload[:2]) == (CLOSE, b"\x03\xea")


# --- calls from inside callbacks


@must
@memcheck
def test_ws_send_from_the_write_callback_answers_at_once(drv, any_srv, trust):
    drv.init(any_srv.url, WRITEFUNCTION="on", **trust)
    drv.on("write", "*", "ws_send", "binary", b"answer")
    conn = drv.restart(any_srv)
    for _ in range(3):
        conn.send(frame(TEXT, b"question"))
        assert conn.read_frame().key == (BINARY, True, b"answer")
    assert ends(drv, conn).code == OK


@must
@timing
@memcheck
def test_ws_send_inside_a_callback_blocks_until_all_is_sent(drv, new_server):
    srv = new_server(rcvbuf=4096)
    size = 5_000_000
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "ws_send", "binary", f"pattern:{size}")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"go"))
    assert conn.read_frame().key == (BINARY, True, pattern(size))
    result = ends(drv, conn)
    assert (inner(result, "ws_send")[0].code, inner(result, "ws_send")[0]["sent"]) == (OK, size)


@must
@memcheck
def test_other_websocket_calls_from_the_write_callback(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    for command in (["ws_meta"], ["ws_recv", 10], ["ws_send", "ping", b"p"], ["ws_meta"]):
        drv.on("write", 1, *command)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"hello"))
    assert conn.read_frame().key == (PING, True, b"p")
    result = ends(drv, conn)
    assert result.code == OK
    assert [line.meta for line in inner(result, "ws_meta")] == [("text", 0, 5, 0)] * 2
    assert inner(result, "ws_recv")[0].code == UNSUPPORTED_PROTOCOL
    assert inner(result, "ws_send")[0].code == OK


@memcheck
@pytest.mark.parametrize("connect_only", [1, 2])
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_connect_only_set_in_the_write_callback_opens_no_second_way_to_the_frames(drv, any_srv, trust, by, connect_only):
    """The frames of this transfer are the callback's, whatever the option says about the next one."""
    drv.init(any_srv.url, WRITEFUNCTION="on", **trust)
    drv.on("write", 1, "setopt", "CONNECT_ONLY", connect_only)
    for call in (1, 2, 3):
        drv.on("write", call, "ws_recv", 3)
    conn = drv.restart(any_srv, after=frame(TEXT, b"first") + frame(BINARY, b"second"), by=by)
    conn.send(frame(TEXT, b"third") + frame(TEXT, b"fourth"))
    result = ends(drv, conn)
    assert result.code == OK
    assert [event.data for event in writes(result)] == [b"first", b"second", b"third", b"fourth"]
    assert [line.code for line in inner(result, "ws_recv")] == [UNSUPPORTED_PROTOCOL] * 3


@must
@memcheck
@pytest.mark.parametrize("number", [1, 3])
def test_receiving_from_the_header_callback(drv, srv, number):
    """There is no WebSocket yet."""
    drv.init(srv.url, WRITEFUNCTION="on", HEADERFUNCTION="on")
    drv.on("header", number, "ws_recv", 10)
    result = ends(drv, drv.restart(srv, after=frame(TEXT, b"first")))
    assert result.code == OK
    assert [line.code for line in inner(result, "ws_recv")] == [BAD_ARGUMENT]
    assert [event.data for event in writes(result)] == [b"first"]


@must
@memcheck
@pytest.mark.parametrize("by", ["easy", "multi"])
@pytest.mark.parametrize("kind, number", [("prereq", 1), ("header", 1), ("header", 3)])
def test_websocket_options_set_before_the_websocket_is_open(drv, srv, by, kind, number):
    drv.init(srv.url, WRITEFUNCTION="on", HEADERFUNCTION="on", PREREQFUNCTION="on")
    drv.on(kind, number, "setopt", "WS_OPTIONS", 2)
    conn = drv.restart(srv, after=frame(PING, b"first"), by=by)
    conn.send(frame(PING, b"second"))
    assert conn.silent()
    result = ends(drv, conn)
    assert result.code == OK
    assert [(event.flags, event.data) for event in writes(result)] == [("ping", b"first"), ("ping", b"second")]


@must
@memcheck
def test_raw_mode_set_before_the_websocket_is_open(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", HEADERFUNCTION="on")
    drv.on("header", 2, "setopt", "WS_OPTIONS", 1)
    wire = frame(TEXT, b"one") + frame(PING, b"two")
    result = ends(drv, drv.restart(srv, after=wire))
    assert result.code == OK
    assert b"".join(event.data for event in writes(result)) == wire


@must
@memcheck
def test_ordinary_calls_from_the_write_callback(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    for command in (
        ["getinfo", "RESPONSE_CODE"], ["setopt", "TIMEOUT_MS", 5000], ["setopt", "USERAGENT", "later"], ["pause", 0], ["header", "upgrade", "1xx"],
        ["headers", "1xx"], ["dup", 2], ["@2 cleanup"],
    ):  # fmt: skip
        drv.on("write", 1, *command)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"hello"))
    result = ends(drv, conn)
    assert result.code == OK
    assert inner(result, "getinfo")[0]["value"] == 101
    assert [line.code for line in inner(result, "setopt")] == [OK, OK]
    assert inner(result, "pause")[0].code == OK
    assert inner(result, "header")[0].value == "websocket"
    assert "Upgrade" in inner(result, "headers")[0]["names"]
    assert inner(result, "dup")[0]["ok"] == 1


@must
def test_write_function_changed_inside_the_write_callback(drv, srv, tmp_path):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "setopt", "WRITEDATA", f"file:{tmp_path / 'late'}")
    drv.on("write", 1, "setopt", "WRITEFUNCTION", "off")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"to the callback"))
    drv.event("setopt")
    drv.event("setopt")
    conn.send(frame(TEXT, b"to the file"))
    result = ends(drv, conn)
    assert result.code == OK
    assert (tmp_path / "late").read_bytes() == b"to the file"


FORBIDDEN = {
    "perform": ["perform"],
    "easy_recv": ["easy_recv", 10],
    "easy_send": ["easy_send", b"x"],
    "upkeep": ["upkeep"],
}
CALLBACKS = {
    "write": {"WRITEFUNCTION": "on"},
    "header": {"HEADERFUNCTION": "on"},
    "read": {"UPLOAD": 1, "READFUNCTION": "on"},
    "debug": {"VERBOSE": 1, "DEBUGFUNCTION": "on"},
    "xferinfo": {"NOPROGRESS": 0, "XFERINFOFUNCTION": "on"},
    "progress": {"NOPROGRESS": 0, "PROGRESSFUNCTION": "on"},
    "sockopt": {"SOCKOPTFUNCTION": "on"},
    "opensocket": {"OPENSOCKETFUNCTION": "on"},
    "closesocket": {"CLOSESOCKETFUNCTION": "on", "FORBID_REUSE": 1},
    "prereq": {"PREREQFUNCTION": "on"},
}


def transfer_with(drv, srv, kind, *commands):
    """A callback-mode transfer that runs the commands in the first call of the callback."""
    drv.init(srv.url, **{"WRITEFUNCTION": "on"} | CALLBACKS[kind])
    for command in commands:
        drv.on(kind, 1, *command)
    conn = drv.restart(srv)
    if kind == "read":
        conn.silent(0.2)
    conn.send(frame(TEXT, b"hello"))
    conn.close()
    return drv.end()


@must
@memcheck
@timing
@pytest.mark.parametrize("kind", CALLBACKS)
def test_recursion_is_refused_from_every_callback(drv, srv, kind):
    result = transfer_with(drv, srv, kind, *FORBIDDEN.values(), ["reset"], ["cleanup"])
    if kind == "closesocket":
        drv.do("cleanup")
    assert result.code == OK
    for name in FORBIDDEN:
        got = inner(result, name)
        assert kind == "closesocket" or got
        assert all(line.code == RECURSIVE for line in got), name
    assert [event.data for event in writes(result)] == [b"hello"]


@must
@memcheck
@timing
@pytest.mark.parametrize("kind", [kind for kind in CALLBACKS if kind != "closesocket"])
def test_calls_that_every_callback_may_make(drv, srv, kind):
    result = transfer_with(
        drv, srv, kind, ["getinfo", "EFFECTIVE_URL"], ["setopt", "USERAGENT", "x"], ["header", "upgrade", "1xx"], ["headers", "1xx"],
        ["dup", 2], ["@2 cleanup"],
    )  # fmt: skip
    assert result.code == OK
    assert inner(result, "getinfo")[0].code == OK
    assert inner(result, "setopt")[0].code == OK
    assert inner(result, "dup")[0]["ok"] == 1
    assert [event.data for event in writes(result)] == [b"hello"]


@must
@timing
@pytest.mark.parametrize("kind", [kind for kind in CALLBACKS if kind != "closesocket"])
def test_websocket_calls_from_every_callback_never_harm(drv, srv, kind):
    result = transfer_with(drv, srv, kind, ["ws_recv", 10], ["ws_meta"], ["start_frame", "0x80", 3], ["ws_send", "0x80", b"x"], ["pause", 0])
    assert result.code == OK
    # The others are called first before there is a WebSocket.
    assert inner(result, "ws_recv")[0].code == (UNSUPPORTED_PROTOCOL if kind in ("read", "write") else BAD_ARGUMENT)
    assert inner(result, "start_frame")[0].code in (SEND_ERROR, BAD_ARGUMENT)
    assert inner(result, "ws_send")[0].code in (SEND_ERROR, BAD_ARGUMENT)
    assert [event.data for event in writes(result)] == [b"hello"]


@must
@timing
@memcheck
@pytest.mark.parametrize("kind", ["write", "header", "read", "xferinfo", "progress", "prereq"])
def test_reset_inside_a_callback_is_refused(drv, srv, kind):
    """The options are all still there afterwards."""
    result = transfer_with(drv, srv, kind, ["reset"])
    assert result.code == OK
    assert [event.data for event in writes(result)] == [b"hello"]


@must
def test_another_handle_may_be_used_inside_a_callback(drv, srv, new_server):
    other = new_server()
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.init(other.url, slot="@1 ", CONNECT_ONLY=2)
    drv.on("write", 1, "@1 perform")
    drv.on("write", 1, "@1 ws_send", "text", b"from inside")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    second = other.accept()
    second.handshake()
    assert second.read_frame().payload == b"from inside"
    result = ends(drv, conn)
    assert result.code == OK
    assert inner(result, "perform")[0].code == OK


@must
@timing
def test_all_kinds_of_callbacks_see_a_transfer(drv, srv):
    options = {}
    for more in CALLBACKS.values():
        options |= more
    options.pop("PROGRESSFUNCTION")
    drv.init(srv.url, **options)
    conn = drv.restart(srv)
    drv.event("read")
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert drv.end().code == OK
    drv.do("cleanup")
    for kind in ("write", "header", "read", "debug", "xferinfo", "sockopt", "opensocket", "closesocket", "prereq"):
        assert drv.do("tally", kind)["calls"] > 0, kind
    assert re.search(r"primary=127\.0\.0\.1 local=127\.0\.0\.1 ports=1", "\n".join(drv.log))


@must
@memcheck
@pytest.mark.parametrize("kind, answer, code", [("sockopt", 1, 42), ("prereq", 1, 42), ("opensocket", 1, 7)])
def test_connection_callbacks_can_refuse(drv, srv, kind, answer, code):
    drv.init(srv.url, **CALLBACKS[kind])
    drv.on(kind, "*", "ret", answer)
    assert drv.do("perform").code == code
