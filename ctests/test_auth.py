"""Authentication to the server: Basic, Bearer and Digest, what is sent when, and the 401 that asks for it."""

import base64
import hashlib
import re

import pytest
from driver import HTTP_RETURNED_ERROR, NOT_BUILT_IN, OK
from frames import TEXT, frame

must = pytest.mark.must
memcheck = pytest.mark.memcheck

BASIC, DIGEST, NEGOTIATE, NTLM, DIGEST_IE, BEARER, ONLY = 1, 2, 4, 8, 16, 1 << 6, 1 << 31
ANY = ~(DIGEST_IE | 1 << 8) & 0xFFFFFFFF
ANYSAFE = ANY & ~BASIC

USER, PASSWORD = "me", "secret"
BASIC_VALUE = "Basic " + base64.b64encode(b"me:secret").decode()


def unauthorized(*challenges, body=b"", head=()):
    lines = ["HTTP/1.1 401 Unauthorized", *(f"WWW-Authenticate: {challenge}" for challenge in challenges)]
    return ("\r\n".join([*lines, *head, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body


def begin(drv, srv, path="", **options):
    """Up to the first request."""
    drv.init(srv.url + path, **{"CONNECT_ONLY": 2, "USERNAME": USER, "PASSWORD": PASSWORD} | options)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    return conn


def ask(conn, *challenges, **more):
    """A 401, and the next request on the same connection: its Authorization."""
    conn.send(unauthorized(*challenges, **more))
    return conn.read_request().get("Authorization")


def accept(drv, conn):
    conn.send(conn.response())
    result = drv.end()
    assert result.code == OK, result


# --- Digest, checked by an implementation of its own

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def params(value):
    scheme, rest = value.split(" ", 1)
    assert scheme == "Digest"
    found = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))', rest)
    return {name: re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain for name, quoted, plain in found}


def right(value, method="GET", user=USER, password=PASSWORD):
    """Whether a Digest value is right (RFC 7616 section 3.4.1)."""
    p = params(value)
    algorithm = p.get("algorithm", "MD5")
    base = algorithm.upper().removesuffix("-SESS")

    def h(*parts):
        return hashlib.new(HASHES[base], ":".join(parts).encode()).hexdigest()

    key = h(user, p["realm"], password)
    if algorithm.upper().endswith("-SESS"):
        key = h(key, p["nonce"], p["cnonce"])
    request = h(method, p["uri"], h("")) if p.get("qop") == "auth-int" else h(method, p["uri"])
    middle = [p["nonce"], p["nc"], p["cnonce"], p["qop"]] if "qop" in p else [p["nonce"]]
    name = h(user, p["realm"]) if p.get("userhash") == "true" else user
    return p["username"] == name and p["response"] == h(key, *middle, request)


@memcheck
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_digest_in_callback_mode(drv, srv, by):
    drv.init(srv.url, WRITEFUNCTION="on", USERNAME=USER, PASSWORD=PASSWORD, HTTPAUTH=DIGEST)
    drv.begin("perform", by=by)
    conn = srv.accept()
    assert conn.read_request().get("Authorization") is None
    assert right(ask(conn, 'Digest realm="r", nonce="n", qop="auth"', body=b"who are you?"))
    conn.send(conn.response() + frame(TEXT, b"hello"))
    conn.half_close()
    result = drv.end()
    assert result.code == OK
    assert [event.data for event in result.events if event.name == "write"] == [b"hello"]


@pytest.mark.parametrize("qop", ["", ', qop="auth"', ', qop="auth-int"', ', qop="auth-int, auth"'])
@pytest.mark.parametrize("algorithm", ["", *HASHES, "MD5-sess", "SHA-256-sess", "SHA-512-256-sess", "sha-256"])
def test_digest_algorithms(drv, srv, algorithm, qop):
    if "sess" in algorithm and not qop:
        pytest.skip("no such thing")
    conn = begin(drv, srv, "chat?room=1", HTTPAUTH=DIGEST)
    named = f", algorithm={algorithm}" if algorithm else ""
    value = ask(conn, f'Digest realm="a realm", nonce="abc/+=="{qop}{named}, opaque="o\\"p"')
    assert right(value)
    found = params(value)
    assert (found["uri"], found["opaque"], found["nonce"]) == ("/chat?room=1", 'o"p', "abc/+==")
    assert found.get("nc", "00000001") == "00000001"
    assert found.get("algorithm", "") == algorithm
    accept(drv, conn)
    assert drv.getinfo("HTTPAUTH_AVAIL") == drv.getinfo("HTTPAUTH_USED") == DIGEST
    assert drv.getinfo("REDIRECT_COUNT") == 0
    assert drv.getinfo("NUM_CONNECTS") == 1


@pytest.mark.parametrize("algorithm", HASHES)
def test_digest_with_a_hashed_user(drv, srv, algorithm):
    conn = begin(drv, srv, HTTPAUTH=DIGEST)
    value = ask(conn, f'Digest realm="r", nonce="n", qop="auth", algorithm={algorithm}, userhash=true')
    assert right(value) and params(value)["username"] != USER
    accept(drv, conn)


def test_digest_takes_the_first_algorithm_that_it_knows(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=DIGEST)
    value = ask(conn, 'Digest realm="r", nonce="a", algorithm=SHA-1024', 'Digest realm="r", nonce="b", algorithm=SHA-256', 'Digest realm="r", nonce="c"')
    assert params(value)["nonce"] == "b" and right(value)
    accept(drv, conn)


def test_digest_quotes_what_needs_it(drv, srv):
    user = 'a "b" \\c'
    conn = begin(drv, srv, HTTPAUTH=DIGEST, USERNAME=user)
    value = ask(conn, 'Digest realm="x \\"y\\"", nonce="n", qop="auth"')
    assert 'username="a \\"b\\" \\\\c", realm="x \\"y\\"", nonce="n"' in value
    assert right(value, user=user)
    accept(drv, conn)


def test_digest_signs_the_method_and_the_target_that_are_sent(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=DIGEST, CUSTOMREQUEST="LOOK", REQUEST_TARGET="*")
    value = ask(conn, 'Digest realm="r", nonce="n", qop="auth"')
    assert params(value)["uri"] == "*" and right(value, method="LOOK")
    accept(drv, conn)


def test_a_stale_nonce_is_replaced(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=DIGEST)
    assert params(ask(conn, 'Digest realm="r", nonce="a", qop="auth"'))["nonce"] == "a"
    value = ask(conn, 'Digest realm="r", nonce="b", qop="auth", stale=true')
    assert params(value)["nonce"] == "b" and params(value)["nc"] == "00000001" and right(value)
    accept(drv, conn)


def test_nonces_that_are_always_stale_end(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=DIGEST)
    for nonce in range(4):
        assert ask(conn, f'Digest realm="r", nonce="{nonce}", qop="auth", stale=true')
    conn.send(unauthorized('Digest realm="r", nonce="last", qop="auth", stale=true'))
    assert drv.end().code == HTTP_RETURNED_ERROR


def test_a_redirect_on_the_same_server_uses_the_nonce_again(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=DIGEST, FOLLOWLOCATION=1)
    first = params(ask(conn, 'Digest realm="r", nonce="n", qop="auth"'))
    conn.send(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
    value = conn.read_request().get("Authorization")
    second = params(value)
    assert (second["uri"], second["nc"], second["cnonce"]) == ("/next", "00000002", first["cnonce"])
    assert right(value)
    accept(drv, conn)


def test_a_redirect_to_another_server_ends_it(drv, srv, new_server):
    other = new_server()
    conn = begin(drv, srv, HTTPAUTH=DIGEST, FOLLOWLOCATION=1)
    ask(conn, 'Digest realm="r", nonce="n", qop="auth"')
    conn.send(f"HTTP/1.1 302 Found\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode())
    conn = other.accept()
    assert conn.read_request().get("Authorization") is None
    conn.send(unauthorized('Digest realm="r", nonce="n", qop="auth"'))
    assert drv.end().code == HTTP_RETURNED_ERROR


# --- which scheme


@pytest.mark.parametrize(
    "mask, challenges, wanted",
    [
        (ANY, ["Basic realm=r"], "Basic"),
        (ANY, ["Basic realm=r", 'Digest realm="r", nonce="n"'], "Digest"),
        (ANY, ['Basic realm=r, Digest realm="r", nonce="n"'], "Digest"),
        (ANY, ["Negotiate", "NTLM", "Basic realm=r"], "Basic"),
        (ANYSAFE, ["Basic realm=r", 'Digest realm="r", nonce="n"'], "Digest"),
        (BASIC | DIGEST, ["Basic realm=r"], "Basic"),
        (BASIC | ONLY, ['Basic realm=r, Digest realm="r", nonce="n"'], "Basic"),
        (DIGEST | ONLY, ['Basic realm=r, Digest realm="r", nonce="n"'], "Digest"),
        (BEARER | BASIC, ['Bearer, Basic realm="r"'], "Bearer"),
        (ANY, ["bAsIc realm=r"], "Basic"),
        (DIGEST_IE, ['Digest realm="r", nonce="n"'], "Digest"),
    ],
)
def test_the_best_scheme_is_used_once_the_server_has_asked(drv, srv, mask, challenges, wanted):
    conn = begin(drv, srv, HTTPAUTH=mask, XOAUTH2_BEARER="token" if wanted == "Bearer" else None)
    assert conn.request.get("Authorization") is None
    assert ask(conn, *challenges).split(" ")[0] == wanted
    accept(drv, conn)
    assert drv.getinfo("HTTPAUTH_USED") == {"Basic": BASIC, "Digest": DIGEST, "Bearer": BEARER}[wanted]


@pytest.mark.parametrize(
    "mask, challenge, words",
    [
        (ANYSAFE, "Basic realm=r", "by Basic "),
        (DIGEST, "Basic realm=r", "by Basic "),
        (BASIC, 'Digest realm="r", nonce="n"', "by Digest "),
        (ANY, "Negotiate, NTLM", "by Negotiate, NTLM "),
        (ANY, 'Digest realm="r"', "by Digest "),
        (ANY, 'Digest realm="r", nonce="n", algorithm=unknown', "by Digest "),
    ],
)
def test_a_401_that_cannot_be_answered_names_the_schemes(drv, srv, mask, challenge, words):
    conn = begin(drv, srv, HTTPAUTH=mask)
    conn.send(unauthorized(challenge))
    result = drv.end()
    assert result.code == HTTP_RETURNED_ERROR
    assert "401" in result.error and words in result.error
    assert drv.getinfo("RESPONSE_CODE") == 401
    assert not srv.has_connection()


@pytest.mark.parametrize("mask, challenge", [(BASIC, "Basic realm=r"), (ANY, "Basic realm=r"), (DIGEST, 'Digest realm="r", nonce="n"')])
def test_refused_credentials_are_sent_once(drv, srv, mask, challenge):
    conn = begin(drv, srv, HTTPAUTH=mask)
    while conn.request.get("Authorization") is None:
        ask(conn, challenge)
    conn.send(unauthorized(challenge))
    assert drv.end().code == HTTP_RETURNED_ERROR
    assert not srv.has_connection()


@pytest.mark.parametrize("mask", [BASIC, ANY, DIGEST])
def test_without_credentials_a_401_is_final(drv, srv, mask):
    conn = begin(drv, srv, HTTPAUTH=mask, USERNAME=None, PASSWORD=None)
    conn.send(unauthorized('Basic realm=r, Digest realm="r", nonce="n", NTLM'))
    assert drv.end().code == HTTP_RETURNED_ERROR
    assert drv.getinfo("HTTPAUTH_AVAIL") == BASIC | DIGEST | NTLM
    assert drv.getinfo("HTTPAUTH_USED") == 0


def test_an_own_authorization_header_takes_the_place_of_all_credentials(drv, srv):
    conn = begin(drv, srv, HTTPAUTH=ANY, HTTPHEADER=["Authorization: Own x"])
    assert conn.request.all("Authorization") == ["Own x"]
    conn.send(unauthorized("Basic realm=r"))
    assert drv.end().code == HTTP_RETURNED_ERROR


@must
@pytest.mark.parametrize("mask", [BASIC, ANY, DIGEST, BASIC | DIGEST, BASIC | ONLY, BEARER, ANYSAFE, DIGEST_IE])
def test_what_the_first_request_has(drv, srv, mask):
    drv.init(srv.url, CONNECT_ONLY=2, USERPWD="me:secret", HTTPAUTH=mask)
    conn = drv.upgrade(srv)
    assert conn.request.get("Authorization") == (BASIC_VALUE if mask == BASIC else None)


@must
@pytest.mark.parametrize(
    "url, options, login",
    [
        ("u:p@", {}, "u:p"),
        ("u@", {"PASSWORD": "q"}, "u:q"),
        ("u:p@", {"PASSWORD": "q"}, "u:p"),
        ("u:p@", {"USERNAME": "v"}, "v:"),
        ("u:p@", {"USERNAME": "v", "PASSWORD": "q"}, "v:q"),
        (":p@", {}, ":p"),
        ("u@", {}, "u:"),
        ("", {"PASSWORD": "q"}, ":q"),
    ],
)
def test_credentials_of_url_and_options(drv, srv, url, options, login):
    drv.init(f"ws://{url}127.0.0.1:{srv.port}/", CONNECT_ONLY=2, **options)
    conn = drv.upgrade(srv)
    assert conn.request.get("Authorization") == "Basic " + base64.b64encode(login.encode()).decode()


@pytest.mark.parametrize("mask", [NTLM, NEGOTIATE, NTLM | NEGOTIATE, 1 << 7, 1 << 8])
def test_schemes_that_are_not_built_in(drv, mask):
    drv.init()
    assert drv.setopt_code("HTTPAUTH", mask) == NOT_BUILT_IN


# --- connections


@pytest.mark.parametrize("head", [["Connection: close"], []])
def test_an_answer_goes_over_another_connection_where_the_first_is_closed(drv, srv, head):
    conn = begin(drv, srv, HTTPAUTH=DIGEST)
    conn.send(unauthorized('Digest realm="r", nonce="n", qop="auth"', head=head))
    conn.close()
    conn = srv.accept()
    assert right(conn.read_request().get("Authorization"))
    accept(drv, conn)


def test_digest_over_tls(drv, tls_srv, trust):
    conn = begin(drv, tls_srv, HTTPAUTH=DIGEST, **trust)
    assert right(ask(conn, 'Digest realm="r", nonce="n", qop="auth"', body=b"who?"))
    accept(drv, conn)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("ws_recv", 100, wait=2000).data == b"hello"


# --- verbose output

SHOWN = {
    "Basic": {"HTTPAUTH": BASIC},
    "Digest": {"HTTPAUTH": DIGEST},
    "Bearer": {"HTTPAUTH": BEARER, "XOAUTH2_BEARER": PASSWORD},
    "any": {"HTTPAUTH": ANY},
}


@pytest.mark.parametrize("options", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("login", ["", f"{USER}:{PASSWORD}@"], ids=["options", "url"])
def test_verbose_text_has_no_secret(drv, srv, options, login):
    """The request's header is all that has one, as with libcurl."""
    own = {} if login else {"USERNAME": USER, "PASSWORD": PASSWORD}
    drv.init(srv.url.replace("://", f"://{login}"), CONNECT_ONLY=2, VERBOSE=1, DEBUGFUNCTION="on", **(own | options))
    drv.do("show", "debug")
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(unauthorized('Digest realm="r", nonce="n", qop="auth"', "Basic realm=r"))
    if options["HTTPAUTH"] in (DIGEST, ANY):
        conn.read_request()
        conn.send(conn.response())
    conn.close()
    shown = [event for event in drv.end().events if event.fields.get("type")]
    texts = b"".join(event.data for event in shown if event.fields["type"] == "text")
    assert texts
    for secret in (PASSWORD, BASIC_VALUE.split()[1]):
        assert secret.encode() not in texts
