"""CURLOPT_CONNECT_ONLY 1 with URLs of web servers: the program speaks HTTP itself, or WebSocket with an engine of its own."""

import contextlib

import pytest
from client_hello import perform_and_read_alpn
from driver import ABORTED, OK, PEER_VERIFICATION, UNSUPPORTED_PROTOCOL

must = pytest.mark.must
memcheck = pytest.mark.memcheck

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CURLPROTO_HTTP, CURLPROTO_HTTPS = 1, 2


def web_url(server):
    return server.url.replace("ws", "http", 1)


def connect(drv, server, by="easy", **options):
    drv.init(web_url(server), CONNECT_ONLY=1, **options)
    drv.begin("perform", **({} if by == "easy" else {"by": by}))
    conn = server.accept()
    assert drv.end().code == OK
    return conn


@must
@memcheck
def test_the_program_speaks_http(drv, any_srv, trust):
    conn = connect(drv, any_srv, **trust)
    assert conn.silent()
    assert drv.do("easy_send", REQUEST).code == OK
    assert conn.read_exactly(len(REQUEST)) == REQUEST
    conn.send(b"HTTP/1.1 204 No\r\n\r\n")
    assert drv.do("easy_recv", 100, wait=2000).data == b"HTTP/1.1 204 No\r\n\r\n"
    conn.close()


@must
def test_infos_name_the_scheme(drv, any_srv, trust):
    connect(drv, any_srv, **trust)
    secure = any_srv.url.startswith("wss")
    assert drv.getinfo("SCHEME") == ("https" if secure else "http")
    assert drv.getinfo("PROTOCOL") == (CURLPROTO_HTTPS if secure else CURLPROTO_HTTP)
    assert drv.getinfo("EFFECTIVE_URL") == web_url(any_srv).rstrip("/") + "/"


@must
def test_the_certificate_is_verified(drv, tls_srv):
    drv.init(web_url(tls_srv), CONNECT_ONLY=1)
    drv.begin("perform")
    with contextlib.suppress(OSError):
        tls_srv.accept()
    assert drv.end().code == PEER_VERIFICATION


@must
@pytest.mark.parametrize("option, offered", [(1, ["http/1.1"]), (0, None)])
def test_http_is_offered(drv, srv, option, offered):
    drv.init(f"https://localhost:{srv.port}/", CONNECT_ONLY=1, SSL_ENABLE_ALPN=option, HTTP_VERSION=2)
    assert perform_and_read_alpn(drv, srv) == offered


@must
def test_a_url_without_a_scheme_is_a_web_servers(drv, srv):
    drv.init(web_url(srv).removeprefix("http://"), CONNECT_ONLY=1)
    drv.begin("perform")
    srv.accept()
    assert drv.end().code == OK
    assert drv.getinfo("SCHEME") == "http"


@must
@pytest.mark.parametrize("protocols, code", [("http,https", OK), ("ws,wss", UNSUPPORTED_PROTOCOL), ("https", UNSUPPORTED_PROTOCOL)])
def test_the_allowed_protocols_count(drv, srv, protocols, code):
    drv.init(web_url(srv), CONNECT_ONLY=1, PROTOCOLS_STR=protocols)
    drv.begin("perform")
    if code == OK:
        srv.accept()
    assert drv.end().code == code


@must
def test_it_is_no_websocket(drv, srv):
    connect(drv, srv)
    assert drv.do("ws_recv", 10).code != OK
    assert drv.do("ws_send", "text", b"x").code != OK


@pytest.mark.parametrize("mode", [0, 2])
def test_other_modes_need_a_websocket(drv, srv, mode):
    drv.init(web_url(srv), CONNECT_ONLY=mode)
    result = drv.do("perform")
    assert result.code == UNSUPPORTED_PROTOCOL
    assert 'Protocol "http" not supported (only ws and wss are)' in result.error


@must
@memcheck
def test_the_prerequest_callback_is_asked(drv, any_srv, trust):
    conn = connect(drv, any_srv, PREREQFUNCTION="on", COOKIEFILE="", **trust)
    (asked,) = [event for event in drv.log if event.startswith("! prereq")]
    assert "primary=127.0.0.1 local=127.0.0.1 ports=1" in asked
    assert conn.silent()
    assert drv.do("easy_send", REQUEST).code == OK
    assert conn.read_exactly(len(REQUEST)) == REQUEST


@must
@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_the_prerequest_callback_can_refuse(drv, srv, scheme):
    drv.init(srv.url if scheme == "ws" else web_url(srv), CONNECT_ONLY=1, PREREQFUNCTION="on")
    drv.on("prereq", 1, "ret", 1)
    assert drv.do("perform").code == ABORTED
    assert srv.accept().closed_by_client()
    assert drv.do("easy_send", REQUEST).code != OK
