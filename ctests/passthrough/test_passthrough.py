"""The drop-in before the system's libcurl: what is loaded, curl's output, C programs over all protocols. `make test-passthrough`. What is not
installed is skipped."""

import base64
import hashlib
import os
import shutil
import socketserver
import subprocess
import sys
from pathlib import Path

import pytest
from dropin import BODY, DROP_IN, ROOT, environment, libraries, needs, needs_libcurl, run, system_libcurl

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The C programs, linked with the system's libcurl and not with the drop-in. Their headers are ours, which are newer."""
    folder = tmp_path_factory.mktemp("programs")
    libs = subprocess.run(["pkg-config", "--libs", "libcurl"], capture_output=True, text=True, check=True).stdout.split()
    for loop in EVENT_LIBRARIES:
        found = subprocess.run(["pkg-config", "--cflags", "--libs", loop], capture_output=True, text=True)
        libs += found.stdout.split() if found.returncode == 0 else []
    for source in HERE.glob("*.c"):
        subprocess.run(["cc", "-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "-pthread",
                        "-o", folder / source.stem, source, *libs], check=True)  # fmt: skip
    return folder


# --- what is loaded


@needs("curl", "--version")
def test_versions_are_the_systems_and_ours():
    alone = run("curl", "--version", drop_in=False).decode().splitlines()
    both = run("curl", "--version").decode().splitlines()
    assert both[0].startswith(alone[0]) and "wscurl/" in both[0]
    protocols = {word for line in alone if line.startswith("Protocols:") for word in line.split()[1:]}
    line = next(line for line in both if line.startswith("Protocols:")).split()[1:]
    assert set(line) == protocols | {"ws", "wss"} and line == sorted(line)
    assert [line for line in both if line.startswith("Features:")] == [line for line in alone if line.startswith("Features:")]


@needs("curl", "--version")
@pytest.mark.parametrize("choice", ["none", "/nonexistent/libcurl.so.4", str(DROP_IN / "libcurl.so.4"), "/lib/x86_64-linux-gnu/libc.so.6"])
def test_without_another_libcurl_it_is_websocket_only(web, ws_echo, choice):
    line = run("curl", "--version", WSCURL_LIBCURL=choice).decode()
    assert "Protocols: ws wss\n" in line
    assert run("curl", "-s", f"{ws_echo.url}/greeting", WSCURL_LIBCURL=choice).startswith(b"hello")
    run("curl", "-s", web, status=1, WSCURL_LIBCURL=choice)


@needs("curl", "--version")
def test_another_libcurl_can_be_named(web, tmp_path):
    shutil.copy(system_libcurl(), tmp_path / "libother.so")
    chosen = tmp_path / "libother.so"
    assert run("curl", "-s", web, WSCURL_LIBCURL=str(chosen)) == BODY


@needs("curl", "--version")
def test_preloaded(web, ws_echo):
    preload = {"LD_PRELOAD": str(DROP_IN / "libcurl.so.4")}
    assert run("curl", "-s", web, drop_in=False, **preload) == BODY
    assert run("curl", "-s", f"{ws_echo.url}/greeting", drop_in=False, **preload).startswith(b"hello")


STRERROR = """
import ctypes, sys
def texts(library):
    strerror = ctypes.CDLL(library).curl_easy_strerror
    strerror.restype = ctypes.c_char_p
    return [strerror(code) for code in range(110)]
theirs, dropin = (texts(library) for library in sys.argv[1:])
print([code for code in range(110) if theirs[code] != dropin[code] and theirs[code] != theirs[109]])
"""


@needs_libcurl
def test_codes_in_words_are_the_systems():
    """Ours has texts for those that an older libcurl does not know."""
    assert run(sys.executable, "-c", STRERROR, system_libcurl(), DROP_IN / "libcurl.so.4", WSCURL_LIBCURL=system_libcurl()) == b"[]\n"


# --- Debian's curl: the same output with and without the drop-in

OPTIONS = [
    "", "-i", "-I", "-v", "-f", "-L", "-g", "-j", "-k", "-N", "-q", "-S", "-a", "-4", "--http1.0", "--http1.1", "--http2", "--compressed",
    "--raw", "--tr-encoding", "-e from", "-A agent", "-H X-One:1", "-H Host:other", "-b a=b", "-u user:password", "--basic", "--digest",
    "--anyauth", "-d body", "--data-urlencode a=b", "-G -d q=1", "-F a=b", "-F a=@{file}", "-T {file}", "-X DELETE", "-r 0-9", "-z 2001-01-01",
    "-m 30", "--connect-timeout 9", "--retry 1", "--max-filesize 999999", "--limit-rate 50M", "-y 5 -Y 1", "--keepalive-time 5", "--no-keepalive",
    "--tcp-nodelay", "--no-sessionid", "--resolve a:1:127.0.0.1", "--connect-to ::127.0.0.1:", "--interface 127.0.0.1", "--local-port 20000-60000",
    "--path-as-is", "--max-redirs 3", "--post301", "--location-trusted", "--proto =http", "--proto-redir =http", "--proto-default http", "--noproxy *",
    "--ignore-content-length --http1.0", "--no-buffer", "--no-alpn", "--tlsv1.2", "--ciphers DEFAULT", "--cacert {file}", "--crlf -T {file}", "--doh-url ''",
    "--happy-eyeballs-timeout-ms 9", "--tcp-fastopen", "--expect100-timeout 1", "--haproxy-protocol --http0.9", "--netrc-optional", "--styled-output",
    "-w %{{http_code}}%{{size_download}}%{{url_effective}}%{{num_connects}}%{{content_type}}%{{method}}%{{scheme}}", "-w %{{header_json}}",
    "--hsts {folder}/hsts", "--alt-svc {folder}/alt", "-c - -b x=y", "--create-dirs -o {folder}/a/b", "-D -", "--remove-on-error", "--url-query a=b",
    "--json {{}}", "--oauth2-bearer token", "--aws-sigv4 a:b:c:d -u e:f", "--trace-time", "--fail-with-body", "--fail-early", "--socks5 127.0.0.1:1",
    "-x http://127.0.0.1:1", "--preproxy socks5://127.0.0.1:1", "--unix-socket /none", "--abstract-unix-socket none", "--parallel", "--request-target /x",
    "--delegation none", "--ssl-no-revoke", "--suppress-connect-headers", "--sasl-ir",
]  # fmt: skip
PATHS = ["/", "/redirect", "/missing"]


def outputs(folder, words, drop_in):
    """Exit status, output, and the files that were written."""
    folder.mkdir()
    (folder / "in").write_bytes(b"one\ntwo\n")
    words = [word.format(file=folder / "in", folder=folder) for word in words]
    env = environment(**libraries(drop_in))
    ran = subprocess.run(["curl", "-s", *words], capture_output=True, env=env, timeout=60, check=False)
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "hsts"}
    # The boundary of a form is random, and what is about time or a port is not the same twice.
    return ran.returncode, b"" if any(word in ("-F", "-D", "--aws-sigv4") for word in words) else ran.stdout, files


@needs("curl", "--version")
@pytest.mark.parametrize("options", OPTIONS)
def test_curl_says_the_same(web, tmp_path, options):
    urls = [web + path for path in PATHS]
    words = [*options.split(), *urls]
    assert outputs(tmp_path / "with", words, True) == outputs(tmp_path / "without", words, False)


# --- C programs


ONE = """\
protocols: 0
{http}{echo[one]}{http}{echo[copy]}{http}url: 0
{echo[by handle]}{echo[by string]}ftp: 0
crlf: 0, ""
ws with crlf: 4, named
{http}{echo[without]}http forbidden: 1
{http}null: 43 43
"""


class Echoes:
    def __getitem__(self, text):
        return f"ws: code 0, sent 0, received 0: {text}\nheader: 0, private mine\n"


@needs_libcurl
def test_one_handle_for_both(programs, web, ws_echo):
    http_lines = "http: code 0, response 200, 48890 bytes, its URL\nheader: 0\n"
    assert run(programs / "one", f"{web}/", f"{ws_echo.url}/echo").decode() == ONE.format(http=http_lines, echo=Echoes())


class CookieSocket(socketserver.StreamRequestHandler):
    """A WebSocket whose first message is the request's Cookie header. Its response sets one cookie and removes another."""

    def handle(self):
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        text = "; ".join(sorted(headers.get("cookie", "none").split("; "))).encode()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept
            + b"\r\nSet-Cookie: socket=2; Path=/\r\nSet-Cookie: web=; Path=/; Max-Age=0\r\n\r\n" + bytes([0x81, len(text)]) + text
        )  # fmt: skip


@needs_libcurl
def test_cookies_go_both_ways(programs, web, serve):
    """With cookies of the handle's own, and with those of a share."""
    said = run(programs / "cookies", web, f"ws://127.0.0.1:{serve(CookieSocket)}/").decode().splitlines()
    assert said == ["ws: 0, none", "/set: 0, /set", "ws: 0, web=1", "/cookie: 0, socket=2"] * 2


@needs_libcurl
def test_threads_and_children(programs, web, ws_echo):
    assert run(programs / "threads", f"{web}/", f"{ws_echo.url}/greeting") == b"0 failed, 8 children succeeded\n"


@needs_libcurl
@needs("valgrind", "--version")
@pytest.mark.parametrize("program", ["one", "poll", "epoll"])
def test_memory(programs, web, ws_echo, program):
    valgrind = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"]
    if program == "one":
        run(*valgrind, programs / "one", f"{web}/", f"{ws_echo.url}/echo")
    else:
        run(*valgrind, programs / "many", program, "/none", f"{web}/", f"{ws_echo.url}/greeting", f"{web}/", f"{ws_echo.url}/greeting")


EVENT_LIBRARIES = ["libevent", "libuv"]
LOOPS = ["poll", "wait", "select", "epoll", *(pytest.param(name, marks=needs("pkg-config", "--exists", name)) for name in EVENT_LIBRARIES)]


@needs_libcurl
@pytest.mark.parametrize("loop", LOOPS)
def test_six_protocols_at_once(programs, web, secure_web, gopher, ws_echo, wss_echo, ca_file, tmp_path, loop):
    (tmp_path / "file").write_bytes(BODY)
    expected = [
        (f"{web}/", 200, len(BODY)),
        (f"{ws_echo.url}/greeting", 101, 7),
        (f"{secure_web}/", 200, len(BODY)),
        (f"{wss_echo.url}/greeting", 101, 7),
        (f"file://{tmp_path}/file", 0, len(BODY)),
        (gopher, 0, len("selector /here\r\n")),
    ]
    expected = expected * 5
    said = run(programs / "many", loop, ca_file, *[url for url, _, _ in expected]).decode().splitlines()
    assert said == [f"0 {code} {size} {url}" for url, code, size in expected] + ["30 done, 0 wrong"]
