"""HTTP proxies: CONNECT, its answers, credentials, what the application is told."""

import hashlib
import re
import time

import pytest
from driver import (
    BAD_ARGUMENT,
    COULDNT_CONNECT,
    COULDNT_RESOLVE_PROXY,
    NOT_BUILT_IN,
    OK,
    PEER_VERIFICATION,
    RECV_ERROR,
    SSL_CONNECT,
    TIMEDOUT,
    TOO_LARGE,
    WEIRD_SERVER_REPLY,
)
from frames import CLOSE, TEXT, frame
from proxies import ESTABLISHED, grant_connect, read_connect, start_tls

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck

URL = "ws://server.test:8080/path"


def through(drv, srv, url=URL, **options):
    """Begins to open a WebSocket through `srv` as the proxy; its connection."""
    drv.init(url, CONNECT_ONLY=2, PROXY=f"http://127.0.0.1:{srv.port}", **options)
    drv.begin("perform")
    return srv.accept()


def exchange(drv, conn):
    """A message in each direction."""
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame").data == b"hello"
    assert drv.do("ws_send", "text", "world").code == OK
    assert conn.read_frame().payload == b"world"


def refused(drv, srv, answer, code=COULDNT_CONNECT, **options):
    conn = through(drv, srv, **options)
    read_connect(conn)
    conn.send(answer)
    result = drv.end()
    assert result.code == code, result
    return result


# --- the tunnel


@must
@memcheck
def test_ws_goes_through_connect(drv, srv):
    conn = through(drv, srv)
    request = grant_connect(conn)
    assert conn.target == "server.test:8080"
    assert request.headers == [("Host", "server.test:8080"), ("Proxy-Connection", "Keep-Alive")]
    assert conn.handshake().line == "GET /path HTTP/1.1"
    assert conn.request.get("Host") == "server.test:8080"
    assert drv.end().code == OK
    exchange(drv, conn)


@must
@memcheck
def test_wss_goes_through_connect_and_tls_is_with_the_server(drv, srv, tls_context, trust):
    conn = through(drv, srv, "wss://localhost/", **trust)
    grant_connect(conn)
    assert conn.target == "localhost:443"
    start_tls(conn, tls_context)
    conn.handshake()
    assert conn.request.get("Host") == "localhost"
    assert drv.end().code == OK
    exchange(drv, conn)
    assert drv.getinfo("SSL_VERIFYRESULT") == 0


@must
def test_the_server_is_verified_behind_a_proxy(drv, srv, tls_context, trust):
    conn = through(drv, srv, "wss://other.test/", **trust)
    grant_connect(conn)
    with pytest.raises((OSError, AssertionError)):
        start_tls(conn, tls_context)
        conn.handshake()
    assert drv.end().code == PEER_VERIFICATION


@must
@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_callback_mode_through_a_proxy(drv, srv, tls_context, trust, scheme, by):
    drv.init(f"{scheme}://localhost:8080/", PROXY=f"127.0.0.1:{srv.port}", WRITEFUNCTION="on", **trust)
    drv.begin("perform", **({} if by == "easy" else {"by": by}))
    conn = srv.accept()
    grant_connect(conn)
    if scheme == "wss":
        start_tls(conn, tls_context)
    conn.handshake(after=frame(TEXT, b"first"))
    conn.send(frame(TEXT, b"second"))
    assert drv.event("write").data == b"first"
    assert drv.event("write").data == b"second"
    conn.close_notify() if scheme == "wss" else conn.close()
    assert drv.end().code == OK


@must
@pytest.mark.parametrize("url, target", [
    ("ws://server.test/", "server.test:80"),
    ("wss://server.test/", "server.test:443"),
    ("ws://[::1]:81/", "[::1]:81"),
    ("ws://127.0.0.1/", "127.0.0.1:80"),
])  # fmt: skip
def test_the_target_has_its_port(drv, srv, url, target):
    conn = through(drv, srv, url)
    read_connect(conn)
    assert conn.target == target
    conn.send(b"HTTP/1.1 403 No\r\n\r\n")
    assert drv.end().code == COULDNT_CONNECT


@must
def test_port_and_connect_to_change_the_target_and_connect_to_not_the_request(drv, srv):
    conn = through(drv, srv, "ws://server.test/", PORT=81, CONNECT_TO=["server.test:81:other.test:82"])
    grant_connect(conn)
    assert conn.target == "other.test:82"
    conn.handshake()
    assert conn.request.get("Host") == "server.test:81"
    assert drv.end().code == OK


@must
@memcheck
def test_bytes_behind_the_answer_belong_to_the_server(drv, srv):
    conn = through(drv, srv)
    read_connect(conn)
    conn.send(ESTABLISHED + b"HTTP/1.1 103 Early Hints\r\n\r\n")
    conn.handshake(after=frame(TEXT, b"early"))
    assert drv.end().code == OK
    assert drv.do("frame").data == b"early"


def test_tls_bytes_behind_the_answer_belong_to_the_server(drv, srv):
    conn = through(drv, srv, "wss://localhost/")
    read_connect(conn)
    conn.send(ESTABLISHED + b"\x15\x03\x03\x00\x02\x02\x28")
    result = drv.end()
    assert result.code == SSL_CONNECT and "alert" in result.error.lower(), result


@must
def test_an_answer_in_single_bytes(drv, srv):
    conn = through(drv, srv)
    read_connect(conn)
    answer = b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nVia: proxy\r\n\r\n"
    conn.send_pieces([answer[at : at + 1] for at in range(len(answer))], pause=0.002)
    conn.handshake()
    assert drv.end().code == OK
    exchange(drv, conn)


def test_interim_responses_of_a_proxy_are_read_past(drv, srv):
    conn = through(drv, srv)
    read_connect(conn)
    conn.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
    conn.handshake()
    assert drv.end().code == OK


@must
def test_lengths_in_a_good_answer_mean_nothing(drv, srv):
    conn = through(drv, srv)
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
    conn.handshake()
    assert drv.end().code == OK


@must
def test_http_1_0(drv, srv):
    drv.init(URL, CONNECT_ONLY=2, PROXY=f"127.0.0.1:{srv.port}", PROXYTYPE=1)
    drv.begin("perform")
    conn = srv.accept()
    assert read_connect(conn).line.endswith(" HTTP/1.0")
    conn.send(b"HTTP/1.0 200 OK\r\n\r\n")
    conn.handshake()
    assert drv.end().code == OK


@must
def test_keep_alive_pings_go_through(drv, srv):
    conn = through(drv, srv)
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK
    conn.send(frame(9, b"ping"))
    conn.send(frame(TEXT, b"x"))
    assert drv.do("frame").data == b"x"
    assert conn.read_frame().payload == b"ping"


@must
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_connect_only_1_ends_behind_the_tunnel(drv, srv, tls_context, trust, scheme):
    drv.init(f"{scheme}://localhost:8080/", CONNECT_ONLY=1, PROXY=f"127.0.0.1:{srv.port}", **trust)
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn)
    if scheme == "wss":
        start_tls(conn, tls_context)
    assert drv.end().code == OK
    assert drv.do("easy_send", "hello").code == OK
    assert conn.read_exactly(5) == b"hello"
    conn.send(b"world")
    time.sleep(0.1)
    assert drv.do("easy_recv", 100).data == b"world"


# --- headers of the request


@must
def test_headers_for_the_proxy_are_apart(drv, srv):
    conn = through(
        drv, srv, PROXYHEADER=["X-Proxy: 1", "Proxy-Connection:"], HTTPHEADER=["X-Server: 1"], USERAGENT="agent/1"
    )
    request = grant_connect(conn)
    assert request.headers == [("Host", "server.test:8080"), ("User-Agent", "agent/1"), ("X-Proxy", "1")]
    conn.handshake()
    assert "X-Proxy" not in conn.request.names and "X-Server" in conn.request.names
    assert drv.end().code == OK


@must
def test_unified_headers_go_to_both(drv, srv):
    conn = through(drv, srv, HEADEROPT=0, PROXYHEADER=["X-Proxy: 1"], HTTPHEADER=["X-Both: 1", "User-Agent: mine"], USERAGENT="a")
    request = grant_connect(conn)
    assert request.names == ["Host", "Proxy-Connection", "X-Both", "User-Agent"]
    conn.handshake()
    assert conn.request.get("X-Both") == "1" and conn.request.get("User-Agent") == "mine"
    assert drv.end().code == OK


def test_a_line_break_in_a_proxy_header_sends_nothing(drv, srv):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}", PROXYHEADER=["X: a\r\nInjected: 1"])
    drv.begin("perform")
    conn = srv.accept()
    assert drv.end().code == BAD_ARGUMENT
    assert conn.read_all() == b""


# --- credentials


def basic(request):
    return request.get("Proxy-Authorization")


@must
@memcheck
@pytest.mark.parametrize("options", [
    {"PROXY": "http://me:s%65cret@127.0.0.1:{port}"},
    {"PROXYUSERPWD": "m%65:secret"},
    {"PROXYUSERNAME": "me", "PROXYPASSWORD": "secret"},
    {"PROXYUSERPWD": "wrong:one", "PROXY": "http://me:secret@127.0.0.1:{port}"},
])  # fmt: skip
def test_basic_credentials_are_sent_at_once_and_never_to_the_server(drv, srv, options):
    options = {"PROXY": "127.0.0.1:{port}"} | options
    drv.init(URL, CONNECT_ONLY=2, **{name: value.format(port=srv.port) for name, value in options.items()})
    drv.begin("perform")
    conn = srv.accept()
    assert basic(grant_connect(conn)) == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert not any("authorization" in name.lower() for name in conn.request.names)
    assert drv.end().code == OK
    assert drv.getinfo("PROXYAUTH_USED") == 1


@must
def test_credentials_of_the_server_are_not_for_the_proxy(drv, srv):
    conn = through(drv, srv, "ws://user:password@server.test:8080/")
    assert basic(grant_connect(conn)) is None
    conn.handshake()
    assert conn.request.get("Authorization") == "Basic dXNlcjpwYXNzd29yZA=="
    assert drv.end().code == OK


ANY, ANYSAFE = 0xFFFFFFEF, 0xFFFFFFEE
CHALLENGE = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n'


@must
@pytest.mark.parametrize("body", [
    b"Content-Length: 5\r\n\r\nhello",
    b"Content-Length: 0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
])  # fmt: skip
def test_any_scheme_is_sent_after_the_challenge_on_the_same_connection(drv, srv, body):
    conn = through(drv, srv, PROXYUSERPWD="me:secret", PROXYAUTH=ANY)
    assert basic(read_connect(conn)) is None
    conn.send(CHALLENGE + body)
    assert basic(grant_connect(conn)) == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert drv.end().code == OK
    exchange(drv, conn)
    assert drv.getinfo("PROXYAUTH_AVAIL") == 1
    assert drv.getinfo("PROXYAUTH_USED") == 1
    assert drv.getinfo("HTTP_CONNECTCODE") == 200


@must
@pytest.mark.parametrize("size", [0, 5, 100_000])
def test_a_challenge_in_a_multi_handle(drv, srv, size):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}", PROXYUSERPWD="me:secret", PROXYAUTH=ANY, WRITEFUNCTION="on")
    drv.begin("perform", by="multi")
    conn = srv.accept()
    assert basic(read_connect(conn)) is None
    conn.send(CHALLENGE + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
    assert basic(grant_connect(conn)) == "Basic bWU6c2VjcmV0"
    conn.handshake(after=frame(TEXT, b"hello"))
    conn.close()
    assert drv.end().code == OK


def digest(request, password, uri):
    """The fields of the credentials, checked against the password."""
    value = basic(request)
    assert value.startswith("Digest ")
    fields = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', value)}
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    first, second = md5(f"{fields['username']}:{fields['realm']}:{password}"), md5(f"CONNECT:{uri}")
    expected = md5(f"{first}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:auth:{second}")
    assert fields["response"] == expected and fields["uri"] == uri
    return fields


DIGEST = b'HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm="proxy", nonce="%s", qop="auth"%s\r\nContent-Length: 0\r\n'


@must
@timing
@memcheck
@pytest.mark.parametrize("mask", [2, ANY, ANYSAFE])
@pytest.mark.parametrize("ending", [b"", b"Connection: close\r\n"])
def test_digest(drv, srv, mask, ending):
    conn = through(drv, srv, PROXYUSERPWD="me:secret", PROXYAUTH=mask)
    assert basic(read_connect(conn)) is None
    conn.send(DIGEST % (b"one", b"") + ending + b"\r\n")
    if ending:
        conn.close()
        conn = srv.accept()
    assert digest(grant_connect(conn), "secret", "server.test:8080")["nonce"] == "one"
    conn.handshake()
    assert not any("authorization" in name.lower() for name in conn.request.names)
    assert drv.end().code == OK
    exchange(drv, conn)
    assert drv.getinfo("PROXYAUTH_AVAIL") == 2 and drv.getinfo("PROXYAUTH_USED") == 2


@must
@timing
def test_digest_with_a_stale_nonce_and_one_that_is_refused(drv, srv):
    conn = through(drv, srv, PROXYUSERPWD="me:secret", PROXYAUTH=2)
    assert basic(read_connect(conn)) is None
    conn.send(DIGEST % (b"one", b"") + b"\r\n")
    digest(read_connect(conn), "secret", "server.test:8080")
    conn.send(DIGEST % (b"two", b", stale=true") + b"\r\n")
    assert digest(read_connect(conn), "secret", "server.test:8080")["nonce"] == "two"
    conn.send(DIGEST % (b"three", b"") + b"\r\n")
    assert drv.end().code == COULDNT_CONNECT
    assert drv.getinfo("HTTP_CONNECTCODE") == 407


@must
def test_a_proxy_that_closes_is_asked_on_a_new_connection(drv, srv):
    conn = through(drv, srv, PROXYUSERPWD="me:secret", PROXYAUTH=ANY)
    assert basic(read_connect(conn)) is None
    conn.send(CHALLENGE + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    conn.close()
    conn = srv.accept()
    assert basic(grant_connect(conn)) == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert drv.end().code == OK
    exchange(drv, conn)
    assert drv.getinfo("NUM_CONNECTS") == 2


def test_a_body_without_end_is_not_waited_for(drv, srv):
    conn = through(drv, srv, PROXYUSERPWD="me:secret", PROXYAUTH=ANY)
    read_connect(conn)
    conn.send(CHALLENGE + b"\r\nno length")
    conn = srv.accept()
    assert basic(grant_connect(conn)) == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert drv.end().code == OK


@must
@pytest.mark.parametrize("options, sent", [
    ({}, None),
    ({"PROXYUSERPWD": "me:wrong"}, "Basic bWU6d3Jvbmc="),
    ({"PROXYUSERPWD": "me:wrong", "PROXYAUTH": ANYSAFE}, None),
])  # fmt: skip
def test_a_407_that_cannot_be_answered(drv, srv, options, sent):
    conn = through(drv, srv, **options)
    assert basic(read_connect(conn)) == sent
    conn.send(CHALLENGE + b"Content-Length: 0\r\n\r\n")
    result = drv.end()
    assert result.code == COULDNT_CONNECT
    assert result.error.startswith("CONNECT tunnel failed, response 407")
    assert drv.getinfo("HTTP_CONNECTCODE") == 407
    assert drv.getinfo("RESPONSE_CODE") == 0
    assert drv.getinfo("PROXYAUTH_AVAIL") == 1
    assert drv.getinfo("USED_PROXY") == 1


def test_the_message_of_a_407_has_the_schemes_and_no_password(drv, srv):
    result = refused(
        drv, srv, CHALLENGE + b"Proxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n", PROXYUSERPWD="me:secret"
    )
    assert "407 Proxy Authentication Required" in result.error and "Basic, NTLM" in result.error
    assert "secret" not in result.error and "c2VjcmV0" not in result.error


@pytest.mark.parametrize("mask", [4, 8])
def test_schemes_that_are_not_built_in_are_refused_and_the_transfer_with_them(drv, srv, mask):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}", PROXYUSERPWD="me:secret")
    assert drv.setopt_code("PROXYAUTH", mask) == NOT_BUILT_IN
    assert drv.do("perform").code == NOT_BUILT_IN
    assert not srv.has_connection()


# --- other answers


@must
@memcheck
@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway", "302 Found", "101 Switching Protocols", "404"])
def test_a_refusal(drv, srv, status):
    refused(drv, srv, f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nbody".encode())
    assert drv.getinfo("HTTP_CONNECTCODE") == int(status[:3])
    assert drv.getinfo("RESPONSE_CODE") == 0
    assert drv.getinfo("USED_PROXY") == 1
    assert drv.getinfo("PROXY_ERROR") == 0


def test_the_message_of_a_refusal_has_the_status_line(drv, srv):
    result = refused(drv, srv, b"HTTP/1.1 502 The upstream\x1b is gone\r\n\r\n")
    assert "502 The upstream? is gone" in result.error and f"proxy 127.0.0.1 port {srv.port}" in result.error
    assert "server.test port 8080" in result.error


@must
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nVia: x"])
def test_a_proxy_that_closes_without_an_answer(drv, srv, part):
    conn = through(drv, srv)
    read_connect(conn)
    conn.send(part)
    conn.close()
    assert drv.end().code == RECV_ERROR


@pytest.mark.parametrize("answer, code, text", [
    (b"SSH-2.0-OpenSSH\r\n", WEIRD_SERVER_REPLY, "SSH-2.0"),
    (b"\x15\x03\x01\x00\x02\x02\x46", WEIRD_SERVER_REPLY, "https://"),
    (b"HTTP/2 200\r\n\r\n", WEIRD_SERVER_REPLY, "HTTP/2"),
    (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", WEIRD_SERVER_REPLY, "no colon"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 110_000, TOO_LARGE, "102399"),
    (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5002, TOO_LARGE, "5000"),
    (b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 1000 + b"\r\n") * 310, RECV_ERROR, "bytes"),
])  # fmt: skip
def test_what_is_no_answer(drv, srv, answer, code, text):
    result = refused(drv, srv, answer, code)
    assert text in result.error and "proxy 127.0.0.1" in result.error


@must
@timing
@pytest.mark.parametrize("option", ["TIMEOUT_MS", "CONNECTTIMEOUT_MS"])
def test_a_silent_proxy_times_out(drv, srv, option):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}", **{option: 300})
    drv.begin("perform")
    read_connect(srv.accept())
    assert drv.end().code == TIMEDOUT


def test_a_time_out_names_the_proxy(drv, srv):
    conn = through(drv, srv, TIMEOUT_MS=1000)
    read_connect(conn)
    result = drv.end()
    assert result.code == TIMEDOUT
    assert f"proxy 127.0.0.1 port {srv.port} has not connected to server.test port 8080" in result.error


@must
def test_a_proxy_that_is_not_there(drv):
    drv.init(URL, PROXY="127.0.0.1:1")
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.getinfo("USED_PROXY") == 1
    assert drv.getinfo("HTTP_CONNECTCODE") == 0


@must
@timing
def test_a_proxy_whose_name_is_unknown(drv):
    drv.init(URL, PROXY="http://proxy.invalid:3128")
    result = drv.do("perform")
    assert result.code == COULDNT_RESOLVE_PROXY and "proxy.invalid" in result.error


@must
@pytest.mark.parametrize("proxy, code", [
    ("http://[::1", COULDNT_RESOLVE_PROXY),
    ("http://a b", COULDNT_RESOLVE_PROXY),
    ("foo://127.0.0.1:1", COULDNT_CONNECT),
])  # fmt: skip
def test_what_is_no_proxy(drv, proxy, code):
    drv.init(URL, PROXY=proxy)
    assert drv.do("perform").code == code


def test_the_message_of_what_is_no_proxy_has_no_password(drv):
    drv.init(URL, PROXY="http://me:secret@[::1")
    assert "secret" not in drv.do("perform").error


# --- what the application is told


@must
def test_infos(drv, srv):
    conn = through(drv, srv)
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    conn.handshake()
    assert drv.end().code == OK
    for info, value in [
        ("HTTP_CONNECTCODE", 200), ("RESPONSE_CODE", 101), ("USED_PROXY", 1), ("PROXY_ERROR", 0), ("PRIMARY_IP", "127.0.0.1"),
        ("PRIMARY_PORT", srv.port), ("NUM_CONNECTS", 1), ("PROXYAUTH_AVAIL", 0), ("EFFECTIVE_URL", URL),
    ]:  # fmt: skip
        assert drv.getinfo(info) == value, info
    drv.setopt("PROXY", "")
    drv.setopt("URL", srv.url)
    drv.upgrade(srv)
    assert drv.getinfo("USED_PROXY") == 0
    assert drv.getinfo("HTTP_CONNECTCODE") == 0


@must
def test_header_api_has_the_answer_to_connect_apart(drv, srv):
    conn = through(drv, srv)
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    conn.handshake(Via="server")
    assert drv.end().code == OK
    assert drv.header("Via", "connect") == "proxy"
    assert drv.header("Via", "1xx") == "server"


def lines_of(result, name):
    return [event.data for event in result.events if event.name == name]


@must
@pytest.mark.parametrize("suppress", [0, 1])
def test_the_header_callback_gets_the_answer_unless_suppressed(drv, srv, suppress):
    conn = through(drv, srv, HEADERFUNCTION="on", SUPPRESS_CONNECT_HEADERS=suppress)
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    conn.handshake()
    result = drv.end()
    assert result.code == OK
    lines = lines_of(result, "header")
    expected = [] if suppress else [b"HTTP/1.1 200 OK\r\n", b"Via: proxy\r\n", b"\r\n"]
    assert lines[: len(expected) + 1] == [*expected, b"HTTP/1.1 101 Switching Protocols\r\n"]
    assert drv.header("Via", "connect") == "proxy"


@must
@timing
def test_the_debug_callback_gets_request_and_answer(drv, srv):
    drv.init(URL, CONNECT_ONLY=2, PROXY=f"127.0.0.1:{srv.port}", DEBUGFUNCTION="on", VERBOSE=1)
    drv.do("show", "debug")
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    conn.handshake()
    events = drv.end().events
    heads = [(event.fields["type"], event.data) for event in events if event.fields.get("type", "").startswith("header_")]
    assert heads[0][0] == "header_out" and heads[0][1].startswith(b"CONNECT server.test:8080 HTTP/1.1\r\n")
    assert heads[1:4] == [("header_in", line) for line in (b"HTTP/1.1 200 OK\r\n", b"Via: proxy\r\n", b"\r\n")]
    assert heads[4][0] == "header_out" and heads[4][1].startswith(b"GET /path HTTP/1.1\r\n")


def test_a_pause_in_the_answer_of_the_proxy_is_taken_up(drv, srv):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}", HEADERFUNCTION="on", XFERINFOFUNCTION="on", NOPROGRESS=0)
    drv.on("header", 2, "ret", "pause")
    drv.on("xferinfo", "*", "pause", 0)
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn, b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    conn.handshake(after=frame(TEXT, b"hello"))
    conn.close()
    result = drv.end()
    assert result.code == OK
    assert lines_of(result, "header")[:4] == [b"HTTP/1.1 200 OK\r\n", b"Via: proxy\r\n", b"Via: proxy\r\n", b"\r\n"]


# --- types


@pytest.mark.parametrize("number", [3, 8])
def test_http_2_and_3_are_refused(drv, srv, number):
    drv.init(URL, PROXY=f"127.0.0.1:{srv.port}")
    assert drv.setopt_code("PROXYTYPE", number) == NOT_BUILT_IN
    assert drv.do("perform").code == NOT_BUILT_IN


@must
def test_proxyport_counts_where_the_url_has_none(drv, srv):
    drv.init(URL, CONNECT_ONLY=2, PROXY="http://127.0.0.1", PROXYPORT=srv.port)
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK


# --- the PROXY protocol


@must
@pytest.mark.parametrize("options, source", [
    ({"HAPROXYPROTOCOL": 1}, "127.0.0.1 127.0.0.1"),
    ({"HAPROXY_CLIENT_IP": "192.0.2.7"}, "192.0.2.7 192.0.2.7"),
    ({"HAPROXY_CLIENT_IP": "2001:db8::7"}, "2001:db8::7 2001:db8::7"),
])  # fmt: skip
@pytest.mark.parametrize("proxied", [False, True])
def test_the_proxy_protocol_header_is_in_front_of_everything_for_the_server(drv, srv, options, source, proxied):
    drv.init(srv.url, CONNECT_ONLY=2, **({"PROXY": f"127.0.0.1:{srv.port}"} if proxied else {}), **options)
    drv.begin("perform")
    conn = srv.accept()
    if proxied:
        grant_connect(conn)
    line = b""
    while not line.endswith(b"\n"):
        line += conn.read_exactly(1)
    family = "TCP6" if ":" in source else "TCP4"
    port = conn.sock.getpeername()[1]
    assert line.decode() == f"PROXY {family} {source} {port} {srv.port}\r\n"
    conn.handshake()
    assert drv.end().code == OK


@must
def test_the_proxy_protocol_header_is_in_front_of_tls(drv, tls_context, srv, trust):
    drv.init(f"wss://localhost:{srv.port}/", CONNECT_ONLY=2, HAPROXYPROTOCOL=1, **trust)
    drv.begin("perform")
    conn = srv.accept()
    line = conn.sock.recv(6)
    while not line.endswith(b"\n"):
        line += conn.sock.recv(1)
    assert line.startswith(b"PROXY TCP")
    start_tls(conn, tls_context)
    conn.handshake()
    assert drv.end().code == OK


@must
def test_the_proxy_protocol_header_of_a_unix_socket_is_unknown(drv, new_server, tmp_path):
    srv = new_server(path=str(tmp_path / "socket"))
    drv.init(srv.url, CONNECT_ONLY=2, HAPROXYPROTOCOL=1, UNIX_SOCKET_PATH=srv.path)
    drv.begin("perform")
    conn = srv.accept()
    assert conn.read_exactly(15) == b"PROXY UNKNOWN\r\n"
    conn.handshake()
    assert drv.end().code == OK


def test_a_close_through_a_proxy(drv, srv):
    conn = through(drv, srv)
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK
    conn.send(frame(CLOSE, b"\x03\xe8"))
    assert drv.do("frame").flags == "close"
