"""Programs that nobody has changed keep http and all else, and get ws and wss: each over http and, where it can, ws from one process."""

import functools
import hashlib
import http.server
import queue
import signal
import subprocess
from pathlib import Path

import pytest
from dropin import BODY, DROP_IN, SYSTEM, environment, libraries, needs, run

HERE = Path(__file__).parent


@needs("curl", "--version")
def test_curl(web, secure_web, ws_echo, wss_echo, ca_file):
    for urls in ([web, f"{ws_echo.url}/greeting"], [f"{wss_echo.url}/greeting", secure_web]):
        for parallel in ([], ["--parallel", "--parallel-immediate"]):
            said = run("curl", "-sS", "--cacert", ca_file, *parallel, *urls)
            assert sorted(said.splitlines()) == sorted([*BODY.splitlines(), b"hello\x03\xe8"]) or (BODY in said and b"hello\x03\xe8" in said)


DEBIAN_PYTHON = "/usr/bin/python3"


@pytest.mark.skipif(bool(SYSTEM), reason="pycurl refuses a libcurl with another TLS library")
@needs(DEBIAN_PYTHON, "-c", "import pycurl")
def test_pycurl(web, secure_web, ws_echo, wss_echo, ca_file):
    """Debian's is linked with libcurl-gnutls."""
    said = run(DEBIAN_PYTHON, HERE / "with_pycurl.py", ca_file, web, f"{ws_echo.url}/greeting", secure_web, f"{wss_echo.url}/greeting").decode()
    assert "wscurl/" in said.splitlines()[0]
    assert said.splitlines()[1:] == ["200 48890", "101 7", "200 48890", "101 7"] * 2


@needs("php", "-r", "exit(function_exists('curl_init') ? 0 : 1);")
def test_php(web, ws_echo):
    script = """foreach (array_slice($argv, 1) as $url) {
        $curl = curl_init($url); curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        echo strlen(curl_exec($curl)), " ", curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\\n"; }"""
    assert run("php", "-r", script, "--", web, f"{ws_echo.url}/greeting", web) == b"48890 200\n7 101\n48890 200\n"


@needs("cmake", "--version")
def test_cmake(web, ws_echo, tmp_path):
    script = tmp_path / "download.cmake"
    script.write_text("".join(
        f"file(DOWNLOAD {url} {tmp_path}/{name} STATUS status)\nmessage(STATUS \"${{status}}\")\n"
        for name, url in (("web", web), ("ws", f"{ws_echo.url}/greeting"))
    ))  # fmt: skip
    assert run("cmake", "-P", script).count(b'0;"No error"') == 2
    assert (tmp_path / "web").read_bytes() == BODY and (tmp_path / "ws").read_bytes().startswith(b"hello")


@needs("git", "--version")
def test_git_over_http(serve, tmp_path):
    def git(*words):
        return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", tmp_path, *words], check=True, capture_output=True)

    git("init", "-q", "work")
    git("-C", "work", "commit", "-q", "--allow-empty", "-m", "one")
    git("clone", "-q", "--bare", "work", "bare")
    git("-C", "bare", "update-server-info")
    files = functools.partial(Files, directory=str(tmp_path))
    port = serve(files, http.server.ThreadingHTTPServer)
    run("git", "clone", "-q", f"http://127.0.0.1:{port}/bare", tmp_path / "clone")
    assert "one" in git("-C", "clone", "log").stdout.decode()


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


KOFFI = HERE / "node_modules/koffi"


@pytest.mark.skipif(not KOFFI.exists(), reason="not installed: npm's koffi")
@needs("node", "--version")
def test_node_with_koffi(web, secure_web, ws_echo, wss_echo, ca_file):
    urls = [f"{web}/", f"{ws_echo.url}/greeting", f"{secure_web}/", f"{wss_echo.url}/greeting"]
    said = run("node", HERE / "with_koffi.js", ca_file, *urls, *urls).decode().splitlines()
    assert "wscurl/" in said[0]
    assert said[1:] == ["200 48890", "101 7", "200 48890", "101 7"] * 2


@needs("Rscript", "-e", "library(curl)")
def test_r(web, secure_web, ws_echo, wss_echo, ca_file):
    """One after another, and all at once. R puts the system's folder before those of LD_LIBRARY_PATH."""
    script = """library(curl)
        arguments <- commandArgs(TRUE)
        handle <- function() new_handle(cainfo = arguments[1], noproxy = "*")
        show <- function(got) cat(got$status_code, length(got$content), "\\n")
        for (url in arguments[-1]) show(curl_fetch_memory(url, handle()))
        for (url in arguments[-1]) curl_fetch_multi(url, show, stop, handle = handle())
        cat(multi_run()$success, "\\n")"""
    urls = [f"{web}/", f"{ws_echo.url}/greeting", f"{secure_web}/", f"{wss_echo.url}/greeting"]
    preload = str(DROP_IN / "libcurl.so.4")
    said = run("Rscript", "-e", script, ca_file, *urls, LD_PRELOAD=preload).decode().splitlines()
    assert said[:4] == ["200 48890 ", "101 7 ", "200 48890 ", "101 7 "]
    assert sorted(said[4:8]) == sorted(said[:4]) and said[8:] == ["4 "]


class Tracker(http.server.BaseHTTPRequestHandler):
    """Of BitTorrent. Knows no other peers. `requests` has what was announced."""

    requests = queue.Queue()

    def do_GET(self):
        self.requests.put((self.headers["User-Agent"], self.path))
        body = b"d8:intervali1800e5:peers0:e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def bencoded(value):
    match value:
        case int():
            return b"i%de" % value
        case str():
            return b"%d:%s" % (len(value), value.encode("latin-1"))
        case dict():
            return b"d" + b"".join(bencoded(key) + bencoded(value[key]) for key in sorted(value)) + b"e"


TRANSMISSION = ["transmission-cli", "--config-dir={folder}", "--download-dir={folder}", "--no-portmap"]
RTORRENT = ["rtorrent", "-n", "-o", "system.daemon.set=true,session.path.set={folder},directory.default.set={folder}"]


@pytest.mark.parametrize("command, agent", [
    pytest.param(TRANSMISSION, "Transmission/", marks=needs("transmission-cli", "--version")),
    pytest.param(RTORRENT, "rtorrent/", marks=needs("rtorrent", "-h")),
])  # fmt: skip
def test_torrent(serve, tmp_path, command, agent):
    """Announces the torrent with libcurl, and ends when it is told to. (ws is of no use to it.)"""
    tracker = serve(Tracker, http.server.ThreadingHTTPServer)
    info = {"length": len(BODY), "name": "file", "piece length": 65536, "pieces": hashlib.sha1(BODY).digest().decode("latin-1")}
    torrent = tmp_path / "file.torrent"
    torrent.write_bytes(bencoded({"announce": f"http://127.0.0.1:{tracker}/announce", "info": info}))
    (tmp_path / "settings.json").write_text('{"dht-enabled": false, "lpd-enabled": false, "utp-enabled": false}')  # Transmission's
    env = environment(**libraries(drop_in=True), HOME=str(tmp_path), TERM="xterm")
    started = [word.format(folder=tmp_path) for word in command]
    process = subprocess.Popen([*started, torrent], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        seen = path = ""
        while not seen.startswith(agent) or "event=started" not in path:
            seen, path = Tracker.requests.get(timeout=60)
        maps = Path(f"/proc/{process.pid}/maps").read_text()
    finally:
        process.send_signal(signal.SIGINT)
        said = b"".join(process.communicate(timeout=60))
    assert f"left={len(BODY)}" in path
    assert f"{DROP_IN}/libcurl.so.4" in maps
    assert process.returncode == 0 and b"version information" not in said and b"symbol" not in said, said
