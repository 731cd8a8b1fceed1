"""The opening handshake: what the client sends before the first frame."""

import base64

import pytest
from driver import BAD_ARGUMENT, GOT_NOTHING, HTTP_RETURNED_ERROR, OK, UNSUPPORTED_PROTOCOL
from conftest import server_context
from frames import TEXT, frame

must = pytest.mark.must


def request_of(drv, srv, url=None, **options):
    """The request that a CONNECT_ONLY=2 perform with these options sends."""
    drv.init(url or srv.url, CONNECT_ONLY=2, **options)
    conn = drv_upgrade(drv, srv)
    return conn.request


def drv_upgrade(drv, srv):
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == OK
    return conn


@must
@pytest.mark.memcheck
def test_request_line_and_header_order_without_any_option(drv, srv):
    request = request_of(drv, srv, srv.url + "chat?room=1")
    assert request.line == "GET /chat?room=1 HTTP/1.1"
    assert request.names == ["Host", "Accept", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection"]
    assert request.get("Host") == f"127.0.0.1:{srv.port}"
    assert request.get("Accept") == "*/*"
    assert request.get("Upgrade") == "websocket"
    assert request.get("Connection") == "Upgrade"
    assert request.get("Sec-WebSocket-Version") == "13"


@must
@pytest.mark.memcheck
def test_header_order_with_every_header_that_an_option_makes(drv, srv):
    request = request_of(
        drv, srv, USERPWD="me:secret", USERAGENT="agent/1", REFERER="http://from/", COOKIE="a=1; b=2", HTTPHEADER=["X-One: 1", "X-Two: 2"]
    )
    assert request.names == [
        "Host", "Authorization", "User-Agent", "Accept", "Referer", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
        "Cookie", "X-One", "X-Two", "Connection",
    ]  # fmt: skip
    assert request.get("Authorization") == "Basic " + base64.b64encode(b"me:secret").decode()
    assert request.get("User-Agent") == "agent/1"
    assert request.get("Referer") == "http://from/"
    assert request.get("Cookie") == "a=1; b=2"


@must
def test_te_and_accept_encoding(drv, srv):
    request = request_of(drv, srv, TRANSFER_ENCODING=1, ACCEPT_ENCODING="br, zstd", REFERER="http://from/", HTTPHEADER=["Connection: own"])
    assert request.names == [
        "Host", "Accept", "TE", "Accept-Encoding", "Referer", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection",
    ]  # fmt: skip
    assert (request.get("TE"), request.get("Accept-Encoding")) == ("gzip", "br, zstd")
    assert request.get("Connection") == "own, TE, Upgrade"


@must
def test_connection_names_te_before_upgrade(drv, srv):
    assert request_of(drv, srv, TRANSFER_ENCODING=1).get("Connection") == "TE, Upgrade"


@must
@pytest.mark.parametrize("value, expected", [("", "deflate, gzip"), (None, None)])
def test_accept_encoding_for_all_and_for_none(drv, srv, value, expected):
    assert request_of(drv, srv, ACCEPT_ENCODING=value).get("Accept-Encoding") == expected


@must
def test_custom_te_and_accept_encoding_win(drv, srv):
    request = request_of(drv, srv, TRANSFER_ENCODING=1, ACCEPT_ENCODING="br", HTTPHEADER=["TE: trailers", "Accept-Encoding: own"])
    assert (request.all("TE"), request.all("Accept-Encoding")) == (["trailers"], ["own"])
    assert request.get("Connection") == "Upgrade"


@must
def test_the_same_request_over_tls(drv, tls_srv, trust):
    request = request_of(drv, tls_srv, **trust)
    assert request.names == ["Host", "Accept", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection"]
    assert request.get("Host") == f"localhost:{tls_srv.port}"


@must
@pytest.mark.parametrize("default_port", [80])
def test_default_port_of_ws_is_not_in_the_host_header(drv, srv, default_port):
    request = request_of(drv, srv, "ws://example.test/", CONNECT_TO=f"example.test:{default_port}:127.0.0.1:{srv.port}")
    assert request.get("Host") == "example.test"


@must
def test_default_port_of_wss_is_443(drv, new_server, ca, ca_file):
    srv = new_server(tls=server_context(ca, "example.test"))
    request = request_of(drv, srv, "wss://example.test/", CAINFO=ca_file, CONNECT_TO=f"example.test:443:127.0.0.1:{srv.port}")
    assert request.get("Host") == "example.test"


@must
def test_port_option_overrides_the_url(drv, srv):
    request = request_of(drv, srv, "ws://127.0.0.1:1/", PORT=srv.port)
    assert request.get("Host") == f"127.0.0.1:{srv.port}"


@must
@pytest.mark.parametrize(
    "path, target",
    [("", "/"), ("/", "/"), ("/a/b", "/a/b"), ("?q=1", "/?q=1"), ("/a#fragment", "/a"), ("/a?b=c&d=%C3%A9", "/a?b=c&d=%C3%A9")],
)
def test_request_target(drv, srv, path, target):
    request = request_of(drv, srv, f"ws://127.0.0.1:{srv.port}{path}")
    assert request.line == f"GET {target} HTTP/1.1"


@must
def test_scheme_is_case_insensitive(drv, srv):
    assert request_of(drv, srv, f"WS://127.0.0.1:{srv.port}/").line == "GET / HTTP/1.1"


@must
def test_unknown_scheme_is_unsupported_protocol(drv):
    drv.init("nonsense://127.0.0.1/")
    assert drv.do("perform").code == UNSUPPORTED_PROTOCOL


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "file"])
def test_other_schemes_are_unsupported_protocol(drv, scheme):
    drv.init(f"{scheme}://127.0.0.1/")
    assert drv.do("perform").code == UNSUPPORTED_PROTOCOL


@must
def test_default_protocol_completes_a_url_without_scheme(drv, srv):
    assert request_of(drv, srv, f"127.0.0.1:{srv.port}/x", DEFAULT_PROTOCOL="ws").line == "GET /x HTTP/1.1"


@must
def test_protocols_str_refuses_a_scheme_that_is_not_listed(drv, srv):
    drv.init(srv.url, PROTOCOLS_STR="wss")
    assert drv.do("perform").code == UNSUPPORTED_PROTOCOL
    assert not srv.has_connection()


@must
def test_protocols_str_allows_a_listed_scheme(drv, srv):
    assert request_of(drv, srv, PROTOCOLS_STR="wss,ws").line == "GET / HTTP/1.1"


@must
def test_nobody_makes_it_head(drv, srv):
    drv.init(srv.url, NOBODY=1)
    drv.begin("perform")
    conn = srv.accept()
    assert conn.read_request().line == "HEAD / HTTP/1.1"
    assert conn.request.get("Upgrade") == "websocket"
    conn.close()
    drv.end()


@must
@pytest.mark.parametrize("by", ["easy", "multi"])
@pytest.mark.parametrize("options", [{}, {"CUSTOMREQUEST": "GET"}])
def test_nobody_ends_with_the_response_head(drv, srv, options, by):
    """What `curl --head` does."""
    conn = drv.start(srv, by=by, after=frame(TEXT, b"early"), NOBODY=1, HEADERFUNCTION="on", **options)
    result = drv.end()
    assert result.code == GOT_NOTHING
    assert conn.closed_by_client()
    assert [event.data for event in result.events if event.name == "header"][-1] == b"\r\n"
    assert not [event for event in result.events if event.name == "write"]
    assert drv.getinfo("RESPONSE_CODE") == 101


@must
def test_nobody_of_a_connection_that_the_application_uses(drv, srv):
    conn = drv.connect(srv, NOBODY=1)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame", wait=1000).data == b"hello"


@must
def test_custom_method(drv, srv):
    assert request_of(drv, srv, CUSTOMREQUEST="UPGRADE").line == "UPGRADE / HTTP/1.1"


@must
@pytest.mark.timing
def test_upload_sends_get_without_expect(drv, srv):
    conn = drv.start(srv, UPLOAD=1, READFUNCTION="on")
    assert conn.request.line == "GET / HTTP/1.1"
    assert conn.request.get("Expect") is None
    assert conn.request.get("Transfer-Encoding") is None
    conn.close()
    drv.end()


@must
def test_key_is_sixteen_random_bytes(drv, srv):
    keys = set()
    for _ in range(8):
        keys.add(request_of(drv, srv).key)
        drv.do("cleanup")
    assert len(keys) == 8
    assert all(len(base64.b64decode(key, validate=True)) == 16 for key in keys)


# --- custom headers


@must
@pytest.mark.parametrize("given, sent", [("Connection: foo", ["foo, Upgrade"]), ("Connection:", ["Upgrade"])])
def test_connection_always_asks_for_the_upgrade(drv, srv, given, sent):
    assert request_of(drv, srv, HTTPHEADER=[given]).all("Connection") == sent


@must
@pytest.mark.parametrize(
    "header, name, values",
    [
        ("Sec-WebSocket-Version: 8", "Sec-WebSocket-Version", ["8"]),
        ("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==", "Sec-WebSocket-Key", ["AQIDBAUGBwgJCgsMDQ4PEC=="]),
        ("Upgrade: other", "Upgrade", ["other"]),
        ("sec-websocket-version: 9", "Sec-WebSocket-Version", ["9"]),
        ("User-Agent: mine", "User-Agent", ["mine"]),
        ("Accept: text/plain", "Accept", ["text/plain"]),
        ("Host: other.example", "Host", ["other.example"]),
        ("X-Empty;", "X-Empty", [""]),
        ("X-Nothing:", "X-Nothing", []),
        ("Accept:", "Accept", []),
        ("User-Agent:", "User-Agent", []),
        ("Upgrade:", "Upgrade", []),
        ("Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Protocol", ["chat, superchat"]),
    ],
)
def test_custom_header_replaces_removes_or_adds(drv, srv, header, name, values):
    assert request_of(drv, srv, HTTPHEADER=[header], USERAGENT="curl").all(name) == values


@must
@pytest.mark.parametrize("name, value", [("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC=="), ("Host", "other.example"), ("Accept", "text/plain")])
def test_custom_header_behind_a_line_that_removes_it(drv, srv, name, value):
    assert request_of(drv, srv, HTTPHEADER=[f"{name}:", f"{name}: {value}"]).all(name) == [value]


@must
def test_same_custom_header_twice_is_sent_twice(drv, srv):
    assert request_of(drv, srv, HTTPHEADER=["X-A: 1", "X-A: 2"]).all("X-A") == ["1", "2"]


@pytest.mark.parametrize("value", ["X-A: 1\r\nX-B: 2", "X-A: 1\nX-B: 2"])
def test_line_break_in_a_custom_header_is_refused(drv, srv, value):
    drv.init(srv.url, CONNECT_ONLY=2, HTTPHEADER=[value])
    result = drv.do("perform")
    assert result.code == BAD_ARGUMENT and result.error


# --- credentials


@must
def test_credentials_in_the_url_are_decoded_and_sent_as_basic(drv, srv):
    request = request_of(drv, srv, f"ws://us%65r:p%40ss@127.0.0.1:{srv.port}/")
    assert request.get("Authorization") == "Basic " + base64.b64encode(b"user:p@ss").decode()


@must
def test_username_and_password_options(drv, srv):
    request = request_of(drv, srv, USERNAME="a:b", PASSWORD="c")
    assert request.get("Authorization") == "Basic " + base64.b64encode(b"a:b:c").decode()


@must
@pytest.mark.parametrize("given, sent", [("me:@", b"me:"), ("me@", b"me:pw")])
def test_an_empty_password_in_the_url_replaces_the_option(drv, srv, given, sent):
    request = request_of(drv, srv, f"ws://{given}127.0.0.1:{srv.port}/", PASSWORD="pw")
    assert request.get("Authorization") == "Basic " + base64.b64encode(sent).decode()


@must
def test_bearer_token(drv, srv):
    request = request_of(drv, srv, HTTPAUTH=1 << 6, XOAUTH2_BEARER="token123")
    assert request.get("Authorization") == "Bearer token123"


@must
def test_custom_authorization_header_wins(drv, srv):
    request = request_of(drv, srv, USERPWD="a:b", HTTPHEADER=["Authorization: Own x"])
    assert request.all("Authorization") == ["Own x"]


# --- CONNECT_ONLY and WS_OPTIONS


@must
@pytest.mark.parametrize("value, code", [(0, OK), (1, OK), (2, OK), (3, BAD_ARGUMENT), (-1, BAD_ARGUMENT), (100, BAD_ARGUMENT)])
def test_connect_only_values(drv, value, code):
    drv.init()
    assert drv.setopt_code("CONNECT_ONLY", value) == code


@must
@pytest.mark.memcheck
def test_connect_only_1_connects_and_sends_nothing(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=1)
    drv.begin("perform")
    conn = srv.accept()
    assert drv.end().code == OK
    assert conn.silent()
    assert drv.do("easy_send", b"raw bytes").code == OK
    assert conn.read_exactly(9) == b"raw bytes"
    conn.send(b"answer")
    assert drv.do("easy_recv", 100, wait=2000).data == b"answer"


@must
def test_connect_only_1_does_the_tls_handshake(drv, tls_srv, trust):
    drv.init(tls_srv.url, CONNECT_ONLY=1, **trust)
    drv.begin("perform")
    conn = tls_srv.accept()
    assert drv.end().code == OK
    assert drv.do("easy_send", b"secret").code == OK
    assert conn.read_exactly(6) == b"secret"


@must
def test_connect_only_1_is_no_websocket(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=1)
    drv.begin("perform")
    srv.accept()
    assert drv.end().code == OK
    assert drv.do("ws_recv", 10).code == BAD_ARGUMENT
    assert drv.do("ws_send", "text", b"x").code == 55


@must
@pytest.mark.parametrize("value", [0, 1, 2, 3])
def test_ws_options_values(drv, value):
    drv.init()
    assert drv.setopt_code("WS_OPTIONS", value) == OK


@must
def test_failed_upgrade_can_be_tried_again_on_the_same_handle(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    conn.close()
    assert drv.end().code == HTTP_RETURNED_ERROR
    drv_upgrade(drv, srv)
