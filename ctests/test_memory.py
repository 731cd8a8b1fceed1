"""No memory left (RLIMIT_AS) where the size of an allocation comes from outside: CURLE_OUT_OF_MEMORY, and the handle goes on."""

import threading
import zlib

import pytest
from driver import OK, OUT_OF_MEMORY
from frames import BINARY, CONT, TEXT, frame, pattern

MIB = 1 << 20


def limit(drv, mib):
    assert drv.do("memory", mib * 1024)["ok"] == 1


def no_limit(drv):
    assert drv.do("memory", -1)["ok"] == 1


def sending(conn, data):
    """The server sends while the test goes on."""
    thread = threading.Thread(target=conn.send, args=[data], daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_large_message(drv, any_srv, trust, pieces):
    """What has come of it is kept: with memory again the call goes on."""
    conn = drv.connect(any_srv, **trust)
    size = 40 * MIB
    part = pattern(size // pieces)
    wire = b"".join(frame(CONT if i else BINARY, part, fin=i == pieces - 1) for i in range(pieces))
    thread = sending(conn, wire + frame(TEXT, b"next"))
    limit(drv, 16)
    assert drv.do("recv_message", 20000).code == OUT_OF_MEMORY
    assert drv.do("recv_message", 20000).code == OUT_OF_MEMORY
    assert drv.do("ws_send", "text", b"goes on").code == OK
    assert conn.read_frame().payload == b"goes on"
    no_limit(drv)
    message = drv.do("recv_message", 20000)
    assert (message.code, message["n"]) == (OK, len(part) * pieces)
    assert drv.do("recv_message", 20000).data == b"next"
    thread.join(10)


@pytest.mark.parametrize("option", ["URL", "COOKIE", "USERAGENT", "USERPWD", "CAINFO", "UNIX_SOCKET_PATH", "CAINFO_BLOB", "COOKIEFILE", "COOKIELIST"])
def test_a_long_option(drv, srv, option):
    drv.connect(srv)
    refused = drv.do("tight_setopt", option, 7_000_000, 4000)
    assert refused.code == OUT_OF_MEMORY
    conn = drv.upgrade(srv)
    drv.do("ws_send", "text", b"as before")
    assert conn.read_frame().payload == b"as before"


@pytest.mark.parametrize("option", ["COOKIE", "USERAGENT", "HTTPHEADER", "URL"])
def test_a_request_that_is_larger_than_memory(drv, srv, option):
    drv.init(srv.url, CONNECT_ONLY=2)
    value = "a" * 1_000_000
    drv.setopt(option, f"X-Long: {value}" if option == "HTTPHEADER" else srv.url + value if option == "URL" else value)
    limit(drv, 0)
    assert drv.do("perform").code == OUT_OF_MEMORY
    no_limit(drv)
    conn = drv.upgrade(srv)
    assert len(conn.request.raw) > 1_000_000


@pytest.mark.parametrize("function", ["escape", "unescape", "append"])
def test_a_long_text(drv, function):
    drv.init()
    assert drv.do("tight_text", function, 20 * MIB, 8000)["ok"] == 0
    assert drv.do("tight_text", function, 20 * MIB, 200_000)["ok"] == 1


def test_a_copy_of_a_handle_with_long_options(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, COOKIE="a" * 1_000_000)
    limit(drv, 0)
    assert drv.do("dup", 1)["ok"] == 0
    no_limit(drv)
    assert drv.do("dup", 1)["ok"] == 1


@pytest.mark.parametrize("lines", [3, 2800])
def test_a_large_response_head(drv, srv, lines):
    drv.init(srv.url, CONNECT_ONLY=2, HEADERFUNCTION="on")
    drv.do("quiet", "header")
    drv.on("header", 1, "memory", 0)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(conn.response(**{f"X-{i}": "v" * (280_000 // lines - 20) for i in range(lines)}))
    assert drv.end().code == OUT_OF_MEMORY
    no_limit(drv)
    drv.do("forget")
    conn = drv.upgrade(srv)
    drv.do("ws_send", "text", b"goes on")
    assert conn.read_frame().payload == b"goes on"


@pytest.mark.parametrize("compress", [0, 1 << 16])
def test_sending_a_large_message_takes_little_memory(drv, srv, compress):
    conn = drv.connect(srv, WS_OPTIONS=compress, headers={"Sec_WebSocket_Extensions": "permessage-deflate"} if compress else {})
    drv.do("ws_send", "binary", "pattern:100000")  # its buffers are there
    conn.read_frame()
    drv.begin("tight_send", 20 * MIB, 4000)
    fin = False
    while not fin:
        fin = conn.read_frame().fin
    assert drv.end().code == OK


def test_a_message_that_inflates_to_more_than_memory(drv, srv):
    conn = drv.connect(srv, WS_OPTIONS=1 << 16, headers={"Sec_WebSocket_Extensions": "permessage-deflate"})
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(bytes(40 * MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    limit(drv, 8)
    conn.send(frame(BINARY, packed.removesuffix(b"\0\0\xff\xff"), rsv=4))
    assert drv.do("recv_message", 20000).code == OUT_OF_MEMORY
    no_limit(drv)
    message = drv.do("recv_message", 20000)
    assert (message.code, message["n"]) == (OK, 40 * MIB)
