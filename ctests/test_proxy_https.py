"""HTTPS proxies: TLS with the proxy, and for wss TLS with the server inside of it."""

import ssl
import subprocess

import pytest
from client_hello import perform_and_read_alpn
from conftest import server_context
from driver import COULDNT_CONNECT, NOT_BUILT_IN, OK, PEER_VERIFICATION, SSL_CACERT_BADFILE, SSL_CERTPROBLEM, SSL_CIPHER, SSL_CONNECT
from driver import SSL_CRL_BADFILE, SSL_ISSUER_ERROR, SSL_PINNEDPUBKEYNOTMATCH
from frames import BINARY, TEXT, frame
from proxies import Relay, grant_connect, grant_socks5

must = pytest.mark.must
memcheck = pytest.mark.memcheck
timing = pytest.mark.timing


@pytest.fixture
def tls_proxy(new_server, proxy_context):
    """An HTTPS proxy that the test plays."""
    return new_server(tls=proxy_context)


@pytest.fixture(scope="session")
def proxy_context(ca):
    """The proxy has another name than the server, so that each certificate is good at one place only."""
    return server_context(ca, "localhost")


@pytest.fixture
def relay(request, proxy_context, tls_srv):
    """An HTTPS proxy in front of the server with TLS."""
    relay = Relay(proxy_context, tls_srv.port)
    request.node.ports.append(relay.port)
    yield relay
    relay.close()


def open_ws(drv, proxy, **options):
    drv.init("ws://server.test/", CONNECT_ONLY=2, PROXY=f"https://localhost:{proxy.port}", **options)
    drv.begin("perform")
    conn = proxy.accept()
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK
    return conn


def turned_away(drv, server):
    """A client comes and goes without a request, if it comes."""
    try:
        conn = server.accept_unless_over(drv)
        assert not conn or conn.read_all() == b""
    except OSError:
        pass  # it went during the handshake


@must
@memcheck
def test_ws_through_tls_with_the_proxy(drv, tls_proxy, ca_file):
    conn = open_ws(drv, tls_proxy, PROXY_CAINFO=ca_file)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame").data == b"hello"
    assert drv.do("ws_send", "text", "world").code == OK
    assert conn.read_frame().payload == b"world"
    assert drv.getinfo("PROXY_SSL_VERIFYRESULT") == 0


@must
@memcheck
def test_wss_is_tls_in_tls(drv, relay, tls_srv, ca_file):
    drv.init(tls_srv.url, CONNECT_ONLY=2, PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file, CAINFO=ca_file)
    conn = drv.upgrade(tls_srv)
    assert relay.requests[0].startswith(f"CONNECT localhost:{tls_srv.port} HTTP/1.1\r\n".encode())
    conn.send(frame(TEXT, b"hello") + frame(TEXT, b"again"))
    assert drv.do("poll", 5000)["ready"] == 1
    assert drv.do("frame").data == b"hello"
    assert drv.do("frame").data == b"again"
    assert drv.do("ws_send", "text", "world").code == OK
    assert conn.read_frame().payload == b"world"
    assert drv.getinfo("SSL_VERIFYRESULT") == 0 and drv.getinfo("PROXY_SSL_VERIFYRESULT") == 0


@must
@timing
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_long_messages_in_both_directions_through_tls_in_tls(drv, relay, tls_srv, ca_file, by):
    drv.init(tls_srv.url, PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file, CAINFO=ca_file, WRITEFUNCTION="on")
    drv.do("quiet", "write")
    drv.on("write", 1, "ws_send_all", "binary", "pattern:300000")
    drv.begin("perform", by=by)
    conn = tls_srv.accept()
    conn.handshake()
    conn.send(frame(TEXT, b"go"))
    received = conn.read_frame()
    assert len(received.payload) == 300000
    conn.send(frame(BINARY, received.payload) * 3)
    conn.close_notify()
    assert drv.end().code == OK
    assert drv.do("tally", "write")["bytes"] == 2 + 3 * 300000


def test_a_descriptor_stays_readable_while_there_are_frames_inside_tls_in_tls(drv, relay, tls_srv, ca_file):
    drv.init(tls_srv.url, CONNECT_ONLY=2, PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file, CAINFO=ca_file)
    conn = drv.upgrade(tls_srv)
    conn.send(b"".join(frame(TEXT, f"message {number}".encode()) for number in range(5)))
    for number in range(5):
        assert drv.do("select", 5000)["ready"] == 1, number
        assert drv.do("frame").data == f"message {number}".encode()


# --- ALPN


@must
@pytest.mark.parametrize("option, offered", [(None, ["http/1.1"]), (1, ["http/1.1"]), (0, None)])
def test_http_is_offered_to_the_proxy(drv, srv, option, offered):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{srv.port}", **({} if option is None else {"SSL_ENABLE_ALPN": option}))
    assert perform_and_read_alpn(drv, srv) == offered


@must
def test_nothing_is_offered_to_the_server_behind_the_proxy(drv, new_server, proxy_context, srv, request, ca_file):
    relay = Relay(proxy_context, srv.port)
    request.node.ports.append(relay.port)
    drv.init(f"wss://localhost:{srv.port}/", PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file)
    assert perform_and_read_alpn(drv, srv) is None
    relay.close()


@must
def test_a_proxy_that_chooses_no_protocol(drv, new_server, ca, ca_file):
    context = server_context(ca, "localhost")
    context.set_alpn_protocols(["h2"])
    conn = open_ws(drv, new_server(tls=context), PROXY_CAINFO=ca_file)
    assert conn.sock.selected_alpn_protocol() is None


# --- trust


@must
@pytest.mark.parametrize("options, code", [
    ({}, PEER_VERIFICATION),
    ({"PROXY_SSL_VERIFYPEER": 0}, OK),
    ({"PROXY_SSL_VERIFYPEER": 0, "PROXY_SSL_VERIFYHOST": 0}, OK),
    ({"PROXY_CAINFO": "/nonexistent"}, SSL_CACERT_BADFILE),
])  # fmt: skip
def test_the_certificate_of_the_proxy(drv, tls_proxy, options, code):
    drv.init("ws://server.test/", CONNECT_ONLY=2, PROXY=f"https://localhost:{tls_proxy.port}", **options)
    drv.begin("perform")
    if code == OK:
        conn = tls_proxy.accept()
        grant_connect(conn)
        conn.handshake()
    elif code == PEER_VERIFICATION:
        turned_away(drv, tls_proxy)
    result = drv.end()
    assert result.code == code, result


@must
@pytest.mark.parametrize("verify, code", [(2, PEER_VERIFICATION), (0, OK)])
def test_the_name_of_the_proxy(drv, tls_proxy, ca_file, verify, code):
    options = {"PROXY_CAINFO": ca_file, "PROXY_SSL_VERIFYHOST": verify}
    drv.init("ws://server.test/", CONNECT_ONLY=2, PROXY=f"https://127.0.0.1:{tls_proxy.port}", **options)
    drv.begin("perform")
    if code == OK:
        conn = tls_proxy.accept()
        grant_connect(conn)
        conn.handshake()
    else:
        turned_away(drv, tls_proxy)
    assert drv.end().code == code


def test_the_message_names_the_proxy(drv, tls_proxy):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{tls_proxy.port}")
    drv.begin("perform")
    turned_away(drv, tls_proxy)
    assert f"TLS with proxy localhost port {tls_proxy.port}: " in drv.end().error
    assert drv.getinfo("PROXY_SSL_VERIFYRESULT") != 0 and drv.getinfo("SSL_VERIFYRESULT") == 0


@must
def test_cainfo_is_not_for_the_proxy(drv, tls_proxy, ca_file):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{tls_proxy.port}", CAINFO=ca_file)
    drv.begin("perform")
    turned_away(drv, tls_proxy)
    assert drv.end().code == PEER_VERIFICATION


@must
def test_proxy_cainfo_is_not_for_the_server(drv, relay, tls_srv, ca_file):
    drv.init(tls_srv.url, CONNECT_ONLY=2, PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file)
    drv.begin("perform")
    turned_away(drv, tls_srv)
    assert drv.end().code == PEER_VERIFICATION


@must
def test_proxy_cainfo_blob(drv, tls_proxy, ca_file):
    open_ws(drv, tls_proxy, PROXY_CAINFO_BLOB=open(ca_file, "rb").read())


@must
def test_proxy_capath(drv, tls_proxy, ca_file, tmp_path):
    name = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", ca_file], check=True, capture_output=True, text=True)
    (tmp_path / f"{name.stdout.strip()}.0").write_bytes(open(ca_file, "rb").read())
    open_ws(drv, tls_proxy, PROXY_CAPATH=str(tmp_path))


@must
@pytest.mark.parametrize("versions, code", [(6 | 6 << 16, OK), (7, SSL_CONNECT)])
def test_proxy_sslversion(drv, new_server, ca, ca_file, versions, code):
    context = server_context(ca, "localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    proxy = new_server(tls=context)
    if code == OK:
        conn = open_ws(drv, proxy, PROXY_CAINFO=ca_file, PROXY_SSLVERSION=versions)
        assert conn.sock.version() == "TLSv1.2"
        return
    drv.init("ws://server.test/", PROXY=f"https://localhost:{proxy.port}", PROXY_CAINFO=ca_file, PROXY_SSLVERSION=versions)
    drv.begin("perform")
    turned_away(drv, proxy)
    assert drv.end().code == code


@must
def test_a_proxy_that_speaks_no_tls(drv, srv):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{srv.port}")
    drv.begin("perform")
    conn = srv.accept()
    conn.receive()
    conn.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    conn.close()
    assert drv.end().code == SSL_CONNECT


# --- more


@must
def test_a_refusal_inside_tls(drv, tls_proxy, ca_file):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{tls_proxy.port}", PROXY_CAINFO=ca_file)
    drv.begin("perform")
    tls_proxy.accept().send(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert drv.end().code == COULDNT_CONNECT
    assert drv.getinfo("HTTP_CONNECTCODE") == 403


@must
def test_proxytype_https(drv, tls_proxy, ca_file):
    drv.init("ws://server.test/", CONNECT_ONLY=2, PROXY=f"localhost:{tls_proxy.port}", PROXYTYPE=2, PROXY_CAINFO=ca_file)
    drv.begin("perform")
    conn = tls_proxy.accept()
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK


@must
def test_behind_a_pre_proxy(drv, srv, proxy_context, ca_file):
    drv.init(
        "ws://server.test/", CONNECT_ONLY=2, PRE_PROXY=f"socks5h://127.0.0.1:{srv.port}", PROXY="https://localhost:3128",
        PROXY_CAINFO=ca_file,
    )  # fmt: skip
    drv.begin("perform")
    conn = srv.accept()
    assert grant_socks5(conn) == ("localhost", 3128)
    conn.sock = proxy_context.wrap_socket(conn.sock, server_side=True)
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK


@must
def test_the_proxy_protocol_header_is_inside_tls_with_the_proxy(drv, tls_proxy, ca_file):
    drv.init(
        "ws://server.test/", CONNECT_ONLY=2, PROXY=f"https://localhost:{tls_proxy.port}", PROXY_CAINFO=ca_file, HAPROXYPROTOCOL=1
    )
    drv.begin("perform")
    conn = tls_proxy.accept()
    grant_connect(conn)
    line = b""
    while not line.endswith(b"\n"):
        line += conn.read_exactly(1)
    assert line.startswith(b"PROXY TCP")
    conn.handshake()
    assert drv.end().code == OK


@must
def test_connect_only_1_through_tls_in_tls(drv, relay, tls_srv, ca_file):
    drv.init(tls_srv.url, CONNECT_ONLY=1, PROXY=f"https://localhost:{relay.port}", PROXY_CAINFO=ca_file, CAINFO=ca_file)
    drv.begin("perform")
    conn = tls_srv.accept()
    assert drv.end().code == OK
    assert drv.do("easy_send", "hello").code == OK
    assert conn.read_exactly(5) == b"hello"


def test_what_is_not_built_in_is_refused_and_the_transfer_with_it(drv):
    drv.init("ws://server.test/", PROXY="https://127.0.0.1:1")
    assert drv.setopt_code("PROXY_TLSAUTH_USERNAME", "me") == NOT_BUILT_IN
    assert drv.do("perform").code == NOT_BUILT_IN


# --- the other options of TLS


@must
@timing
def test_a_key_of_the_proxy_that_is_not_pinned(drv, tls_proxy, ca_file):
    """The server's options are not the proxy's."""
    pins = {"PINNEDPUBLICKEY": "sha256//x", "PROXY_PINNEDPUBLICKEY": "sha256//y"}
    drv.init("ws://server.test/", PROXY=f"https://localhost:{tls_proxy.port}", PROXY_CAINFO=ca_file, **pins)
    drv.begin("perform")
    turned_away(drv, tls_proxy)
    assert drv.end().code == SSL_PINNEDPUBKEYNOTMATCH
    drv.do("cleanup")
    open_ws(drv, tls_proxy, PROXY_CAINFO=ca_file, PINNEDPUBLICKEY="sha256//x")


@must
def test_a_client_certificate_for_the_proxy_alone(drv, new_server, ca, ca_file, tls_srv):
    context = server_context(ca, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    proxy = new_server(tls=context)
    made = ca.issue_cert("client.example")
    conn = open_ws(drv, proxy, PROXY_CAINFO=ca_file, PROXY_SSLCERT_BLOB=made.private_key_and_cert_chain_pem.bytes())
    assert conn.sock.getpeercert()["subjectAltName"] == (("DNS", "client.example"),)


@must
@pytest.mark.parametrize("option, value, code", [
    ("PROXY_SSLCERT", "/nonexistent", SSL_CERTPROBLEM), ("PROXY_SSL_CIPHER_LIST", "rubbish", SSL_CIPHER),
    ("PROXY_TLS13_CIPHERS", "rubbish", SSL_CIPHER), ("PROXY_CRLFILE", "/nonexistent", SSL_CRL_BADFILE),
    ("PROXY_ISSUERCERT", "/nonexistent", SSL_ISSUER_ERROR),
])  # fmt: skip
def test_what_cannot_be_used_for_the_proxy(drv, tls_proxy, ca_file, option, value, code):
    drv.init("ws://server.test/", PROXY=f"https://localhost:{tls_proxy.port}", PROXY_CAINFO=ca_file, **{option: value})
    drv.begin("perform")
    turned_away(drv, tls_proxy)
    assert drv.end().code == code
