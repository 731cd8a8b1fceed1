"""HSTS: hosts that are known to be reached over TLS only, their file, their callbacks."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import server_context
from driver import ABORTED, BAD_ARGUMENT, OK, UNSUPPORTED_PROTOCOL

must = pytest.mark.must
memcheck = pytest.mark.memcheck

FOREVER = '"unlimited"'
HSTS_DATA = 7


@pytest.fixture
def tls_srv(new_server, ca):
    return new_server(tls=server_context(ca, "h.example", "a.h.example", "127.0.0.1"))


def start(drv, srv, scheme="ws", host="h.example", slot="", **options):
    """A handle for a name that is this machine."""
    drv.init(slot=slot, CONNECT_ONLY=2, **options)
    go_to(drv, srv, scheme, host, slot)


def go_to(drv, srv, scheme="ws", host="h.example", slot=""):
    drv.setopt("RESOLVE", f"{host}:{srv.port}:127.0.0.1", slot=slot)
    drv.setopt("URL", f"{scheme}://{host}:{srv.port}/chat?x#y", slot=slot)


def file_of(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "# Your HSTS cache. https://curl.se/docs/hsts.html"
    return [line for line in lines if not line.startswith("#")]


@memcheck
def test_a_known_host_is_reached_over_tls(drv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"h.example {FOREVER}\n")
    start(drv, tls_srv, HSTS=str(path), **trust)
    conn = drv.upgrade(tls_srv)
    assert conn.request.line == "GET /chat?x HTTP/1.1"
    assert conn.request.get("Host") == f"h.example:{tls_srv.port}"
    assert drv.getinfo("EFFECTIVE_URL") == f"wss://h.example:{tls_srv.port}/chat?x#y"
    assert drv.getinfo("SCHEME") == "wss"


@pytest.mark.parametrize(
    "line, host, by_tls",
    [
        ("h.example", "a.h.example", False),
        (".h.example", "a.h.example", True),
        (".h.example", "H.EXAMPLE", True),
        ("h.example", "h.example", True),
    ],
)
def test_a_dot_is_for_all_hosts_inside(drv, tls_srv, srv, trust, tmp_path, line, host, by_tls):
    path = tmp_path / "hsts"
    path.write_text(f"{line} {FOREVER}\n")
    server = tls_srv if by_tls else srv
    start(drv, server, host=host, HSTS=str(path), **trust)
    drv.upgrade(server)


def test_hosts_that_are_not_known_or_not_any_more_stay_as_they_are(drv, srv, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f'h.example "20191231 10:00:00"\nother.example {FOREVER}\n127.0.0.1 {FOREVER}')
    start(drv, srv, HSTS=str(path))
    drv.upgrade(srv)
    drv.init(slot="@1 ", CONNECT_ONLY=2)
    go_to(drv, srv, slot="@1 ")
    drv.upgrade(srv, slot="@1 ")


def test_port_80_and_no_port_become_443(drv, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"h.example {FOREVER}\n")
    for url, port in [("ws://h.example/", 443), ("ws://h.example:81/", 81)]:
        drv.init(url, CONNECT_ONLY=2, HSTS=str(path), RESOLVE=[f"h.example:{port}:127.0.0.1"], VERBOSE=1, DEBUGFUNCTION="on")
        drv.do("show debug")
        drv.setopt("OPENSOCKETFUNCTION", "on")
        drv.on("opensocket", "*", "ret", 1)
        events = drv.do("perform").events
        texts = b"".join(line.data for line in events if line.name == "debug")
        assert b"Switched from ws to wss due to HSTS for h.example\n" in texts
        assert f"127.0.0.1:{port}".encode() in texts or drv.getinfo("EFFECTIVE_URL").startswith("wss://h.example")


def test_protocols_are_those_of_the_connection_that_is_made(drv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"h.example {FOREVER}\n")
    start(drv, tls_srv, HSTS=str(path), PROTOCOLS_STR="wss", **trust)
    drv.upgrade(tls_srv)
    drv.setopt("PROTOCOLS_STR", "ws")
    assert drv.do("perform").code == UNSUPPORTED_PROTOCOL


@must
@memcheck
@pytest.mark.parametrize(
    "header, expected",
    [
        ("max-age=1000000000", ["h.example DATE"]),
        ('max-age="1000000000" ; includeSubDomains', [".h.example DATE"]),
        ("max-age=0", []),
        ("includeSubDomains", []),
        ("max-age=1; max-age=1000000000", []),
        ("", []),
    ],
)
def test_headers_are_kept_in_the_file(drv, tls_srv, trust, tmp_path, header, expected):
    path = tmp_path / "hsts"
    start(drv, tls_srv, "wss", HSTS=str(path), **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security=header)
    drv.do("cleanup")
    assert [re.sub('"20[56][0-9]{5} [0-9:]{8}"', "DATE", line) for line in file_of(path)] == expected
    assert os.listdir(tmp_path) == ["hsts"]


def test_a_header_without_end(drv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    start(drv, tls_srv, "wss", HSTS=str(path), **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=99999999999999999999")
    drv.do("cleanup")
    assert file_of(path) == [f"h.example {FOREVER}"]


@must
def test_a_header_removes_a_host(drv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"other.example {FOREVER}\nh.example {FOREVER}\n")
    start(drv, tls_srv, "wss", HSTS=str(path), **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=0")
    drv.do("cleanup")
    assert file_of(path) == [f"other.example {FOREVER}"]


@must
def test_headers_count_over_tls_and_from_names_only(drv, srv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    start(drv, srv, HSTS=str(path), **trust)
    drv.upgrade(srv, Strict_Transport_Security="max-age=99999999999999999999")
    drv.setopt("URL", f"wss://127.0.0.1:{tls_srv.port}/")
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=1000000000")
    drv.do("cleanup")
    assert file_of(path) == []


def test_a_header_counts_for_the_next_transfer(drv, tls_srv, trust):
    start(drv, tls_srv, "wss", HSTS_CTRL=1, **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=60; includeSubDomains")
    go_to(drv, tls_srv, "ws", "a.h.example")
    drv.upgrade(tls_srv)
    assert drv.getinfo("SCHEME") == "wss"
    drv.setopt("HSTS_CTRL", 0)
    drv.begin("perform")
    # an HTTP request, and no TLS
    with pytest.raises(Exception):
        tls_srv.accept()
    drv.end()


@memcheck
def test_a_redirect_to_a_known_host_goes_over_tls(drv, srv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"h.example {FOREVER}\n")
    drv.init(srv.url, CONNECT_ONLY=2, HSTS=str(path), FOLLOWLOCATION=1, RESOLVE=f"h.example:{tls_srv.port}:127.0.0.1", **trust)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(f"HTTP/1.1 302 Found\r\nLocation: http://h.example:{tls_srv.port}/\r\nContent-Length: 0\r\n\r\n".encode())
    tls_srv.accept().handshake()
    assert drv.end().code == OK
    assert drv.getinfo("EFFECTIVE_URL") == f"wss://h.example:{tls_srv.port}/"


@pytest.mark.parametrize("control, is_written", [(1, True), (1 | 2, False)])
def test_a_read_only_file_is_not_written(drv, tls_srv, trust, tmp_path, control, is_written):
    path = tmp_path / "hsts"
    path.write_text("")
    start(drv, tls_srv, "wss", HSTS=str(path), HSTS_CTRL=control, **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=99999999999999999999")
    # what is known stays after a reset, and so does whether it is written
    drv.do("reset")
    drv.do("cleanup")
    assert path.read_text().endswith(f"h.example {FOREVER}\n") == is_written


def test_a_file_that_was_not_read_is_not_written(drv, srv, tmp_path):
    path = tmp_path / "hsts"
    path.write_text(f"h.example {FOREVER}\n")
    start(drv, srv, HSTS=str(path))
    drv.do("cleanup")
    assert path.read_text() == f"h.example {FOREVER}\n"


# --- callbacks


@memcheck
def test_hosts_come_from_and_go_to_callbacks(drv, tls_srv, trust):
    start(drv, tls_srv, HSTS_CTRL=1, HSTSREADFUNCTION="on", HSTSWRITEFUNCTION="on", **trust)
    drv.do("hsts", "h.example", 0, "20401231 10:00:00")
    drv.do("hsts", "all.example", 1, "")
    drv.do("hsts", "expired.example", 1, "20191231 10:00:00")
    drv.upgrade(tls_srv)
    events = [line for line in drv.do("cleanup").events if line.name == "hsts"]
    shown = [(line.fields["name"], line["namelen"], line["subdomains"], line.fields["expires"], line["index"], line["total"]) for line in events]
    assert shown == [
        ("h.example", 9, 0, "20401231%2010:00:00", 0, 2),
        ("all.example", 11, 1, "unlimited", 1, 2),
    ]


@must
@pytest.mark.parametrize("entry, code", [(("fail",), ABORTED), (("", 0, "20401231 10:00:00"), BAD_ARGUMENT)])
def test_a_read_callback_can_fail_the_transfer(drv, srv, entry, code):
    start(drv, srv, HSTS_CTRL=1, HSTSREADFUNCTION="on")
    drv.do("hsts", *entry)
    assert drv.do("perform").code == code


@must
def test_without_hsts_the_callbacks_are_not_called(drv, srv):
    start(drv, srv, HSTSREADFUNCTION="on", HSTSWRITEFUNCTION="on")
    drv.do("hsts", "fail")
    drv.upgrade(srv)
    assert drv.do("cleanup").events == []


# --- handles


@memcheck
def test_handles_share_hosts(drv, tls_srv, trust):
    for slot in ["@0 ", "@1 "]:
        start(drv, tls_srv, "wss" if slot == "@0 " else "ws", slot=slot, **trust)
        drv.do(slot + "share", HSTS_DATA)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=60")
    drv.upgrade(tls_srv, slot="@1 ")
    locks = drv.do("locks", HSTS_DATA)
    assert locks["calls"] >= 2 and locks["held"] == 0


@memcheck
def test_duplicate_and_reset_keep_hosts(drv, tls_srv, trust):
    start(drv, tls_srv, "wss", HSTS_CTRL=1, **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=60")
    drv.do("dup", 1)
    go_to(drv, tls_srv, slot="@1 ")
    drv.upgrade(tls_srv, slot="@1 ")
    drv.do("reset")
    for name, value in {"CONNECT_ONLY": 2, **trust}.items():
        drv.setopt(name, value)
    go_to(drv, tls_srv)
    drv.upgrade(tls_srv)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_reads_our_file_and_we_read_curls(drv, tls_srv, trust, tmp_path):
    path = tmp_path / "hsts"
    start(drv, tls_srv, "wss", HSTS=str(path), **trust)
    drv.upgrade(tls_srv, Strict_Transport_Security="max-age=3600")
    drv.do("cleanup")
    # curl writes what it has read when it ends.
    command = ["curl", "-sv", "--hsts", path, "--connect-to", "::127.0.0.1:1", "http://h.example/"]
    told = subprocess.run(command, capture_output=True, timeout=20).stderr
    assert b"https://h.example/" in told
    start(drv, tls_srv, HSTS=str(path), **trust)
    drv.upgrade(tls_srv)
    assert drv.getinfo("SCHEME") == "wss"
