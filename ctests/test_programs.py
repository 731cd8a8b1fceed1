"""The programs of `programs/`, each as a user would write it against the man pages, and run as they are."""

from pathlib import Path

import pytest
from conftest import LIB
from frames import PING, PONG, TEXT, frame
from proxies import SOCKS5_GRANTED, grant_connect, read_socks5_login, read_socks5_offer, read_socks5_request, start_tls

EXPECTED_FORMS = Path(__file__).parent / "programs/forms.txt"

must = pytest.mark.must
memcheck = pytest.mark.memcheck


@must
@memcheck
def test_ten_lines(run, ws_echo):
    assert run("ten_lines", ws_echo.url + "/echo").result() == ["0 hello"]


@must
@memcheck
def test_upload_read(run, echo, ca_file):
    assert run("upload_read", echo.url + "/echo", ca_file).result() == ["text a text in several pieces", "binary binary", "close", "done 0"]


@memcheck
def test_poll_pong(run, srv):
    program = run("poll_pong", srv.url)
    conn = srv.accept()
    conn.handshake()
    for i in range(5):
        conn.send(frame(PING, b"%d" % i))
        assert conn.read_frame().key == (PONG, True, b"%d" % i)
    conn.send(frame(TEXT, b"enough"))
    assert program.result() == ["enough", "done 0"]


@memcheck
def test_select_two_frames(run, srv):
    program = run("select_two_frames", srv.url)
    conn = srv.accept()
    conn.handshake(after=frame(TEXT, b"zero") + frame(TEXT, b"one"))
    conn.silent(0.2)
    conn.send(frame(TEXT, b"two") + frame(PING, b"p") + frame(TEXT, b"three"))
    conn.silent(0.2)
    conn.send(frame(TEXT, b"four") + frame(TEXT, b"end"))
    assert program.result() == ["zero", "one", "two", "three", "four", "end", "done 0"]


@must
@memcheck
def test_misuse(run, srv):
    program = run("misuse", srv.url)
    conn = srv.accept()
    conn.handshake()
    conn.silent(0.3)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert program.result() == ["0 failures"]


@memcheck
def test_multi_keepalive(run, srv):
    client = run("multi_keepalive", srv.url, "300", "1500")  # valgrind may take 50 ms from PING to PONG
    conn = srv.accept()
    conn.handshake()
    assert conn.read_frame().key == (TEXT, True, b"open")
    for _ in range(3):
        ping = conn.read_frame()
        assert ping.opcode == PING
        conn.send(frame(PONG, ping.payload))
    conn.send(frame(TEXT, b"alive"))
    assert client.result() == ["alive", "done 28, round trip measured"]


@memcheck
def test_print_lines(run, any_srv, ca_file):
    program = run("print_lines", any_srv.url, ca_file)
    conn = any_srv.accept()
    conn.handshake(after=frame(TEXT, b"x"))
    (conn.close_notify if any_srv.tls else conn.half_close)()
    assert program.result() == ["0 1 texts 5 headers 0 wrong"]


@must
@memcheck
def test_forms(run, tmp_path):
    """Bodies and forms are built, freed and written out as in libcurl, though no WebSocket sends one."""
    assert run("forms", tmp_path / "file.txt").result() == EXPECTED_FORMS.read_text().splitlines()


@pytest.mark.skipif(LIB != "ours", reason="libcurl frees passwords as they are")
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_secrets_are_overwritten(run, srv, tls_context, tmp_path, scheme):
    """Nothing in the process's memory has a password when its handle is gone, nor a request that had one in it."""

    def upgrade(conn):
        if scheme == "wss":
            start_tls(conn, tls_context)
        return conn.handshake()

    def basic(value):
        return value.startswith("Basic bWU6")  # me:

    program = run("secrets", scheme, srv.port, tmp_path / "netrc")
    assert basic(upgrade(srv.accept()).get("Authorization"))
    conn = srv.accept()
    assert basic(grant_connect(conn).get("Proxy-Authorization"))
    request = upgrade(conn)
    assert basic(request.get("Authorization")) and len(request.get("X-Token")) == 24 and request.get("Cookie")
    assert basic(upgrade(srv.accept()).get("Authorization"))
    conn = srv.accept()
    read_socks5_offer(conn)
    conn.send(b"\5\2")
    user, password = read_socks5_login(conn)
    assert user == b"me" and len(password) == 24
    conn.send(b"\1\0")
    read_socks5_request(conn)
    conn.send(SOCKS5_GRANTED)
    upgrade(conn)
    secrets = [
        "password", "bearer", "proxy password", "key password", "URL's password", "proxy URL's password", "cookie", "header",
        "netrc password", "SOCKS password",
    ]  # fmt: skip
    assert program.result() == [
        *(f"{what}: 0" for what in ("options", "URLs", "netrc", "SOCKS")),
        *(f"{secret}: there, 0 left" for secret in secrets),
    ]
