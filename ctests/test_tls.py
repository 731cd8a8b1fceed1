"""wss: who is trusted, and what is said when nobody is."""

import datetime
import ssl
import subprocess

import pytest
import trustme
from conftest import server_context
from driver import GOT_NOTHING, OK, PEER_VERIFICATION, SSL_CACERT_BADFILE, SSL_CONNECT
from frames import CLOSE, TEXT, frame

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def fails(drv, srv, **options):
    """Performs against a server whose handshake fails; the result."""
    drv.init(srv.url, CONNECT_ONLY=2, **options)
    drv.begin("perform")
    try:
        srv.accept_unless_over(drv)
    except (ssl.SSLError, OSError):
        pass
    return drv.end()


def record(kind, payload):
    return bytes([kind, 3, 3]) + len(payload).to_bytes(2, "big") + payload


@pytest.mark.parametrize("piece", [1, 2])
def test_memory_for_a_tls_message_is_bounded(drv, srv, piece):
    """A server sends the beginning of a handshake message of 64 KiB, a byte or two in each record of 6 or 7, and waits."""
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.receive()
    hello = b"\x02\x00\xff\xff\x03\x03" + bytes(65_000)
    try:
        conn.send(b"".join(record(22, hello[at : at + piece]) for at in range(0, 65_000, piece)))
    except OSError:
        pass  # the client was faster
    result = drv.end()
    assert result.code == SSL_CONNECT
    assert "larger" in result.error


@must
@memcheck
def test_trusted_certificate(drv, tls_srv, trust):
    conn = drv.connect(tls_srv, **trust)
    conn.send(frame(TEXT, b"x"))
    assert drv.do("frame").data == b"x"
    assert drv.getinfo("SSL_VERIFYRESULT") == 0


@must
@memcheck
def test_certificate_for_an_address(drv, new_server, ca, ca_file):
    srv = new_server(tls=server_context(ca, "127.0.0.1"))
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2, CAINFO=ca_file)
    drv.upgrade(srv)


@must
@memcheck
def test_unknown_authority(drv, new_server, ca_file):
    srv = new_server(tls=server_context(trustme.CA(), "localhost"))
    result = fails(drv, srv, CAINFO=ca_file)
    assert result.code == PEER_VERIFICATION and result.error


@must
@memcheck
def test_wrong_name(drv, new_server, ca, ca_file):
    srv = new_server(tls=server_context(ca, "other.example"))
    result = fails(drv, srv, CAINFO=ca_file)
    assert result.code == PEER_VERIFICATION
    assert "localhost" in result.error


@must
def test_expired_certificate(drv, new_server, ca, ca_file):
    past = datetime.datetime(2020, 1, 1)
    srv = new_server(tls=server_context(ca, "localhost", not_after=past, not_before=past - datetime.timedelta(days=9)))
    result = fails(drv, srv, CAINFO=ca_file)
    assert result.code == PEER_VERIFICATION
    assert "expired" in result.error


def test_message_says_which_names_the_certificate_has(drv, new_server, ca, ca_file):
    srv = new_server(tls=server_context(ca, "other.example"))
    assert "other.example" in fails(drv, srv, CAINFO=ca_file).error


@must
@memcheck
def test_verifypeer_off_accepts_an_unknown_authority(drv, new_server):
    drv.connect(new_server(tls=server_context(trustme.CA(), "localhost")), SSL_VERIFYPEER=0)


@must
def test_verifypeer_off_still_checks_the_name(drv, new_server):
    srv = new_server(tls=server_context(trustme.CA(), "other.example"))
    assert fails(drv, srv, SSL_VERIFYPEER=0).code == PEER_VERIFICATION


@must
def test_verifyhost_off_accepts_another_name(drv, new_server, ca, ca_file):
    drv.connect(new_server(tls=server_context(ca, "other.example")), SSL_VERIFYHOST=0, CAINFO=ca_file)


@must
def test_verifyhost_off_still_checks_the_authority(drv, new_server, ca_file):
    srv = new_server(tls=server_context(trustme.CA(), "other.example"))
    assert fails(drv, srv, SSL_VERIFYHOST=0, CAINFO=ca_file).code == PEER_VERIFICATION


@must
def test_both_off_accepts_anything(drv, new_server):
    drv.connect(new_server(tls=server_context(trustme.CA(), "other.example")), SSL_VERIFYPEER=0, SSL_VERIFYHOST=0)


@must
@memcheck
def test_cainfo_blob(drv, tls_srv, ca):
    drv.connect(tls_srv, CAINFO_BLOB=ca.cert_pem.bytes())


@must
def test_capath(drv, tls_srv, ca, tmp_path):
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    drv.connect(tls_srv, CAPATH=str(tmp_path))


@must
@memcheck
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_ca_file_that_is_none(drv, tls_srv, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    result = fails(drv, tls_srv, CAINFO=str(path))
    assert result.code == SSL_CACERT_BADFILE


def test_message_names_the_ca_file(drv, tls_srv, tmp_path):
    assert str(tmp_path / "none.pem") in fails(drv, tls_srv, CAINFO=str(tmp_path / "none.pem")).error


def test_ssl_cert_file_of_the_environment(new_driver, tls_srv, ca_file):
    drv = new_driver(env={"SSL_CERT_FILE": ca_file})
    drv.connect(tls_srv)


@must
@timing
def test_plain_http_on_the_tls_port(drv, srv):
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.receive()
    conn.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert drv.end().code == SSL_CONNECT


@must
@timing
@pytest.mark.parametrize("how", ["close", "reset"])
def test_end_of_stream_in_the_handshake(drv, srv, how):
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.receive()
    getattr(conn, how)()
    assert drv.end().code == SSL_CONNECT


TLS_1_2, TLS_1_3, MAX_1_2 = 6, 7, 6 << 16


@must
@pytest.mark.parametrize("option", [0, TLS_1_2, TLS_1_3])
def test_tls_1_3_server(drv, new_server, ca, ca_file, option):
    context = server_context(ca, "localhost")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    conn = drv.connect(new_server(tls=context), SSLVERSION=option, CAINFO=ca_file)
    assert conn.sock.version() == "TLSv1.3"


@must
@pytest.mark.parametrize("option", [0, TLS_1_2, MAX_1_2])
def test_tls_1_2_server(drv, new_server, ca, ca_file, option):
    context = server_context(ca, "localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    conn = drv.connect(new_server(tls=context), SSLVERSION=option, CAINFO=ca_file)
    assert conn.sock.version() == "TLSv1.2"


@must
@pytest.mark.parametrize("option, server", [(TLS_1_3, ssl.TLSVersion.TLSv1_2), (MAX_1_2, ssl.TLSVersion.TLSv1_3)])
def test_no_common_version(drv, new_server, ca, ca_file, option, server):
    context = server_context(ca, "localhost")
    context.minimum_version = context.maximum_version = server
    assert fails(drv, new_server(tls=context), SSLVERSION=option, CAINFO=ca_file).code == SSL_CONNECT


@must
@timing
@pytest.mark.parametrize("host", ["made.up.example", "Made.UP.Example", "made.up.example."])
def test_server_name_indication(drv, new_server, ca, ca_file, host):
    context = server_context(ca, "made.up.example")
    seen = []
    context.sni_callback = lambda sock, name, ctx: seen.append(name)
    srv = new_server(tls=context)
    drv.init(f"wss://{host}:{srv.port}/", CONNECT_ONLY=2, CAINFO=ca_file, RESOLVE=[f"{host}:{srv.port}:127.0.0.1"])
    drv.upgrade(srv)
    assert seen == ["made.up.example"]


@must
@pytest.mark.parametrize("option", [None, 0, 1])
def test_no_application_protocol_is_offered(drv, tls_srv, trust, option):
    conn = drv.connect(tls_srv, **trust, **({} if option is None else {"SSL_ENABLE_ALPN": option}))
    assert conn.sock.selected_alpn_protocol() is None


@must
def test_no_server_name_for_an_address(drv, new_server, ca, ca_file):
    context = server_context(ca, "127.0.0.1")
    seen = []
    context.sni_callback = lambda sock, name, ctx: seen.append(name)
    srv = new_server(tls=context)
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2, CAINFO=ca_file)
    drv.upgrade(srv)
    assert seen in ([], [None])


@pytest.mark.parametrize("by", ["easy", "multi"])
def test_after_a_close_frame_close_notify_may_be_missing(drv, tls_srv, trust, by):
    """Nothing can be missing then. Without the CLOSE frame it is an error, which test_callbacks.py shows."""
    conn = drv.start(tls_srv, by=by, **trust)
    conn.send(frame(TEXT, b"x") + frame(CLOSE, b"\x03\xe8"))
    assert conn.read_frame().opcode == CLOSE
    conn.close()
    assert drv.end().code == OK


def test_after_a_close_frame_the_end_is_the_end_for_curl_ws_recv(drv, tls_srv, trust):
    conn = drv.connect(tls_srv, **trust)
    conn.send(frame(CLOSE, b"\x03\xe8"))
    assert drv.do("frame").flags == "close"
    conn.close()
    assert drv.do("frame").code == GOT_NOTHING
