"""Options: what is refused stays refused, and each option that works does what it says."""

import ssl

import pytest
from conftest import server_context
from driver import ABORTED, BAD_ARGUMENT, HTTP_RETURNED_ERROR, LOGIN_DENIED, NOT_BUILT_IN, OK, UNSUPPORTED_PROTOCOL
from frames import TEXT, frame

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck

BASIC, DIGEST, NTLM = 1, 2, 8

# --- refused guards

GUARDS = {
    "PROXY": ("http://127.0.0.1:1/", None),
    "PRE_PROXY": ("socks5://127.0.0.1:1/", None),
    "HAPROXYPROTOCOL": (1, 0),
    "HTTPAUTH": (NTLM, BASIC),
    "AWS_SIGV4": ("aws:amz", None),
    "DOH_URL": ("https://127.0.0.1:1/", None),
    "DNS_SERVERS": ("127.0.0.1", None),
    "ECH": ("true", None),
    "SSL_VERIFYSTATUS": (1, 0),
    "SSLENGINE": ("engine", None),
    "PROXY_TLSAUTH_TYPE": ("SRP", None),
    "SSLVERSION": (5 << 16, 0),
}


def refused(drv, name):
    """Sets the option, which must be refused if it is a guard that is not built in."""
    code = drv.setopt_code(name, GUARDS[name][0])
    if code == OK:
        pytest.skip(f"{name} is built in")
    assert code == NOT_BUILT_IN


@memcheck
@pytest.mark.parametrize("name", GUARDS)
def test_a_refused_guard_fails_the_transfer_until_it_is_set_back(drv, srv, name):
    drv.init(srv.url, CONNECT_ONLY=2, USERPWD="me:secret")
    refused(drv, name)
    for _ in range(2):
        result = drv.do("perform")
        assert result.code == NOT_BUILT_IN
        assert result.error.startswith(f"CURLOPT_{name} ")
    assert not srv.has_connection()
    drv.setopt(name, GUARDS[name][1])
    drv.upgrade(srv)


@pytest.mark.parametrize("name", ["SSLENGINE", "HTTPAUTH", "PROXY"])
def test_a_refused_guard_fails_the_transfer_in_a_multi_handle(drv, srv, name):
    drv.init(srv.url)
    refused(drv, name)
    result = drv.do("perform", by="multi")
    assert result.code == NOT_BUILT_IN and result.error.startswith(f"CURLOPT_{name} ")
    assert not srv.has_connection()


@memcheck
def test_reset_sets_guards_back(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    refused(drv, "SSLENGINE")
    drv.do("reset")
    drv.setopt("URL", srv.url)
    drv.setopt("CONNECT_ONLY", 2)
    drv.upgrade(srv)


@memcheck
def test_duplicate_copies_a_refused_guard(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    refused(drv, "SSLENGINE")
    drv.do("dup", 1)
    assert drv.do("@1 perform").code == NOT_BUILT_IN
    drv.setopt("SSLENGINE", None, slot="@1 ")
    drv.upgrade(srv, slot="@1 ")
    assert drv.do("perform").code == NOT_BUILT_IN


def test_a_guard_refused_inside_a_callback_fails_the_next_transfer(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "setopt", "SSLENGINE", "engine")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert drv.end().code == OK
    assert drv.do("perform").code == NOT_BUILT_IN


def test_a_refused_option_that_is_no_guard_fails_no_transfer(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    assert drv.setopt_code("CRLF", 1) == NOT_BUILT_IN
    drv.upgrade(srv)


@pytest.mark.parametrize("mask", [BASIC | NTLM, BASIC | DIGEST, BASIC | 1 << 2])
def test_no_password_is_sent_unasked_when_a_stronger_scheme_is_allowed(drv, srv, mask):
    drv.init(srv.url, CONNECT_ONLY=2, USERPWD="me:secret", HTTPAUTH=mask)
    conn = drv.upgrade(srv)
    assert conn.request.get("Authorization") is None


@pytest.mark.parametrize("option", ["CRLF", "TRANSFERTEXT"])
def test_line_ends_of_uploads_are_not_converted(drv, option):
    drv.init()
    assert drv.setopt_code(option, 1) == NOT_BUILT_IN
    assert drv.setopt_code(option, 0) == OK


# --- the request


@must
@pytest.mark.parametrize("on, target", [(0, "/b"), (1, "/a/../b")])
def test_path_as_is(drv, srv, on, target):
    drv.init(f"{srv.url}a/../b", CONNECT_ONLY=2, PATH_AS_IS=on)
    assert drv.upgrade(srv).request.line == f"GET {target} HTTP/1.1"


@must
def test_request_target(drv, srv):
    drv.init(f"{srv.url}a", CONNECT_ONLY=2, REQUEST_TARGET="*")
    assert drv.upgrade(srv).request.line == "GET * HTTP/1.1"


@must
def test_disallow_username_in_url(drv, srv):
    drv.init(f"ws://me:secret@127.0.0.1:{srv.port}/", CONNECT_ONLY=2, DISALLOW_USERNAME_IN_URL=1)
    assert drv.do("perform").code == LOGIN_DENIED
    assert not srv.has_connection()


@must
@pytest.mark.parametrize("mask, code", [(1 << 31, UNSUPPORTED_PROTOCOL), (1, UNSUPPORTED_PROTOCOL)])
def test_protocols_mask_without_ws(drv, srv, mask, code):
    drv.init(srv.url, CONNECT_ONLY=2, PROTOCOLS=mask)
    assert drv.do("perform").code == code
    assert not srv.has_connection()


@must
def test_protocols_mask_with_everything(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, PROTOCOLS=-1)
    drv.upgrade(srv)


@must
@pytest.mark.parametrize("option", ["POST", "HTTPGET", "PUT"])
def test_options_that_choose_a_method_replace_head(drv, srv, option):
    drv.init(srv.url, CONNECT_ONLY=2, NOBODY=1)
    drv.setopt(option, 1)
    assert not drv.upgrade(srv).request.line.startswith("HEAD")


@must
@timing
def test_failonerror_makes_no_difference(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, FAILONERROR=1)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    assert drv.end().code == HTTP_RETURNED_ERROR


# --- the connection


@must
@pytest.mark.parametrize("value, code", [(0, OK), (2**32 - 1, OK), (2**32, BAD_ARGUMENT), (-1, BAD_ARGUMENT)])
def test_address_scope_values(drv, value, code):
    drv.init()
    assert drv.setopt_code("ADDRESS_SCOPE", value) == code


@must
@pytest.mark.parametrize("timeout", [-1, 0, 60])
def test_dns_cache_timeout_does_not_outlive_a_fixed_address(drv, srv, timeout):
    url = f"ws://cached.test:{srv.port}/"
    drv.init(url, CONNECT_ONLY=2, DNS_CACHE_TIMEOUT=timeout, RESOLVE=[f"cached.test:{srv.port}:127.0.0.1"])
    drv.upgrade(srv)
    drv.setopt("RESOLVE", None)
    drv.upgrade(srv)


@must
def test_dns_cache_timeout_below_minus_one_is_refused(drv):
    drv.init()
    assert drv.setopt_code("DNS_CACHE_TIMEOUT", -2) == BAD_ARGUMENT


@must
def test_dns_shuffle_addresses_reaches_the_one_that_listens(drv, srv):
    drv.init(f"ws://many.test:{srv.port}/", CONNECT_ONLY=2, DNS_SHUFFLE_ADDRESSES=1)
    drv.setopt("RESOLVE", f"many.test:{srv.port}:127.0.0.1,127.0.0.1,127.0.0.1")
    drv.upgrade(srv)


@must
@timing
@memcheck
def test_resolver_start_function_is_called_before_a_name_is_resolved(drv, srv):
    drv.init(f"ws://localhost:{srv.port}/", CONNECT_ONLY=2, IPRESOLVE=1, RESOLVER_START_FUNCTION="on")
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    result = drv.end()
    assert result.code == OK
    assert [event.name for event in result.events] == ["resolver"]


@must
@timing
def test_resolver_start_function_ends_the_transfer(drv, srv):
    drv.init(f"ws://localhost:{srv.port}/", CONNECT_ONLY=2, RESOLVER_START_FUNCTION="on")
    drv.on("resolver", 1, "ret", 1)
    assert drv.do("perform").code in (ABORTED, 6)
    assert not srv.has_connection()


# --- TLS and uploads


@must
@timing
@pytest.mark.parametrize("on", [0, 1])
def test_ssl_sessionid_cache(drv, new_server, ca, trust, on):
    context = server_context(ca, "localhost", "127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    srv = new_server(tls=context)
    drv.init(srv.url, CONNECT_ONLY=2, SSL_SESSIONID_CACHE=on, **trust)
    assert drv.upgrade(srv).sock.session_reused is False
    drv.do("ws_recv", 10)
    assert drv.upgrade(srv).sock.session_reused is bool(on)


@must
@timing
@pytest.mark.parametrize("size, room", [(1, 16384), (32768, 32768)])
def test_upload_buffersize_is_the_room_of_the_read_callback(drv, srv, size, room):
    conn = drv.start(srv, UPLOAD=1, READFUNCTION="on", UPLOAD_BUFFERSIZE=size)
    assert drv.event("read")["room"] == room
    conn.close()
    drv.end()
