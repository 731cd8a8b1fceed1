"""permessage-deflate (RFC 7692). Only wscurl has it."""

import os
import random
import zlib

import pytest
from driver import AGAIN, BAD_ARGUMENT, GOT_NOTHING, OK, RECV_ERROR, TOO_LARGE, WEIRD_SERVER_REPLY
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, pattern

memcheck = pytest.mark.memcheck

COMPRESS, STRICT, RAW = 1 << 16, 1 << 17, 1
NOCOMPRESS = 1 << 17
BAD_CONTENT_ENCODING = 61
OFFER = "permessage-deflate; client_max_window_bits"
TAIL = b"\x00\x00\xff\xff"


class Peer:
    """The server's end of the compression, by zlib itself."""

    def __init__(self, bits=15, takeover=True, inflate_bits=15):
        self.bits, self.takeover, self.inflate_bits = bits, takeover, inflate_bits
        self.renew()

    def renew(self):
        self.deflater = zlib.compressobj(wbits=-max(self.bits, 9))
        self.inflater = zlib.decompressobj(wbits=-self.inflate_bits)

    def deflate(self, data):
        packed = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        if not self.takeover:
            self.renew()
        return packed.removesuffix(TAIL)

    def message(self, data, opcode=BINARY):
        return frame(opcode, self.deflate(data), rsv=4)

    def inflate(self, data):
        plain = self.inflater.decompress(data + TAIL)
        if not self.takeover:
            self.renew()
        return plain

    def read(self, conn):
        """A whole message of the client's: its opcode, its content, and whether each of its frames had RSV1."""
        frames = [conn.read_frame()]
        while not frames[-1].fin:
            frames.append(conn.read_frame())
        payload = b"".join(one.payload for one in frames)
        marks = [one.rsv for one in frames]
        assert marks[1:] == [0] * (len(marks) - 1)
        return frames[0].opcode, self.inflate(payload) if marks[0] else payload, marks


def connect(drv, srv, answer="permessage-deflate", options=COMPRESS, after=b"", **more):
    return drv.connect(srv, WS_OPTIONS=options, after=after, headers={"Sec_WebSocket_Extensions": answer}, **more)


def recv(drv, size=100_000, **options):
    return drv.do("ws_recv", size, wait=3000, **options)


# --- negotiation


def test_the_offer(drv, srv):
    conn = connect(drv, srv)
    assert conn.request.all("Sec-WebSocket-Extensions") == [OFFER]
    assert drv.getinfo(0x100000 + 5001) == "permessage-deflate"


def test_without_the_option_nothing_is_offered(drv, srv):
    conn = drv.connect(srv)
    assert conn.request.all("Sec-WebSocket-Extensions") == []


def test_in_raw_mode_nothing_is_offered(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=COMPRESS | RAW)
    assert conn.request.all("Sec-WebSocket-Extensions") == []


def test_a_server_may_decline(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=COMPRESS)
    assert drv.do("ws_send", "text", "pattern:1000").code == OK
    sent = conn.read_frame()
    assert (sent.rsv, len(sent.payload)) == (0, 1000)
    conn.send(frame(TEXT, b"\x00", rsv=4))
    assert recv(drv).code == RECV_ERROR


@memcheck
@pytest.mark.parametrize(
    "answer, why",
    [
        ("permessage-deflate; unknown", "no parameter"),
        ("permessage-deflate; server_max_window_bits", "lacks its value"),
        ("permessage-deflate; client_max_window_bits", "lacks its value"),
        ("permessage-deflate; client_max_window_bits=7", '"7"'),
        ("permessage-deflate; server_max_window_bits=16", '"16"'),
        ("permessage-deflate; server_no_context_takeover=1", '"1"'),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", "twice"),
        ("permessage-deflate, permessage-deflate", "one of those offered"),
        ("permessage-bzip2", "one of those offered"),
    ],
)
def test_illegal_answers_are_refused(drv, srv, answer, why):
    drv.init(srv.url, CONNECT_ONLY=2, WS_OPTIONS=COMPRESS)
    drv.begin("perform")
    srv.accept().handshake(Sec_WebSocket_Extensions=answer)
    result = drv.end()
    assert result.code == WEIRD_SERVER_REPLY
    assert why in result.error and "Sec-WebSocket-Extensions" in result.error


def test_an_offer_of_the_applications_is_used(drv, srv):
    own = "permessage-deflate; server_max_window_bits=10"
    drv.init(srv.url, CONNECT_ONLY=2, WS_OPTIONS=COMPRESS)
    drv.setopt("HTTPHEADER", f"Sec-WebSocket-Extensions: {own}")
    conn = drv.upgrade(srv, Sec_WebSocket_Extensions=own)
    assert conn.request.all("Sec-WebSocket-Extensions") == [own]
    conn.send(Peer(bits=10).message(b"hello"))
    assert recv(drv).data == b"hello"


def test_an_answer_must_fit_the_applications_offer(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, WS_OPTIONS=COMPRESS)
    drv.setopt("HTTPHEADER", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10")
    drv.begin("perform")
    srv.accept().handshake(Sec_WebSocket_Extensions="permessage-deflate")
    assert drv.end().code == WEIRD_SERVER_REPLY


def test_an_offer_without_the_option_is_the_applications_affair(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.setopt("HTTPHEADER", "Sec-WebSocket-Extensions: permessage-deflate")
    conn = drv.upgrade(srv, Sec_WebSocket_Extensions="permessage-deflate")
    conn.send(frame(TEXT, b"plain") + Peer().message(b"packed"))
    assert recv(drv).data == b"plain"
    line = recv(drv)
    assert line.code == RECV_ERROR and "RSV" in line.error


# --- receiving


@pytest.mark.parametrize("takeover", [True, False])
@pytest.mark.parametrize("bits", range(8, 16))
def test_messages_of_every_window_size(drv, srv, bits, takeover):
    answer = f"permessage-deflate; server_max_window_bits={bits}; client_max_window_bits={bits}"
    if not takeover:
        answer += "; server_no_context_takeover; client_no_context_takeover"
    conn = connect(drv, srv, answer)
    peer = Peer(bits, takeover, inflate_bits=bits)
    for size in (0, 1, 100, 5000, 70_000, 100):
        conn.send(peer.message(pattern(size)))
        line = drv.do("frame")
        assert (line.code, line["n"], line.flags) == (OK, size, "binary")
        assert drv.do("ws_send_all", "binary", f"pattern:{size}").code == OK
        assert peer.read(conn)[1] == pattern(size)


@memcheck
def test_meta_counts_inflated_bytes_and_tells_the_end(drv, srv):
    conn = connect(drv, srv)
    conn.send(Peer().message(pattern(1000), TEXT))
    offset = 0
    while True:
        line = recv(drv, 300)
        flags, at, length, left = line.meta
        assert (flags, at) == ("text", offset) and length > 0
        offset += length
        assert (left == 0) == (offset == 1000)
        if left == 0:
            break
    assert drv.do("ws_recv", 10).code == AGAIN


@pytest.mark.parametrize("size", [1, 2, 999, 1000])
def test_a_buffer_of_any_size_gets_all(drv, srv, size):
    conn = connect(drv, srv)
    conn.send(Peer().message(pattern(1000)) + frame(TEXT, b"end"))
    seen = 0
    while seen < 1000:
        line = recv(drv, size)
        assert line.data == pattern(1000)[seen : seen + min(line["n"], 48)]
        seen += line["n"]
        assert (line["left"] == 0) == (seen == 1000)
    assert recv(drv).data == b"end"


def test_payload_in_pieces(drv, srv):
    conn = connect(drv, srv)
    whole = Peer().message(os.urandom(300) + b"x" * 1000)
    conn.send_pieces([whole[at : at + 20] for at in range(0, len(whole), 20)], pause=0.002)
    line = drv.do("frame")
    assert (line.code, line["n"]) == (OK, 1300)


@pytest.mark.parametrize("payload", [b"", b"\x00"])
def test_an_empty_message_is_delivered_once(drv, srv, payload):
    conn = connect(drv, srv)
    conn.send(frame(TEXT, payload, rsv=4) + frame(TEXT, b"next"))
    assert recv(drv).meta == ("text", 0, 0, 0)
    assert recv(drv).data == b"next"


def test_a_peek_tells_of_an_inflated_frame(drv, srv):
    conn = connect(drv, srv)
    conn.send(Peer().message(b"hello", TEXT))
    for _ in range(2):
        line = recv(drv, 0, buf="null")
        assert (line.code, line["n"], line.flags) == (OK, 0, "text") and line["left"] >= 1
    assert recv(drv).meta == ("text", 0, 5, 0)


@memcheck
def test_fragments_with_control_frames_between(drv, srv):
    conn = connect(drv, srv)
    packed = Peer().deflate(b"one two three")
    cut = len(packed) // 2
    conn.send(frame(TEXT, packed[:cut], fin=False, rsv=4) + frame(PING, b"p") + frame(PONG, b"q") + frame(CONT, packed[cut:]))
    seen, flags = b"", []
    for _ in range(3):
        line = drv.do("frame")
        flags.append(line.flags)
        if line.flags != "pong":
            seen += line.data
    assert flags == ["text+cont", "pong", "text"] and seen == b"one two three"
    assert conn.read_frame().key == (PONG, True, b"p")


def test_compressed_and_plain_messages_mix(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    conn.send(peer.message(b"a" * 100) + frame(BINARY, b"plain") + peer.message(b"a" * 200))
    assert [drv.do("frame")["n"] for _ in range(3)] == [100, 5, 200]


def test_a_final_block_is_understood(drv, srv):
    conn = connect(drv, srv)
    packer = zlib.compressobj(wbits=-15)
    final = packer.compress(b"Hello") + packer.flush(zlib.Z_FINISH)
    conn.send(frame(TEXT, final + b"\x00", rsv=4) + frame(TEXT, final, rsv=4) + Peer().message(b"more"))
    assert [drv.do("frame").data for _ in range(3)] == [b"Hello", b"Hello", b"more"]


@memcheck
@pytest.mark.parametrize("payload", [b"\xff\xff\xff\xff", b"\x06", b"\xf2\x00\x11\x00\x00"])
def test_damaged_data_fails_with_1007(drv, srv, payload):
    conn = connect(drv, srv)
    conn.send(frame(TEXT, payload, rsv=4))
    for _ in range(2):
        line = recv(drv)
        assert line.code == BAD_CONTENT_ENCODING and "RFC 7692" in line.error
    assert conn.read_frame().key == (CLOSE, True, b"\x03\xef")


@pytest.mark.parametrize(
    "frames",
    [frame(PING, b"", rsv=4), frame(TEXT, b"", fin=False, rsv=4) + frame(CONT, b"", rsv=4), frame(TEXT, b"", rsv=6)],
)
def test_rsv1_in_the_wrong_place_is_a_violation(drv, srv, frames):
    conn = connect(drv, srv)
    conn.send(frames)
    codes = [recv(drv).code for _ in range(2)]
    assert codes[-1] == RECV_ERROR


@memcheck
def test_callback_mode(drv, srv):
    conn = drv.start(srv, WS_OPTIONS=COMPRESS, headers={"Sec_WebSocket_Extensions": "permessage-deflate"})
    peer = Peer()
    conn.send(peer.message(pattern(40_000)) + peer.message(b"", TEXT) + frame(TEXT, b"plain"))
    conn.half_close()
    result = drv.end()
    writes = [event for event in result.events if event.name == "write"]
    assert result.code == OK
    sizes = [event["n"] for event in writes]
    assert sum(sizes) == 40_005 and max(sizes) <= 16_384 and sizes[-2:] == [0, 5]


def test_pause_keeps_what_is_inflated(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", XFERINFOFUNCTION="on", NOPROGRESS=0, WS_OPTIONS=COMPRESS)
    drv.do("quiet", "xferinfo")
    drv.on("write", 1, "ret", "pause")
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(srv, Sec_WebSocket_Extensions="permessage-deflate")
    conn.send(Peer().message(b"hello", TEXT))
    conn.half_close()
    result = drv.end()
    writes = [event for event in result.events if event.name == "write"]
    assert result.code == OK and [event.data for event in writes] == [b"hello", b"hello"]


# --- limits


BOMB = 1 << 30


@pytest.fixture(scope="session")
def bomb():
    packer = zlib.compressobj(9, wbits=-15)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(BOMB >> 20)) + packer.flush(zlib.Z_SYNC_FLUSH).removesuffix(TAIL)


def test_an_inflate_bomb_stops_at_the_limit(drv, srv, bomb):
    conn = connect(drv, srv, WS_MAX_MESSAGE_SIZE=10_000_000)
    assert len(bomb) < 1_100_000
    before = drv.do("peak_kb")["value"]
    conn.send(frame(BINARY, bomb, rsv=4))
    line = drv.do("drain")
    assert line.code == TOO_LARGE and "1009" not in line.error and line["frames"] == 0
    assert conn.read_frame().key == (CLOSE, True, b"\x03\xf1")
    assert drv.do("peak_kb")["value"] - before < 12_000  # what the driver itself gathers of the frame


def test_an_inflate_bomb_in_chunks_needs_little_memory(drv, srv, bomb):
    conn = drv.start(srv, WS_OPTIONS=COMPRESS, headers={"Sec_WebSocket_Extensions": "permessage-deflate"})
    drv.timeout = 120
    conn.send(frame(BINARY, bomb[:100_000], length=len(bomb), rsv=4))
    conn.half_close()
    result = drv.end()
    assert result.code == RECV_ERROR
    assert drv.do("peak_kb")["value"] < 40_000


# --- sending


def test_a_message_is_compressed_when_that_pays(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    for data, marks in [("repeat:1000:61", [4]), ("tiny", [0]), ("repeat:64:61", [4]), ("repeat:63:61", [4])]:
        assert drv.do("ws_send", "text", data).code == OK
        opcode, content, seen = peer.read(conn)
        assert (opcode, seen) == (TEXT, marks) and len(content) in (1000, 4, 63, 64)


def test_short_messages_refer_to_earlier_ones(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    for number in range(5):
        text = b'{"id":%d,"method":"subscribe","ok":true}' % number
        assert drv.do("ws_send", "text", text).code == OK
        assert peer.read(conn) == (TEXT, text, [4])


@memcheck
def test_noise_stays_as_it_is(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    noise = os.urandom(3000)
    for _ in range(3):
        assert drv.do("ws_send_all", "binary", noise).code == OK
        assert peer.read(conn) == (BINARY, noise, [0])
        assert drv.do("ws_send", "text", "repeat:500:61").code == OK
        assert peer.read(conn) == (TEXT, b"a" * 500, [4])


def test_nocompress(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    assert drv.do("ws_send", f"text+{NOCOMPRESS}", "repeat:1000:61").code == OK
    assert peer.read(conn) == (TEXT, b"a" * 1000, [0])


def test_context_is_taken_over_or_not(drv, srv, new_driver):
    sizes = []
    for answer in ("permessage-deflate", "permessage-deflate; client_no_context_takeover"):
        driver = new_driver()
        conn = connect(driver, srv, answer)
        lengths = []
        for _ in range(2):
            assert driver.do("ws_send", "binary", "pattern:600").code == OK
            lengths.append(len(conn.read_frame().payload))
        sizes.append(lengths)
    assert sizes[0][1] < sizes[0][0] / 5 and sizes[1][0] == sizes[1][1]


@memcheck
def test_a_large_message_goes_out_in_bounded_frames(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    drv.begin("ws_send_all", "binary", "pattern:5000000")
    opcode, content, marks = peer.read(conn)
    assert drv.end().code == OK
    assert (opcode, content) == (BINARY, pattern(5_000_000))


@memcheck
def test_fragments_of_the_application(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    for flags, data in [("text+cont", "repeat:100:61"), ("text+cont", "empty"), ("text", "repeat:100:62")]:
        assert drv.do("ws_send", flags, data).code == OK
    frames = conn.read_frames(3)
    assert [(one.opcode, one.fin, one.rsv) for one in frames] == [(TEXT, False, 4), (CONT, False, 0), (CONT, True, 0)]
    # each fragment can be read as soon as it is there
    assert peer.inflater.decompress(frames[0].payload) == b"a" * 100
    assert peer.inflater.decompress(frames[1].payload + frames[2].payload + TAIL) == b"b" * 100


def test_fragments_that_end_with_nothing(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    for flags, data in [("text+cont", "empty"), ("text+cont", "repeat:100:61"), ("text", "empty"), ("binary", "repeat:100:61")]:
        assert drv.do("ws_send", flags, data).code == OK
    assert peer.read(conn)[:2] == (TEXT, b"a" * 100)
    assert peer.read(conn)[:2] == (BINARY, b"a" * 100)


@pytest.mark.parametrize("chunk", [7, 1000, 5000])
def test_offset_pieces_and_start_frame(drv, srv, chunk):
    conn, peer = connect(drv, srv), Peer()
    line = drv.do("ws_send_all", "binary+offset", "pattern:30000", frag=30_000, chunk=chunk)
    assert (line.code, line["sent"]) == (OK, 30_000)
    assert peer.read(conn)[1] == pattern(30_000)
    assert drv.do("start_frame", "binary", 1000).code == OK
    line = drv.do("ws_send_all", "binary+offset", "pattern:1000", chunk=100)
    assert (line.code, line["sent"]) == (OK, 1000)
    assert peer.read(conn)[1] == pattern(1000)


def test_more_than_the_frame_has_left_is_refused(drv, srv):
    conn, peer = connect(drv, srv), Peer()
    assert drv.do("ws_send", "binary+offset", "repeat:2000:61", frag=3000).code == OK
    assert drv.do("ws_send", "binary+offset", "repeat:1001:61").code == BAD_ARGUMENT
    assert drv.do("ws_send", "ping", "x").code == BAD_ARGUMENT
    assert drv.do("ws_send", "binary+offset", "repeat:1000:61").code == OK
    assert peer.read(conn)[1] == b"a" * 3000


@pytest.mark.parametrize("tls", [False, True])
def test_a_slow_peer_gets_every_byte_once(drv, new_server, tls_context, trust, tls):
    srv = new_server(tls=tls_context if tls else None, rcvbuf=4096)
    conn = connect(drv, srv, **(trust if tls else {}))
    peer = Peer()
    # half noise: it shrinks, and fills the buffers on the way all the same
    data = b"".join(os.urandom(500) + bytes(500) for _ in range(3000))
    path = f"/tmp/wscurl-noise-{os.getpid()}"
    with open(path, "wb") as file:
        file.write(data)
    drv.timeout = 60
    drv.begin("ws_send_all", "binary", data[:200_000], wait=30_000)
    assert peer.read(conn)[1] == data[:200_000]
    assert drv.end().code == OK
    os.unlink(path)


def test_a_blocked_message_goes_on_where_it_stopped(drv, new_server):
    srv = new_server(rcvbuf=4096)
    conn, peer = connect(drv, srv), Peer()
    sent, again = 0, 0
    total = 60_000_000
    drv.timeout = 60
    while again == 0 and sent < total:
        line = drv.do("ws_send_all", "binary", "pattern:20000000", wait=0)
        again = line["again"]
        sent += line["sent"]
        if again:
            rest = 20_000_000 - line["sent"]
    if again:
        drv.begin("ws_send_all", "binary", "pattern:20000000", **{"from": 20_000_000 - rest, "wait": 30_000})
    messages = sent // 20_000_000 + bool(again)
    for _ in range(messages):
        assert peer.read(conn)[1] == pattern(20_000_000)
    if again:
        assert drv.end().code == OK


def test_upload_is_compressed(drv, srv):
    drv.init(srv.url, WS_OPTIONS=COMPRESS, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on")
    drv.do("quiet", "read")
    drv.do("upload", "repeat:50000:61", chunk=10_000)
    conn = drv.restart(srv, Sec_WebSocket_Extensions="permessage-deflate")
    peer, seen = Peer(), b""
    while len(seen) < 50_000:
        opcode, content, marks = peer.read(conn)
        assert (opcode, marks) == (BINARY, [4])
        seen += content
    assert seen == b"a" * 50_000
    conn.half_close()
    assert drv.end().code in (OK, GOT_NOTHING)


# --- how it is read


@pytest.mark.parametrize("size", [200_000, 1_000_000])
@pytest.mark.parametrize("through", ["ws_recv", "recv_message"])
def test_a_long_compressed_frame_is_read_in_large_pieces(traced_driver, srv, size, through):
    """Counted in system calls: a few for each 64 KiB on the way."""
    drv, receives = traced_driver()
    conn = connect(drv, srv)
    payload = random.Random(7).randbytes(size)
    conn.send(frame(BINARY, b"short"))
    assert recv(drv).data == b"short"
    before = receives()
    drv.begin("recv_message", 20_000) if through == "recv_message" else drv.begin("frame", wait=20_000)
    conn.send(Peer().message(payload))
    line = drv.end(timeout=40)
    assert (line.code, line["n"]) == (OK, size)
    assert line["crc"] == f"{zlib.crc32(payload):08x}"
    assert receives() - before < 40 + size // 1000
