"""The life of a handle: reuse, reset, duplicate, cleanup, setopt."""

import pytest
from driver import AGAIN, BAD_ARGUMENT, GOT_NOTHING, OK, UNKNOWN_OPTION, UNSUPPORTED_PROTOCOL
from frames import TEXT, frame

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


@must
@memcheck
def test_cleanup_closes_the_connection(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    drv.do("cleanup")
    assert conn.read_all() == b""


@must
@memcheck
def test_second_perform_in_connect_only_mode_opens_a_new_connection(drv, srv):
    drv.connect(srv)
    second = drv.upgrade(srv)
    second.send(frame(TEXT, b"on the second"))
    assert drv.do("frame").data == b"on the second"
    assert drv.getinfo("NUM_CONNECTS") == 1


@must
@memcheck
def test_second_perform_in_callback_mode(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    for i in range(3):
        conn = drv.restart(srv)
        conn.send(frame(TEXT, b"%d" % i))
        conn.close()
        result = drv.end()
        assert result.code == OK
        assert [event.data for event in result.events] == [b"%d" % i]


@must
@memcheck
def test_from_callback_mode_to_connect_only_and_back(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert drv.end().code == OK
    drv.setopt("CONNECT_ONLY", 2)
    conn = drv.upgrade(srv)
    conn.send(frame(TEXT, b"y"))
    assert drv.do("frame").data == b"y"
    conn.close()
    assert drv.do("ws_recv", 10, wait=2000).code == GOT_NOTHING
    drv.setopt("CONNECT_ONLY", 0)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"z"))
    conn.close()
    assert drv.end().code == OK


@must
@memcheck
def test_reset_forgets_options(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, USERAGENT="before", HTTPHEADER=["X-A: 1"])
    drv.do("reset")
    drv.setopt("ERRORBUFFER", "self")
    assert drv.do("perform").code == 3
    drv.setopt("URL", srv.url)
    drv.setopt("CONNECT_ONLY", 2)
    conn = drv.upgrade(srv)
    assert conn.request.get("User-Agent") is None and conn.request.get("X-A") is None


@must
@memcheck
def test_reset_of_a_connected_handle(drv, srv):
    conn = drv.connect(srv)
    drv.do("reset")
    drv.setopt("ERRORBUFFER", "self")
    assert drv.do("ws_recv", 10).code == UNSUPPORTED_PROTOCOL
    drv.do("cleanup")
    assert conn.closed_by_client()


@must
@memcheck
def test_duplicate_has_the_options_but_not_the_connection(drv, srv):
    drv.connect(srv, USERAGENT="twin", HTTPHEADER=["X-A: 1"], COOKIE="c=1")
    assert drv.do("dup", 1)["ok"] == 1
    assert drv.do("@1 ws_recv", 10).code == BAD_ARGUMENT
    assert drv.do("@1 getinfo", "RESPONSE_CODE").value == "0"
    conn = drv.upgrade(srv, slot="@1 ")
    assert (conn.request.get("User-Agent"), conn.request.get("X-A"), conn.request.get("Cookie")) == ("twin", "1", "c=1")
    drv.do("cleanup")
    assert drv.do("@1 ws_send", "text", b"alive").code == OK
    assert conn.read_frame().payload == b"alive"


@must
@memcheck
def test_duplicate_of_a_duplicate_after_the_original_is_gone(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, USERAGENT="x", PRIVATE=7)
    drv.do("dup", 1)
    drv.do("cleanup")
    drv.do("@1 dup", 2)
    drv.do("@1 cleanup")
    conn = drv.upgrade(srv, slot="@2 ")
    assert conn.request.get("User-Agent") == "x"


@must
@memcheck
def test_duplicate_of_nothing(drv):
    assert drv.do("@null dup", 1)["ok"] == 0
    assert drv.do("@foreign dup", 2)["ok"] == 0


@must
@memcheck
def test_no_handle_at_all(drv):
    for handle in ("@null", "@foreign"):
        assert drv.do(f"{handle} perform").code == BAD_ARGUMENT
        assert drv.do(f"{handle} setopt", "URL", "ws://x/").code == BAD_ARGUMENT
        assert drv.do(f"{handle} pause", 0).code == BAD_ARGUMENT
        assert drv.do(f"{handle} upkeep").code == BAD_ARGUMENT
        assert drv.do(f"{handle} easy_recv", 10).code == BAD_ARGUMENT
        assert drv.do(f"{handle} easy_send", b"x").code == BAD_ARGUMENT
        drv.do(f"{handle} reset")
        drv.do(f"{handle} cleanup")


@must
@memcheck
def test_unknown_options(drv):
    drv.init()
    for number in (9999, 19999, 29999, 39999, 49999, 4, 1000):
        assert drv.setopt_code(number, 1) == UNKNOWN_OPTION


@must
@memcheck
def test_strings_are_copied_and_cleared(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    for i in range(50):
        drv.setopt("USERAGENT", f"agent {i}")
    assert drv.upgrade(srv).request.get("User-Agent") == "agent 49"
    drv.setopt("USERAGENT", None)
    assert drv.upgrade(srv).request.get("User-Agent") is None


@must
@memcheck
@pytest.mark.parametrize(
    "option, value, code",
    [("TIMEOUT_MS", -1, BAD_ARGUMENT), ("CONNECTTIMEOUT_MS", -1, BAD_ARGUMENT), ("PORT", 65536, BAD_ARGUMENT), ("PORT", -1, BAD_ARGUMENT),
     ("LOCALPORT", 65536, BAD_ARGUMENT), ("LOW_SPEED_LIMIT", -1, BAD_ARGUMENT), ("BUFFERSIZE", 1, OK), ("BUFFERSIZE", 100_000_000, OK),
     ("PROTOCOLS_STR", "nonsense", UNSUPPORTED_PROTOCOL), ("SSL_VERIFYHOST", 1, OK), ("IPRESOLVE", 9, BAD_ARGUMENT), ("TIMEOUT", -1, BAD_ARGUMENT)],
)  # fmt: skip
def test_option_values_are_checked(drv, option, value, code):
    drv.init()
    assert drv.setopt_code(option, value) == code


@must
@memcheck
def test_upkeep_of_an_open_connection(drv, srv):
    conn = drv.connect(srv)
    assert drv.do("upkeep").code == OK
    conn.send(frame(TEXT, b"x"))
    assert drv.do("frame").data == b"x"


@must
@memcheck
def test_easy_send_and_recv_without_connect_only(drv, srv):
    drv.init(srv.url)
    assert drv.do("easy_send", b"x").code == UNSUPPORTED_PROTOCOL
    assert drv.do("easy_recv", 10).code == UNSUPPORTED_PROTOCOL


@must
@memcheck
def test_many_handles_at_once_do_not_meet(drv, srv):
    conns = [drv.connect(srv, slot=f"@{i} ") for i in range(6)]
    for i, conn in enumerate(conns):
        conn.send(frame(TEXT, b"for %d" % i))
    for i in reversed(range(6)):
        assert drv.do(f"@{i} frame").data == b"for %d" % i
        assert drv.do(f"@{i} ws_recv", 10).code == AGAIN
        assert drv.do(f"@{i} ws_send", "text", b"from %d" % i).code == OK
        assert conns[i].read_frame().payload == b"from %d" % i


@must
@memcheck
@pytest.mark.parametrize("text", [b"plain", b"a b/c?d=e&f", b"\xc3\xa9\xff%00x", b"-._~"])
def test_escape_and_unescape(drv, text):
    drv.init()
    escaped = drv.do("escape", text)
    drv.do("unescape", escaped.value)


@must
@memcheck
@pytest.mark.parametrize("text", [b"%41%42", b"%zz%4", b"a+b", b"%00tail"])
def test_unescape(drv, text):
    drv.init()
    drv.do("unescape", text)


@must
@timing
def test_strerror_has_a_text_for_every_code(drv):
    texts = [drv.do("strerror", code).value for code in range(0, 102)]
    assert all(texts)


@must
@memcheck
def test_write_callback_keeps_working_on_a_handle_that_failed_before(drv, srv):
    drv.init("ws://127.0.0.1:1/", WRITEFUNCTION="on")
    assert drv.do("perform").code == 7
    drv.setopt("URL", srv.url)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert drv.end().code == OK
