"""Authentication and redirects with Apache and nginx in front of a WebSocket server. Skipped where they are not installed."""

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from driver import HTTP_RETURNED_ERROR, OK, TIMEDOUT

BASIC, DIGEST = 1, 2
ANY = 0xFFFFFFEF

APACHE = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
{user}
{modules}
ProxyPass /basic/ {backend}/ upgrade=websocket
ProxyPass /digest/ {backend}/ upgrade=websocket
Redirect /moved/ /digest/
<Location /basic/>
    AuthType Basic
    AuthName "a \\"realm\\""
    AuthUserFile {folder}/basic
    Require valid-user
</Location>
<Location /digest/>
    AuthType Digest
    AuthName "a realm"
    AuthDigestDomain /digest/
    AuthUserFile {folder}/digest
    Require valid-user
</Location>
"""

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            auth_basic "a realm";
            auth_basic_user_file {folder}/basic;
            proxy_pass {backend}/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }}
        location /moved {{ return 301 /there; }}
        location /away {{ return 302 http://localhost:{port}/there; }}
    }}
}}
"""

MODULES = "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest alias proxy proxy_http proxy_wstunnel".split()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def serve(command, port):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        except OSError:
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"{command[0]} does not start: {process.communicate()[0].decode()}")


def stop(process):
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def folder():
    folder = Path(tempfile.mkdtemp())
    # The servers' workers may run as another user.
    folder.chmod(0o755)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True).stdout.strip()
    (folder / "basic").write_text(f"me:{hashed}\n")
    (folder / "digest").write_text(f"me:a realm:{hashlib.md5(b'me:a realm:secret').hexdigest()}\n")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def apache(folder, ws_echo):
    program = shutil.which("apache2") or shutil.which("httpd")
    if not program:
        pytest.skip("needs apache2")
    port = free_port()
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    text = APACHE.format(folder=folder, port=port, modules=modules, backend=ws_echo.url.replace("ws:", "http:"), user="User nobody" if os.geteuid() == 0 else "")
    (folder / "apache.conf").write_text(text)
    process = serve([program, "-D", "FOREGROUND", "-f", str(folder / "apache.conf")], port)
    yield f"127.0.0.1:{port}"
    stop(process)


@pytest.fixture(scope="module")
def nginx(folder, ws_echo):
    program = shutil.which("nginx")
    if not program:
        pytest.skip("needs nginx")
    port = free_port()
    text = NGINX.format(folder=folder, port=port, backend=ws_echo.url.replace("ws:", "http:"))
    (folder / "nginx.conf").write_text(text)
    process = serve([program, "-c", str(folder / "nginx.conf")], port)
    yield f"127.0.0.1:{port}"
    stop(process)


def talks(drv, url, **options):
    drv.init(url, CONNECT_ONLY=2, **options)
    result = drv.do("perform")
    assert result.code == OK, result.error
    assert drv.do("ws_send", "text", b"hello").code == OK
    assert drv.do("ws_recv", 100, wait=5000).data == b"hello"


@pytest.mark.parametrize("mask", [BASIC, ANY])
@pytest.mark.parametrize("server, path", [("apache", "/basic/"), ("nginx", "/")])
def test_basic(drv, request, server, path, mask):
    host = request.getfixturevalue(server)
    talks(drv, f"ws://{host}{path}", USERPWD="me:secret", HTTPAUTH=mask)
    assert drv.getinfo("HTTPAUTH_USED") == BASIC


@pytest.mark.parametrize("mask", [DIGEST, ANY])
def test_digest(drv, apache, mask):
    talks(drv, f"ws://{apache}/digest/a?b=c", USERPWD="me:secret", HTTPAUTH=mask)
    assert drv.getinfo("HTTPAUTH_AVAIL") == drv.getinfo("HTTPAUTH_USED") == DIGEST


def test_digest_in_a_multi_handle(drv, apache):
    drv.init(f"ws://{apache}/digest/", USERPWD="me:secret", HTTPAUTH=DIGEST, WRITEFUNCTION="on")
    drv.setopt("TIMEOUT_MS", 3000)
    # The server has nothing to say.
    assert drv.do("perform", by="multi").code == TIMEDOUT
    assert drv.getinfo("RESPONSE_CODE") == 101


@pytest.mark.parametrize("path", ["/basic/", "/digest/"])
def test_a_wrong_password(drv, apache, path):
    drv.init(f"ws://{apache}{path}", CONNECT_ONLY=2, USERPWD="me:wrong", HTTPAUTH=ANY)
    result = drv.do("perform")
    assert result.code == HTTP_RETURNED_ERROR
    assert "401" in result.error and ("Basic" in result.error or "Digest" in result.error)


def test_a_redirect_and_then_digest(drv, apache):
    talks(drv, f"ws://{apache}/moved/x", USERPWD="me:secret", HTTPAUTH=DIGEST, FOLLOWLOCATION=1)
    assert drv.getinfo("EFFECTIVE_URL") == f"ws://{apache}/digest/x"
    assert drv.getinfo("REDIRECT_COUNT") == 1


def test_a_redirect_and_then_basic(drv, nginx):
    talks(drv, f"ws://{nginx}/moved", USERPWD="me:secret", FOLLOWLOCATION=1)
    assert drv.getinfo("EFFECTIVE_URL") == f"ws://{nginx}/there"


def test_a_redirect_to_another_name_gets_no_password(drv, nginx):
    drv.init(f"ws://{nginx}/away", CONNECT_ONLY=2, USERPWD="me:secret", FOLLOWLOCATION=1)
    assert drv.do("perform").code == HTTP_RETURNED_ERROR
    assert drv.getinfo("RESPONSE_CODE") == 401
    drv.setopt("UNRESTRICTED_AUTH", 1)
    assert drv.do("perform").code == OK


def test_netrc(new_driver, apache, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    drv = new_driver(env={"HOME": str(tmp_path)})
    talks(drv, f"ws://{apache}/digest/", NETRC=1, HTTPAUTH=ANY)
