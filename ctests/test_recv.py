"""curl_ws_recv."""

import errno
import random
import threading
import time
import zlib

import pytest
from driver import AGAIN, BAD_ARGUMENT, GOT_NOTHING, OK, RECV_ERROR, SEND_ERROR, UNSUPPORTED_PROTOCOL
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close_frame, frame, mixed_frames, parse_client_frame, pattern
from server import Conn, TlsInMemory

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def recv(drv, size=1000, wait=3000, **options):
    """The next chunk."""
    return drv.do("ws_recv", size, wait=wait, **options)


# --- the chunk model


@must
@memcheck
@pytest.mark.parametrize("opcode, flags", [(TEXT, "text"), (BINARY, "binary"), (PONG, "pong")])
def test_a_frame_that_fits_comes_in_one_call(drv, any_srv, trust, opcode, flags):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(opcode, b"hello"))
    line = recv(drv)
    assert (line.code, line["n"], line.data, line.meta) == (OK, 5, b"hello", (flags, 0, 5, 0))
    assert line["age"] == 0
    line = drv.do("ws_recv", 1000)
    assert (line.code, line["n"], line.meta) == (AGAIN, 0, None)


@must
@memcheck
def test_a_frame_larger_than_the_buffer_comes_in_pieces(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(TEXT, b"0123456789") + frame(BINARY, b"next"))
    assert [recv(drv, 4).meta for _ in range(3)] == [("text", 0, 4, 6), ("text", 4, 4, 2), ("text", 8, 2, 0)]
    assert recv(drv, 4).meta == ("binary", 0, 4, 0)


@must
@memcheck
def test_one_call_never_joins_two_frames(drv, srv):
    conn = drv.connect(srv)
    conn.send(b"".join(frame(TEXT, str(i).encode()) for i in range(10)))
    assert [recv(drv).data for _ in range(10)] == [str(i).encode() for i in range(10)]


@must
def test_payload_is_delivered_as_it_arrives(drv, srv):
    conn = drv.connect(srv)
    whole = frame(BINARY, b"abcdefghij")
    conn.send(whole[:5])
    assert recv(drv).meta == ("binary", 0, 3, 7)
    assert drv.do("ws_recv", 1000).code == AGAIN
    conn.send(whole[5:8])
    assert recv(drv).meta == ("binary", 3, 3, 4)
    conn.send(whole[8:])
    line = recv(drv)
    assert line.meta == ("binary", 6, 4, 0)
    assert line.data == b"ghij"


@must
@memcheck
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
def test_every_length_encoding(drv, any_srv, trust, size):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(BINARY, pattern(size)) + frame(TEXT, b"end"))
    line = drv.do("frame")
    assert (line.code, line["n"], line.flags) == (OK, size, "binary")
    assert drv.do("frame").data == b"end"


@must
def test_header_split_at_every_byte(drv, srv):
    conn = drv.connect(srv)
    for size, cuts in ((5, 2), (300, 4), (70_000, 10)):
        whole = frame(BINARY, pattern(size))
        for cut in range(1, cuts):
            conn.send_pieces([whole[:cut], whole[cut:]], pause=0.01)
            assert drv.do("frame")["n"] == size


@must
@memcheck
def test_header_peek_with_buflen_0(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"hello"))
    for _ in range(2):
        line = recv(drv, 0, buf="null")
        assert (line.code, line["n"], line.meta) == (OK, 0, ("text", 0, 0, 5))
    line = recv(drv)
    assert (line.data, line.meta) == (b"hello", ("text", 0, 5, 0))


@must
def test_header_peek_in_the_middle_of_a_frame(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"hello"))
    assert recv(drv, 2).meta == ("text", 0, 2, 3)
    line = recv(drv, 0)
    assert (line.code, line.meta) == (OK, ("text", 2, 0, 3))
    assert recv(drv).meta == ("text", 2, 3, 0)


@memcheck
def test_header_peek_needs_the_header_only(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"hello")[:2])
    line = recv(drv, 0, buf="null", wait=1000)
    assert (line.code, line.meta) == (OK, ("text", 0, 0, 5))
    conn.send(b"hello")
    assert recv(drv).data == b"hello"


@must
@memcheck
def test_header_peek_consumes_a_frame_without_payload(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"") + frame(TEXT, b"x"))
    line = recv(drv, 0, buf="null")
    assert (line.code, line.meta) == (OK, ("text", 0, 0, 0))
    assert recv(drv).data == b"x"


@must
@memcheck
@pytest.mark.parametrize("opcode, flags", [(TEXT, "text"), (BINARY, "binary"), (PONG, "pong"), (CLOSE, "close")])
def test_zero_length_frames_are_delivered_once(drv, srv, opcode, flags):
    conn = drv.connect(srv)
    conn.send(frame(opcode, b""))
    line = recv(drv)
    assert (line.code, line["n"], line.meta) == (OK, 0, (flags, 0, 0, 0))
    assert drv.do("ws_recv", 1000).code == AGAIN


@memcheck
@pytest.mark.parametrize("before", [0, 3])
def test_a_pong_leaves_with_the_message_behind_its_ping(drv, any_srv, trust, before):
    """More messages are in memory; only this one is asked for."""
    conn = drv.connect(any_srv, **trust)
    messages = [frame(TEXT, b"%d" % i) for i in range(20)]
    conn.send(b"".join(messages[:before]) + frame(PING, b"beat") + b"".join(messages[before:]))
    for i in range(before + 1):
        assert recv(drv).data == b"%d" % i
    assert conn.read_frame().key == (PONG, True, b"beat")


# --- arguments and states


@must
@memcheck
def test_no_buffer_with_a_size_is_a_bad_argument(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"x"))
    line = drv.do("ws_recv", 10, buf="null")
    assert (line.code, line["n"], line.meta) == (BAD_ARGUMENT, 0, None)
    assert recv(drv).data == b"x"


@must
@memcheck
def test_nothing_there_is_again_at_once(drv, srv):
    drv.connect(srv)
    started = time.monotonic()
    line = drv.do("ws_recv", 10)
    assert (line.code, line["n"], line.meta) == (AGAIN, 0, None)
    assert time.monotonic() - started < 5


@must
@memcheck
def test_wrong_handles_and_states(drv, srv):
    assert drv.do("@null ws_recv", 10).code == BAD_ARGUMENT
    assert drv.do("@foreign ws_recv", 10).code == BAD_ARGUMENT
    drv.init(srv.url)
    assert drv.do("ws_recv", 10).code == UNSUPPORTED_PROTOCOL
    drv.setopt("CONNECT_ONLY", 2)
    line = drv.do("ws_recv", 10)
    assert (line.code, line["n"], line.meta) == (BAD_ARGUMENT, 0, None)


# --- fragments


@must
@memcheck
def test_cont_flag_is_on_every_fragment_except_the_last(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(BINARY, b"one", fin=False) + frame(CONT, b"two", fin=False) + frame(CONT, b"three"))
    assert [(recv(drv).flags) for _ in range(3)] == ["binary+cont", "binary+cont", "binary"]
    conn.send(frame(TEXT, b"whole"))
    assert recv(drv).flags == "text"


@must
@memcheck
def test_control_frames_between_fragments_do_not_disturb(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"a", fin=False) + frame(PONG, b"p") + frame(CONT, b"b", fin=False) + frame(PONG, b"") + frame(CONT, b"c"))
    got = [recv(drv) for _ in range(5)]
    assert [(line.flags, line.data) for line in got] == [
        ("text+cont", b"a"), ("pong", b"p"), ("text+cont", b"b"), ("pong", b""), ("text", b"c"),
    ]  # fmt: skip


@must
def test_empty_fragments(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"", fin=False) + frame(CONT, b"", fin=False) + frame(CONT, b""))
    got = [recv(drv) for _ in range(3)]
    assert [(line.flags, line["n"]) for line in got] == [("text+cont", 0), ("text+cont", 0), ("text", 0)]


@must
def test_text_is_not_checked_for_utf8(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"\xff\xfe\x00\xc3"))
    assert recv(drv).data == b"\xff\xfe\x00\xc3"


# --- protocol violations

VIOLATIONS = {
    "rsv1": frame(TEXT, b"x", rsv=4),
    "rsv2": frame(TEXT, b"x", rsv=2),
    "rsv3": frame(BINARY, b"x", rsv=1),
    "rsv_on_control": frame(PONG, b"x", rsv=4),
    **{f"reserved_opcode_{opcode}": frame(opcode, b"x") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "masked": frame(TEXT, b"x", mask=b"\1\2\3\4"),
    "continuation_without_start": frame(CONT, b"x"),
    "continuation_after_the_end": frame(TEXT, b"a", fin=False) + frame(CONT, b"b") + frame(CONT, b"c"),
    "text_inside_a_message": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "binary_inside_a_message": frame(TEXT, b"a", fin=False) + frame(BINARY, b"b", fin=False),
    "fragmented_ping": frame(PING, b"a", fin=False),
    "fragmented_close": frame(CLOSE, b"", fin=False),
    "fragmented_pong": frame(PONG, b"a", fin=False),
    "ping_of_126": frame(PING, b"x" * 126),
    "pong_of_126": frame(PONG, b"x" * 126),
    "close_of_126": frame(CLOSE, b"x" * 126),
    "ping_of_70000": frame(PING, b"x" * 70_000),
    "length_with_the_top_bit": frame(BINARY, b"x", length=1 << 63, length_bytes=8),
    "length_all_ones": frame(BINARY, b"x", length=(1 << 64) - 1, length_bytes=8),
}
NOT_MINIMAL = {
    "2_bytes_for_5": frame(BINARY, b"12345", length_bytes=2),
    "2_bytes_for_125": frame(BINARY, b"x" * 125, length_bytes=2),
    "8_bytes_for_5": frame(BINARY, b"12345", length_bytes=8),
    "8_bytes_for_65535": frame(BINARY, b"x" * 65535, length_bytes=8),
    "2_bytes_for_0": frame(BINARY, b"", length_bytes=2),
    "control_2_bytes_for_5": frame(PONG, b"12345", length_bytes=2),
}


def until_error(drv, limit=10):
    """Receives until it fails."""
    for _ in range(limit):
        line = recv(drv, 100_000)
        if line.code != OK:
            return line
    raise AssertionError("no error")


@must
@memcheck
@pytest.mark.parametrize("name", VIOLATIONS)
def test_protocol_violation_is_a_receive_error(drv, srv, name):
    conn = drv.connect(srv)
    conn.send(VIOLATIONS[name])
    line = until_error(drv)
    assert (line.code, line["n"], line.meta) == (RECV_ERROR, 0, None)
    assert line.error


@pytest.mark.parametrize("name", VIOLATIONS | NOT_MINIMAL)
def test_violation_fails_the_connection_for_good(drv, srv, name):
    """A Close frame of 1002 goes out and every later call fails alike; good frames that follow are not delivered."""
    conn = drv.connect(srv)
    conn.send((VIOLATIONS | NOT_MINIMAL)[name] + frame(TEXT, b"good") * 3)
    first = until_error(drv)
    assert first.code == RECV_ERROR
    for _ in range(3):
        again = drv.do("ws_recv", 1000)
        assert (again.code, again["n"], again.meta) == (RECV_ERROR, 0, None)
        assert again.error == first.error
    closing = conn.read_frame()
    assert closing.opcode == CLOSE
    assert closing.payload[:2] == (1002).to_bytes(2, "big")
    assert drv.do("ws_send", "text", b"x").code != OK


@pytest.mark.parametrize("name", NOT_MINIMAL)
def test_length_encoding_that_is_not_minimal_is_a_violation(drv, srv, name):
    conn = drv.connect(srv)
    conn.send(NOT_MINIMAL[name])
    line = until_error(drv)
    assert line.code == RECV_ERROR and line.error


def test_good_frames_before_a_violation_are_delivered(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"one") + frame(BINARY, b"two") + frame(3, b"bad"))
    assert recv(drv).data == b"one"
    assert recv(drv).data == b"two"
    assert recv(drv).code == RECV_ERROR


def test_error_buffer_tells_of_the_latest_failure(drv, srv):
    conn = drv.connect(srv)
    first = drv.do("ws_send", "0x400", b"x")
    assert first.code == BAD_ARGUMENT and first.error
    conn.send(frame(3, b"bad"))
    line = until_error(drv)
    assert line.error and line.error != first.error


# --- close


@must
@memcheck
@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe8bye", b"\x03\xe9" + b"r" * 123, b"\x01", b"\x00\x00", b"\xff\xff\xff"])
def test_close_frame_is_delivered_and_not_answered(drv, srv, payload):
    conn = drv.connect(srv)
    conn.send(frame(CLOSE, payload))
    line = recv(drv)
    assert (line.code, line.flags, line.data) == (OK, "close", payload)
    assert drv.do("ws_recv", 10).code == AGAIN
    assert conn.silent(0.2)
    assert drv.do("ws_send", "close", b"\x03\xe8").code == OK
    assert conn.read_frame().key == (CLOSE, True, b"\x03\xe8")


# --- ends of the stream


@must
@memcheck
def test_end_of_stream_is_got_nothing_each_time(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(TEXT, b"last"))
    conn.close_notify() if any_srv.tls else conn.close()
    assert recv(drv).data == b"last"
    for _ in range(3):
        line = recv(drv)
        assert (line.code, line["n"], line.meta) == (GOT_NOTHING, 0, None)


@must
def test_half_closed_connection_can_still_be_sent_on(drv, srv):
    conn = drv.connect(srv)
    conn.half_close()
    assert recv(drv).code == GOT_NOTHING
    assert drv.do("ws_send", "text", b"x").code == OK
    assert conn.read_frame().payload == b"x"


@memcheck
@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_end_of_stream_inside_a_frame(drv, srv, cut):
    """What has arrived is delivered, then comes the error, each time."""
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"12345")[:cut])
    conn.close()
    if cut > 2:
        assert recv(drv).meta == ("text", 0, cut - 2, 7 - cut)
    for _ in range(2):
        assert recv(drv).code == RECV_ERROR


@must
def test_payload_that_came_before_the_end_inside_a_frame_is_delivered(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"12345")[:5])
    conn.close()
    assert recv(drv).data == b"123"


@must
@timing
def test_reset_is_a_receive_error(drv, srv):
    conn = drv.connect(srv)
    conn.reset()
    assert recv(drv).code == RECV_ERROR
    assert drv.getinfo("OS_ERRNO") == errno.ECONNRESET


def reset_while_sending(drv, conn, command, *args):
    """The reset has come when the first of two sends meets it."""
    conn.reset()
    time.sleep(0.2)
    assert [drv.do(command, *args).code for _ in range(2)] == [SEND_ERROR] * 2


@pytest.mark.parametrize("raw", [0, 1])
def test_a_reset_that_a_send_met_is_a_receive_error_too(drv, srv, raw):
    """The kernel tells of it once: what is received afterwards ends like a stream that the server has closed."""
    conn = drv.connect(srv, WS_OPTIONS=raw)
    conn.send(frame(TEXT, b"last"))
    reset_while_sending(drv, conn, "ws_send", "0" if raw else "text", b"x")
    assert recv(drv).data == b"last"
    assert [recv(drv).code for _ in range(2)] == [RECV_ERROR] * 2


def test_easy_recv_after_a_reset_that_a_send_met_is_a_receive_error(drv, srv):
    """CURLE_OK with 0 bytes would be the orderly end."""
    drv.init(srv.url, CONNECT_ONLY=1)
    drv.begin("perform")
    conn = srv.accept()
    assert drv.end().code == OK
    reset_while_sending(drv, conn, "easy_send", b"x")
    assert drv.do("easy_recv", 100).code == RECV_ERROR


def test_a_send_after_the_server_has_closed_leaves_an_orderly_end(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"last"))
    conn.close()
    for _ in range(3):
        time.sleep(0.1)
        drv.do("ws_send", "text", b"x")
    assert recv(drv).data == b"last"
    assert recv(drv).code == GOT_NOTHING


@must
def test_tls_ending_without_close_notify_is_a_receive_error(drv, tls_srv, trust):
    conn = drv.connect(tls_srv, **trust)
    conn.send(frame(TEXT, b"x"))
    assert recv(drv).data == b"x"
    conn.close()
    assert recv(drv).code == RECV_ERROR


# --- pings


@must
@memcheck
@pytest.mark.parametrize("payload", [b"", b"beat", b"x" * 125])
def test_ping_before_data_is_answered_and_not_delivered(drv, any_srv, trust, payload):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(PING, payload) + frame(TEXT, b"data"))
    assert recv(drv).data == b"data"
    assert conn.read_frame().key == (PONG, True, payload)


@memcheck
@pytest.mark.parametrize("payload", [b"", b"beat", b"x" * 125])
def test_pong_leaves_at_once_for_a_client_that_only_receives(drv, any_srv, trust, payload):
    """No other frame follows, nothing is sent: each answer must come out of ws_recv."""
    conn = drv.connect(any_srv, **trust)
    for _ in range(3):
        conn.send(frame(PING, payload))
        assert drv.do("poll", 2000)["ready"] == 1
        assert drv.do("ws_recv", 100).code == AGAIN
        assert conn.read_frame().key == (PONG, True, payload)


@memcheck
def test_ping_in_pieces_is_answered_whole_and_not_delivered(drv, srv):
    conn = drv.connect(srv)
    ping = frame(PING, b"heartbeat")
    for cut in (1, 2, 4, 8):
        conn.send(ping[:cut])
        drv.do("poll", 1000)
        assert drv.do("ws_recv", 100).code == AGAIN
        conn.send(ping[cut:] + frame(TEXT, b"after"))
        assert recv(drv).data == b"after"
        assert conn.read_frame().key == (PONG, True, b"heartbeat")


def test_each_of_a_few_pings_or_at_least_the_newest_is_answered(drv, srv):
    conn = drv.connect(srv)
    conn.send(b"".join(frame(PING, str(i).encode()) for i in range(5)) + frame(TEXT, b"x"))
    assert recv(drv).data == b"x"
    answers = [conn.read_frame()]
    while answers[-1].payload != b"4":
        answers.append(conn.read_frame())
    assert all(answer.opcode == PONG for answer in answers)
    assert [answer.payload for answer in answers] == sorted(answer.payload for answer in answers)


@must
def test_ping_between_the_fragments_of_a_message(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(CONT, b"b"))
    assert [recv(drv).flags for _ in range(2)] == ["text+cont", "text"]
    assert conn.read_frame().key == (PONG, True, b"p")


@pytest.mark.parametrize("reads", [False, True])
def test_flood_of_pings_keeps_memory_bounded(drv, new_server, reads):
    """A server that sends pings without end and reads the pongs late: only the newest need be answered."""
    srv = new_server(rcvbuf=4096)
    conn = drv.connect(srv)
    before = drv.do("peak_kb")["value"]
    drv.begin("drain", wait=1500)
    block = b"".join(frame(PING, f"{i:05}".encode() * 20) for i in range(1000))
    for _ in range(100):
        conn.send(block)
        if reads:
            try:
                conn.receive(0.001)
            except TimeoutError:
                pass
    conn.send(frame(PING, b"final"))
    last = None
    while last is None or last.payload != b"final":
        last = conn.read_frame()
        assert last.opcode == PONG
    result = drv.end()
    assert (result.code, result["frames"]) == (AGAIN, 0)
    assert drv.do("peak_kb")["value"] - before < 8_000


@must
@memcheck
@pytest.mark.parametrize("options", [1 << 1, (1 << 1) | (1 << 0), 1 << 1])
def test_noautopong_delivers_pings_and_does_not_answer(drv, srv, options):
    conn = drv.connect(srv, WS_OPTIONS=options)
    conn.send(frame(PING, b"beat") + frame(TEXT, b"x"))
    line = recv(drv)
    assert (line.flags, line.data) == ("ping", b"beat")
    assert recv(drv).data == b"x"
    assert conn.silent(0.2)


@must
def test_unasked_pong_is_delivered(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(PONG, b"unasked"))
    line = recv(drv)
    assert (line.flags, line.data) == ("pong", b"unasked")


# --- polling


@memcheck
@pytest.mark.parametrize("wait", ["select", "poll"])
def test_wait_then_one_recv_gets_two_frames_of_one_segment(drv, srv, wait):
    conn = drv.connect(srv)
    for _ in range(5):
        conn.send(frame(TEXT, b"one") + frame(TEXT, b"two"))
        assert drv.do(wait, 2000)["ready"] == 1
        assert recv(drv, wait=0).data == b"one"
        assert drv.do(wait, 2000)["ready"] == 1
        assert recv(drv, wait=0).data == b"two"
        assert drv.do(wait, 100)["ready"] == 0


def test_wait_then_one_recv_of_a_frame_in_the_segment_of_the_101(drv, srv):
    drv.connect(srv, after=frame(TEXT, b"early"))
    assert drv.do("select", 2000)["ready"] == 1
    assert recv(drv, wait=0).data == b"early"


def test_descriptor_is_not_readable_after_a_true_again(drv, srv):
    conn = drv.connect(srv)
    whole = frame(TEXT, b"0123456789")
    for cut in (1, 2):
        conn.send(whole[:cut])
        assert drv.do("poll", 1000)["ready"] == 1
        assert drv.do("ws_recv", 100).code == AGAIN
        assert drv.do("poll", 100)["ready"] == 0
        conn.send(whole[cut:])
        assert drv.do("poll", 1000)["ready"] == 1
        assert recv(drv, wait=0).data == b"0123456789"


def test_descriptor_is_not_readable_in_the_middle_of_a_tls_record(drv, srv, tls_context, ca_file):
    drv.init(f"wss://localhost:{srv.port}/", CONNECT_ONLY=2, CAINFO=ca_file)
    drv.begin("perform")
    conn = Conn(TlsInMemory(srv.accept().sock, tls_context))
    conn.handshake()
    assert drv.end().code == OK
    assert drv.do("ws_recv", 100).code == AGAIN
    records = conn.sock.records(frame(TEXT, b"0123456789"))
    for cut in (1, 3, 20):
        conn.sock.sock.sendall(records[:cut])
        records = records[cut:]
        assert drv.do("poll", 2000)["ready"] == 1
        assert drv.do("ws_recv", 100).code == AGAIN
        assert drv.do("poll", 100)["ready"] == 0
    conn.sock.sock.sendall(records)
    assert drv.do("poll", 2000)["ready"] == 1
    assert recv(drv, wait=0).data == b"0123456789"
    assert drv.do("poll", 100)["ready"] == 0


def test_select_loop_gets_a_frame_larger_than_the_buffer(drv, srv):
    conn = drv.connect(srv)
    conn.send(frame(BINARY, pattern(1000)) + frame(TEXT, b"tail"))
    got = b""
    while len(got) < 1000:
        assert drv.do("select", 1000)["ready"] == 1
        got += recv(drv, 100, wait=0).data
    assert got == pattern(1000)
    assert drv.do("select", 1000)["ready"] == 1
    assert recv(drv, wait=0).data == b"tail"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("room", [100, 100_000])
def test_wait_then_one_recv_gets_every_frame_of_a_mixed_stream(drv, any_srv, trust, seed, room):
    """Whatever way a frame takes through the library: it comes whole, in order, and the descriptor is readable before it."""
    conn = drv.connect(any_srv, **trust)
    wire, due = mixed_frames(seed)
    draw = random.Random(seed)

    def pour():
        rest = wire
        while rest:
            piece, rest = rest[: (cut := draw.choice([1, 17, 64, 3000, 200_000]))], rest[cut:]
            conn.send(piece)

    server = threading.Thread(target=pour)
    server.start()
    for flags, payload in due:
        offset, left = 0, True
        while left:
            assert drv.do("poll", 5000)["ready"] == 1
            # Not hundreds of calls for each long frame.
            line = drv.do("ws_recv", room if len(payload) <= 1000 else 10 * room)
            if line.code == AGAIN:
                continue
            piece = payload[offset : offset + line["n"]]
            left = len(payload) - offset - len(piece)
            assert (line.code, line.meta) == (OK, (flags, offset, len(piece), left))
            assert line["crc"] == f"{zlib.crc32(piece):08x}" if "crc" in line.fields else line.data == piece
            offset += len(piece)
    server.join()


def test_options_set_on_an_open_connection_hold_from_the_next_call_on(drv, srv):
    conn = drv.connect(srv)
    for _ in range(3):
        conn.send(frame(TEXT, b"short") * 2)
        assert [recv(drv).data for _ in range(2)] == [b"short"] * 2
        assert drv.do("ws_send", "text", "short").code == OK
    drv.setopt("WS_OPTIONS", 2)
    conn.send(frame(TEXT, b"short") + frame(PING, b"shown") + frame(TEXT, pattern(200)))
    assert [recv(drv).meta[0] for _ in range(3)] == ["text", "ping", "text"]
    drv.setopt("WS_OPTIONS", 0)
    conn.send(frame(PING, b"answered") + frame(TEXT, pattern(200)))
    assert recv(drv).meta[0] == "text"
    drv.setopt("WS_OPTIONS", 1)
    assert drv.do("ws_send", "text", "flags mean nothing here").code == BAD_ARGUMENT


# --- memory


@pytest.mark.parametrize("frame_size", [1 << 24, 1 << 16, 100])
def test_fast_sender_is_pushed_back(drv, srv, frame_size):
    """A server that pours for two seconds into a client that takes ten bytes a call: the sender is stopped by TCP, not by our memory."""
    conn = drv.connect(srv)
    before = drv.do("peak_kb")["value"]
    block = frame(BINARY, pattern(frame_size))
    block *= max(1, (1 << 24) // len(block))
    until = time.monotonic() + 2

    def pour():
        conn.sock.settimeout(0.1)
        while time.monotonic() < until:
            try:
                conn.send(block)
            except TimeoutError:
                pass

    server = threading.Thread(target=pour)
    server.start()
    while time.monotonic() < until:
        assert recv(drv, 10).code == OK
    server.join()
    assert drv.do("peak_kb")["value"] - before < 3_000


# --- raw mode


@must
@memcheck
def test_raw_mode_sends_and_receives_bytes_as_they_are(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=1)
    raw = frame(TEXT, b"raw", mask=b"\1\2\3\4")
    assert drv.do("ws_send", "0", raw).fields["sent"] == str(len(raw))
    assert conn.read_frame().payload == b"raw"
    conn.send(frame(TEXT, b"back"))
    assert drv.do("easy_recv", 100, wait=2000).data == frame(TEXT, b"back")
    assert drv.do("easy_send", raw).code == OK
    assert conn.read_frame().payload == b"raw"


@must
def test_ws_recv_in_raw_mode_still_decodes(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=1)
    conn.send(frame(TEXT, b"frame"))
    line = recv(drv)
    assert (line.data, line.flags) == (b"frame", "text")


@must
def test_bytes_in_the_segment_of_the_101_reach_easy_recv_in_raw_mode(drv, srv):
    drv.connect(srv, WS_OPTIONS=1, after=frame(TEXT, b"early"))
    assert drv.do("easy_recv", 100, wait=1000).data == frame(TEXT, b"early")


@must
@timing
def test_easy_recv_at_the_end_of_the_stream(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=1)
    conn.close()
    line = drv.do("easy_recv", 100, wait=1000)
    assert (line.code, line["n"]) in ((OK, 0), (GOT_NOTHING, 0))


@memcheck
def test_easy_recv_gives_what_came_before_a_broken_tls_record(drv, srv, tls_context, ca_file):
    drv.init(f"wss://localhost:{srv.port}/", CONNECT_ONLY=2, WS_OPTIONS=1, CAINFO=ca_file)
    drv.begin("perform")
    conn = Conn(TlsInMemory(srv.accept().sock, tls_context))
    conn.handshake()
    assert drv.end().code == OK
    broken = bytearray(conn.sock.records(b"first") + conn.sock.records(b"second"))
    broken[-1] ^= 1
    conn.sock.sock.sendall(broken)
    assert drv.do("easy_recv", 100, wait=2000).data == b"first"
    for _ in range(2):
        assert drv.do("easy_recv", 100, wait=2000).code == RECV_ERROR


@must
def test_easy_recv_with_nothing_there_is_again(drv, srv):
    drv.connect(srv, WS_OPTIONS=1)
    assert drv.do("easy_recv", 100).code == AGAIN


@must
def test_easy_recv_without_room_is_again(drv, srv):
    """`CURLE_OK` with 0 bytes would be the end of the stream."""
    drv.connect(srv, WS_OPTIONS=1, after=b"early")
    line = drv.do("easy_recv", 0)
    assert (line.code, line["n"]) == (AGAIN, 0)
    assert drv.do("easy_recv", 100, wait=1000).data == b"early"
    assert drv.do("easy_recv", 0).code == AGAIN


# --- pause


@must
@memcheck
@pytest.mark.parametrize("call", [("ws_recv", 0), ("ws_send", "text", b"x")])
@pytest.mark.parametrize("pause", [0, 1, 5])
def test_pausing_holds_nothing_back(drv, any_srv, trust, call, pause):
    """Nor is it an error."""
    conn = drv.connect(any_srv, **trust)
    drv.do(*call)
    assert drv.do("pause", pause).code == OK
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame").data == b"hello"
    assert drv.do("ws_send", "text", b"back").code == OK
    assert conn.read_frames(1 + (call[0] == "ws_send"))[-1].payload == b"back"
