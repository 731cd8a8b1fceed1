"""SOCKS proxies: versions 4, 4a, 5 and 5h, logins, refusals, and one in front of an HTTP proxy."""

import pytest
from driver import COULDNT_CONNECT, COULDNT_RESOLVE, COULDNT_RESOLVE_PROXY, NOT_BUILT_IN, OK, PROXY_ERROR, TIMEDOUT
from frames import TEXT, frame
from proxies import (
    SOCKS4_GRANTED,
    SOCKS5_GRANTED,
    grant_connect,
    grant_socks5,
    read_socks4,
    read_socks5_login,
    read_socks5_offer,
    read_socks5_request,
    start_tls,
)

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck

URL = "ws://server.test:8080/path"
NONE, PASSWORD = 0, 2

# CURLPX_
BAD_ADDRESS_TYPE, BAD_VERSION, IDENTD, IDENTD_DIFFER, LONG_HOSTNAME, LONG_PASSWD, LONG_USER, NO_AUTH = 1, 2, 7, 8, 9, 10, 11, 12
RECV_CONNECT, REPLY_NOT_ALLOWED, REPLY_REFUSED, REPLY_GENERAL, REPLY_HOST_UNREACHABLE = 15, 23, 19, 20, 21
REPLY_UNASSIGNED, REQUEST_FAILED, RESOLVE_HOST, UNKNOWN_FAIL, UNKNOWN_MODE, USER_REJECTED = 25, 26, 27, 31, 32, 33


def through(drv, srv, scheme, url=URL, login="", **options):
    drv.init(url, CONNECT_ONLY=2, PROXY=f"{scheme}://{login}127.0.0.1:{srv.port}", **options)
    drv.begin("perform")
    return srv.accept()


def finish(drv, conn):
    conn.handshake(after=frame(TEXT, b"hello"))
    assert drv.end().code == OK
    assert drv.do("frame").data == b"hello"
    assert drv.do("ws_send", "text", "world").code == OK
    assert conn.read_frame().payload == b"world"


def fails(drv, proxy_error):
    result = drv.end()
    assert result.code == PROXY_ERROR, result
    assert drv.getinfo("PROXY_ERROR") == proxy_error
    assert drv.getinfo("USED_PROXY") == 1
    assert drv.getinfo("HTTP_CONNECTCODE") == 0
    return result


# --- version 4


@must
@memcheck
def test_socks4a_sends_the_name(drv, srv):
    conn = through(drv, srv, "socks4a")
    assert read_socks4(conn) == ("server.test", 8080, b"")
    conn.send(SOCKS4_GRANTED)
    finish(drv, conn)


@must
@memcheck
def test_socks4_resolves_the_name(drv, srv):
    conn = through(drv, srv, "socks4", RESOLVE=["server.test:8080:192.0.2.7"])
    assert read_socks4(conn) == ("192.0.2.7", 8080, b"")
    conn.send(SOCKS4_GRANTED)
    finish(drv, conn)


@must
@pytest.mark.parametrize("options, login", [({}, "me:unused@"), ({"PROXYUSERNAME": "me"}, "")])
def test_socks4_sends_the_user(drv, srv, options, login):
    conn = through(drv, srv, "socks4a", login=login, **options)
    assert read_socks4(conn) == ("server.test", 8080, b"me")
    conn.send(SOCKS4_GRANTED)
    finish(drv, conn)


@must
@pytest.mark.parametrize("code, proxy_error", [
    (91, REQUEST_FAILED), (92, IDENTD), (93, IDENTD_DIFFER), (94, UNKNOWN_FAIL), (0, UNKNOWN_FAIL),
])  # fmt: skip
def test_socks4_refusals(drv, srv, code, proxy_error):
    conn = through(drv, srv, "socks4a")
    read_socks4(conn)
    conn.send(bytes([0, code]) + bytes(6))
    fails(drv, proxy_error)


@must
@pytest.mark.parametrize("reply, proxy_error", [(b"\5\x5a" + bytes(6), BAD_VERSION), (b"", RECV_CONNECT), (b"\0\x5a", RECV_CONNECT)])
def test_socks4_with_a_broken_reply(drv, srv, reply, proxy_error):
    conn = through(drv, srv, "socks4a")
    read_socks4(conn)
    conn.send(reply)
    conn.half_close()
    fails(drv, proxy_error)


def test_socks4_has_no_ipv6(drv, srv):
    conn = through(drv, srv, "socks4", url="ws://[::1]:8080/")
    fails(drv, RESOLVE_HOST)
    assert conn.read_all() == b""


# --- version 5


@must
@memcheck
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_socks5h_sends_the_name(drv, srv, tls_context, trust, scheme):
    conn = through(drv, srv, "socks5h", f"{scheme}://localhost:8080/", **trust)
    assert grant_socks5(conn) == ("localhost", 8080)
    if scheme == "wss":
        start_tls(conn, tls_context)
    finish(drv, conn)


@must
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_socks5_resolves_the_name(drv, srv, address):
    conn = through(drv, srv, "socks5", RESOLVE=[f"server.test:8080:{address}"])
    assert grant_socks5(conn) == (address, 8080)
    finish(drv, conn)


@must
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("host, address", [("192.0.2.7", "192.0.2.7"), ("[2001:db8::7]", "2001:db8::7")])
def test_addresses_are_sent_as_they_are(drv, srv, scheme, host, address):
    conn = through(drv, srv, scheme, f"ws://{host}/")
    assert grant_socks5(conn) == (address, 80)
    finish(drv, conn)


@must
@timing
def test_a_name_that_does_not_resolve(drv, srv):
    drv.init("ws://server.invalid/", CONNECT_ONLY=2, PROXY=f"socks5://127.0.0.1:{srv.port}")
    assert drv.do("perform").code == COULDNT_RESOLVE


@must
@memcheck
@pytest.mark.parametrize("options, login", [
    ({}, "me:s%3Acret@"),
    ({"PROXYUSERPWD": "me:s%3Acret"}, ""),
    ({"PROXYUSERNAME": "me", "PROXYPASSWORD": "s:cret"}, ""),
])  # fmt: skip
def test_a_login(drv, srv, options, login):
    conn = through(drv, srv, "socks5h", login=login, **options)
    assert read_socks5_offer(conn) == bytes([NONE, PASSWORD])
    conn.send(bytes([5, PASSWORD]))
    assert read_socks5_login(conn) == (b"me", b"s:cret")
    conn.send(b"\1\0")
    assert read_socks5_request(conn) == ("server.test", 8080)
    conn.send(SOCKS5_GRANTED)
    finish(drv, conn)


@must
def test_a_login_that_is_not_wanted_is_not_sent(drv, srv):
    conn = through(drv, srv, "socks5h", login="me:secret@")
    assert read_socks5_offer(conn) == bytes([NONE, PASSWORD])
    conn.send(bytes([5, NONE]))
    read_socks5_request(conn)
    conn.send(SOCKS5_GRANTED)
    finish(drv, conn)


@must
def test_a_login_that_socks5_auth_forbids_is_not_offered(drv, srv):
    conn = through(drv, srv, "socks5h", login="me:secret@", SOCKS5_AUTH=0)
    assert read_socks5_offer(conn) == bytes([NONE])
    conn.send(bytes([5, NONE]))
    read_socks5_request(conn)
    conn.send(SOCKS5_GRANTED)
    finish(drv, conn)


@must
def test_a_login_that_is_rejected(drv, srv):
    conn = through(drv, srv, "socks5h", login="me:secret@")
    read_socks5_offer(conn)
    conn.send(bytes([5, PASSWORD]))
    read_socks5_login(conn)
    conn.send(b"\1\1")
    assert "secret" not in fails(drv, USER_REJECTED).error


@must
@pytest.mark.parametrize("method, proxy_error", [(255, NO_AUTH), (7, UNKNOWN_MODE)])
def test_no_common_method(drv, srv, method, proxy_error):
    conn = through(drv, srv, "socks5h", login="me:secret@")
    read_socks5_offer(conn)
    conn.send(bytes([5, method]))
    fails(drv, proxy_error)


def test_a_login_that_the_proxy_wants_and_nobody_gave(drv, srv):
    conn = through(drv, srv, "socks5h")
    assert read_socks5_offer(conn) == bytes([NONE])
    conn.send(bytes([5, PASSWORD]))
    fails(drv, NO_AUTH)


def test_gssapi_is_refused(drv):
    drv.init(URL, PROXY="socks5h://127.0.0.1:1")
    assert drv.setopt_code("SOCKS5_AUTH", 4) == NOT_BUILT_IN
    assert drv.do("perform").code == NOT_BUILT_IN
    drv.setopt("SOCKS5_AUTH", 5)
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.setopt_code("SOCKS5_GSSAPI_NEC", 1) == NOT_BUILT_IN
    assert drv.setopt_code("SOCKS5_GSSAPI_SERVICE", "rcmd") == NOT_BUILT_IN


@must
@pytest.mark.parametrize("code, proxy_error", [
    (1, REPLY_GENERAL), (2, REPLY_NOT_ALLOWED), (4, REPLY_HOST_UNREACHABLE), (5, REPLY_REFUSED), (9, REPLY_UNASSIGNED),
])  # fmt: skip
def test_socks5_refusals(drv, srv, code, proxy_error):
    conn = through(drv, srv, "socks5h")
    read_socks5_offer(conn)
    conn.send(b"\5\0")
    read_socks5_request(conn)
    conn.send(bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))
    assert "server.test" in fails(drv, proxy_error).error


@must
@pytest.mark.parametrize("reply, proxy_error", [
    (b"\4\0", BAD_VERSION), (b"HT", BAD_VERSION), (b"", RECV_CONNECT), (b"\5", RECV_CONNECT),
])  # fmt: skip
def test_socks5_with_a_broken_choice(drv, srv, reply, proxy_error):
    conn = through(drv, srv, "socks5h")
    read_socks5_offer(conn)
    conn.send(reply)
    conn.half_close()
    fails(drv, proxy_error)


@must
@pytest.mark.parametrize("reply, proxy_error", [
    (b"\4\0\0\1\0\0\0\0\0\0", BAD_VERSION),
    (b"\5\0\0\2\0\0\0\0\0\0", BAD_ADDRESS_TYPE),
    (b"\5\0\0\1\0\0\0\0\0", RECV_CONNECT),
    (b"\5\0\0\3\xff" + b"x" * 250, RECV_CONNECT),
])  # fmt: skip
def test_socks5_with_a_broken_reply(drv, srv, reply, proxy_error):
    conn = through(drv, srv, "socks5h")
    read_socks5_offer(conn)
    conn.send(b"\5\0")
    read_socks5_request(conn)
    conn.send(reply)
    conn.half_close()
    fails(drv, proxy_error)


@must
@pytest.mark.parametrize("bound", [b"\1\x7f\0\0\1", b"\3\x09proxy.net", b"\4" + bytes(16)])
def test_replies_with_any_address_and_in_single_bytes(drv, srv, bound):
    conn = through(drv, srv, "socks5h")
    read_socks5_offer(conn)
    conn.send_pieces([b"\5", b"\0"])
    read_socks5_request(conn)
    reply = b"\5\0\0" + bound + b"\x12\x34"
    conn.send_pieces([reply[at : at + 1] for at in range(len(reply))], pause=0.002)
    finish(drv, conn)


@must
@pytest.mark.parametrize("scheme, length, proxy_error", [("socks5h", 256, LONG_HOSTNAME), ("socks4a", 255, LONG_HOSTNAME)])
def test_long_names(drv, srv, scheme, length, proxy_error):
    host = ("x" * 63 + ".") * 4
    conn = through(drv, srv, scheme, f"ws://{(host + 'x' * 64)[:length]}/")
    fails(drv, proxy_error)
    assert conn.read_all() == b""


@must
@pytest.mark.parametrize("user, password, proxy_error", [("u" * 256, "p", LONG_USER), ("u", "p" * 256, LONG_PASSWD)])
def test_long_logins(drv, srv, user, password, proxy_error):
    drv.init(URL, CONNECT_ONLY=2, PROXY=f"socks5h://127.0.0.1:{srv.port}", PROXYUSERNAME=user, PROXYPASSWORD=password)
    drv.begin("perform")
    conn = srv.accept()
    # libcurl notices it only when the proxy wants the login.
    if conn.receive():
        read_socks5_offer(conn)
        conn.send(bytes([5, PASSWORD]))
    fails(drv, proxy_error)


# --- around it


@must
@timing
def test_a_silent_proxy_times_out(drv, srv):
    conn = through(drv, srv, "socks5h", TIMEOUT_MS=1000)
    read_socks5_offer(conn)
    assert drv.end().code == TIMEDOUT


@must
def test_a_proxy_that_is_not_there(drv):
    drv.init(URL, PROXY="socks5h://127.0.0.1:1")
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.getinfo("PROXY_ERROR") == 0


@must
@pytest.mark.parametrize("number, kind", [(4, "4"), (5, "5"), (6, "4a"), (7, "5h")])
def test_proxytype_counts_where_the_url_has_no_scheme(drv, srv, number, kind):
    drv.init("ws://127.0.0.1:8080/", CONNECT_ONLY=2, PROXY=f"127.0.0.1:{srv.port}", PROXYTYPE=number)
    drv.begin("perform")
    conn = srv.accept()
    if kind.startswith("4"):
        assert read_socks4(conn)[:2] == ("127.0.0.1", 8080)
        conn.send(SOCKS4_GRANTED)
    else:
        assert grant_socks5(conn) == ("127.0.0.1", 8080)
    finish(drv, conn)


@must
def test_callback_mode_and_multi(drv, srv):
    drv.init(URL, PROXY=f"socks5h://127.0.0.1:{srv.port}", WRITEFUNCTION="on")
    drv.begin("perform", by="multi")
    conn = srv.accept()
    grant_socks5(conn)
    conn.handshake(after=frame(TEXT, b"hello"))
    assert drv.event("write").data == b"hello"
    conn.close()
    assert drv.end().code == OK


@must
def test_a_proxy_behind_a_unix_socket(drv, new_server, tmp_path):
    srv = new_server(path=str(tmp_path / "socket"))
    drv.init(URL, CONNECT_ONLY=2, PROXY=f"socks5h://localhost{srv.path}")
    drv.begin("perform")
    conn = srv.accept()
    assert grant_socks5(conn) == ("server.test", 8080)
    finish(drv, conn)


# --- in front of an HTTP proxy


@must
@memcheck
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_pre_proxy_connects_to_the_proxy(drv, srv, tls_context, trust, scheme):
    drv.init(
        f"{scheme}://localhost:8080/", CONNECT_ONLY=2, PRE_PROXY=f"socks5h://127.0.0.1:{srv.port}", PROXY="http://proxy.test:3128",
        PROXYUSERPWD="me:secret", **trust,
    )  # fmt: skip
    drv.begin("perform")
    conn = srv.accept()
    # The login is the HTTP proxy's alone.
    assert grant_socks5(conn) == ("proxy.test", 3128)
    assert grant_connect(conn).get("Proxy-Authorization") == "Basic bWU6c2VjcmV0"
    assert conn.target == "localhost:8080"
    if scheme == "wss":
        start_tls(conn, tls_context)
    finish(drv, conn)
    assert drv.getinfo("HTTP_CONNECTCODE") == 200


@must
def test_a_pre_proxy_without_a_scheme_is_socks4_and_may_be_alone(drv, srv):
    drv.init("ws://127.0.0.1:8080/", CONNECT_ONLY=2, PRE_PROXY=f"127.0.0.1:{srv.port}")
    drv.begin("perform")
    conn = srv.accept()
    assert read_socks4(conn) == ("127.0.0.1", 8080, b"")
    conn.send(SOCKS4_GRANTED)
    finish(drv, conn)


@must
@pytest.mark.parametrize("pre_proxy, proxy", [("http://127.0.0.1:1", ""), ("socks5h://127.0.0.1:1", "socks4://127.0.0.1:2")])
def test_pairs_that_cannot_be(drv, pre_proxy, proxy):
    drv.init(URL, PRE_PROXY=pre_proxy, **({"PROXY": proxy} if proxy else {}))
    assert drv.do("perform").code == COULDNT_RESOLVE_PROXY
