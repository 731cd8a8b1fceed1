"""nginx in front of a WebSocket server: it terminates TLS, asks for client certificates, and knows a revocation list."""

import shutil
import socket
import subprocess
import time

import pytest
from certificates import CLIENTS, Identity, hosts, private_pem
from cryptography import x509
from driver import HTTP_RETURNED_ERROR, OK, PEER_VERIFICATION, SSL_CONNECT
from frames import TEXT, frame
from test_tls_checks import crl

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
must = pytest.mark.must
TLS_1_2, TLS_1_3 = 6 << 16, 7

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols {protocols};
        {clients}
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header X-Client $ssl_client_s_dn;
        }}
    }}
}}
"""

ASKING = """
        ssl_client_certificate {folder}/ca.pem;
        ssl_crl {folder}/crl.pem;
        ssl_verify_client on;
"""


@pytest.fixture(scope="module")
def root():
    return Identity.root()


@pytest.fixture(scope="module")
def clients(root):
    return {name: root.issue(name, [(CLIENTS, False)]) for name in ["good", "revoked"]}


@pytest.fixture
def nginx(request, root, clients, tmp_path, srv):
    """Starts nginx in front of `srv`; its URL."""
    processes = []

    def start(protocols="TLSv1.2 TLSv1.3", asking=False):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        request.node.ports.append(port)
        server = root.issue(extensions=[(hosts("localhost"), False)])
        (tmp_path / "server.pem").write_bytes(server.pem)
        (tmp_path / "server.key").write_bytes(private_pem(server.key))
        (tmp_path / "crl.pem").write_bytes(crl(root, [clients["revoked"]]))
        root.file(tmp_path)
        asked = ASKING.format(folder=tmp_path) if asking else ""
        text = CONFIGURATION.format(folder=tmp_path, port=port, behind=srv.port, protocols=protocols, clients=asked)
        (tmp_path / "nginx.conf").write_text(text)
        command = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
        processes.append(subprocess.Popen(command))
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return f"wss://localhost:{port}/"
            except OSError:
                time.sleep(0.05)
        raise AssertionError((tmp_path / "error.log").read_text())

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


def opened(drv, srv, url, **options):
    """Opens a WebSocket through nginx and says a word; the server's end."""
    drv.init(url, CONNECT_ONLY=2, **options)
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == OK
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("poll", 5000)["ready"] == 1
    assert drv.do("frame").data == b"hello"
    return conn


@must
@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.3"])
def test_one_version_of_tls(drv, srv, nginx, tmp_path, protocols):
    url = nginx(protocols)
    opened(drv, srv, url, CAINFO=str(tmp_path / "ca.pem"))
    drv.do("cleanup")
    other = {"TLSv1.2": TLS_1_3, "TLSv1.3": TLS_1_2}[protocols]
    drv.init(url, CONNECT_ONLY=2, CAINFO=str(tmp_path / "ca.pem"), SSLVERSION=other)
    assert drv.do("perform").code == SSL_CONNECT


def certificate(identity):
    return {"SSLCERT_BLOB": identity.pem, "SSLKEY_BLOB": private_pem(identity.key)}


@must
@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.3"])
def test_a_client_certificate(drv, srv, nginx, clients, tmp_path, protocols):
    conn = opened(drv, srv, nginx(protocols, asking=True), CAINFO=str(tmp_path / "ca.pem"), **certificate(clients["good"]))
    assert conn.request.get("X-Client") == "CN=good"


@must
@pytest.mark.parametrize("who", [None, "revoked"])
def test_nginx_answers_400_without_a_good_certificate(drv, srv, nginx, clients, tmp_path, who):
    options = certificate(clients[who]) if who else {}
    drv.init(nginx(asking=True), CONNECT_ONLY=2, CAINFO=str(tmp_path / "ca.pem"), **options)
    assert drv.do("perform").code == HTTP_RETURNED_ERROR
    assert drv.getinfo("RESPONSE_CODE") == 400


@must
def test_a_revocation_list_of_the_clients(drv, srv, nginx, root, tmp_path):
    url = nginx()
    opened(drv, srv, url, CAINFO=str(tmp_path / "ca.pem"), CRLFILE=str(tmp_path / "crl.pem"))
    drv.do("cleanup")
    served = Identity(x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()), None)
    (tmp_path / "crl.pem").write_bytes(crl(root, [served]))
    drv.init(url, CONNECT_ONLY=2, CAINFO=str(tmp_path / "ca.pem"), CRLFILE=str(tmp_path / "crl.pem"))
    assert drv.do("perform").code == PEER_VERIFICATION
