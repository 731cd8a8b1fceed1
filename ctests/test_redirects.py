"""Redirects: which are followed and where to, with what, over which connection, and what is known about them."""

import base64
import time

import pytest
from driver import BAD_ARGUMENT, GOT_NOTHING, HTTP_RETURNED_ERROR, LOGIN_DENIED, OK, TOO_MANY_REDIRECTS, UNSUPPORTED_PROTOCOL, URL_MALFORMAT, WEIRD_SERVER_REPLY
from frames import TEXT, frame

must = pytest.mark.must

BASIC, NOT_FOLLOWED = 1, 0
ALL, OBEY, FIRST = 1, 2, 3


def redirect(location, status="302 Found", body=b"", **headers):
    lines = [f"HTTP/1.1 {status}", f"Location: {location}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def start(drv, srv, path="", **options):
    """Up to the first request."""
    drv.init(srv.url + path, **{"CONNECT_ONLY": 2, "FOLLOWLOCATION": 1} | options)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    return conn


def finish(drv, conn):
    """The request after the redirect, accepted."""
    request = conn.handshake()
    assert drv.end().code == OK
    return request


def test_a_redirect_is_followed_on_the_same_connection(drv, srv):
    conn = start(drv, srv, "a/b?c")
    conn.send(redirect("d?e", body=b"moved"))
    assert finish(drv, conn).line == "GET /a/d?e HTTP/1.1"
    assert drv.getinfo("REDIRECT_COUNT") == 1
    assert drv.getinfo("EFFECTIVE_URL") == srv.url + "a/d?e"
    assert drv.getinfo("RESPONSE_CODE") == 101
    assert drv.getinfo("NUM_CONNECTS") == 1
    assert float(drv.do("getinfo", "REDIRECT_TIME").fields["value"]) > 0
    assert drv.getinfo("REDIRECT_TIME_T") > 0
    assert not srv.has_connection()
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("ws_recv", 100, wait=2000).data == b"hello"


@pytest.mark.memcheck
@pytest.mark.parametrize("mode", [0, 2])
def test_a_redirect_to_another_server(drv, srv, new_server, mode):
    other = new_server()
    conn = start(drv, srv, CONNECT_ONLY=mode, WRITEFUNCTION="on")
    conn.send(redirect(other.url + "there"))
    conn = other.accept()
    assert conn.handshake(after=frame(TEXT, b"hello")).line == "GET /there HTTP/1.1"
    assert conn.request.get("Host") == f"127.0.0.1:{other.port}"
    conn.half_close()
    assert drv.end().code == OK
    assert drv.getinfo("NUM_CONNECTS") == 2
    assert drv.getinfo("PRIMARY_PORT") == other.port


@pytest.mark.memcheck
def test_a_redirect_in_a_multi_handle(drv, srv, new_server):
    other = new_server()
    drv.init(srv.url, FOLLOWLOCATION=1, WRITEFUNCTION="on")
    drv.begin("perform", by="multi")
    conn = srv.accept()
    conn.read_request()
    conn.send(redirect(other.url))
    conn = other.accept()
    conn.handshake(after=frame(TEXT, b"hello"))
    conn.half_close()
    assert b"hello" in [event.data for event in drv.end().events]


@pytest.mark.parametrize("by", [{}, {"by": "callbacks"}])
@pytest.mark.parametrize("head", [{}, {"Connection": "close"}])
def test_redirects_in_an_event_loop(drv, srv, by, head):
    """With a new connection the descriptor may have the number of the old one."""
    drv.do("multi_init", callbacks=1 if by else 0)
    drv.init(srv.url, FOLLOWLOCATION=1, WRITEFUNCTION="on")
    drv.do("multi_add")
    drv.begin("multi_drive", 8000, **by)
    conn = srv.accept()
    for number in range(3):
        conn.read_request()
        conn.send(redirect(f"/{number}", body=b"moved", **head))
        conn = srv.accept() if head else conn
    assert conn.handshake(after=frame(TEXT, b"hello")).line == "GET /2 HTTP/1.1"
    conn.half_close()
    result = drv.end()
    assert (result["done"], result["result"]) == (0, OK)
    assert b"hello" in [event.data for event in result.events if event.name == "write"]


@pytest.mark.parametrize(
    "location, line",
    [
        ("/x", "GET /x HTTP/1.1"),
        ("x/../y", "GET /a/y HTTP/1.1"),
        ("?q", "GET /a/b?q HTTP/1.1"),
        ("#f", "GET /a/b?c HTTP/1.1"),
        ("a b?c d", "GET /a/a%20b?c+d HTTP/1.1"),
        ("//127.0.0.1:{port}/z", "GET /z HTTP/1.1"),
        ("ws://127.0.0.1:{port}", "GET / HTTP/1.1"),
        ("http://127.0.0.1:{port}/h", "GET /h HTTP/1.1"),
        ("HTTP://127.0.0.1:{port}/h", "GET /h HTTP/1.1"),
    ],
)
def test_locations(drv, srv, location, line):
    conn = start(drv, srv, "a/b?c")
    conn.send(redirect(location.format(port=srv.port)))
    assert finish(drv, conn).line == line


@pytest.mark.parametrize("status", ["300 Many", "301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_statuses_that_redirect(drv, srv, status):
    conn = start(drv, srv)
    conn.send(redirect("/next", status=status))
    assert finish(drv, conn).line == "GET /next HTTP/1.1"


@pytest.mark.parametrize("location", ["Location: ", "X: y"])
def test_a_redirect_without_location_is_a_refusal(drv, srv, location):
    conn = start(drv, srv)
    conn.send(f"HTTP/1.1 302 Found\r\n{location}\r\nContent-Length: 0\r\n\r\n".encode())
    assert drv.end().code == HTTP_RETURNED_ERROR


@must
@pytest.mark.parametrize("location, url", [("/x?y", "{url}x?y"), ("http://other.test/z", "http://other.test/z")])
def test_a_redirect_that_is_not_followed_is_known(drv, srv, location, url):
    drv.init(srv.url + "a/b", CONNECT_ONLY=2, FOLLOWLOCATION=NOT_FOLLOWED)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(redirect(location))
    assert drv.end().code == HTTP_RETURNED_ERROR
    assert drv.getinfo("REDIRECT_COUNT") == 0


@pytest.mark.parametrize("location, url", [("/x?y", "{url}x?y"), ("http://other.test/z", "http://other.test/z")])
def test_where_a_redirect_leads_that_is_not_followed(drv, srv, location, url):
    conn = start(drv, srv, "a/b", FOLLOWLOCATION=NOT_FOLLOWED)
    conn.send(redirect(location))
    result = drv.end()
    assert result.code == HTTP_RETURNED_ERROR
    assert f'redirected to "{location}"' in result.error
    assert drv.getinfo("REDIRECT_URL") == url.format(url=srv.url)


@must
@pytest.mark.parametrize("follow", [0, 1])
@pytest.mark.parametrize("mode", [0, 2])
def test_two_places_at_once(drv, srv, mode, follow):
    conn = start(drv, srv, CONNECT_ONLY=mode, FOLLOWLOCATION=follow)
    conn.send(redirect("/x", Location="/y"))
    assert drv.end().code == WEIRD_SERVER_REPLY
    assert drv.getinfo("RESPONSE_CODE") == 302


def test_the_same_place_twice(drv, srv):
    conn = start(drv, srv)
    conn.send(redirect("/x", Location="/x"))
    assert finish(drv, conn).line == "GET /x HTTP/1.1"


def test_the_url_of_a_redirect_that_was_followed_is_not_shown(drv, srv):
    conn = start(drv, srv)
    conn.send(redirect("/x"))
    finish(drv, conn)
    assert drv.getinfo("REDIRECT_URL") == "(null)"


@pytest.mark.parametrize("limit, followed", [(0, 0), (2, 2), (None, 30)])
def test_redirects_are_limited(drv, srv, limit, followed):
    conn = start(drv, srv, **({} if limit is None else {"MAXREDIRS": limit}))
    for number in range(followed):
        conn.send(redirect(f"/{number}"))
        conn.read_request()
    conn.send(redirect("/last"))
    result = drv.end()
    assert result.code == TOO_MANY_REDIRECTS
    assert result.error == f"Maximum ({followed}) redirects followed"
    assert drv.getinfo("REDIRECT_COUNT") == followed
    assert drv.getinfo("REDIRECT_URL") == srv.url + "last"


@must
@pytest.mark.parametrize("value", [0x7FFF, 0x8000, 1_000_000])
def test_more_redirects_than_can_be_counted_are_as_many_as_can(drv, value):
    drv.init(MAXREDIRS=value)


def test_without_a_limit_time_ends_a_loop(drv, srv):
    conn = start(drv, srv, MAXREDIRS=-1, TIMEOUT_MS=5000)
    for number in range(50):
        conn.send(redirect(f"/{number}"))
        conn.read_request()
    assert drv.end().code == 28


@must
@pytest.mark.parametrize("name, value", [("FOLLOWLOCATION", 4), ("FOLLOWLOCATION", -1), ("MAXREDIRS", -2), ("NETRC", 3), ("NETRC", -1)])
def test_values_out_of_range(drv, name, value):
    drv.init()
    assert drv.setopt_code(name, value) == BAD_ARGUMENT


# --- schemes


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "file:///etc/passwd", "mailto:me"])
def test_other_schemes_are_not_followed(drv, srv, location):
    conn = start(drv, srv)
    conn.send(redirect(location))
    assert drv.end().code in (UNSUPPORTED_PROTOCOL, URL_MALFORMAT)
    assert not srv.has_connection()


def test_from_ws_to_wss(drv, srv, tls_srv, trust):
    conn = start(drv, srv, **trust)
    conn.send(redirect(tls_srv.url.replace("wss", "https")))
    conn = tls_srv.accept()
    finish(drv, conn)
    assert drv.getinfo("SCHEME") == "wss"


@pytest.mark.parametrize("protocols", [None, "all", "ws", "wss,ws", "http,https", "wss", "https"])
@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_wss_does_not_become_ws_unless_that_is_allowed(drv, srv, tls_srv, trust, protocols, scheme):
    allowed = protocols in ("all", "ws", "wss,ws")
    drv.init(tls_srv.url, CONNECT_ONLY=2, FOLLOWLOCATION=1, **trust)
    drv.setopt("REDIR_PROTOCOLS_STR", protocols)
    drv.begin("perform")
    conn = tls_srv.accept()
    conn.read_request()
    conn.send(redirect(f"{scheme}://127.0.0.1:{srv.port}/"))
    if allowed:
        finish(drv, srv.accept())
    else:
        result = drv.end()
        assert result.code == UNSUPPORTED_PROTOCOL
        assert '"ws"' in result.error
        assert not srv.has_connection()


@pytest.mark.parametrize("protocols, allowed", [("ws", True), ("http", True), ("wss", False), ("https", False), ("ftp", False)])
def test_redirect_protocols_by_name(drv, srv, protocols, allowed):
    conn = start(drv, srv, REDIR_PROTOCOLS_STR=protocols)
    conn.send(redirect("/x"))
    if allowed:
        finish(drv, conn)
    else:
        assert drv.end().code == UNSUPPORTED_PROTOCOL


@pytest.mark.parametrize("mask, allowed", [(1 << 0, True), (1 << 30, True), (1 << 1, False), (1 << 31, False), (-1, True)])
def test_redirect_protocols_by_mask(drv, srv, mask, allowed):
    conn = start(drv, srv, REDIR_PROTOCOLS=mask)
    conn.send(redirect("/x"))
    if allowed:
        finish(drv, conn)
    else:
        assert drv.end().code == UNSUPPORTED_PROTOCOL


def test_protocols_hold_for_redirects_as_well(drv, srv, tls_srv, trust):
    conn = start(drv, srv, PROTOCOLS_STR="ws", **trust)
    conn.send(redirect(tls_srv.url))
    assert drv.end().code == UNSUPPORTED_PROTOCOL


def test_a_user_in_the_location_may_be_forbidden(drv, srv):
    conn = start(drv, srv, DISALLOW_USERNAME_IN_URL=1)
    conn.send(redirect(f"ws://me@127.0.0.1:{srv.port}/"))
    assert drv.end().code == LOGIN_DENIED


# --- what is sent where

SECRETS = {"USERPWD": "me:secret", "COOKIE": "a=b", "HTTPHEADER": ["Cookie2: x", "X-Own: y", "Host: own.test"]}
HEADERS = {"HTTPHEADER": ["Authorization: Own x", "Cookie: c=d", "X-Own: y"]}


@pytest.mark.parametrize("options", [SECRETS, HEADERS])
def test_secrets_stay_with_the_server_that_the_application_has_named(drv, srv, new_server, options):
    other = new_server()
    conn = start(drv, srv, **options)
    assert conn.request.get("Authorization") and conn.request.get("Cookie")
    conn.send(redirect("/same"))
    request = conn.read_request()
    assert request.get("Authorization") and request.get("Cookie")
    conn.send(redirect(other.url))
    conn = other.accept()
    request = conn.read_request()
    assert request.get("Authorization") is None and request.get("Cookie") is None
    assert request.get("X-Own") == "y"
    assert request.get("Host") == f"127.0.0.1:{other.port}"
    conn.send(redirect(srv.url))
    conn = srv.accept()
    request = finish(drv, conn)
    assert request.get("Authorization") and request.get("Cookie")


@pytest.mark.parametrize("options", [SECRETS, HEADERS])
def test_unrestricted_auth_sends_them_on(drv, srv, new_server, options):
    other = new_server()
    conn = start(drv, srv, UNRESTRICTED_AUTH=1, **options)
    conn.send(redirect(other.url))
    request = finish(drv, other.accept())
    assert request.get("Authorization") and request.get("Cookie")


def test_another_name_of_the_same_address_is_another_server(drv, srv):
    conn = start(drv, srv, USERPWD="me:secret")
    conn.send(redirect(f"ws://localhost:{srv.port}/"))
    request = finish(drv, srv.accept())
    assert request.get("Authorization") is None


def test_credentials_of_the_url_stay_as_well(drv, srv, new_server):
    other = new_server()
    drv.init(f"ws://me:secret@127.0.0.1:{srv.port}/", CONNECT_ONLY=2, FOLLOWLOCATION=1)
    drv.begin("perform")
    conn = srv.accept()
    assert conn.read_request().get("Authorization")
    conn.send(redirect("/same"))
    assert conn.read_request().get("Authorization")
    conn.send(redirect(other.url))
    assert finish(drv, other.accept()).get("Authorization") is None


def test_credentials_in_the_location_are_for_its_server(drv, srv, new_server):
    other = new_server()
    conn = start(drv, srv)
    conn.send(redirect(f"ws://you:there@127.0.0.1:{other.port}/"))
    request = finish(drv, other.accept())
    assert request.get("Authorization") == "Basic " + base64.b64encode(b"you:there").decode()


def test_autoreferer(drv, srv):
    drv.init(f"ws://me:secret@127.0.0.1:{srv.port}/a?b#c", CONNECT_ONLY=2, FOLLOWLOCATION=1, AUTOREFERER=1, REFERER="http://own/")
    drv.begin("perform")
    conn = srv.accept()
    assert conn.read_request().get("Referer") == "http://own/"
    conn.send(redirect("/next"))
    assert finish(drv, conn).get("Referer") == srv.url + "a?b"
    assert drv.getinfo("REFERER") == srv.url + "a?b"


@pytest.mark.parametrize(
    "follow, status, method",
    [(ALL, 301, "PUT"), (ALL, 303, "PUT"), (OBEY, 301, "PUT"), (OBEY, 303, "GET"), (OBEY, 307, "PUT"), (FIRST, 301, "GET"), (FIRST, 307, "GET")],
)
def test_a_custom_method_is_kept_or_dropped(drv, srv, follow, status, method):
    conn = start(drv, srv, FOLLOWLOCATION=follow, CUSTOMREQUEST="PUT")
    assert conn.request.line.startswith("PUT ")
    conn.send(redirect("/next", status=f"{status} Go"))
    assert finish(drv, conn).line == f"{method} /next HTTP/1.1"
    assert drv.getinfo("EFFECTIVE_METHOD") == method


def test_the_port_option_is_for_the_first_url_and_those_relative_to_it(drv, srv, new_server):
    other = new_server()
    drv.init("ws://127.0.0.1/", PORT=srv.port, CONNECT_ONLY=2, FOLLOWLOCATION=1)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(redirect("/relative"))
    conn.read_request()
    conn.send(redirect(other.url))
    finish(drv, other.accept())


# --- connections


@pytest.mark.parametrize("options, head", [({"FORBID_REUSE": 1}, {}), ({}, {"Connection": "close"})])
def test_some_connections_are_not_used_again(drv, srv, options, head):
    conn = start(drv, srv, **options)
    conn.send(redirect("/next", **head))
    assert finish(drv, srv.accept()).line == "GET /next HTTP/1.1"
    assert conn.closed_by_client()


def test_a_connection_can_be_too_old(drv, srv):
    conn = start(drv, srv, MAXLIFETIME_CONN=1)
    time.sleep(1.1)
    conn.send(redirect("/next"))
    finish(drv, srv.accept())


def test_a_connection_that_the_server_closes_without_saying_so_is_replaced(drv, srv):
    conn = start(drv, srv)
    conn.send(redirect("/next"))
    conn.close()
    assert finish(drv, srv.accept()).line == "GET /next HTTP/1.1"


def test_a_new_connection_that_is_closed_is_an_error(drv, srv):
    conn = start(drv, srv)
    conn.send(redirect("/next"))
    conn.close()
    conn = srv.accept()
    conn.read_request()
    conn.close()
    assert drv.end().code == GOT_NOTHING


def pieces_of(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 100000])
def test_the_body_of_a_redirect_is_passed_over(drv, srv, size):
    conn = start(drv, srv, WRITEFUNCTION="on", CONNECT_ONLY=0)
    head = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    before, after = b"2710\r\n" + b"x" * 10, b"x" * 10 + b"\r\n0\r\nX-Trailer: y\r\n\r\n"
    pieces = [head, *pieces_of(before, size), b"x" * 9980, *pieces_of(after, size)]
    # Few of them, at once: a body that takes longer than a second is not waited for.
    conn.send_pieces(pieces if size < 100 else [b"".join(pieces)], pause=0)
    conn.handshake(after=frame(TEXT, b"hello"))
    conn.half_close()
    result = drv.end()
    assert [event.data for event in result.events if event.name == "write"] == [b"hello"]


def test_a_body_that_does_not_end_is_not_waited_for(drv, srv):
    conn = start(drv, srv)
    conn.send(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 9\r\n\r\nonly")
    started = time.monotonic()
    finish(drv, srv.accept())
    assert time.monotonic() - started < 5


def test_two_rounds_over_tls(drv, tls_srv, trust):
    conn = start(drv, tls_srv, **trust)
    conn.send(redirect("/next", body=b"moved"))
    assert finish(drv, conn).line == "GET /next HTTP/1.1"
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("ws_recv", 100, wait=2000).data == b"hello"


# --- what the application sees


def test_all_heads_go_to_the_callbacks_and_the_header_api(drv, srv):
    conn = start(drv, srv, HEADERFUNCTION="on")
    conn.send(redirect("/next", X_Round="first"))
    conn.handshake(X_Round="second")
    result = drv.end()
    lines = [event.data for event in result.events if event.name == "header"]
    assert [line for line in lines if line.startswith(b"HTTP/")] == [b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 101 Switching Protocols\r\n"]
    assert lines.count(b"\r\n") == 2
    assert drv.header("X-Round") == "second"
    assert drv.do("header", "X-Round", "header", request=0).value == "first"


def test_the_time_limit_covers_all_rounds(drv, srv):
    conn = start(drv, srv, TIMEOUT_MS=1200)
    started = time.monotonic()
    try:
        for number in range(20):
            time.sleep(0.3)
            conn.send(redirect(f"/{number}"))
            conn.read_request()
    except (AssertionError, OSError):
        pass
    assert drv.end().code == 28
    assert time.monotonic() - started < 4
