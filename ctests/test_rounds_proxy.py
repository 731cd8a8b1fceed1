"""Redirects and answers to a 401 through an HTTP proxy: in the same tunnel where that leads to the server."""

import pytest
from driver import OK
from frames import TEXT, frame
from proxies import grant_connect, read_connect

DIGEST = 2
CHALLENGE = 'Digest realm="r", nonce="n", qop="auth"'


def begin(drv, srv, **options):
    """The connection to the proxy, behind the first request of the server."""
    drv.init("ws://server.test/a", CONNECT_ONLY=2, PROXY=f"http://127.0.0.1:{srv.port}", **options)
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn)
    conn.read_request()
    return conn


def answer(conn, status, *headers):
    conn.send("\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 4", "", "body"]).encode())


def finish(drv, conn):
    request = conn.handshake()
    assert drv.end().code == OK
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("ws_recv", 100, wait=2000).data == b"hello"
    return request


@pytest.mark.memcheck
def test_a_redirect_stays_in_the_tunnel(drv, srv):
    conn = begin(drv, srv, FOLLOWLOCATION=1)
    answer(conn, "302 Found", "Location: /b")
    assert finish(drv, conn).line == "GET /b HTTP/1.1"
    assert drv.getinfo("NUM_CONNECTS") == 1


def test_a_redirect_to_another_server_has_a_tunnel_of_its_own(drv, srv):
    conn = begin(drv, srv, FOLLOWLOCATION=1, USERPWD="me:secret", PROXYUSERPWD="proxy:word")
    answer(conn, "302 Found", "Location: http://other.test/c")
    conn = srv.accept()
    request = grant_connect(conn)
    assert request.line == "CONNECT other.test:80 HTTP/1.1"
    assert request.get("Proxy-Authorization")
    request = finish(drv, conn)
    assert request.get("Host") == "other.test"
    assert request.get("Authorization") is None and request.get("Proxy-Authorization") is None


def test_a_401_is_answered_in_the_tunnel(drv, srv):
    conn = begin(drv, srv, USERPWD="me:secret", HTTPAUTH=DIGEST)
    answer(conn, "401 Unauthorized", f"WWW-Authenticate: {CHALLENGE}")
    assert finish(drv, conn).get("Authorization").startswith('Digest username="me"')
    assert (drv.getinfo("NUM_CONNECTS"), drv.getinfo("HTTPAUTH_USED"), drv.getinfo("PROXYAUTH_USED")) == (1, DIGEST, 0)


def test_digest_with_both(drv, srv):
    drv.init("ws://server.test/a", CONNECT_ONLY=2, PROXY=f"http://127.0.0.1:{srv.port}")
    for name, value in {"USERPWD": "me:secret", "HTTPAUTH": DIGEST, "PROXYUSERPWD": "proxy:word", "PROXYAUTH": DIGEST}.items():
        drv.setopt(name, value)
    drv.begin("perform")
    conn = srv.accept()
    assert read_connect(conn).get("Proxy-Authorization") is None
    answer(conn, "407 Proxy Authentication Required", f"Proxy-Authenticate: {CHALLENGE}")
    request = grant_connect(conn)
    assert request.get("Proxy-Authorization").startswith('Digest username="proxy"')
    assert 'uri="server.test:80"' in request.get("Proxy-Authorization")
    conn.read_request()
    answer(conn, "401 Unauthorized", f"WWW-Authenticate: {CHALLENGE}")
    assert finish(drv, conn).get("Authorization").startswith('Digest username="me"')
    assert (drv.getinfo("HTTPAUTH_USED"), drv.getinfo("PROXYAUTH_USED")) == (DIGEST, DIGEST)
    assert drv.getinfo("NUM_CONNECTS") == 1


def test_a_tunnel_that_the_server_closed_is_opened_again(drv, srv):
    conn = begin(drv, srv, FOLLOWLOCATION=1)
    answer(conn, "302 Found", "Location: /b")
    conn.close()
    conn = srv.accept()
    assert grant_connect(conn).line == "CONNECT server.test:80 HTTP/1.1"
    assert finish(drv, conn).line == "GET /b HTTP/1.1"
