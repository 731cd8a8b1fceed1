"""Servers of http, https and gopher."""

import http.server
import socketserver
import ssl
import threading

import pytest
from dropin import BODY


class Web(http.server.BaseHTTPRequestHandler):
    """GET and POST, cookies, a redirect, an error."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(BODY if self.path == "/" else self.path.encode())

    def do_HEAD(self):
        self.answer(BODY)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    do_PUT = do_POST

    def answer(self, body):
        status = {"/redirect": 302, "/missing": 404}.get(self.path, 200)
        if self.path == "/cookie":
            body = (self.headers["Cookie"] or "none").encode()
        self.send_response(status)
        if self.path == "/set":
            self.send_header("Set-Cookie", "web=1; Path=/")
        if status == 302:
            self.send_header("Location", "/target")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_header(self, keyword, value):
        # The same answer at any time, so that outputs can be compared.
        if keyword not in ("Date", "Server"):
            super().send_header(keyword, value)

    def log_message(self, *_):
        pass


class Gopher(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"selector " + self.rfile.readline())


@pytest.fixture(scope="session")
def serve():
    servers = []

    def start(handler, server=socketserver.ThreadingTCPServer, tls=None):
        servers.append(server(("127.0.0.1", 0), handler))
        if tls:
            servers[-1].socket = tls.wrap_socket(servers[-1].socket, server_side=True)
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def web(serve):
    return f"http://127.0.0.1:{serve(Web, http.server.ThreadingHTTPServer)}"


@pytest.fixture(scope="session")
def secure_web(serve, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return f"https://localhost:{serve(Web, http.server.ThreadingHTTPServer, context)}"


@pytest.fixture(scope="session")
def gopher(serve):
    return f"gopher://127.0.0.1:{serve(Gopher)}/0/here"
