"""The URL interface: every part and every flag, as libcurl has them.

The matrix has no answers written down: its transcript is compared with libcurl's. What it asserts itself is what must hold of any URL.
"""

import pytest
from driver import BAD_ARGUMENT, LOGIN_DENIED, OK, UNSUPPORTED_PROTOCOL, URL_MALFORMAT

must = pytest.mark.must
memcheck = pytest.mark.memcheck

FLAGS = [
    "DEFAULT_PORT", "NO_DEFAULT_PORT", "DEFAULT_SCHEME", "NON_SUPPORT_SCHEME", "PATH_AS_IS", "DISALLOW_USER", "URLDECODE", "URLENCODE",
    "APPENDQUERY", "GUESS_SCHEME", "NO_AUTHORITY", "ALLOW_SPACE", "PUNYCODE", "PUNY2IDN", "GET_EMPTY", "NO_GUESS_SCHEME",
]  # fmt: skip
PARTS = ["SCHEME", "USER", "PASSWORD", "OPTIONS", "HOST", "PORT", "PATH", "QUERY", "FRAGMENT", "ZONEID"]

# CURLUcode
BAD_HANDLE, BAD_PARTPOINTER, MALFORMED_INPUT, BAD_PORT_NUMBER, UNSUPPORTED_SCHEME = 1, 2, 3, 4, 5
URLDECODE, USER_NOT_ALLOWED, UNKNOWN_PART = 6, 8, 9
NO_SCHEME, NO_USER, NO_PASSWORD, NO_OPTIONS, NO_HOST, NO_PORT, NO_QUERY, NO_FRAGMENT, NO_ZONEID = range(10, 19)
BAD_FILE_URL, BAD_HOSTNAME, BAD_IPV6, BAD_SCHEME, BAD_SLASHES, TOO_LARGE, BACKSLASH = 19, 21, 22, 27, 28, 31, 32


def bits(*names):
    """`"URLENCODE|GET_EMPTY"` and the like as a number."""
    flags = [flag for name in names for flag in name.split("|") if flag]
    return sum(1 << FLAGS.index(flag) for flag in flags)


class Url:
    """A URL handle of the driver."""

    def __init__(self, drv, place=0, **parts):
        self.drv, self.place = drv, place
        assert drv.do("url_new", place)["ok"] == 1
        for part, text in parts.items():
            assert self.set(part.upper(), text) == OK

    def set(self, part, text, flags=""):
        return self.drv.do("url_set", self.place, part, bits(flags), "NULL" if text is None else text).code

    def get(self, part="URL", flags=""):
        """The part's text, or the code."""
        line = self.drv.do("url_get", self.place, part, bits(flags))
        return line.value if line.code == OK else line.code

    def parts(self, flags=""):
        return self.drv.do("url_parts", self.place, bits(flags)).fields


# --- the matrix

AUTHORITIES = """
    example.com Example.COM. example.com:80 example.com:00080 example.com:0 example.com:65535 example.com:65536 example.com: example.com:x
    example.com:-1 example.com:+1 example.com:8\\ example.com:\\8 :80 user@example.com user:pass@example.com user:@example.com :pass@example.com
    :@example.com @example.com u;o:p@example.com u:p;o@example.com ;o@example.com u;@example.com u%40x:p%3Aq@example.com a@b@c u:p:q@example.com
    %65xample.com ex%2fample.com ex%00ample ex%0aample a%20b a|b a<b a\\b a..b a.. . .. a_b a-.b %zz %2 127.0.0.1 127.1 0x7f.1 0177.0.0.1
    0x7f000001 2130706433 4294967295 4294967296 256.1 1.2.3 1.2.3.4. 1.2.3.4.5 1.2.3. 08.1 0x 0x.1 1..2 1.256.3.4 0 00 0xffffffff 1.16777216
    [::1] [::1]:80 [::1]: [::1]x [::1 ::1 [] [:] [::] [1] [fe80::1%25eth0] [fe80::1%eth0] [FE80::00A1%25eth0]:90 [fe80::1%25] [fe80::1%]
    [fe80::1%250123456789abcdef] [fe80::1%25012345678901234] [0:0:0:0:0:0:0:1] [1:2:3:4:5:6:7:8] [1:2:3:4:5:6:7:8:9] [::ffff:1.2.3.4]
    [::1.2.3.4] [::ffff:0102:0304] [::102:304] [1:0:0:2:0:0:0:3] [12345::] [::g] [::1]:65536 [v1.x]
""".split()
TAILS = """
    / /a /a/b/../c /a/./b/. /a/.. /../x /%2e%2E/x /a//../b /a/... / ? ?q ?a=b&c=d /? /?# # #f ?q#f /a?b?c#d?e#g /a%2fb%zz%c3%a4 /%7e~
    /a;b=c,d ?a+b%20c ?%0a /%0a #%00 ?a/../b #a/../b /a\\b //x ///x /a|b<c>"{}^`
""".split()
OTHERS = """
    http:/host http:///host http:////host http:host http: http:// http:/// http:example.com:80 HTTP://h hTTps://h ws://h wss://h:443 ftp://h imap://u;o@h
    pop3://u:p;o@h smtps://u;o:p@h ldap://h mqtt://h mqtts://h rtsp://h gophers://h scp://h/~/x sftp://h tftp://h telnet://h dict://h smb://h
    socks5h://h socks://h mailto:me@example.com data:text/plain,x urn:isbn:1 foo://h custom+scheme.1-x://h/p -x://h 1x://h x://h //host/path /path
    ?query #fragment path host host:80 host:80/x host/x host:x user@host user:p@host:8 ftp.example.com dict.x ldap.x IMAP.x smtp.x pop3.x ftpx.y ftp
    file:///x file:/x file://localhost/x file://127.0.0.1/x file://LOCALHOST/x file://host/x file:// file:///  file:x file:/ file:/// file:///c:/x
    file:///c|/x file://c:/x file:/c: file:///a/../b file:///x?q#f FILE:///x localhost localhost:1/ http://h/\x01 http://h/\x7f http://h/ä
    http://h?ä#ä aaaaaaaaaabbbbbbbbbbccccccccccddddddddddd://h aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd://h
""".split()
SPACED = ["http://h/a b", "http://h/?a b#c d", "http://h h/", " http://h/", "http://h/ ", "http://u p@h/", "h/a b", "", " "]
MATRIX = (
    [f"http://{authority}/p?q#f" for authority in AUTHORITIES]
    + [f"{scheme}://{authority}" for scheme in ("imap", "unknown") for authority in AUTHORITIES if "@" in authority]
    + [f"https://example.com{tail}" for tail in TAILS]
    + OTHERS
    + SPACED
)
SET_FLAGS = ["", *FLAGS[:11], "ALLOW_SPACE", "ALLOW_SPACE|URLENCODE", "GUESS_SCHEME|NO_AUTHORITY", "GUESS_SCHEME|NON_SUPPORT_SCHEME",
             "DEFAULT_SCHEME|GUESS_SCHEME", "NO_AUTHORITY|NON_SUPPORT_SCHEME", "GUESS_SCHEME|URLENCODE|PATH_AS_IS"]  # fmt: skip
GET_FLAGS = ["", "DEFAULT_PORT", "NO_DEFAULT_PORT", "URLDECODE", "URLENCODE", "GET_EMPTY", "NO_GUESS_SCHEME", "DEFAULT_SCHEME|URLDECODE|URLENCODE"]


@must
@pytest.mark.parametrize("flags", SET_FLAGS)
def test_matrix_of_urls_and_flags(drv, flags):
    accepted = 0
    for text in MATRIX:
        url = Url(drv)
        if url.set("URL", text, flags) == OK:
            accepted += 1
            for get_flags in GET_FLAGS:
                url.parts(get_flags)
            whole = url.get("URL", "GET_EMPTY")
            if whole == NO_SCHEME:
                assert "NO_AUTHORITY" in flags and url.get("HOST") == ""
                continue
            again = Url(drv, 1)
            assert again.set("URL", whole, "NON_SUPPORT_SCHEME|PATH_AS_IS|ALLOW_SPACE|NO_AUTHORITY") == OK
            assert again.get("URL", "GET_EMPTY") == whole
    assert 20 < accepted < len(MATRIX)


TEXTS = [
    "", "a", "A b", "a=b&c=d", "a b=c d=e", "%c3%a4%zz", "ä", "/", "//a", "a/../b", "?x", "#x", "http", "HTTP", "ws", "foo", "1x", "x" * 40,
    "x" * 41, "0", "80", "00080", "65536", "-1", "8x", "host.example", "ho st", "h%6fst", "h%20st", "[::1]", "[::0001]", "[::g]", "1.2.3", "a..",
    "user@host", ":@/?#[]", "~-._!$'()*+,;", "a+b", "&", "a&",
]  # fmt: skip
BASES = ["", "https://u:p@example.com:8080/path?query#frag", "imap://u;o@example.com/", "file:///path", "http://example.com?#"]


@must
@pytest.mark.parametrize("flags", ["", "URLENCODE", "APPENDQUERY", "APPENDQUERY|URLENCODE", "NON_SUPPORT_SCHEME", "NO_AUTHORITY", "DEFAULT_SCHEME"])
@pytest.mark.parametrize("part", PARTS)
def test_matrix_of_parts_and_flags(drv, part, flags):
    for base in BASES:
        for text in TEXTS:
            if (part, flags, text) == ("QUERY", "APPENDQUERY|URLENCODE", ""):
                continue  # libcurl removes the whole query
            url = Url(drv)
            if base:
                assert url.set("URL", base) == OK
            before = url.parts("GET_EMPTY")
            code = url.set(part, text, flags)
            after = url.parts("GET_EMPTY")
            changed = [name for name in PARTS if before[name] != after[name]]
            assert changed in ([], [part]) if code == OK else not changed
            url.parts("URLDECODE|DEFAULT_PORT")
            url.parts("URLENCODE|NO_DEFAULT_PORT|DEFAULT_SCHEME")
            assert url.set(part, None) == OK
            if (part, base) != ("PATH", "file:///path"):  # libcurl: file://(nil)
                url.parts("GET_EMPTY")


REFERENCES = """
    g ./g g/ /g //g //g:80/x ?y g?y #s g#s g?y#s ;x g;x . ./ .. ../ ../g ../.. ../../g ../../../g /./g /../g g. .g g.. ..g ./../g ./g/. g/./h g/../h
    g?y/./x g#s/../x ? # ?# http:g http:/g http://g http://g/h?i#j ws://g foo://g foo:g //u:p@g //[::1] //[::1%25a] //a|b //g:x /%2e%2e/x /ä?ä#ä %zz
    x:y/z host:80 host:80/x ///x ////x /\\x \\x ../a/b/c/../d?../e#../f
""".split() + ["", " ", "a b", "/a b?c d?e f#g h", "?a b", "#a b", "//h h/", "//h/a b"]


@must
@pytest.mark.parametrize("flags", ["", "NON_SUPPORT_SCHEME", "URLENCODE", "PATH_AS_IS", "GUESS_SCHEME", "ALLOW_SPACE|URLENCODE", "DEFAULT_SCHEME"])
@pytest.mark.parametrize("base", [
    "http://a/b/c/d;p?q", "https://u:p@h:8080/a/b?c/d#e/f", "ws://h", "http://h/?", "http://h/#", "http://h?a/b", "file:///a/b/c", "imap://u;o@h/a/b",
    "http://[fe80::1%25eth0]:1/a/", "http://h/a#b?c",
])  # fmt: skip
def test_matrix_of_references(drv, base, flags):
    for reference in REFERENCES:
        url = Url(drv, url=base)
        code = url.set("URL", reference, flags)
        whole = url.get("URL", "GET_EMPTY")
        assert code == OK or whole == Url(drv, 1, url=base).get("URL", "GET_EMPTY")
        url.parts()


@must
@memcheck
def test_the_whole_url_needs_scheme_and_host(drv):
    url = Url(drv)
    assert url.get() == NO_HOST
    assert url.set("HOST", "h") == OK
    assert url.get() == NO_SCHEME
    assert url.get("URL", "DEFAULT_SCHEME") == "https://h/"
    assert url.set("SCHEME", "ws") == OK
    assert url.get() == "ws://h/"
    for part, text in {"USER": "me", "PASSWORD": "se:cret", "PORT": "81", "PATH": "a b", "QUERY": "c=d e", "FRAGMENT": "f"}.items():
        assert url.set(part, text, "URLENCODE") == OK
    assert url.get() == "ws://me:se%3Acret@h:81/a%20b?c%3Dd+e#f"
    assert url.get("PASSWORD", "URLDECODE") == "se:cret"
    assert url.get("QUERY", "URLDECODE") == "c=d e"
    assert url.set("URL", None) == OK
    assert url.get() == NO_HOST


@must
@memcheck
def test_missing_parts_have_codes_of_their_own(drv):
    url = Url(drv)
    codes = [NO_SCHEME, NO_USER, NO_PASSWORD, NO_OPTIONS, NO_HOST, NO_PORT, "/", NO_QUERY, NO_FRAGMENT, NO_ZONEID]
    assert [url.get(part) for part in PARTS] == codes
    assert url.get(11) == UNKNOWN_PART
    assert url.set(11, "x") == UNKNOWN_PART
    assert url.set(11, None) == UNKNOWN_PART


@must
def test_null_arguments(drv):
    Url(drv)
    assert drv.do("url_set", "null", "URL", 0, "http://h/").code == BAD_HANDLE
    assert drv.do("url_get", "null", "URL", 0).code == BAD_HANDLE
    assert drv.do("url_get", 0, "URL", 0, part="null").code == BAD_PARTPOINTER
    drv.do("url_cleanup", "null")


@memcheck
def test_handles_that_are_none(drv):
    for handle in ("dead", "foreign", "null"):
        assert drv.do("url_set", handle, "URL", 0, "http://h/").code == BAD_HANDLE
        assert drv.do("url_get", handle, "URL", 0).code == BAD_HANDLE
        assert drv.do("url_dup", handle, 1)["ok"] == 0
        drv.do("url_cleanup", handle)


@must
@memcheck
def test_a_copy_is_independent(drv):
    text = "https://u:p@h:1/a?b#c"
    url = Url(drv, url=text)
    assert drv.do("url_dup", 0, 1)["ok"] == 1
    assert url.set("HOST", "other") == OK
    drv.do("url_cleanup", 0)
    assert drv.do("url_get", 1, "URL", 0).value == text


@must
def test_appended_queries(drv):
    url = Url(drv, url="http://h/?a=b")
    assert url.set("QUERY", "name=va lue&=", "APPENDQUERY|URLENCODE") == OK
    assert url.get() == "http://h/?a=b&name=va+lue%26%3D"
    assert url.set("QUERY", "x=1&", "APPENDQUERY") == OK
    assert url.set("QUERY", "y", "APPENDQUERY") == OK
    assert url.get("QUERY") == "a=b&name=va+lue%26%3D&x=1&y"


def test_appending_nothing_leaves_the_query(drv):
    url = Url(drv, url="http://h/?a=b")
    assert url.set("QUERY", "", "APPENDQUERY|URLENCODE") == OK
    assert url.get("QUERY").startswith("a=b")


@must
def test_parts_are_limited(drv):
    url = Url(drv, url="http://h/")
    assert url.set("HOST", "h" * 8_000_001) == MALFORMED_INPUT
    assert url.set("URL", "http://h/" + "a" * 8_000_000) == MALFORMED_INPUT
    assert url.get() == "http://h/"


@must
@memcheck
def test_a_query_that_would_grow_too_large(drv):
    url = Url(drv, url="http://h/")
    half = "a" * 4_000_000
    assert url.set("QUERY", half) == OK
    assert url.set("QUERY", half, "APPENDQUERY") == TOO_LARGE
    assert url.get("QUERY") == half


@must
def test_control_bytes_are_not_decoded(drv):
    url = Url(drv, url="http://u%01:p%00@h/%0a?%0d")
    for part in ("USER", "PASSWORD", "PATH", "QUERY"):
        assert url.get(part, "URLDECODE") == URLDECODE


@must
def test_codes_have_texts(drv):
    texts = {drv.do("url_strerror", code).error for code in range(33)}
    assert len(texts) == 33


# --- where libcurl loses something


@pytest.mark.parametrize("text, zone", [
    ("[fe80::1%25a%2541]", "a%41"), ("[fe80::1%2525x]", "25x"), ("[fe80::1%25a%2fb]", "a/b"), ("[fe80::1%eb0]", "eb0"),
])  # fmt: skip
def test_zones_are_decoded_once(drv, text, zone):
    url = Url(drv, url=f"http://{text}/")
    assert url.get("ZONEID") == zone
    again = Url(drv, 1, url=url.get())
    assert again.get("ZONEID") == zone
    assert again.get() == url.get()


def test_a_zone_set_with_the_host(drv):
    url = Url(drv, url="http://h/")
    assert url.set("HOST", "[fe80::1%25eth0]") == OK
    assert url.get() == "http://[fe80::1%25eth0]/"
    assert url.set("HOST", "h:x") == BAD_HOSTNAME
    assert url.get("ZONEID") == "eth0"


@memcheck
@pytest.mark.parametrize("unicode, puny", [("bücher.example", "xn--bcher-kva.example"), ("例え.テスト", "xn--r8jz45g.xn--zckzah")])
def test_international_names(drv, unicode, puny):
    url = Url(drv, url=f"https://{unicode}/")
    assert url.get("HOST") == unicode
    assert url.get("HOST", "PUNYCODE") == puny
    assert url.get("URL", "PUNYCODE") == f"https://{puny}/"
    url = Url(drv, url=f"https://{puny}/")
    assert url.get("HOST", "PUNY2IDN") == unicode
    assert url.get("URL", "PUNY2IDN") == f"https://{unicode}/"
    assert Url(drv, url="http://h/").get("HOST", "PUNYCODE") == "h"
    assert Url(drv, url="http://H.x/").get("HOST", "PUNY2IDN") == "H.x"
    assert Url(drv, url="http://xn--0/").get("HOST", "PUNY2IDN") == BAD_HOSTNAME
    assert Url(drv, url=f"http://{'ü' * 64}/").get("HOST", "PUNYCODE") == BAD_HOSTNAME


# --- in transfers


def driver_with(drv, url, **options):
    drv.init(**options)
    handle = Url(drv, url=url)
    assert drv.do("url_use", 0).code == OK
    return handle


@must
@memcheck
def test_curlu_gives_the_url_of_a_transfer(drv, srv):
    url = driver_with(drv, srv.url, CONNECT_ONLY=2)
    assert url.set("PATH", "/a b", "URLENCODE") == OK
    assert url.set("USER", "me") == OK
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == OK
    assert conn.request.line == "GET /a%20b HTTP/1.1"
    assert conn.request.get("Authorization") == "Basic bWU6"
    assert drv.getinfo("EFFECTIVE_URL") == srv.url.replace("ws://", "ws://me@").rstrip("/") + "/a%20b"


@must
def test_curlu_is_read_when_a_transfer_starts(drv, srv):
    url = driver_with(drv, "ws://h.invalid/", CONNECT_ONLY=2)
    assert url.set("URL", srv.url) == OK
    drv.upgrade(srv)


@must
def test_curlu_replaces_the_url(drv, srv):
    driver_with(drv, srv.url, URL="ws://h.invalid/", CONNECT_ONLY=2)
    drv.upgrade(srv)


@must
def test_curlu_null_leaves_no_url(drv, srv):
    drv.init(srv.url)
    assert drv.do("url_use", "null").code == OK
    assert drv.do("perform").code == URL_MALFORMAT


def test_curlu_must_be_a_url_handle(drv, srv):
    drv.init(srv.url)
    assert drv.do("url_use", "dead").code == BAD_ARGUMENT
    assert drv.do("url_use", "foreign").code == BAD_ARGUMENT


@memcheck
def test_curlu_may_be_cleaned_up_before_the_transfer(drv, srv):
    driver_with(drv, srv.url, CONNECT_ONLY=2)
    drv.do("url_cleanup", 0)
    drv.upgrade(srv)


@must
@pytest.mark.parametrize("parts, code", [
    ({}, URL_MALFORMAT), ({"host": "h"}, URL_MALFORMAT), ({"url": "foo://h/"}, UNSUPPORTED_PROTOCOL),
])  # fmt: skip
def test_curlu_that_is_no_url_to_transfer(drv, parts, code):
    drv.init()
    url = Url(drv)
    for part, text in parts.items():
        assert url.set(part.upper(), text, "NON_SUPPORT_SCHEME") == OK
    assert drv.do("url_use", 0).code == OK
    assert drv.do("perform").code == code


def test_spaces_and_line_ends_in_the_query_of_a_handle_are_encoded(drv, srv):
    url = driver_with(drv, srv.url, CONNECT_ONLY=2)
    assert url.set("QUERY", "a b\r\nX: y") == OK
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == OK
    assert conn.request.line == "GET /?a%20b%0D%0AX:%20y HTTP/1.1"


@must
def test_a_user_name_may_be_forbidden(drv):
    drv.init("ws://u@127.0.0.1:1/", DISALLOW_USERNAME_IN_URL=1)
    assert drv.do("perform").code == LOGIN_DENIED


def test_international_names_are_resolved_in_their_form_for_the_dns(drv, srv):
    entry = f"xn--bcher-kva.example:{srv.port}:127.0.0.1"
    drv.init(f"ws://Bücher.example:{srv.port}/", CONNECT_ONLY=2, RESOLVE=entry)
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == OK
    assert conn.request.get("Host") == f"xn--bcher-kva.example:{srv.port}"
    assert drv.getinfo("EFFECTIVE_URL") == f"ws://Bücher.example:{srv.port}/"


def test_a_name_that_is_no_international_name(drv):
    drv.init(f"ws://{'ü' * 64}.example/")
    result = drv.do("perform")
    assert result.code == URL_MALFORMAT
    assert "international domain name" in result.error
