"""Uploads through the read callback, and curl_ws_start_frame."""

import pytest
from driver import ABORTED, AGAIN, BAD_ARGUMENT, FAILED_INIT, OK, SEND_ERROR, TIMEDOUT, TOO_LARGE
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck
pytestmark = timing  # when the read callback is asked again, before or after a frame is delivered, is the library's own affair


def upload(drv, srv, *script, **options):
    """Begins a callback-mode transfer with a read callback that follows `script`: (call, command...) each."""
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on", **options)
    for call, *command in script:
        drv.on("read", call, *command)
    return drv.restart(srv)


def finish(drv, conn, last=b"bye"):
    """Sends a last frame, so that the stream is not empty, and closes; the result of the perform."""
    conn.send(frame(TEXT, last))
    conn.close_notify() if hasattr(conn.sock, "unwrap") else conn.close()
    return drv.end()


def in_callbacks(result, name):
    return [event for event in result.events if event.kind == ">" and event.name == name]


@must
@memcheck
def test_each_return_of_the_read_callback_is_one_binary_frame(drv, any_srv, trust):
    conn = upload(drv, any_srv, (1, "data", b"one"), (2, "data", b"two"), (3, "data", b"three"), **trust)
    assert [one.key for one in conn.read_frames(3)] == [(BINARY, True, b"one"), (BINARY, True, b"two"), (BINARY, True, b"three")]
    assert finish(drv, conn).code == OK


@must
def test_after_the_end_of_input_the_transfer_goes_on_receiving(drv, srv):
    conn = upload(drv, srv)
    assert conn.silent(0.2)
    conn.send(frame(TEXT, b"one"))
    assert drv.event("write").data == b"one"
    assert finish(drv, conn).code == OK
    assert drv.do("tally", "read")["calls"] == 1


@must
@memcheck
def test_large_upload_arrives_whole(drv, any_srv, trust):
    drv.init(any_srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on", **trust)
    drv.do("quiet", "read")
    drv.do("upload", "pattern:1000000", chunk=10_000)
    conn = drv.restart(any_srv)
    got = b""
    while len(got) < 1_000_000:
        one = conn.read_frame()
        assert (one.opcode, one.fin) == (BINARY, True) and len(one.payload) == 10_000
        got += one.payload
    assert got == pattern(1_000_000)
    assert finish(drv, conn).code == OK


@must
@memcheck
@pytest.mark.parametrize(
    "flags, opcode, fin",
    [("text", TEXT, True), ("binary", BINARY, True), ("ping", PING, True), ("pong", PONG, True), ("close", CLOSE, True), ("text+cont", TEXT, False)],
)
def test_start_frame_opens_a_frame_of_any_type(drv, srv, flags, opcode, fin):
    conn = upload(drv, srv, (1, "start_frame", flags, 5), (1, "data", b"hello"))
    assert conn.read_frame().key == (opcode, fin, b"hello")
    assert in_callbacks(finish(drv, conn), "start_frame")[0].code == OK


@must
@memcheck
def test_started_frame_is_filled_over_several_calls(drv, srv):
    conn = upload(
        drv, srv, (1, "start_frame", "text", 9), (1, "data", b"abc"), (2, "data", b"def"), (3, "data", b"ghi"), (4, "data", b"own")
    )
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, True, b"abcdefghi"), (BINARY, True, b"own")]
    assert finish(drv, conn).code == OK


@must
@memcheck
def test_0_after_start_frame_is_not_the_end_of_input(drv, srv):
    conn = upload(drv, srv, (1, "start_frame", "text", 5), (1, "ret", 0), (2, "data", b"hello"))
    assert conn.read_frame().key == (TEXT, True, b"hello")
    assert finish(drv, conn).code == OK


@must
def test_started_frames_make_a_fragmented_message(drv, srv):
    conn = upload(
        drv, srv, (1, "start_frame", "text+cont", 2), (1, "data", b"ab"), (2, "start_frame", "text+cont", 2), (2, "data", b"cd"),
        (3, "start_frame", "text", 2), (3, "data", b"ef"),
    )  # fmt: skip
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b"ab"), (CONT, False, b"cd"), (CONT, True, b"ef")]
    assert finish(drv, conn).code == OK


@must
@memcheck
def test_large_started_frame(drv, srv):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.do("quiet", "read")
    drv.do("upload", "pattern:700000", chunk=9_999)
    drv.on("read", 1, "start_frame", "binary", 700_000)
    conn = drv.restart(srv)
    assert conn.read_frame().key == (BINARY, True, pattern(700_000))
    assert finish(drv, conn).code == OK


@must
@memcheck
def test_start_frame_inside_an_open_frame_is_a_send_error(drv, srv):
    conn = upload(drv, srv, (1, "start_frame", "text", 5), (1, "start_frame", "text", 5), (1, "data", b"hello"))
    assert conn.read_frame().payload == b"hello"
    assert [line.code for line in in_callbacks(finish(drv, conn), "start_frame")] == [OK, SEND_ERROR]


@must
@memcheck
@pytest.mark.parametrize(
    "flags, length, code",
    [
        ("0x80", 5, BAD_ARGUMENT), ("text", -1, SEND_ERROR), ("ping", 126, TOO_LARGE), ("cont", 3, BAD_ARGUMENT), ("0", 3, BAD_ARGUMENT),
        ("text+binary", 3, BAD_ARGUMENT), ("ping+cont", 3, BAD_ARGUMENT),
    ],
)  # fmt: skip
def test_start_frame_with_wrong_arguments_changes_nothing(drv, srv, flags, length, code):
    conn = upload(drv, srv, (1, "start_frame", flags, length), (1, "data", b"data"))
    assert conn.read_frame().key == (BINARY, True, b"data")
    assert in_callbacks(finish(drv, conn), "start_frame")[0].code == code


@must
@memcheck
def test_raw_mode_sends_as_is_and_has_no_start_frame(drv, srv):
    conn = upload(drv, srv, (1, "start_frame", "text", 5), (1, "data", b"helloworld"), WS_OPTIONS=1)
    assert conn.read_exactly(10) == b"helloworld"
    assert in_callbacks(finish(drv, conn), "start_frame")[0].code == FAILED_INIT


@must
@memcheck
def test_unpausing_from_the_write_callback(drv, srv):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.on("read", 1, "data", b"one")
    drv.on("read", 2, "ret", "pause")
    drv.on("read", 3, "data", b"two")
    drv.on("write", 1, "pause", 0)
    conn = drv.restart(srv)
    assert conn.read_frame().payload == b"one"
    assert conn.silent(0.2)
    conn.send(frame(TEXT, b"go"))
    assert conn.read_frame().payload == b"two"
    assert finish(drv, conn).code == OK


@must
@memcheck
def test_abort(drv, srv):
    conn = upload(drv, srv, (1, "data", b"one"), (2, "ret", "abort"))
    assert conn.read_frame().payload == b"one"
    assert drv.end().code == ABORTED
    assert conn.closed_by_client()


@must
def test_frames_are_received_while_uploading(drv, srv):
    conn = upload(drv, srv, (1, "data", b"one"), (2, "ret", "pause"))
    assert conn.read_frame().payload == b"one"
    for i in range(3):
        conn.send(frame(TEXT, b"%d" % i))
        assert drv.event("write").data == b"%d" % i
    conn.close()
    assert drv.end().code == OK


@must
@memcheck
def test_ws_send_from_the_read_callback(drv, srv):
    conn = upload(drv, srv, (1, "ws_send", "text", b"first"), (1, "data", b"second"))
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, True, b"first"), (BINARY, True, b"second")]
    assert finish(drv, conn).code == OK


@must
def test_upload_to_a_stalled_reader_waits(drv, new_server):
    srv = new_server(rcvbuf=4096)
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.do("quiet", "read")
    drv.do("upload", "pattern:8000000", chunk=60_000)
    conn = drv.restart(srv)
    got = b""
    while len(got) < 8_000_000:
        got += conn.read_frame().payload
    assert got == pattern(8_000_000)
    assert finish(drv, conn).code == OK


@memcheck
def test_ping_inside_a_started_frame_is_answered_after_it(drv, srv):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.on("read", 1, "start_frame", "text", 6)
    drv.on("read", 1, "data", b"abc")
    drv.on("read", 2, "ret", "pause")
    drv.on("write", 1, "pause", 0)
    drv.on("read", 3, "data", b"def")
    conn = drv.restart(srv)
    drv.event("read")
    drv.event("read")
    conn.send(frame(PING, b"beat") + frame(TEXT, b"go on"))
    got = conn.read_frames(2)
    assert [one.key for one in got] == [(TEXT, True, b"abcdef"), (PONG, True, b"beat")]
    assert finish(drv, conn).code == OK


# --- start_frame elsewhere


@must
@memcheck
def test_start_frame_without_a_connection(drv, srv):
    assert drv.do("@null start_frame", "text", 5).code == BAD_ARGUMENT
    assert drv.do("@foreign start_frame", "text", 5).code == BAD_ARGUMENT
    drv.init(srv.url)
    assert drv.do("start_frame", "text", 5).code == SEND_ERROR
    drv.setopt("CONNECT_ONLY", 2)
    assert drv.do("start_frame", "text", 5).code == SEND_ERROR


@must
@memcheck
def test_start_frame_in_connect_only_mode_after_a_receive(drv, srv):
    conn = drv.connect(srv)
    assert drv.do("ws_recv", 10).code == AGAIN
    assert drv.do("start_frame", "text", 5).code == OK
    assert drv.do("ws_send", "text+offset", b"hello").code == OK
    assert conn.read_frame().key == (TEXT, True, b"hello")


@memcheck
def test_start_frame_as_the_first_call_of_all(drv, srv):
    conn = drv.connect(srv)
    assert drv.do("start_frame", "text", 5).code == OK
    assert drv.do("start_frame", "text", 5).code == SEND_ERROR
    assert drv.do("ws_send", "text+offset", b"hello").code == OK
    assert conn.read_frame().key == (TEXT, True, b"hello")


@must
@memcheck
@pytest.mark.parametrize("before", ["sent", "received", "echoed"])
def test_start_frame_after_whole_messages_takes_the_payload_that_follows(drv, any_srv, trust, before):
    conn = drv.connect(any_srv, **trust)
    for _ in range(3):
        if before != "received":
            assert drv.do("ws_send", "text", b"hello").code == OK
            assert conn.read_frame().key == (TEXT, True, b"hello")
        if before != "sent":
            conn.send(frame(TEXT, b"hello"))
            assert drv.do("frame").data == b"hello"
    assert drv.do("start_frame", "binary", 10).code == OK
    assert [drv.do("ws_send", "binary", piece)["sent"] for piece in (b"four", b"sixsix")] == [4, 6]
    assert drv.do("ws_send", "text", b"next").code == OK
    assert [one.key for one in conn.read_frames(2)] == [(BINARY, True, b"foursixsix"), (TEXT, True, b"next")]


@memcheck
def test_start_frame_of_no_length_after_whole_messages_comes_before_the_next(drv, srv):
    conn = drv.connect(srv)
    for _ in range(3):
        assert drv.do("ws_send", "text", b"hello").code == OK
    assert drv.do("start_frame", "ping", 0).code == OK
    assert drv.do("ws_send", "text", b"next").code == OK
    assert [one.key for one in conn.read_frames(5)[3:]] == [(PING, True, b""), (TEXT, True, b"next")]


@must
@memcheck
def test_start_frame_in_the_write_callback_after_whole_messages(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    for call in (1, 2):
        drv.on("write", call, "ws_send", "text", b"hello")
    for command in (["start_frame", "binary", 10], ["ws_send", "binary", b"four"], ["ws_send", "binary", b"sixsix"]):
        drv.on("write", 3, *command)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"1") + frame(TEXT, b"2") + frame(TEXT, b"3"))
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, True, b"hello")] * 2 + [(BINARY, True, b"foursixsix")]
    assert finish(drv, conn).code == OK


SLOW = [(call, *command) for call in range(1, 31) for command in (("sleep", 100), ("data", b"x"))]


@must
def test_a_slow_read_callback_does_not_keep_a_transfer_from_its_time_limit(drv, srv):
    conn = upload(drv, srv, *SLOW, TIMEOUT_MS=1000)
    assert conn.read_frame().key == (BINARY, True, b"x")
    assert drv.end(timeout=20).code == TIMEDOUT
    assert drv.do("tally", "read")["calls"] < 30


@must
def test_the_progress_callback_can_end_a_transfer_with_a_slow_read_callback(drv, srv):
    conn = upload(drv, srv, *SLOW, (3, "on", "xferinfo", "*", "ret", 1), NOPROGRESS=0, XFERINFOFUNCTION="on")
    assert conn.read_frame().key == (BINARY, True, b"x")
    assert drv.end(timeout=20).code == ABORTED
    assert drv.do("tally", "read")["calls"] < 30


@must
@pytest.mark.parametrize("count", [1, 3])
def test_what_came_with_the_101_is_delivered_before_the_upload_begins(drv, srv, count):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.on("read", 1, "data", b"mine")
    conn = drv.restart(srv, after=frame(TEXT, b"yours") * count)
    assert conn.read_frame().key == (BINARY, True, b"mine")
    result = finish(drv, conn)
    assert result.code == OK
    assert [event.name for event in result.events if event.name in ("read", "write")][: count + 1] == ["write"] * count + ["read"]


@must
@memcheck
def test_an_upload_may_end_inside_a_frame_that_the_write_callback_goes_on_with(drv, srv):
    drv.init(srv.url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.on("write", 1, "start_frame", "text", 6)
    drv.on("write", 2, "ws_send", "text", b"abc")
    drv.on("write", 3, "ws_send", "text", b"def")
    conn = drv.restart(srv, after=frame(TEXT, b"1"))
    drv.event("write")
    assert drv.event("read")
    conn.send(frame(TEXT, b"2"))
    conn.send(frame(TEXT, b"3"))
    assert conn.read_frame().key == (TEXT, True, b"abcdef")
    assert finish(drv, conn).code == OK


@must
@memcheck
def test_a_started_frame_that_is_never_finished(drv, srv):
    """What the server sends goes on arriving."""
    conn = upload(drv, srv, (1, "start_frame", "text", 9), (1, "data", b"abc"), (2, "ret", 0))
    assert len(conn.read_exactly(6 + 3)) == 9
    result = finish(drv, conn)
    assert result.code == OK
    assert [event.data for event in result.events if event.name == "write"] == [b"bye"]
