"""Through proxies that other people have written, to a server of other people's: tinyproxy, Squid, microsocks, Dante, pproxy, and stunnel in
front of tinyproxy. A proxy that is not installed skips its tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from driver import COULDNT_CONNECT, OK, PROXY_ERROR
from proxies import Program, free_port

BASIC, DIGEST, ANY = 1, 2, 0xFFFFFFEF
LOGIN = "me:s%65cret"
USER, PASSWORD = "me", "secret"
NO_AUTH, USER_REJECTED, REPLY_REFUSED, REQUEST_FAILED = 12, 33, 19, 26


@pytest.fixture
def start(request):
    """Starts a proxy: a function from its port to its command, and what its environment has more."""
    started = []

    def make(command, **environment):
        port = free_port()
        started.append(Program(command(port), port, environment))
        request.node.ports = [*getattr(request.node, "ports", []), port]
        return port

    yield make
    for one in started:
        one.close()


@pytest.fixture
def folder():
    """One that a proxy may read that has given up its rights."""
    path = Path(tempfile.mkdtemp(prefix="proxy-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def tinyproxy(start, folder):
    def make(*lines):
        def command(port):
            path = folder / f"tinyproxy-{port}.conf"
            path.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "Allow 127.0.0.1", *lines]) + "\n")
            return ["tinyproxy", "-d", "-c", str(path)]

        return start(command)

    return make


def helper(name):
    path = Path("/usr/lib/squid") / name
    if not path.exists():
        pytest.skip(f"{path} is not installed")
    return path


@pytest.fixture
def squid(start, folder):
    def make(*lines):
        def command(port):
            path = folder / "squid.conf"
            path.write_text(
                "\n".join([
                    f"http_port 127.0.0.1:{port}", "visible_hostname localhost", f"pid_filename {folder}/squid.pid",
                    f"cache_log {folder}/cache.log", f"coredump_dir {folder}", "access_log none", "cache deny all",
                    "shutdown_lifetime 0 seconds", "pinger_enable off", *lines,
                ]) + "\n"
            )  # fmt: skip
            return ["squid", "-N", "-f", str(path)]

        return start(command)

    return make


def passwords(folder):
    hashed = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], check=True, capture_output=True, text=True).stdout
    (folder / "passwords").write_text(f"{USER}:{hashed}")
    return folder / "passwords"


def digests(folder):
    (folder / "digests").write_text(f"{USER}:{PASSWORD}\n")
    return folder / "digests"


def echoes(drv, echo, trust, **options):
    """A WebSocket through the proxy, with short and long messages, in both modes."""
    drv.timeout = 30
    drv.init(f"{echo.url}/echo", CONNECT_ONLY=2, **trust, **options)
    result = drv.do("perform")
    assert result.code == OK, result
    assert drv.getinfo("USED_PROXY") == 1
    for data in ("literal", "pattern:200000"):
        line = drv.do("echo", 3, "binary", data, wait=20_000)
        assert (line.code, line["done"], line["same"]) == (OK, 3, 1), line
    drv.do("cleanup")
    drv.init(f"{echo.url}/greeting", WRITEFUNCTION="on", **trust, **options)
    result = drv.do("perform", by="multi")
    assert result.code == OK, result
    assert result.events[0].data == b"hello"


def refused(drv, echo, code, **options):
    drv.init(f"{echo.url}/echo", CONNECT_ONLY=2, **options)
    result = drv.do("perform")
    assert result.code == code, result
    return result


# --- HTTP


def test_tinyproxy(drv, echo, trust, tinyproxy):
    echoes(drv, echo, trust, PROXY=f"http://127.0.0.1:{tinyproxy()}")


@pytest.mark.parametrize("mask", [BASIC, ANY])
def test_tinyproxy_with_a_login(drv, echo, trust, tinyproxy, mask):
    port = tinyproxy(f"BasicAuth {USER} {PASSWORD}")
    echoes(drv, echo, trust, PROXY=f"http://{LOGIN}@127.0.0.1:{port}", PROXYAUTH=mask)
    refused(drv, echo, COULDNT_CONNECT, PROXY=f"http://me:wrong@127.0.0.1:{port}", PROXYAUTH=mask)
    assert drv.getinfo("HTTP_CONNECTCODE") in (401, 407)


def test_tinyproxy_that_cannot_connect(drv, ws_echo, tinyproxy):
    drv.init(f"ws://127.0.0.1:{free_port()}/", PROXY=f"127.0.0.1:{tinyproxy()}")
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.getinfo("HTTP_CONNECTCODE") >= 500


def test_squid(drv, echo, trust, squid):
    echoes(drv, echo, trust, PROXY=f"http://127.0.0.1:{squid('http_access allow all')}")


@pytest.mark.parametrize("mask", [BASIC, ANY])
def test_squid_with_basic(drv, echo, trust, squid, folder, mask):
    port = squid(
        f"auth_param basic program {helper('basic_ncsa_auth')} {passwords(folder)}",
        "acl users proxy_auth REQUIRED", "http_access allow users",
    )  # fmt: skip
    echoes(drv, echo, trust, PROXY=f"http://127.0.0.1:{port}", PROXYUSERPWD=LOGIN, PROXYAUTH=mask)
    refused(drv, echo, COULDNT_CONNECT, PROXY=f"http://127.0.0.1:{port}", PROXYUSERPWD="me:wrong", PROXYAUTH=mask)
    assert drv.getinfo("HTTP_CONNECTCODE") == 407


@pytest.mark.parametrize("mask", [DIGEST, ANY])
def test_squid_with_digest(drv, echo, trust, squid, folder, mask):
    port = squid(
        f"auth_param digest program {helper('digest_file_auth')} {digests(folder)}", "auth_param digest realm proxy",
        "acl users proxy_auth REQUIRED", "http_access allow users",
    )  # fmt: skip
    echoes(drv, echo, trust, PROXY=f"http://127.0.0.1:{port}", PROXYUSERPWD=LOGIN, PROXYAUTH=mask)
    assert drv.getinfo("PROXYAUTH_USED") == DIGEST
    refused(drv, echo, COULDNT_CONNECT, PROXY=f"http://127.0.0.1:{port}", PROXYUSERPWD="me:wrong", PROXYAUTH=mask)
    assert drv.getinfo("HTTP_CONNECTCODE") == 407


# --- SOCKS


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_microsocks(drv, echo, trust, start, scheme):
    port = start(lambda port: ["microsocks", "-i", "127.0.0.1", "-p", str(port)])
    # The echo servers listen on IPv4 only.
    echoes(drv, echo, trust, PROXY=f"{scheme}://127.0.0.1:{port}", IPRESOLVE=1)


def test_microsocks_with_a_login(drv, echo, trust, start):
    port = start(lambda port: ["microsocks", "-i", "127.0.0.1", "-p", str(port), "-u", USER, "-P", PASSWORD])
    echoes(drv, echo, trust, PROXY=f"socks5h://{LOGIN}@127.0.0.1:{port}")
    for login, reason in (("me:wrong@", USER_REJECTED), ("", NO_AUTH)):
        refused(drv, echo, PROXY_ERROR, PROXY=f"socks5h://{login}127.0.0.1:{port}")
        assert drv.getinfo("PROXY_ERROR") == reason


def test_microsocks_that_cannot_connect(drv, start):
    port = start(lambda port: ["microsocks", "-i", "127.0.0.1", "-p", str(port)])
    drv.init(f"ws://127.0.0.1:{free_port()}/", PROXY=f"socks5h://127.0.0.1:{port}")
    assert drv.do("perform").code == PROXY_ERROR
    assert drv.getinfo("PROXY_ERROR") == REPLY_REFUSED


NSS_WRAPPER = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "libnss_wrapper.so"


@pytest.fixture
def dante(start, folder):
    """`method` is `none`, or `username` with a user of its own: Dante asks for the passwords of the system's users."""

    def make(method):
        def command(port):
            path = folder / "danted.conf"
            path.write_text(
                "\n".join([
                    "logoutput: stderr", f"internal: 127.0.0.1 port = {port}", "external: 127.0.0.1", "clientmethod: none", f"socksmethod: {method}",
                    "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }", "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }",
                ]) + "\n"
            )  # fmt: skip
            return ["danted", "-f", str(path)]

        return start(command, **(users(folder) if method == "username" else {}))

    return make


def users(folder):
    """The environment of a program for which there is one user more."""
    if os.geteuid() != 0 or not NSS_WRAPPER.exists():
        pytest.skip("passwords of users: needs root and nss_wrapper")
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "passwd").write_text(f"{USER}:x:12345:12345::/:/bin/sh\n" + Path("/etc/passwd").read_text())
    (folder / "shadow").write_text(f"{USER}:{hashed}:19000:0:99999:7:::\n")
    return {
        "LD_PRELOAD": str(NSS_WRAPPER), "NSS_WRAPPER_GROUP": "/etc/group",
        "NSS_WRAPPER_PASSWD": f"{folder}/passwd", "NSS_WRAPPER_SHADOW": f"{folder}/shadow",
    }  # fmt: skip


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
def test_dante(drv, echo, trust, dante, scheme):
    """It takes the 0.0.0.1 of SOCKS4a for an address."""
    echoes(drv, echo, trust, PROXY=f"{scheme}://127.0.0.1:{dante('none')}", IPRESOLVE=1)


def test_dante_with_a_login(drv, echo, trust, dante):
    port = dante("username")
    echoes(drv, echo, trust, PROXY=f"socks5h://{LOGIN}@127.0.0.1:{port}")
    for login, reason in (("me:wrong@", USER_REJECTED), ("", NO_AUTH)):
        refused(drv, echo, PROXY_ERROR, PROXY=f"socks5h://{login}127.0.0.1:{port}")
        assert drv.getinfo("PROXY_ERROR") == reason
    # SOCKS4 has no passwords.
    refused(drv, echo, PROXY_ERROR, PROXY=f"socks4://me@127.0.0.1:{port}", IPRESOLVE=1)
    assert drv.getinfo("PROXY_ERROR") == REQUEST_FAILED


def test_dante_that_cannot_connect(drv, dante):
    drv.init(f"ws://127.0.0.1:{free_port()}/", PROXY=f"socks5h://127.0.0.1:{dante('none')}")
    assert drv.do("perform").code == PROXY_ERROR
    assert drv.getinfo("PROXY_ERROR") == REPLY_REFUSED


@pytest.fixture
def pproxy(start):
    if subprocess.run([sys.executable, "-c", "import pproxy"], capture_output=True).returncode:
        pytest.skip("the Python package pproxy is not installed")
    return lambda listen: start(lambda port: [sys.executable, "-m", "pproxy", "-l", listen.format(port=port)])


@pytest.mark.parametrize("scheme", ["http", "socks4", "socks5", "socks5h"])
def test_pproxy(drv, echo, trust, pproxy, scheme):
    port = pproxy("http+socks4+socks5://127.0.0.1:{port}/")
    echoes(drv, echo, trust, PROXY=f"{scheme}://127.0.0.1:{port}", IPRESOLVE=1)


def test_a_socks_proxy_in_front_of_an_http_proxy(drv, echo, trust, start, tinyproxy):
    socks = start(lambda port: ["microsocks", "-i", "127.0.0.1", "-p", str(port)])
    echoes(drv, echo, trust, PRE_PROXY=f"socks5h://127.0.0.1:{socks}", PROXY=f"http://127.0.0.1:{tinyproxy()}")


# --- HTTPS


def test_stunnel_in_front_of_tinyproxy(drv, echo, trust, start, tinyproxy, folder, ca, ca_file):
    pem = folder / "proxy.pem"
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    behind = tinyproxy(f"BasicAuth {USER} {PASSWORD}")

    def command(port):
        path = folder / "stunnel.conf"
        path.write_text(f"foreground = yes\npid =\n[proxy]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{behind}\ncert = {pem}\n")
        return ["stunnel", str(path)]

    port = start(command)
    echoes(drv, echo, trust, PROXY=f"https://{LOGIN}@localhost:{port}", PROXY_CAINFO=ca_file)
