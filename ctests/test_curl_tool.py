"""The system's curl with this library in libcurl's place."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from driver import HTTP_RETURNED_ERROR
from frames import TEXT, frame

CURL = shutil.which("curl")
DROP_IN = Path(__file__).parent.parent / "build" / "drop-in"

pytestmark = [
    pytest.mark.skipif(CURL is None, reason="no curl here"),
    pytest.mark.skipif(not (DROP_IN / "libcurl.so.4").exists(), reason="make has not built the drop-in"),
]


class Curl:
    """A running curl."""

    def __init__(self, *args):
        environment = os.environ | {"LD_LIBRARY_PATH": str(DROP_IN)}
        command = [CURL, "--disable", "--silent", "--show-error", "--max-time", "20", *args]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err.decode()


def test_it_is_this_library():
    status, out, _ = Curl("--version").end()
    assert status == 0
    assert b"ws wss" in out


def test_it_prints_what_a_websocket_says(any_srv, ca_file):
    curl = Curl("--cacert", ca_file, any_srv.url)
    conn = any_srv.accept()
    conn.handshake(after=frame(TEXT, b"hello "))
    conn.send(frame(TEXT, b"world"))
    conn.close_notify() if hasattr(conn.sock, "unwrap") else conn.close()
    assert curl.end() == (0, b"hello world", "")


@pytest.mark.parametrize("options", [["--get", "--data-urlencode"], ["--url-query"]])
def test_it_expands_globs_and_adds_a_query(srv, options):
    curl = Curl(*options, "a=b c", srv.url + "[1-1]")
    conn = srv.accept()
    conn.read_request()
    line = conn.request.line
    conn.send(conn.response())
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert curl.end()[0] == 0
    assert line == "GET /1?a=b+c HTTP/1.1"


def test_it_tells_why_an_upgrade_is_refused(srv):
    curl = Curl(srv.url)
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
    conn.close()
    status, _, errors = curl.end()
    assert status == HTTP_RETURNED_ERROR
    assert "404" in errors


def test_it_tells_that_a_url_is_none():
    status, _, errors = Curl("ws://h:x/").end()
    assert status == 3
    assert "port" in errors
