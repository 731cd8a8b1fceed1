"""Against an independent server, the package `websockets`: echoes from nothing to 64 MiB in both ways of using the API."""

import zlib

import pytest
from driver import OK
from frames import pattern

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20]
LARGE = 64 << 20


def connect(drv, url, trust, **options):
    drv.init(url, CONNECT_ONLY=2, **trust, **options)
    result = drv.do("perform")
    assert result.code == OK, result


@must
@timing
@pytest.mark.parametrize("size", SIZES)
def test_echo_connect_only(drv, echo, trust, size):
    connect(drv, echo.url + "/echo", trust)
    line = drv.do("transfer", "binary", f"pattern:{size}")
    assert (line.code, line["same"], line["received"]) == (OK, 1, size)
    line = drv.do("echo", 3, "text", "repeat:100:61")
    assert (line.code, line["same"]) == (OK, 1)


@must
@timing
def test_echo_of_64_mib_connect_only(new_driver, echo, trust):
    drv = new_driver(timeout=90)
    connect(drv, echo.url + "/echo", trust)
    line = drv.do("transfer", "binary", f"pattern:{LARGE}")
    assert (line.code, line["same"], line["received"]) == (OK, 1, LARGE)


def upload(drv, url, trust, size):
    """Uploads one frame and takes the echo in the write callback, which ends the transfer by returning an error when all is there."""
    drv.init(url, UPLOAD=1, READFUNCTION="on", WRITEFUNCTION="on", **trust)
    drv.do("quiet", "read")
    drv.do("quiet", "write")
    drv.do("upload", f"pattern:{size}")
    drv.on("read", 1, "start_frame", "binary", size)
    drv.on("write", "*", "stop_after", size)
    result = drv.do("perform")
    tally = drv.do("tally", "write")
    assert result.code == 23, result
    assert tally["bytes"] == size
    assert int(tally.fields["crc"], 16) == zlib.crc32(pattern(size))
    assert tally["largest"] <= 16_384


@must
@timing
@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_echo_callback_mode(drv, echo, trust, size):
    upload(drv, echo.url + "/echo", trust, size)


@must
@timing
def test_echo_of_64_mib_callback_mode(new_driver, echo, trust):
    upload(new_driver(timeout=90), echo.url + "/echo", trust, LARGE)


@must
@timing
@memcheck
def test_control_frames_among_the_data(drv, echo, trust):
    """The server pings around each message; the client pings too. Every echo arrives whole and the pongs come back."""
    connect(drv, echo.url + "/pings", trust)
    for i in range(20):
        assert drv.do("ws_send", "ping", b"mine %d" % i).code == OK
        assert drv.do("ws_send", "text", b"message %d" % i).code == OK
        got = [drv.do("frame"), drv.do("frame")]
        assert {(line.flags, line.data) for line in got} == {("pong", b"mine %d" % i), ("text", b"message %d" % i)}


@must
@timing
def test_control_frames_between_the_fragments_of_a_large_message(drv, echo, trust):
    connect(drv, echo.url + "/echo", trust)
    for i in range(20):
        assert drv.do("ws_send_all", "binary+cont", f"pattern:5020:{i * 5020 % 251}").code == OK
        assert drv.do("ws_send", "ping", b"%d" % i).code == OK
        line = drv.do("frame")
        assert (line.flags, line.data) == ("pong", b"%d" % i)
    assert drv.do("ws_send", "binary", b"").code == OK
    line = drv.do("frame")
    assert (line.flags, line["n"]) == ("binary", 100_400)
    assert int(line.fields["crc"], 16) == zlib.crc32(pattern(100_400))


@must
@timing
def test_fragmented_answers(drv, echo, trust):
    connect(drv, echo.url + "/fragments", trust)
    assert drv.do("ws_send", "text", "repeat:3500:61").code == OK
    got = [drv.do("frame") for _ in range(4)]
    assert [line["n"] for line in got][:3] == [1000, 1000, 1000]
    assert got[0].flags == "text+cont"
    while "cont" in got[-1].flags:
        got.append(drv.do("frame"))
    assert sum(line["n"] for line in got) == 3500 and got[-1].flags == "text"


@must
@timing
def test_100_000_messages(new_driver, ws_echo):
    drv = new_driver(timeout=120)
    connect(drv, ws_echo.url + "/echo", {})
    line = drv.do("echo", 100_000, "text", "repeat:16:61")
    assert (line.code, line["done"], line["same"]) == (OK, 100_000, 1)


@must
@timing
def test_5_000_messages_over_tls(new_driver, wss_echo, trust):
    drv = new_driver(timeout=60)
    connect(drv, wss_echo.url + "/echo", trust)
    line = drv.do("echo", 5_000, "binary", "pattern:100")
    assert (line.code, line["done"], line["same"]) == (OK, 5_000, 1)


@must
@timing
def test_closing_handshake_with_a_real_server(drv, echo, trust):
    connect(drv, echo.url + "/echo", trust)
    assert drv.do("ws_send", "close", b"\x03\xe8bye").code == OK
    line = drv.do("frame")
    assert (line.flags, line.data[:2]) == ("close", b"\x03\xe8")
    assert drv.do("ws_recv", 10, wait=3000).code == 52
