"""Options of `wscurl` about the way to the server and about who the client is, each with a server that sees its effect."""

import base64
import hashlib
import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from conftest import PROGRAM, ROOT, TIMEOUT, Server, environment, serve_raw, wait_until
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from proxies import Program, free_port

# --- who the client is


def challenge(scheme):
    def answer(connection, request):
        if "Authorization" in request.headers:
            return None
        response = connection.respond(401, "who are you?\n")
        response.headers["WWW-Authenticate"] = scheme
        return response

    return answer


DIGEST = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'


@pytest.mark.parametrize(("option", "scheme", "wanted"), [
    ("--digest", DIGEST, 'Digest username="user"'),
    ("--anyauth", DIGEST, 'Digest username="user"'),
    ("--anyauth", "Basic realm=r", "Basic " + base64.b64encode(b"user:secret").decode()),
])  # fmt: skip
def test_a_challenge_is_answered(wscurl, server, option, scheme, wanted):
    server.answer = challenge(scheme)
    ran = wscurl(option, "-u", "user:secret", "-n", 0, server.url)
    assert ran.returncode == 0, ran.stderr
    assert server.requests[-1].headers["Authorization"].startswith(wanted)
    assert not any("user:secret" in str(request.headers) for request in server.requests)


def test_credentials_of_a_netrc_file(wscurl, server, tmp_path):
    login = "machine localhost login me password %s\n"
    (tmp_path / ".netrc").write_text(login % "home")
    (tmp_path / "other").write_text(login % "other")
    for options, password in [(["--netrc"], "home"), (["--netrc-file", tmp_path / "other"], "other")]:
        assert wscurl(*options, "-n", 0, server.url, HOME=str(tmp_path)).returncode == 0
        wanted = "Basic " + base64.b64encode(b"me:" + password.encode()).decode()
        assert server.requests[-1].headers["Authorization"] == wanted
    wscurl("-n", 0, server.url, HOME=str(tmp_path))
    assert "Authorization" not in server.requests[-1].headers


def test_cookies_from_a_file_and_into_one(wscurl, server, tmp_path):
    def answer(connection, request):
        if request.path != "/set":
            return None
        response = connection.respond(302, "")
        response.headers["Set-Cookie"] = "color=green; Max-Age=3600"
        response.headers["Location"] = "/echo"
        return response

    server.answer = answer
    jar = tmp_path / "jar"
    assert wscurl("-L", "--cookie-jar", jar, "-n", 0, server.url + "/set").returncode == 0
    assert "green" in jar.read_text()
    wscurl("--cookie", jar, "-n", 0, server.url)
    assert server.requests[-1].headers["Cookie"] == "color=green"


def test_values_may_begin_with_a_hyphen(wscurl, server):
    ran = wscurl("-d", "-1", "-d", "--two", "-n", 2, "-u", "-u:-p", "-w", "-%{exitcode}", "--until", "-two", server.url)
    assert (ran.returncode, ran.stdout) == (0, b"-1\n--two\n-0")


# --- the way to the server


def test_redirects(wscurl, server):
    def answer(connection, request):
        left = int(request.path[1:] or 0)
        if left == 0:
            return None
        response = connection.respond(302, "")
        response.headers["Location"] = f"/{left - 1}"
        return response

    server.answer = answer
    ran = wscurl("-n", 0, server.url + "/2")
    assert ran.returncode == 22 and b"302" in ran.stderr
    ran = wscurl("-L", "-n", 0, "-w", "%{url}", server.url + "/2")
    assert (ran.returncode, ran.stdout.decode()) == (0, server.url + "/0")
    assert wscurl("-L", "--max-redirs", 1, "-n", 0, server.url + "/2").returncode == 47


def test_a_unix_socket(wscurl, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        serve_raw(listener, b"\x81\x05hello\x88\x02\x03\xe8")
        ran = wscurl("--unix-socket", tmp_path / "socket", "ws://anything.test/")
    assert (ran.returncode, ran.stdout) == (0, b"hello\n")


def test_the_own_address(wscurl, server):
    # Whether localhost is an IPv4 or an IPv6 address here.
    ran = wscurl("-n", 0, "-w", "%{remote_ip}", server.url)
    address = ran.stdout.decode()
    own = "127.0.0.7" if address == "127.0.0.1" else address
    ran = wscurl("--interface", own, "-n", 0, "-w", "%{local_ip}", server.url)
    assert (ran.returncode, ran.stdout.decode()) == (0, own)
    assert wscurl("--interface", "192.0.2.1", "-n", 0, server.url).returncode == 45


def test_only_one_family_of_addresses(wscurl):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://localhost:{listener.getsockname()[1]}/"
        serve_raw(listener, b"\x88\x02\x03\xe8")
        assert wscurl("-4", url).returncode == 0
        assert wscurl("-6", url).returncode in (6, 7)


@pytest.fixture
def tunnel():
    """A proxy for CONNECT that wants a login, and the requests that it got."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        requests = []
        threading.Thread(target=accept_tunnels, args=(listener, requests), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", requests


def accept_tunnels(listener, requests):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        requests.append(head.decode())
        if "Proxy-Authorization: Basic " + base64.b64encode(b"me:secret").decode() not in requests[-1]:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            continue
        target = socket.create_connection(requests[-1].split()[1].rsplit(":", 1))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for source, sink in ((client, target), (target, client)):
            threading.Thread(target=copy, args=(source, sink), daemon=True).start()


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_through_an_http_proxy(wscurl, server, tunnel):
    proxy, requests = tunnel
    ran = wscurl("-x", proxy, "--proxy-user", "me:secret", "-d", "a", "-n", 1, server.url)
    assert (ran.returncode, ran.stdout) == (0, b"a\n")
    assert requests[0].startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\n")
    ran = wscurl("-x", proxy, "-n", 0, server.url)
    assert ran.returncode == 7 and b"407" in ran.stderr
    count = len(requests)
    assert wscurl("-x", proxy, "--noproxy", "localhost", "-n", 0, server.url).returncode == 0
    assert len(requests) == count
    ran = wscurl("-n", 0, server.url, ws_proxy=f"http://me:secret@{proxy}")
    assert (ran.returncode, len(requests)) == (0, count + 1)


def test_wss_through_an_http_proxy(wscurl, secure_server, tunnel):
    ran = wscurl("--cacert", secure_server.ca, "-x", tunnel[0], "--proxy-user", "me:secret", "-d", "a", "-n", 1, secure_server.url)
    assert (ran.returncode, ran.stdout) == (0, b"a\n")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_through_a_socks_proxy(wscurl, server, scheme):
    port = free_port()
    program = Program(["microsocks", "-i", "127.0.0.1", "-p", str(port)], port)
    try:
        ran = wscurl("-x", f"{scheme}://127.0.0.1:{port}", "-d", "a", "-n", 1, server.numeric_url)
        assert (ran.returncode, ran.stdout) == (0, b"a\n"), ran.stderr
    finally:
        program.close()
    assert wscurl("-x", f"{scheme}://127.0.0.1:{port}", "-n", 0, server.url).returncode in (7, 97)


# --- TLS


@pytest.fixture
def private(authority, tmp_path):
    """A server that wants a client certificate; files of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert("localhost")
    certificate.configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    client = authority.issue_cert("client@example.org")
    client.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
    client.private_key_pem.write_to_path(tmp_path / "client.key")
    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    encrypted = serialization.BestAvailableEncryption(b"-secret")
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted)
    (tmp_path / "encrypted.key").write_bytes(text)
    server = Server(context)
    server.certificate = certificate
    yield server
    server.stop()


def test_a_client_certificate(wscurl, private, tmp_path):
    def run(*options):
        return wscurl("--cacert", tmp_path / "ca.pem", *options, "-d", "a", "-n", 1, private.url)

    assert run().returncode != 0
    for options in (["--key", tmp_path / "client.key"], ["--key", tmp_path / "encrypted.key", "--pass", "-secret"]):
        ran = run("--cert", tmp_path / "client.pem", *options)
        assert (ran.returncode, ran.stdout) == (0, b"a\n"), ran.stderr
    ran = run("--cert", tmp_path / "client.pem", "--key", tmp_path / "encrypted.key", "--pass", "wrong")
    assert ran.returncode in (43, 58)


def test_a_pinned_key(wscurl, authority, secure_server):
    text = ssl.get_server_certificate(("localhost", secure_server.port))
    public = x509.load_pem_x509_certificate(text.encode()).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pin = "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    wrong = "sha256//" + base64.b64encode(hashlib.sha256(b"").digest()).decode()
    for pins, code in ((pin, 0), (wrong + ";" + pin, 0), (wrong, 90)):
        assert wscurl("-k", "--pinnedpubkey", pins, "-n", 0, secure_server.url).returncode == code


def test_a_folder_of_certificates(wscurl, secure_server, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    shutil.copy(secure_server.ca, folder / "ca.pem")
    subprocess.run(["openssl", "rehash", folder], check=True, timeout=TIMEOUT)
    assert wscurl("--capath", folder, "-n", 0, secure_server.url).returncode == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert wscurl("--capath", empty, "-n", 0, secure_server.url).returncode in (60, 77)


# --- the protocol


@pytest.mark.parametrize(("frames", "shown", "code"), [
    (b"\x81\x01\xff\x88\x02\x03\xe8", b'{"type":"text","base64":"/w=="}\n{"type":"close","code":1000,"reason":""}\n', 0),
    (b"\x88\x02\x03\xe7", b'{"type":"close","code":999,"reason":""}\n', 100),
])  # fmt: skip
def test_no_strict_accepts_what_the_protocol_forbids(wscurl, frames, shown, code):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        for _ in range(2):
            serve_raw(listener, frames)
        ran = wscurl("--no-strict", "-j", url)
        assert (ran.returncode, ran.stdout) == (code, shown)
        assert wscurl(url).returncode == 101


def test_what_compression_offers(wscurl, server):
    for option, offered in [("-z", "permessage-deflate"), ("--no-context-takeover", "server_no_context_takeover")]:
        wscurl(option, "-n", 0, server.url)
        assert offered in server.requests[-1].headers["Sec-WebSocket-Extensions"]
    wscurl("-n", 0, server.url)
    assert "Sec-WebSocket-Extensions" not in server.requests[-1].headers


def test_the_server_does_not_control_the_terminal(wscurl, server):
    server.close = (4000, "a\x1b[2Jb")
    ran = wscurl(server.url + "/script")
    assert ran.stderr.decode() == "wscurl: closed by server: 4000 a\ufffd[2Jb\n"


# --- input and output


def test_odd_inputs(wscurl, server, tmp_path):
    for stdin, received in [(b"", []), (b"\n", [""]), (b"no end", ["no end"]), (b"a\r\n", ["a\r"]), (b"x" * 300_000, ["x" * 300_000])]:
        server.received.clear()
        ran = wscurl("-n", 0, server.url, stdin=stdin)
        assert (ran.returncode, ran.stderr) == (0, b"")
        wait_until(lambda received=received: server.received == received)


@pytest.mark.parametrize(("options", "text"), [
    (["-d", "@/nowhere/file"], b"/nowhere/file"),
    (["-H", "@/nowhere/file"], b"/nowhere/file"),
    (["-T", "/nowhere/file"], b"/nowhere/file"),
    (["-T", "/"], b"/: Is a directory"),
    (["-o", "/nowhere/file"], b"/nowhere/file"),
    (["--trace", "/nowhere/file"], b"/nowhere/file"),
    (["-d", "a", "-n", "1", "-o", "/dev/full"], b"No space left"),
    (["--hex", "-d", "hex:0"], b"--data: not pairs"),
])  # fmt: skip
def test_local_problems_have_a_code_and_a_reason(wscurl, server, options, text):
    ran = wscurl(*options, server.url)
    assert ran.returncode == 26 and text in ran.stderr


def test_a_full_or_closed_standard_output(server, wscurl, tmp_path):
    for shell, code, text in [("> /dev/full", 26, "No space left"), (">&-", 0, ""), ("<&-", 0, ""), ("2>&-", 0, "")]:
        command = f"'{PROGRAM}' -d a -n 1 {server.url} {shell}"
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=TIMEOUT, env=environment(), check=False)
        assert ran.returncode == code and text in ran.stderr, (shell, ran)


def test_a_url_without_a_scheme_and_wrong_urls(wscurl, server):
    ran = wscurl(f"localhost:{server.port}")
    assert ran.returncode == 1 and b"ws://" in ran.stderr
    for url, code in [("", 3), ("ws://", 3), ("ws://a b/", 3), ("https://localhost/", 1)]:
        ran = wscurl(url)
        assert ran.returncode == code and ran.stderr.startswith(b"wscurl: "), url
    ran = wscurl()
    assert ran.returncode == 2 and b"<URL>" in ran.stderr


def test_all_options_of_the_help_are_in_the_manual_page_and_the_tests(wscurl):
    """An option that no test gives would be noticed by users only."""
    options = set(re.findall(r"(?:^|\s)(--[a-z0-9-]+(?:\.[0-9])?)", wscurl("--help").stdout.decode()))
    used = "".join(path.read_text() for path in sorted((ROOT / "ctests/tool").glob("test_*.py")))
    short = {"--data": "-d", "--binary": "-b", "--null": "-0", "--json": "-j", "--count": "-n", "--upload-file": "-T", "--output": "-o",
             "--silent": "-s", "--header": "-H", "--user-agent": "-A", "--user": "-u", "--subprotocol": "-p", "--compressed": "-z",
             "--proxy": "-x", "--ipv4": "-4", "--ipv6": "-6", "--insecure": "-k", "--location": "-L", "--max-time": "-m",
             "--verbose": "-v", "--include": "-i", "--write-out": "-w"}  # fmt: skip
    options -= {"--help", "--version", "--https"}
    assert len(options) > 60
    missing = [option for option in options if f'"{option}' not in used and f'"{short.get(option, option)}"' not in used]
    assert missing == []
