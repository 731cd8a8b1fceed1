"""Cookies: what servers set and requests send, files, commands, shares."""

import os
import shutil
import socketserver
import subprocess
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from conftest import server_context
from driver import HTTP_RETURNED_ERROR, OK, TOO_LARGE

must = pytest.mark.must
memcheck = pytest.mark.memcheck

FILE = "# Netscape HTTP Cookie File\n"
COOKIE_DATA = 2


def upgrade(drv, srv, slot="", **headers):
    """The request of an upgrade whose answer has these headers."""
    return drv.upgrade(srv, slot=slot, **headers).request


def start(drv, srv, path="", slot="", **options):
    drv.init(srv.url + path, slot=slot, CONNECT_ONLY=2, **options)


def cookies(drv, slot=""):
    """What CURLINFO_COOKIELIST says, line by line."""
    return drv.do(f"{slot}getinfo", "COOKIELIST").value.splitlines()


def cookie(domain, name, value, path="/", all=False, secure=False, expires=0):
    flag = {True: "TRUE", False: "FALSE"}
    return "\t".join([("." if all else "") + domain, flag[all], path, flag[secure], str(expires), name, value])


def file_of(path):
    """The cookies of a file, without comments."""
    text = path.read_text()
    assert text.startswith(FILE)
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


# --- the engine


@must
@memcheck
def test_cookies_of_an_upgrade_are_sent_with_the_next(drv, srv):
    start(drv, srv, COOKIEFILE="")
    assert upgrade(drv, srv, Set_Cookie=["a=1", "b=two words; Path=/; HttpOnly", "gone=x; Max-Age=0"]).get("Cookie") is None
    assert upgrade(drv, srv, Set_Cookie="a=3").get("Cookie") == "b=two words; a=1"
    assert upgrade(drv, srv).all("Cookie") == ["b=two words; a=3"]


@must
def test_without_the_engine_no_cookie_is_kept(drv, srv):
    start(drv, srv)
    upgrade(drv, srv, Set_Cookie="a=1")
    assert upgrade(drv, srv).get("Cookie") is None
    assert cookies(drv) == []


@must
@memcheck
@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "500 Server Error"])
def test_cookies_of_a_refusal_are_kept(drv, srv, status):
    start(drv, srv, COOKIEFILE="")
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(f"HTTP/1.1 {status}\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n".encode())
    assert drv.end().code == HTTP_RETURNED_ERROR
    assert upgrade(drv, srv).get("Cookie") == "a=1"


@must
def test_cookies_of_an_informational_response_are_kept(drv, srv):
    start(drv, srv, COOKIEFILE="")
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1\r\n\r\n" + conn.response(Set_Cookie="b=2"))
    assert drv.end().code == OK
    assert upgrade(drv, srv).get("Cookie") == "b=2; a=1"


@must
def test_callback_mode_sends_and_keeps_cookies(drv, srv):
    conn = drv.start(srv, COOKIEFILE="", headers={"Set_Cookie": "a=1"})
    conn.close()
    drv.end()
    conn = drv.restart(srv)
    assert conn.request.get("Cookie") == "a=1"
    conn.close()
    drv.end()


@must
def test_cookies_in_a_multi_handle(drv, srv):
    conn = drv.start(srv, by="multi", COOKIEFILE="", headers={"Set_Cookie": "a=1"})
    conn.close()
    drv.end()
    assert cookies(drv) == [cookie("127.0.0.1", "a", "1")]


@must
def test_option_and_headers_of_the_application_beside_the_engine(drv, srv):
    start(drv, srv, COOKIEFILE="", COOKIE="own=2; more=3")
    assert upgrade(drv, srv, Set_Cookie="a=1").all("Cookie") == ["own=2; more=3"]
    assert upgrade(drv, srv).all("Cookie") == ["a=1; own=2; more=3"]
    drv.setopt("HTTPHEADER", "Cookie: header=4")
    request = upgrade(drv, srv)
    assert request.all("Cookie") == ["a=1", "header=4"]
    drv.setopt("HTTPHEADER", "Cookie:")
    assert upgrade(drv, srv).all("Cookie") == ["a=1"]


@must
@pytest.mark.parametrize(
    "header",
    [
        "a=1", "a = 1 ", "a=", "a", "=1", " =1", "", ";a=1", ";;; a=1", 'a="1; 2"', "a=b=c", "a=1, b=2", "a=1\t2", "a\t=1",
        "a=\x7f", "a=1; Path", "a=1; Path=", "a=1; Path=/x", "a=1; Path=/x/", "a=1; Path=x", 'a=1; Path="/x"', 'a=1; Path="', "a=1; PATH = /y",
        "a=1; Path=/x; Path=/z", "a=1; Domain=", "a=1; Domain", "a=1; Domain=127.0.0.1", "a=1; Domain=.127.0.0.1", "a=1; Domain=0.0.1",
        "a=1; Domain=localhost", "a=1; Domain=com", "a=1; Secure", "a=1; secure=x", "a=1; HttpOnly", "a=1; httponly=x", "a=1; SameSite=Lax",
        "a=1; Max-Age=0", "a=1; Max-Age=-5", "a=1; Max-Age=x", "a=1; Max-Age=", "a=1; Expires=x", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=", "__Secure-a=1", "__Secure-a=1; Secure", "__SECURE-a=1", "__Host-a=1; Secure; Path=/",
        "__Host-a=1; Secure", "__Host-a=1; Secure; Path=/x", "__Host-a=1; Secure; Path=/; Domain=127.0.0.1", "a=1; x\x01y", "a=\xe9",
        "n=" + "v" * 4095, "n=" + "v" * 4096, "a=1; x=" + "y" * 4900, "a=1; x=" + "y" * 4990, "a=1; x=" + "y" * 4991,
    ],
)  # fmt: skip
def test_headers_are_read_as_libcurl_reads_them(drv, srv, header):
    start(drv, srv, "dir/file?x=/y/", COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=header)
    cookies(drv)
    upgrade(drv, srv)


def test_an_attribute_without_a_name_does_not_hide_those_behind_it(drv, srv):
    start(drv, srv, COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie="a=1; =x; Secure")
    assert cookies(drv) == [cookie("127.0.0.1", "a", "1", secure=True)]


@must
def test_the_longest_path_and_name_and_the_newest_come_first(drv, srv):
    start(drv, srv, "a/b/c", COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=["old=1; Path=/", "new=2; Path=/", "name=3; Path=/", "mid=4; Path=/a", "deep=5; Path=/a/b", "other=6; Path=/x"])
    assert upgrade(drv, srv).get("Cookie") == "deep=5; mid=4; name=3; new=2; old=1"


@must
def test_no_more_than_50_cookies_of_one_response(drv, srv):
    start(drv, srv, COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=[f"n{number:02}=v" for number in range(60)])
    assert len(cookies(drv)) == 50


@must
def test_no_more_than_150_cookies_in_a_request(drv, srv):
    start(drv, srv)
    for number in range(160):
        drv.setopt("COOKIELIST", cookie("127.0.0.1", f"n{number:03}", "v"))
    assert len(upgrade(drv, srv).get("Cookie").split("; ")) == 150


@must
def test_no_more_than_8190_bytes_in_a_request(drv, srv):
    start(drv, srv, COOKIE="own=1")
    for name in "abc":
        drv.setopt("COOKIELIST", cookie("127.0.0.1", name, "v" * 4000))
    sent = upgrade(drv, srv).get("Cookie")
    assert [part[:2] for part in sent.split("; ")] == ["c=", "b="]


def named(drv, srv, host, path="", slot="", **options):
    """A transfer to a name that is this machine."""
    scheme = srv.url.partition(":")[0]
    start(drv, srv, slot=slot, RESOLVE=f"{host}:{srv.port}:127.0.0.1", **options)
    drv.setopt("URL", f"{scheme}://{host}:{srv.port}/{path}", slot=slot)


def go_to(drv, srv, host, path=""):
    scheme = srv.url.partition(":")[0]
    drv.setopt("RESOLVE", f"{host}:{srv.port}:127.0.0.1")
    drv.setopt("URL", f"{scheme}://{host}:{srv.port}/{path}")


@must
def test_hosts_and_paths(drv, srv):
    named(drv, srv, "www.h.example", "chat/room", COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=["host=1", "all=2; Domain=h.example; Path=/", "foreign=3; Domain=other.example", "secure=4; Secure"])
    for host, path, expected in [
        ("www.h.example", "chat", "host=1; all=2"),
        ("WWW.h.example", "chat/x/y?z", "host=1; all=2"),
        ("www.h.example", "chats", "all=2"),
        ("h.example", "chat", "all=2"),
        ("a.www.h.example", "chat", "all=2"),
        ("h.example.other", "chat", None),
        ("ah.example", "chat", None),
    ]:
        go_to(drv, srv, host, path)
        assert upgrade(drv, srv).get("Cookie") == expected, host


@must
def test_a_host_header_of_the_application_says_whose_cookies_they_are(drv, srv):
    start(drv, srv, COOKIEFILE="", HTTPHEADER="Host: h.example:81")
    upgrade(drv, srv, Set_Cookie=["a=1", "b=2; Domain=127.0.0.1"])
    assert cookies(drv) == [cookie("h.example", "a", "1")]
    assert upgrade(drv, srv).get("Cookie") == "a=1"
    drv.setopt("HTTPHEADER", None)
    assert upgrade(drv, srv).get("Cookie") is None


@must
def test_secure_cookies_go_over_tls_only(drv, new_server, srv, ca, trust):
    tls = new_server(tls=server_context(ca, "h.example"))
    named(drv, tls, "h.example", COOKIEFILE="", **trust)
    upgrade(drv, tls, Set_Cookie=["a=1; Secure", "b=2"])
    assert upgrade(drv, tls).get("Cookie") == "b=2; a=1"
    go_to(drv, srv, "h.example")
    # a cookie from an insecure connection does not take the place of a secure one
    assert upgrade(drv, srv, Set_Cookie=["a=evil", "c=3"]).get("Cookie") == "b=2"
    go_to(drv, tls, "h.example")
    assert upgrade(drv, tls).get("Cookie") == "c=3; b=2; a=1"


@pytest.mark.skipif(not os.path.exists("/usr/share/publicsuffix/public_suffix_list.dat"), reason="no list of public suffixes")
def test_no_cookie_is_for_a_public_suffix(drv, srv):
    named(drv, srv, "a.b.co.uk", COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=["no=1; Domain=co.uk", "no=1; Domain=uk", "yes=2; Domain=b.co.uk"])
    assert cookies(drv) == [cookie("b.co.uk", "yes", "2", all=True)]
    named(drv, srv, "a.xn--55qx5d.cn", COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie=["no=1; Domain=xn--55qx5d.cn", "yes=2; Domain=a.xn--55qx5d.cn"])
    assert cookies(drv) == [cookie("a.xn--55qx5d.cn", "yes", "2", all=True)]


def test_verbose_output_tells_no_values(drv, srv):
    start(drv, srv, COOKIEFILE="", VERBOSE=1, DEBUGFUNCTION="on")
    drv.do("show debug")
    drv.begin("perform")
    srv.accept().handshake(Set_Cookie=["name=s3cret", "name=s3cret2", "bad\x01=s3cret"])
    texts = [line.data.decode("latin-1") for line in drv.end().events if line.name == "debug" and line["type"] == "text"]
    assert [text for text in texts if "cookie" in text] == [
        "Added cookie name\n", "Replaced cookie name\n", "cookie dropped: it has control bytes\n",
    ]  # fmt: skip
    assert not any("s3cret" in text for text in texts)


# --- further rounds


def answer(conn, status, **headers):
    """A response that is no upgrade, on a connection that stays."""
    conn.read_request()
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), "Content-Length: 0"]
    conn.send("\r\n".join([*lines, "", ""]).encode())
    return conn.request


@memcheck
def test_each_round_has_the_cookies_of_its_host_and_path(drv, srv):
    named(drv, srv, "h.example", "chat/room", COOKIEFILE="", COOKIE="own=1", FOLLOWLOCATION=1)
    drv.setopt("RESOLVE", f"h.example:{srv.port}:127.0.0.1", f"other.example:{srv.port}:127.0.0.1")
    drv.setopt("COOKIELIST", cookie("other.example", "other", "2"))
    drv.begin("perform")
    conn = srv.accept()
    assert answer(conn, "302 Found", Location="/lobby", Set_Cookie="all=3; Path=/").get("Cookie") == "own=1"
    # the same host: on the same connection
    there = f"http://other.example:{srv.port}/"
    assert answer(conn, "302 Found", Location=there, Set_Cookie="chat=4; Path=/chat").get("Cookie") == "all=3; own=1"
    conn = srv.accept()
    back = f"http://h.example:{srv.port}/chat"
    assert answer(conn, "302 Found", Location=back).get("Cookie") == "other=2"
    conn = srv.accept()
    assert conn.handshake().get("Cookie") == "chat=4; all=3; own=1"
    assert drv.end().code == OK


def test_the_cookie_of_a_401_is_sent_with_the_answer(drv, srv):
    start(drv, srv, COOKIEFILE="", USERPWD="me:secret", HTTPAUTH=1 | 2)
    drv.begin("perform")
    conn = srv.accept()
    challenge = 'Digest realm="r", nonce="n", qop="auth"'
    answer(conn, "401 Unauthorized", WWW_Authenticate=challenge, Set_Cookie="session=1")
    request = conn.handshake()
    assert request.get("Cookie") == "session=1" and request.get("Authorization").startswith("Digest ")
    assert drv.end().code == OK


# --- commands


@must
@memcheck
def test_commands(drv, srv):
    start(drv, srv)
    drv.setopt("COOKIELIST", None)
    session, kept = cookie("127.0.0.1", "a", "1"), cookie("127.0.0.1", "b", "2", expires=2_000_000_000)
    drv.setopt("COOKIELIST", session)
    drv.setopt("COOKIELIST", kept)
    drv.setopt("COOKIELIST", "Set-Cookie: c=3; Path=/; Domain=127.0.0.1")
    drv.setopt("COOKIELIST", "no cookie")
    assert len(cookies(drv)) == 3
    assert upgrade(drv, srv).get("Cookie") == "c=3; b=2; a=1"
    drv.setopt("COOKIELIST", "sess")
    assert cookies(drv) == [kept]
    assert upgrade(drv, srv).get("Cookie") == "b=2"
    drv.setopt("COOKIELIST", "ALL")
    assert cookies(drv) == []
    assert upgrade(drv, srv).get("Cookie") is None


@must
def test_commands_without_cookies_do_nothing(drv, srv):
    start(drv, srv)
    for command in ["ALL", "SESS", "FLUSH", "RELOAD"]:
        drv.setopt("COOKIELIST", command)
    assert cookies(drv) == []
    assert upgrade(drv, srv, Set_Cookie="a=1").get("Cookie") is None
    assert upgrade(drv, srv).get("Cookie") is None


@must
@pytest.mark.parametrize(
    "line",
    [
        "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1", "127.0.0.1\tTRUE\t/x/\tTRUE\t0\ta\t1", ".h.example\tTRUE\t/\tFALSE\t2000000000\ta\t1",
        "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1", "127.0.0.1\tFALSE\t/\tFALSE\t0\ta", "127.0.0.1\tFALSE\tTRUE\t0\ta\t1",
        "127.0.0.1\tfalse\t/\ttrue\t0\ta\t1", "127.0.0.1\tFALSE\tx\tFALSE\t0\ta\t1", "127.0.0.1\tFALSE\t/\tFALSE\t1\ta\t1",
        "127.0.0.1\tFALSE\t/\tFALSE\tx\ta\t1", "127.0.0.1\tFALSE\t/\tFALSE\t-1\ta\t1", "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1\tx", "# comment",
        "127.0.0.1\tFALSE\t/\tFALSE\t0\t__Host-a\t1", "127.0.0.1\tFALSE\t/\tTRUE\t0\t__Host-a\t1", "127.0.0.1\tFALSE\t/\tFALSE\t0\t__Secure-a\t1",
        "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1\x01", "Set-Cookie: a=1; Domain=h.example", "set-cookie:a=1; Domain=.h.example; Path=/x; Secure",
        "Set-Cookie2: a=1; Domain=h.example", "",
    ],
)  # fmt: skip
def test_lines_are_read_as_libcurl_reads_them(drv, srv, line, tmp_path):
    start(drv, srv)
    drv.setopt("COOKIELIST", line)
    cookies(drv)
    (tmp_path / "file").write_bytes(line.encode("latin-1") + b"\r\n")
    start(drv, srv, COOKIEFILE=str(tmp_path / "file"))
    upgrade(drv, srv)
    cookies(drv)


@memcheck
def test_commands_inside_a_callback(drv, srv):
    start(drv, srv, COOKIEFILE="", HEADERFUNCTION="on")
    drv.on("header", 1, "setopt", "COOKIELIST", cookie("127.0.0.1", "own", "1"))
    drv.on("header", 6, "getinfo", "COOKIELIST")
    drv.begin("perform")
    srv.accept().handshake(Set_Cookie="a=1")
    events = drv.end().events
    (listed,) = [line for line in events if line.kind == ">" and line.name == "getinfo"]
    assert listed.value.splitlines() == [cookie("127.0.0.1", "own", "1"), cookie("127.0.0.1", "a", "1")]


@must
def test_a_set_cookie_line_without_a_domain_is_not_for_other_hosts(drv, srv):
    named(drv, srv, "h.example")
    drv.setopt("COOKIELIST", "Set-Cookie: a=1")
    assert cookies(drv) == []
    assert upgrade(drv, srv).get("Cookie") is None


# --- files


@must
@memcheck
def test_files_are_read_when_a_transfer_begins(drv, srv, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(FILE + cookie("h.example", "a", "1") + "\n" + cookie("h.example", "b", "old", all=True) + "\n")
    second.write_text("HTTP/1.1 200 OK\r\nSet-Cookie: b=new; Domain=h.example; Path=/\r\nServer: x\r\n\r\n")
    named(drv, srv, "h.example", COOKIEFILE=str(first))
    drv.setopt("COOKIEFILE", str(second))
    drv.setopt("COOKIEFILE", str(tmp_path / "none"))
    drv.setopt("COOKIEFILE", str(tmp_path))
    assert cookies(drv) == []
    assert upgrade(drv, srv).get("Cookie") == "b=new; a=1"


@must
def test_null_for_the_file_forgets_files_and_cookies(drv, srv, tmp_path):
    path = tmp_path / "file"
    path.write_text(cookie("127.0.0.1", "a", "1") + "\n")
    start(drv, srv, COOKIEFILE=str(path))
    upgrade(drv, srv, Set_Cookie="b=2")
    drv.setopt("COOKIEFILE", None)
    assert cookies(drv) == []
    assert upgrade(drv, srv, Set_Cookie="b=2").get("Cookie") is None
    assert upgrade(drv, srv).get("Cookie") is None


@must
def test_a_new_session_begins_without_the_session_cookies_of_files(drv, srv, tmp_path):
    path = tmp_path / "file"
    path.write_text(cookie("127.0.0.1", "session", "1") + "\n" + cookie("127.0.0.1", "kept", "2", expires=2_000_000_000) + "\n")
    start(drv, srv, COOKIEFILE=str(path), COOKIESESSION=1)
    assert upgrade(drv, srv).get("Cookie") == "kept=2"


@must
def test_the_file_does_not_replace_what_a_server_has_set_since(drv, srv, tmp_path):
    path = tmp_path / "file"
    path.write_text(cookie("127.0.0.1", "a", "file") + "\n")
    start(drv, srv, COOKIEFILE=str(path))
    assert upgrade(drv, srv, Set_Cookie="a=server").get("Cookie") == "a=file"
    assert upgrade(drv, srv).get("Cookie") == "a=server"
    drv.setopt("COOKIELIST", "ALL")
    drv.setopt("COOKIELIST", "RELOAD")
    assert upgrade(drv, srv).get("Cookie") == "a=file"


@must
def test_a_line_that_is_too_long_fails_the_transfer(drv, srv, tmp_path):
    path = tmp_path / "file"
    path.write_text(cookie("127.0.0.1", "a", "1") + "\n" + "x" * 5000 + "\n")
    start(drv, srv, COOKIEFILE=str(path))
    assert drv.do("perform").code == TOO_LARGE
    path.write_text(cookie("127.0.0.1", "b", "1") + "\n" + "x" * 4998 + "\n" + cookie("127.0.0.1", "c", "1"))
    assert upgrade(drv, srv).get("Cookie") == "c=1; b=1; a=1"


@must
@memcheck
def test_the_jar_is_written_at_cleanup_and_on_flush(drv, srv, tmp_path):
    jar = tmp_path / "jar"
    start(drv, srv, COOKIEJAR=str(jar))
    drv.setopt("COOKIELIST", "FLUSH")
    assert not jar.exists()
    upgrade(drv, srv, Set_Cookie=["a=1", "b=2; HttpOnly; Secure; Path=/x"])
    assert not jar.exists()
    drv.setopt("COOKIELIST", "FLUSH")
    expected = ["#HttpOnly_" + cookie("127.0.0.1", "b", "2", path="/x", secure=True), cookie("127.0.0.1", "a", "1")]
    assert file_of(jar) == expected
    upgrade(drv, srv, Set_Cookie="c=3")
    drv.do("cleanup")
    assert file_of(jar) == [cookie("127.0.0.1", "c", "3"), *expected]
    assert os.listdir(tmp_path) == ["jar"]


@must
def test_the_jar_keeps_its_permissions_and_a_failure_is_no_error(drv, srv, tmp_path):
    jar = tmp_path / "jar"
    jar.touch(mode=0o600)
    start(drv, srv, COOKIEJAR=str(jar))
    upgrade(drv, srv, Set_Cookie="a=1")
    drv.setopt("COOKIELIST", "FLUSH")
    assert jar.stat().st_mode & 0o777 == 0o600 and len(file_of(jar)) == 1
    drv.setopt("COOKIEJAR", str(tmp_path / "none" / "jar"))
    drv.setopt("COOKIELIST", "FLUSH")


@must
def test_cleanup_does_not_call_the_debug_callback(drv, srv, tmp_path):
    start(drv, srv, COOKIEJAR=str(tmp_path / "none" / "jar"), VERBOSE=1, DEBUGFUNCTION="on")
    upgrade(drv, srv, Set_Cookie="a=1")
    drv.do("show debug")
    assert drv.do("cleanup").events == []


@must
def test_a_handle_that_made_no_transfer_writes_no_jar(drv, srv, tmp_path):
    jar = tmp_path / "jar"
    jar.write_text(FILE + cookie("127.0.0.1", "a", "1") + "\n")
    start(drv, srv, COOKIEFILE=str(jar), COOKIEJAR=str(jar))
    drv.do("cleanup")
    assert file_of(jar) == [cookie("127.0.0.1", "a", "1")]


@must
@pytest.mark.timing
def test_the_jar_can_be_standard_output(new_driver, srv):
    drv = new_driver()
    start(drv, srv, COOKIEJAR="-")
    upgrade(drv, srv, Set_Cookie="a=1")
    drv.process.stdin.write(b"cleanup\n")
    drv.process.stdin.flush()
    printed = []
    while not printed or not printed[-1].startswith("= "):
        printed.append(drv.lines.get(timeout=10))
    assert cookie("127.0.0.1", "a", "1") in printed


@must
@memcheck
def test_reset_keeps_cookies_and_forgets_files(drv, srv, tmp_path):
    jar = tmp_path / "jar"
    start(drv, srv, COOKIEFILE="", COOKIEJAR=str(jar))
    upgrade(drv, srv, Set_Cookie="a=1")
    drv.do("reset")
    drv.setopt("URL", srv.url)
    drv.setopt("CONNECT_ONLY", 2)
    assert upgrade(drv, srv).get("Cookie") == "a=1"
    drv.do("cleanup")
    assert not jar.exists()


@must
@memcheck
def test_duplicate_has_the_engine_and_the_files_and_no_cookies(drv, srv, tmp_path):
    path = tmp_path / "file"
    path.write_text(cookie("127.0.0.1", "file", "1") + "\n")
    start(drv, srv, COOKIEFILE=str(path))
    upgrade(drv, srv, Set_Cookie="a=1")
    drv.do("dup", 1)
    assert cookies(drv, "@1 ") == []
    assert upgrade(drv, srv, "@1 ", Set_Cookie="b=2").get("Cookie") == "file=1"
    assert upgrade(drv, srv, "@1 ").get("Cookie") == "file=1; b=2"
    assert upgrade(drv, srv).get("Cookie") == "file=1; a=1"


# --- shares


@must
@memcheck
def test_handles_share_cookies(drv, srv):
    for slot in ["@0 ", "@1 "]:
        start(drv, srv, slot=slot, COOKIEFILE="")
        drv.do(slot + "share", COOKIE_DATA)
    upgrade(drv, srv, Set_Cookie="a=1")
    assert upgrade(drv, srv, "@1 ", Set_Cookie="b=2").get("Cookie") == "a=1"
    assert len(cookies(drv)) == 2
    assert upgrade(drv, srv).get("Cookie") == "b=2; a=1"
    drv.do("cleanup")
    assert upgrade(drv, srv, "@1 ").get("Cookie") == "b=2; a=1"


@must
def test_a_share_alone_does_not_switch_the_engine_on(drv, srv):
    start(drv, srv)
    drv.do("share", COOKIE_DATA)
    upgrade(drv, srv, Set_Cookie="a=1")
    assert cookies(drv) == []
    drv.setopt("COOKIELIST", cookie("127.0.0.1", "b", "2"))
    assert len(cookies(drv)) == 1
    assert upgrade(drv, srv).get("Cookie") is None


@must
def test_a_share_without_cookies_leaves_them_private(drv, srv):
    for slot in ["@0 ", "@1 "]:
        start(drv, srv, slot=slot, COOKIEFILE="")
        drv.do(slot + "share", 3)
    upgrade(drv, srv, Set_Cookie="a=1")
    assert upgrade(drv, srv, "@1 ").get("Cookie") is None


@must
def test_cookies_stay_in_the_share(drv, srv):
    start(drv, srv, COOKIEFILE="")
    upgrade(drv, srv, Set_Cookie="private=1")
    drv.init(srv.url, slot="@1 ")
    start(drv, srv, slot="@2 ", COOKIEFILE="")
    drv.do("@2 share", COOKIE_DATA)
    upgrade(drv, srv, "@2 ", Set_Cookie="shared=1")
    drv.do("@2 cleanup")
    start(drv, srv, COOKIEFILE="")
    drv.do("share", COOKIE_DATA)
    assert upgrade(drv, srv).get("Cookie") == "shared=1"


def test_the_lock_is_taken_for_each_use_and_given_back(drv, srv):
    start(drv, srv, COOKIEFILE="")
    drv.do("share", COOKIE_DATA)
    upgrade(drv, srv, Set_Cookie="a=1")
    locks = drv.do("locks", COOKIE_DATA)
    assert locks["calls"] >= 3 and locks["held"] == 0
    cookies(drv)
    assert drv.do("locks", COOKIE_DATA)["calls"] == locks["calls"] + 1


# --- curl's own files


@pytest.fixture
def site():
    """An HTTP server that sets cookies and shows those it gets."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append(self.headers.get("Cookie"))
            self.send_response(200)
            for value in ["curl=1; Path=/", "web=2; HttpOnly; Path=/; Max-Age=3600", "deep=3; Path=/deep; Secure"]:
                self.send_header("Set-Cookie", value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_reads_our_file_and_we_read_curls(drv, srv, site, tmp_path):
    jar = tmp_path / "jar"

    def curl():
        url = f"http://127.0.0.1:{site.server_address[1]}/deep/x"
        subprocess.run(["curl", "-s", "-b", jar, "-c", jar, url], check=True, timeout=20)

    jar.touch()
    curl()
    start(drv, srv, "deep/x", COOKIEFILE=str(jar), COOKIEJAR=str(jar))
    request = upgrade(drv, srv, Set_Cookie=["ours=4; Path=/; Max-Age=60", "curl=changed; Path=/"])
    sent = request.get("Cookie").split("; ")
    assert {"curl=1", "web=2"} <= set(sent)
    before = len(file_of(jar))
    drv.do("cleanup")
    assert len(file_of(jar)) == before + 1
    curl()
    assert set(site.seen[-1].split("; ")) >= {"curl=changed", "web=2", "ours=4"}
