"""curl_ws_send."""

import math
import time

import pytest
from driver import AGAIN, BAD_ARGUMENT, OK, SEND_ERROR, TOO_LARGE, UNSUPPORTED_PROTOCOL
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def send(drv, flags, data, **options):
    return drv.do("ws_send", flags, data, **options)


# --- whole frames


@must
@memcheck
@pytest.mark.parametrize(
    "flags, opcode", [("text", TEXT), ("binary", BINARY), ("ping", PING), ("pong", PONG), ("close", CLOSE)]
)
@pytest.mark.parametrize("payload", [b"", b"x", b"hello", b"y" * 125])
def test_one_frame(drv, any_srv, trust, flags, opcode, payload):
    conn = drv.connect(any_srv, **trust)
    line = send(drv, flags, payload)
    assert (line.code, line["sent"]) == (OK, len(payload))
    assert conn.read_frame().key == (opcode, True, payload)


@must
@memcheck
@pytest.mark.parametrize("size", [126, 127, 65535, 65536, 100_000, 1_000_000])
def test_every_length_encoding(drv, any_srv, trust, size):
    """That the encoding is minimal is checked by read_frame."""
    conn = drv.connect(any_srv, **trust)
    drv.begin("ws_send_all", "binary", f"pattern:{size}")
    assert conn.read_frame().key == (BINARY, True, pattern(size))
    line = drv.end()
    assert (line.code, line["sent"]) == (OK, size)


@must
@memcheck
def test_sent_may_be_null(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text", b"x", sent="null").code == OK
    assert conn.read_frame().payload == b"x"


@must
@memcheck
def test_no_buffer_with_a_size_is_a_bad_argument(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text", b"xyz", buf="null").code == BAD_ARGUMENT
    assert send(drv, "text", b"fine").code == OK
    assert conn.read_frame().payload == b"fine"


@must
def test_no_buffer_without_a_size_is_an_empty_frame(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text", b"", buf="null").code == OK
    assert conn.read_frame().key == (TEXT, True, b"")


@must
@memcheck
def test_every_frame_has_a_fresh_mask(drv, srv):
    conn = drv.connect(srv)
    for _ in range(300):
        send(drv, "text", b"x")
    masks = [one.mask for one in conn.read_frames(300)]
    assert len(set(masks)) >= 299


@must
def test_masks_are_evenly_distributed(drv, srv):
    conn = drv.connect(srv)
    for _ in range(500):
        send(drv, "ping", b"")
    data = b"".join(one.mask for one in conn.read_frames(500))
    ones = sum(byte.bit_count() for byte in data)
    assert abs(ones - 8000) < 6 * math.sqrt(4000)


@must
@memcheck
@pytest.mark.parametrize("flags", ["ping", "pong", "close"])
def test_control_payload_over_125_is_too_large(drv, srv, flags):
    conn = drv.connect(srv)
    line = send(drv, flags, b"x" * 126)
    assert (line.code, line["sent"]) == (TOO_LARGE, 0)
    assert send(drv, "text", b"after").code == OK
    assert conn.read_frame().payload == b"after"


@must
@memcheck
@pytest.mark.parametrize(
    "flags",
    [
        "0", "cont", "text+binary", "text+ping", "text+close", "ping+pong", "close+ping", "ping+cont", "pong+cont", "close+cont",
        "offset", "0x80", "0x100", "0x8000", "binary+text+cont",
    ],
)  # fmt: skip
def test_flags_that_mean_nothing_are_a_bad_argument(drv, srv, flags):
    conn = drv.connect(srv)
    line = send(drv, flags, b"x")
    assert (line.code, line["sent"]) == (BAD_ARGUMENT, 0)
    assert send(drv, "text", b"after").code == OK
    assert conn.read_frame().payload == b"after"


@must
def test_sending_after_a_close_frame_is_left_to_the_application(drv, srv):
    conn = drv.connect(srv)
    send(drv, "close", b"\x03\xe8")
    assert send(drv, "text", b"x").code == OK
    assert [one.opcode for one in conn.read_frames(2)] == [CLOSE, TEXT]


# --- fragments


@must
@memcheck
def test_cont_makes_continuation_frames(drv, srv):
    conn = drv.connect(srv)
    send(drv, "binary+cont", b"one")
    send(drv, "binary+cont", b"two")
    send(drv, "binary", b"three")
    send(drv, "text", b"whole")
    assert [one.key for one in conn.read_frames(4)] == [
        (BINARY, False, b"one"), (CONT, False, b"two"), (CONT, True, b"three"), (TEXT, True, b"whole"),
    ]  # fmt: skip


@must
@memcheck
def test_bare_cont_and_0_inside_a_message(drv, srv):
    conn = drv.connect(srv)
    send(drv, "text+cont", b"one")
    assert send(drv, "cont", b"two").code == OK
    assert send(drv, "0", b"three").code == OK
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b"one"), (CONT, False, b"two"), (CONT, True, b"three")]


def test_0_is_refused_again_after_the_message_has_ended(drv, srv):
    conn = drv.connect(srv)
    send(drv, "text+cont", b"one")
    send(drv, "0", b"two")
    assert send(drv, "0", b"three").code == BAD_ARGUMENT
    assert send(drv, "cont", b"three").code == BAD_ARGUMENT
    assert send(drv, "text", b"new").code == OK
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b"one"), (CONT, True, b"two"), (TEXT, True, b"new")]


@must
@memcheck
@pytest.mark.parametrize("flags, opcode", [("ping", PING), ("pong", PONG), ("close", CLOSE)])
def test_control_frames_between_the_fragments(drv, srv, flags, opcode):
    conn = drv.connect(srv)
    send(drv, "text+cont", b"a")
    assert send(drv, flags, b"").code == OK
    send(drv, "text", b"b")
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b"a"), (opcode, True, b""), (CONT, True, b"b")]


@must
def test_empty_fragments(drv, srv):
    conn = drv.connect(srv)
    send(drv, "text+cont", b"")
    send(drv, "text+cont", b"")
    send(drv, "text", b"")
    assert [one.key for one in conn.read_frames(3)] == [(TEXT, False, b""), (CONT, False, b""), (CONT, True, b"")]


# --- frames in pieces: OFFSET


@must
@memcheck
def test_offset_frame_in_pieces(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "binary+offset", b"abc", frag=10)["sent"] == 3
    assert send(drv, "binary+offset", b"defg")["sent"] == 4
    assert send(drv, "binary+offset", b"hij")["sent"] == 3
    assert send(drv, "text", b"next").code == OK
    assert [one.key for one in conn.read_frames(2)] == [(BINARY, True, b"abcdefghij"), (TEXT, True, b"next")]


@must
@memcheck
def test_offset_frame_begun_with_its_header_only(drv, srv):
    conn = drv.connect(srv)
    line = send(drv, "text+offset", b"", frag=5)
    assert (line.code, line["sent"]) == (OK, 0)
    assert send(drv, "text+offset", b"hello")["sent"] == 5
    assert conn.read_frame().key == (TEXT, True, b"hello")


@must
def test_offset_frames_as_fragments_of_a_message(drv, srv):
    conn = drv.connect(srv)
    send(drv, "text+offset+cont", b"ab", frag=4)
    send(drv, "text+offset+cont", b"cd")
    send(drv, "text+offset", b"ef", frag=4)
    send(drv, "text+offset", b"gh")
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, False, b"abcd"), (CONT, True, b"efgh")]


@must
def test_large_offset_frame_in_many_pieces(drv, srv):
    conn = drv.connect(srv)
    drv.begin("ws_send_all", "binary+offset", "pattern:300000", frag=300_000, chunk=7001)
    assert conn.read_frame().key == (BINARY, True, pattern(300_000))
    assert drv.end().code == OK


@must
@memcheck
def test_negative_fragsize_is_a_send_error(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text+offset", b"x", frag=-1).code == SEND_ERROR
    assert send(drv, "text", b"after").code == OK
    assert conn.read_frame().payload == b"after"


@must
@memcheck
def test_more_payload_than_the_frame_has_left_is_a_bad_argument(drv, srv):
    conn = drv.connect(srv)
    send(drv, "text+offset", b"abc", frag=5)
    assert send(drv, "text+offset", b"defg").code == BAD_ARGUMENT
    assert send(drv, "text+offset", b"de").code == OK
    assert conn.read_frame().payload == b"abcde"


@must
def test_fragsize_without_offset_is_ignored(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text", b"abc", frag=100).code == OK
    assert conn.read_frame().key == (TEXT, True, b"abc")


@memcheck
@pytest.mark.parametrize("flags", ["ping", "pong", "close", "binary", "binary+offset", "ping+offset"])
def test_another_type_inside_an_offset_frame_is_a_bad_argument(drv, srv, flags):
    """Nothing changes: the frame can still be finished."""
    conn = drv.connect(srv)
    send(drv, "text+offset", b"abc", frag=6)
    line = send(drv, flags, b"x")
    assert (line.code, line["sent"]) == (BAD_ARGUMENT, 0)
    assert send(drv, "text+offset", b"def").code == OK
    assert send(drv, "ping", b"p").code == OK
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, True, b"abcdef"), (PING, True, b"p")]


@memcheck
def test_first_piece_larger_than_its_frame_is_a_bad_argument(drv, srv):
    conn = drv.connect(srv)
    line = send(drv, "text+offset", b"abcde", frag=2)
    assert (line.code, line["sent"]) == (BAD_ARGUMENT, 0)
    assert send(drv, "text", b"after").code == OK
    assert conn.read_frame().key == (TEXT, True, b"after")


@must
def test_offset_frame_of_no_length(drv, srv):
    conn = drv.connect(srv)
    assert send(drv, "text+offset", b"", frag=0).code == OK
    assert send(drv, "text", b"after").code == OK
    assert [one.key for one in conn.read_frames(2)] == [(TEXT, True, b""), (TEXT, True, b"after")]


# --- a reader that stalls


def fill(drv):
    """Sends 50,000-byte frames until nothing more goes; what was taken of the last one and how many were whole."""
    whole = 0
    for _ in range(400):
        line = send(drv, "binary", f"pattern:50000:{whole % 251}")
        if line.code == AGAIN:
            return whole, 0
        assert line.code == OK
        if line["sent"] < 50_000:
            return whole, line["sent"]
        whole += 1
    raise AssertionError("never full")


def fill_for_good(drv):
    """The same, and the socket takes nothing more after a while either: the kernel moves what it has to the other side."""
    whole, taken = fill(drv)
    while True:
        time.sleep(0.1)
        line = send(drv, "binary", f"pattern:{50_000 - taken}:{(whole + taken) % 251}")
        if line.code == AGAIN:
            return whole, taken
        assert line.code == OK
        taken += line["sent"]
        if taken == 50_000:
            whole, taken = whole + 1, 0


@pytest.fixture
def slow_srv(new_server):
    return new_server(rcvbuf=4096)


@pytest.fixture(params=["ws", "wss"])
def slow_any_srv(request, new_server, tls_context):
    return new_server(rcvbuf=4096, tls=tls_context if request.param == "wss" else None)


@must
@timing
@memcheck
def test_stalled_reader_gets_every_byte_once(drv, slow_any_srv, trust):
    """Partial sends and AGAIN until the way is full, then the rest: no byte is lost or doubled."""
    conn = drv.connect(slow_any_srv, **trust)
    whole, taken = fill_for_good(drv)
    for _ in range(3):
        line = send(drv, "binary", f"pattern:{50_000 - taken}:{(whole + taken) % 251}")
        assert (line.code, line["sent"]) == (AGAIN, 0)
    drv.begin("ws_send_all", "binary", f"pattern:{50_000}:{whole % 251}", **{"from": taken})
    for i in range(whole + 1):
        assert conn.read_frame().key == (BINARY, True, pattern(50_000, i % 251))
    assert drv.end().code == OK
    assert send(drv, "text", b"after").code == OK
    assert conn.read_frame().payload == b"after"


@pytest.mark.parametrize("command", [("start_frame", "text", 1), ("ws_close", 1000), ("send_message", "text", b"x")])
@timing
def test_a_refused_call_tells_what_the_blocked_frame_lacks(drv, slow_any_srv, trust, command):
    """Those bytes included that must be given again."""
    drv.connect(slow_any_srv, **trust)
    taken = fill_for_good(drv)[1]
    refused = drv.do(*command)
    assert refused.code in (SEND_ERROR, BAD_ARGUMENT)
    assert f" {50_000 - taken} bytes" in refused.error


def on_the_way(drv, conn):
    """What the kernel has taken, after a crash of the program: what the library still holds is lost."""
    drv.kill()
    return conn.read_all()


@must
@timing
@pytest.mark.parametrize("flags, header", [("binary", 14), ("text", 14)])
def test_sent_is_what_the_kernel_has_taken_of_the_payload(drv, slow_srv, flags, header):
    conn = drv.connect(slow_srv)
    line = send(drv, flags, "pattern:20000000")
    assert line.code == OK and 0 < line["sent"] < 20_000_000
    assert len(on_the_way(drv, conn)) == header + line["sent"]


@timing
@pytest.mark.parametrize("size", [100, 1000, 50_000])
def test_sent_is_what_the_kernel_has_taken_of_short_messages(drv, slow_srv, size):
    conn = drv.connect(slow_srv)
    header, arrives = 6 if size < 126 else 8, 0
    for _ in range(200_000):
        line = send(drv, "binary", f"pattern:{size}")
        arrives += header + line["sent"] if line["sent"] else 0
        if line["sent"] < size:
            break
    assert line.code == OK if line["sent"] else line.code == AGAIN
    rest = len(on_the_way(drv, conn)) - arrives
    assert rest == 0 if line["sent"] else 0 <= rest <= header


@timing
def test_over_tls_no_more_is_reported_than_the_kernel_has(drv, new_server, tls_context, trust):
    conn = drv.connect(new_server(rcvbuf=4096, tls=tls_context), **trust)
    line = send(drv, "binary", "pattern:20000000")
    assert line.code == OK and 0 < line["sent"] < 20_000_000
    data = on_the_way(drv, conn)
    assert 14 + line["sent"] <= len(data) <= 14 + line["sent"] + 100_000


@must
@timing
def test_after_again_a_smaller_buffer_is_a_bad_argument(drv, slow_srv):
    conn = drv.connect(slow_srv)
    whole, taken = fill_for_good(drv)
    left = 50_000 - taken
    seed = (whole + taken) % 251
    line = send(drv, "binary", f"pattern:{left}:{seed}")
    if line.code == OK:
        left, seed = left - line["sent"], (seed + line["sent"]) % 251
        line = send(drv, "binary", f"pattern:{left}:{seed}")
    assert (line.code, line["sent"]) == (AGAIN, 0)
    assert send(drv, "binary", b"pat").code == BAD_ARGUMENT
    drv.begin("ws_send_all", "binary", f"pattern:{left}:{seed}")
    for i in range(whole + 1):
        assert conn.read_frame().payload == pattern(50_000, i % 251)
    assert drv.end().code == OK


@must
@timing
def test_receiving_goes_on_while_sending_is_stalled(drv, slow_srv):
    conn = drv.connect(slow_srv)
    fill(drv)
    conn.send(frame(TEXT, b"news"))
    assert drv.do("frame").data == b"news"


@timing
def test_recv_does_not_disturb_a_stalled_send(drv, slow_any_srv, trust):
    """A ping arrives while a frame is half out: its pong comes after that frame, and no payload is doubled or lost."""
    conn = drv.connect(slow_any_srv, **trust)
    whole, taken = fill(drv)
    for i in range(3):
        conn.send(frame(PING, b"beat%d" % i))
        drv.do("poll", 1000)
        assert drv.do("ws_recv", 100).code == AGAIN
    drv.begin("ws_send_all", "binary", f"pattern:50000:{whole % 251}", **{"from": taken})
    got = []
    while sum(one.opcode == BINARY for one in got) < whole + 1:
        got.append(conn.read_frame())
    assert drv.end().code == OK
    drv.do("ws_recv", 100)
    while got[-1].payload != b"beat2" and not any(one.payload == b"beat2" for one in got):
        got.append(conn.read_frame())
    data = [one for one in got if one.opcode == BINARY]
    assert [one.payload for one in data] == [pattern(50_000, i % 251) for i in range(whole + 1)]
    assert all(one.opcode == PONG for one in got if one not in data)


@memcheck
def test_pong_goes_out_between_offset_pieces_only_after_the_frame(drv, srv):
    conn = drv.connect(srv)
    send(drv, "binary+offset", b"abc", frag=6)
    conn.send(frame(PING, b"beat") + frame(TEXT, b"x"))
    assert drv.do("frame").data == b"x"
    assert send(drv, "binary+offset", b"def").code == OK
    got = conn.read_frames(2)
    assert [one.key for one in got] == [(BINARY, True, b"abcdef"), (PONG, True, b"beat")]


@must
@timing
@memcheck
def test_offset_frame_to_a_stalled_reader(drv, slow_srv):
    conn = drv.connect(slow_srv)
    size = 6_000_000
    drv.begin("ws_send_all", "binary+offset", f"pattern:{size}", frag=size, chunk=100_000, wait=20000)
    assert conn.read_frame(timeout=20).key == (BINARY, True, pattern(size))
    assert drv.end().code == OK


@must
@timing
def test_large_frame_to_a_slow_reader(drv, slow_any_srv, trust):
    conn = drv.connect(slow_any_srv, **trust)
    size = 3_000_000
    drv.begin("ws_send_all", "binary", f"pattern:{size}", wait=20000)
    assert conn.read_frame(timeout=20).key == (BINARY, True, pattern(size))
    assert drv.end().code == OK


@pytest.mark.parametrize("size", [65_599, 65_600, 65_601, 131_199, 131_201, 200_003, 1_114_177, 5_000_001])
def test_long_frames_in_pieces_of_every_length(drv, srv, size):
    """How much one system call gets depends on the length; a frame that blocks makes the pieces of the next ones short."""
    conn = drv.connect(srv)
    for seed in range(3):
        drv.begin("ws_send_all", "binary", f"pattern:{size}:{seed}", wait=20000)
        assert conn.read_frame(timeout=20).key == (BINARY, True, pattern(size, seed))
        assert drv.end().code == OK


@timing
def test_no_more_than_64_kib_wait_for_the_socket(drv, slow_any_srv, trust):
    """What the library keeps of a frame that was sent in part must come again in the next call, and that is no more."""
    conn = drv.connect(slow_any_srv, **trust)
    size = 20_000_000
    line = send(drv, "binary", f"pattern:{size}")
    assert line.code == OK and 0 < line["sent"] < size
    sent = line["sent"]
    for _ in range(5):
        line = send(drv, "binary", f"pattern:{65_600}:{sent % 251}")
        assert line.code in (OK, AGAIN)
        sent += line["sent"]
    drv.begin("ws_send_all", "binary", f"pattern:{size}", wait=20000, **{"from": sent})
    assert conn.read_frame(timeout=30).key == (BINARY, True, pattern(size))
    assert drv.end().code == OK


@timing
def test_a_ping_while_a_long_frame_is_stalled(drv, slow_srv):
    """The rest of a long piece is given to the socket once, after what it took, and the PONG after the frame."""
    conn = drv.connect(slow_srv)
    size = 20_000_000
    line = send(drv, "binary", f"pattern:{size}")
    assert line.code == OK and 0 < line["sent"] < size
    conn.send(frame(PING, b"beat"))
    drv.do("poll", 1000)
    assert drv.do("ws_recv", 100).code == AGAIN
    drv.begin("ws_send_all", "binary", f"pattern:{size}", wait=20000, **{"from": line["sent"]})
    assert conn.read_frame(timeout=30).key == (BINARY, True, pattern(size))
    assert drv.end().code == OK
    assert conn.read_frame().key == (PONG, True, b"beat")


# --- states


@must
@memcheck
def test_wrong_handles_and_states(drv, srv):
    assert send(drv, "text", b"x").code == BAD_ARGUMENT
    assert drv.do("@null ws_send", "text", b"x").code == BAD_ARGUMENT
    assert drv.do("@foreign ws_send", "text", b"x").code == BAD_ARGUMENT
    drv.init(srv.url)
    assert send(drv, "text", b"x").code == SEND_ERROR
    drv.setopt("CONNECT_ONLY", 2)
    line = send(drv, "text", b"x")
    assert (line.code, line["sent"]) == (UNSUPPORTED_PROTOCOL, 0)


@must
@timing
def test_sending_to_a_closed_peer_fails_in_the_end(drv, srv):
    conn = drv.connect(srv)
    conn.reset()
    codes = [send(drv, "text", b"x").code for _ in range(3)]
    assert codes[-1] == SEND_ERROR


# --- raw mode


@must
@memcheck
@pytest.mark.parametrize("options", [{"flags": "text"}, {"frag": 3}, {"sent": "null"}], ids=["flags", "fragsize", "no sent"])
def test_raw_mode_takes_no_flags_no_fragsize_and_wants_sent(drv, srv, options):
    conn = drv.connect(srv, WS_OPTIONS=1)
    flags = options.pop("flags", "0")
    assert send(drv, flags, b"x", **options).code == BAD_ARGUMENT
    assert send(drv, "0", b"plain").code == OK
    assert conn.read_exactly(5) == b"plain"


@must
@timing
def test_raw_mode_to_a_stalled_reader(drv, slow_srv):
    conn = drv.connect(slow_srv, WS_OPTIONS=1)
    drv.begin("ws_send_all", "0", "pattern:5000000", wait=20000)
    assert conn.read_exactly(5_000_000) == pattern(5_000_000)
    assert drv.end().code == OK


class Raw:
    """Sends pieces that all differ, whatever became of the one before, and keeps what was reported as sent."""

    def __init__(self, drv, *commands):
        self.drv, self.commands, self.reported, self.calls, self.blocked = drv, commands, b"", 0, 0

    def send(self, size):
        self.calls += 1
        command, *flags = self.commands[self.calls % len(self.commands)]
        line = self.drv.do(command, *flags, f"pattern:{size}:{self.calls % 251}")
        sent = line["sent" if "sent" in line.fields else "n"]
        assert sent <= size
        assert line.code == (OK if sent else AGAIN)
        self.blocked += sent < size
        self.reported += pattern(size, self.calls % 251)[:sent]

    def until_blocked(self):
        before = self.blocked
        while self.blocked == before:
            self.send(300_000)

    def all_arrives(self, conn, meanwhile):
        """The server has got exactly what was reported, if the program goes on with other calls."""
        for _ in range(20):
            try:
                while len(conn.pending) < len(self.reported):
                    conn.receive(0.2)
            except TimeoutError:
                meanwhile()
        assert bytes(conn.pending) == self.reported
        conn.pending.clear()
        assert conn.silent(0.1)


WAYS = {"easy_send": [["easy_send"]], "ws_send": [["ws_send", "0"]], "both": [["easy_send"], ["ws_send", "0"]]}


def raw_bytes_arrive_as_reported(drv, conn, ways):
    raw = Raw(drv, *ways)
    raw.until_blocked()
    for size in (1000, 1, 70_000, 20, 300_000, 7, 500):
        raw.send(size)
    for size in (7, 33_000, 500, 1, 100_000) * 8:
        conn.receive()
        raw.send(size)
    raw.all_arrives(conn, lambda: drv.do("easy_recv", 1))


@must
@timing
@memcheck
@pytest.mark.parametrize("ways", WAYS)
def test_raw_bytes_arrive_as_reported(drv, slow_srv, ways):
    """What was not reported as sent was not taken: the next call may bring something else, or less."""
    raw_bytes_arrive_as_reported(drv, drv.connect(slow_srv, WS_OPTIONS=1), WAYS[ways])


@memcheck
@pytest.mark.parametrize("ways", WAYS)
def test_raw_bytes_arrive_as_reported_over_wss(drv, new_server, tls_context, trust, ways):
    server = new_server(rcvbuf=4096, tls=tls_context)
    raw_bytes_arrive_as_reported(drv, drv.connect(server, WS_OPTIONS=1, **trust), WAYS[ways])


@timing
@memcheck
def test_raw_bytes_of_a_bare_connection_arrive_as_reported(drv, slow_any_srv, trust):
    drv.init(slow_any_srv.url, CONNECT_ONLY=1, **trust)
    drv.begin("perform")
    conn = slow_any_srv.accept()
    assert drv.end().code == OK
    raw_bytes_arrive_as_reported(drv, conn, [["easy_send"]])


@timing
@memcheck
def test_raw_bytes_that_wait_leave_while_the_program_only_receives(drv, slow_any_srv, trust):
    """A request is reported as sent, so its sender may wait for the answer; over TLS the end of a record may still be here."""
    conn = drv.connect(slow_any_srv, WS_OPTIONS=1, **trust)
    raw = Raw(drv, ["easy_send"])
    raw.until_blocked()
    conn.send(b"x")
    raw.all_arrives(conn, lambda: drv.do("easy_recv", 1))


@timing
@memcheck
def test_raw_bytes_between_frames(drv, slow_any_srv, trust):
    """Frames and raw bytes on one connection: each arrives whole, in the order of the calls that reported it."""
    conn = drv.connect(slow_any_srv, **trust)
    whole, taken = fill_for_good(drv)
    raw = Raw(drv, ["easy_send"])
    raw.send(1000)
    assert raw.reported == b""
    drv.begin("ws_send_all", "binary", f"pattern:50000:{whole % 251}", **{"from": taken})
    for i in range(whole + 1):
        assert conn.read_frame().key == (BINARY, True, pattern(50_000, i % 251))
    assert drv.end().code == OK
    raw.until_blocked()
    line = send(drv, "text", b"frame")
    while line.code == AGAIN:
        conn.receive()
        line = send(drv, "text", b"frame")
    assert (line.code, line["sent"]) == (OK, 5)
    assert conn.read_exactly(len(raw.reported)) == raw.reported
    assert conn.read_frame().key == (TEXT, True, b"frame")
